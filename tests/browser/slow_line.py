"""A line to the server that can be made to deliver late: what a slow browser or a slow network looks like to the page."""

import time

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

MOST = 90  # seconds for an answer
BUSY = """() => void setTimeout(() => {
  for (const begun = performance.now(); performance.now() - begun < 1000; );
})"""


class SlowLine:
    """Stands between a page and its server from before the page is opened; delivers at once until told to hold."""

    def __init__(self, page: Page):
        self.page = page
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []
        self._holds = False
        page.route_web_socket("**/_stcore/stream", self._connect)

    def hold(self) -> None:
        """Keep back whatever the server says from now on; what the page says still goes through."""
        self._holds = True

    def let_go(self) -> None:
        """Deliver what was kept back, in its order, and whatever comes from now on.

        The page is kept busy meanwhile: it finds all of it at once, and draws the last answer without having drawn the others.
        """
        self._holds = False
        self.page.evaluate(BUSY)
        while self._held:
            socket, message = self._held.pop(0)
            socket.send(message)

    def wait_for_answer(self, number: int) -> None:
        """Wait until this many whole answers are kept back, unseen by the page."""
        deadline = time.monotonic() + MOST
        while sum(_ends_an_answer(message) for _, message in self._held) < number and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert sum(_ends_an_answer(message) for _, message in self._held) >= number, "The server did not answer."

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()  # what the page sends goes to it by itself

        def deliver(message: str | bytes) -> None:
            if self._holds:
                self._held.append((socket, message))
            else:
                socket.send(message)

        server.on_message(deliver)


def _ends_an_answer(message: str | bytes) -> bool:
    said = ForwardMsg.FromString(message) if isinstance(message, bytes) else ForwardMsg()
    return said.WhichOneof("type") == "script_finished" and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
