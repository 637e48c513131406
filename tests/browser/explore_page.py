"""The Explore page as a visitor handles it."""

import re
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.slow_line import SlowLine

VIEWS = Path(__file__).parents[2] / "dashboard" / "views"
PATHS = sorted("/" if file.stem == "explore" else f"/{file.stem}" for file in VIEWS.glob("*.py"))  # every page, new ones too
IDLE = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"
HERO_TEXT = """() => {
  for (const element of document.querySelectorAll(".st-key-card-hero *")) {
    const text = element.shadowRoot?.querySelector(".text");
    if (text) return text.textContent;
  }
}"""


class ExplorePage:
    """Locators and gestures; `page` is Playwright's own, `line` what its server's messages come over, where one was asked for."""

    def __init__(self, page: Page, line: SlowLine | None = None):
        self.page, self.line = page, line

    def settle(self) -> None:
        """Wait until nothing runs, nothing is a grey placeholder any more, and what was drawn last has taken effect."""
        self.page.wait_for_timeout(150)  # an event just sent needs a moment to show as running
        self.page.wait_for_selector(IDLE, timeout=90_000)
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)
        self.page.evaluate(TWO_FRAMES)  # a box is first drawn empty, and filled a moment later

    @property
    def title(self) -> Locator:
        """The hero's heading, with the layer and the class in it."""
        return self.page.locator(".st-key-card-hero").get_by_role("heading", name=re.compile("used for"))

    @property
    def readings(self) -> Locator:
        """The heading of the table of readings, with the selected word in it."""
        return self.page.get_by_role("heading", name=re.compile("^How each layer reads"))

    @property
    def slider(self) -> Locator:
        """The layer slider."""
        return self.page.get_by_role("slider", name="Layer")

    def word(self, text: str) -> Locator:
        """A word of the hero."""
        return self.page.locator(".st-key-hero").get_by_role(
            "button", name=re.compile(rf"^{re.escape(text)}, saliency (plus|minus) \d")
        )

    def cell(self, word: str, layer: str) -> Locator:
        """A cell of the map."""
        return self.page.get_by_role("gridcell", name=re.compile(rf"^{re.escape(word)}, {layer}, saliency"))

    def hero_text(self) -> str:
        """The text as drawn, character for character, without its heading."""
        return self.page.evaluate(HERO_TEXT)

    def expect_hero_text(self, text: str, seconds: float = 20) -> None:
        """Wait until the hero shows exactly this text."""
        deadline = time.monotonic() + seconds
        while self.hero_text() != text and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert self.hero_text() == text

    def type_text(self, text: str) -> None:
        """Replace the text and apply it."""
        self.page.get_by_role("textbox", name="Text", exact=True).fill(text)
        self.page.keyboard.press("Control+Enter")
        self.settle()

    def load_own(self, reference: str = "", folder: str = "") -> None:
        """Fill in the form of one's own model, and send it."""
        self.choose("^Model", "Your own model …")
        if folder:
            self.choose("Folder on this server", folder)
        self.page.get_by_label("Hub id or folder").fill(reference)
        self.page.get_by_role("button", name="Load", exact=True).click()
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a select box."""
        self.page.get_by_role("combobox", name=re.compile(label)).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.settle()
