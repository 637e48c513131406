"""What one gesture in a real Chromium costs: the time until the page shows its outcome, and the bytes that came and went."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

IDLE = """document.querySelector('[data-testid="stApp"]')?.getAttribute("data-test-script-state") === "notRunning"
  && !document.querySelector('[data-testid="stSkeleton"]')"""
# All words below an element, those of components in shadow trees too.
DEEP = """window.wordsOf = (selector) => {
  const read = (node) => node.nodeType === 3 ? node.data
    : (node.tagName === "STYLE" ? "" : (node.shadowRoot ? read(node.shadowRoot) : "") + [...node.childNodes].map(read).join(" "));
  const found = document.querySelector(selector);
  return found ? read(found).replace(/\\s+/g, " ").trim() : "";
}"""
LONGEST = 60_000  # ms


@dataclass(frozen=True)
class Taken:
    """Of one gesture."""

    seconds: float
    http: int
    """Bytes that came over HTTP, packed as they were sent; what the browser's cache holds is none."""
    websocket: int
    """Bytes of messages that came over the websocket."""
    sent: int
    """Bytes of messages that went out over it."""


class Visitor:
    """A page of its own browser context, with a meter at its wire."""

    def __init__(self, browser: Browser, address: str):
        self.address = address
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-GB")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(LONGEST)
        self.page.add_init_script(DEEP + "; try { localStorage.setItem('layer-saliency-tour', 'done') } catch {}")
        self.http = self.websocket = self.sent = 0
        wire = self.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", self._loaded)
        wire.on("Network.webSocketFrameReceived", lambda event: self._framed(event, "websocket"))
        wire.on("Network.webSocketFrameSent", lambda event: self._framed(event, "sent"))

    def measure(self, gesture: Callable[[Page], object], until: str) -> Taken:
        """From the gesture to the frame in which `until`, in JavaScript, is true. Bytes count until nothing runs any more."""
        before = self.http, self.websocket, self.sent
        start = time.perf_counter()
        gesture(self.page)
        self.wait(until)
        seconds = time.perf_counter() - start
        self.settle()
        after = self.http, self.websocket, self.sent
        return Taken(seconds, *(now - then for now, then in zip(after, before)))

    def settle(self) -> None:
        """Wait until nothing runs and nothing is on its way."""
        self.page.wait_for_timeout(200)  # an event just sent needs a moment to show as running
        self.wait(IDLE)

    def wait(self, until: str) -> None:
        """Until the JavaScript is true, asked at every frame. (Playwright's own wait is refused by the pages' policy.)"""
        late = f"setTimeout(() => fail(new Error('not within {LONGEST} ms: ' + {json.dumps(until)})), {LONGEST})"
        look = f"const look = () => ({until}) ? done() : requestAnimationFrame(look); look()"
        self.page.evaluate(f"() => new Promise((done, fail) => {{ {late}; {look} }})")

    def words(self, selector: str) -> str:
        """All words below an element."""
        return self.page.evaluate("selector => wordsOf(selector)", selector)

    def close(self) -> None:
        """Leave."""
        self.context.close()

    def _loaded(self, event: dict) -> None:
        self.http += int(event.get("encodedDataLength", 0))

    def _framed(self, event: dict, where: str) -> None:
        frame = event["response"]
        data = frame["payloadData"]
        size = len(data.encode()) if frame["opcode"] == 1 else len(data) * 3 // 4 - data.endswith("=") - data.endswith("==")
        setattr(self, where, getattr(self, where) + size)
