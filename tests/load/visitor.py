"""One visitor of the real application, without a browser: as much of Streamlit's websocket protocol as the pages need.

Every message that the server sends, and every file that is downloaded (Parquet unpacked; a PNG says nothing), is searched for
marks: a text carries its visitor's own, so that a mark of anybody else is somebody else's text.
"""

import asyncio
import io
import itertools
import re
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pyarrow as pa
import pyarrow.parquet as pq
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.DownloadButton_pb2 import DownloadButton
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse, ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

MARK = re.compile(rb"zz(\d{5})q(\d{3})zz")
BUSY = b"has been busy with other people"
LONGEST = 300.0  # seconds that a visitor waits for the next message
REPLACED = ForwardMsg.FINISHED_EARLY_FOR_RERUN
WHOLE, FRAGMENT = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
BOUNDARY = "visitors-file"
_NUMBERS = itertools.count(1)


def readable(content: bytes) -> bytes:
    """A file with its texts as they are: of Parquet, which compresses its columns, each column of texts in one piece, the pieces of
    words joined."""
    if not content.startswith(b"PAR1"):
        return content
    table = pq.read_table(io.BytesIO(content))
    texts = [table[name] for name, kind in zip(table.column_names, table.schema.types) if pa.types.is_string(kind)]
    return "\n".join("".join(map(str, column.to_pylist())).replace("##", "") for column in texts).encode()


class Fault(AssertionError):
    """The application did what it must never do."""


class Visitor:
    """One session: its websocket, where it stands, and the widgets that it has touched on this page."""

    def __init__(self, socket, address: str):
        self.socket, self.address, self.number = socket, address, next(_NUMBERS)
        self.session, self.page, self.pages = "", "", {}
        self.ids: dict[str, str] = {}
        """The end of a widget's id (its key, or else its label) → the id, of the page as it was drawn last."""
        self.options: dict[str, list[str]] = {}
        """The same of a box → what may be chosen in it."""
        self.files: dict[str, tuple[DownloadButton, str]] = {}
        """What a button saves → the button, and the fragment of the page that it is drawn in: files that are made when they are asked for."""
        self.made: dict[str, BackendOperationResponse] = {}
        """The same → what the server answered."""
        self.touched: dict[str, WidgetState] = {}
        self.n_texts, self.n_busy, self.n_bytes, self.drawn = 0, 0, 0, b""

    def mark(self) -> str:
        """A word that stands in no other text."""
        self.n_texts += 1
        return f"zz{self.number:05d}q{self.n_texts % 1000:03d}zz"

    # --- what a visitor does; each returns when the page stands still ---

    async def open(self, query: str = "") -> None:
        """The first page, by an address."""
        await self.send(query)
        await self.finish()

    async def turn_to(self, page: str) -> None:
        """Another page; "" is Explore."""
        self.page, self.touched = page, {}
        await self.send()
        await self.finish()

    async def type(self, text: str, box: str = "text") -> None:
        """A text into a box."""
        await self.touch(box, string_value=text)

    async def press(self, button: str) -> None:
        """A button, by its key or its label."""
        await self.touch(button, trigger_value=True)

    async def touch(self, widget: str, **value: object) -> None:
        """Any widget of this page."""
        await self.send(**{widget: value})
        await self.finish()

    async def upload(self, name: str, content: bytes) -> None:
        """A file into the page's drop zone."""
        asked = BackMsg()
        asked.file_urls_request.request_id = "file"
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.session
        await self.socket.send(asked.SerializeToString())
        while (answer := await self.hear()).WhichOneof("type") != "file_urls_response":
            pass
        urls = answer.file_urls_response.file_urls[0]
        await asyncio.to_thread(self._put, urls.upload_url, name, content)
        zone = next(end for end in self.ids if "-drop-" in end)
        state = WidgetState(id=self.ids[zone])
        file = state.file_uploader_state_value.uploaded_file_info.add(name=name, size=len(content), file_id=urls.file_id)
        file.file_urls.CopyFrom(urls)
        await self.send(state)
        await self.finish()

    async def download(self, file: str) -> bytes:
        """What a button of this page saves."""
        return await self.fetch(await self.ask_for(file))

    async def ask_for(self, file: str) -> str:
        """Press a button that saves a file, as a browser does: first a run of its part of the page, if of any, then the file by its number.
        Returns its address.
        """
        button, fragment = self.files[file]
        asked = BackMsg()
        asked.backend_operation_request.request_id, asked.backend_operation_request.session_id = file, self.session
        asked.backend_operation_request.deferred_file.file_id = button.deferred_file_id
        self.made.pop(file, None)
        if not button.ignore_rerun:
            await self.send(WidgetState(id=button.id, trigger_value=True), fragment=fragment)
        await self.socket.send(asked.SerializeToString())
        if not button.ignore_rerun:
            await self.finish(is_part=bool(fragment))  # of the whole page, where one was under way
        while file not in self.made:
            await self.hear()
        if not (url := self.made[file].deferred_file.url):
            raise Fault(f"The file “{file}” was not made: {self.made[file]}")
        return url

    async def fetch(self, url: str) -> bytes:
        """What lies there."""
        content = await asyncio.to_thread(self._get, url)
        self._check(readable(content))
        return content

    # --- the protocol ---

    async def send(self, *states: WidgetState | str, fragment: str = "", **touched: dict) -> None:
        """Ask for a run of the page's script, or of a fragment: with an address, or with widgets by the end of their id."""
        message = BackMsg()
        message.rerun_script.page_script_hash, message.rerun_script.fragment_id = self.pages.get(self.page, ""), fragment
        for state in states:
            if isinstance(state, str):
                message.rerun_script.query_string = state
            else:
                message.rerun_script.widget_states.widgets.append(state)
        for end, value in touched.items():
            state = WidgetState(id=self._id(end), **value)
            message.rerun_script.widget_states.widgets.append(state)
            if "trigger_value" not in value:
                self.touched[state.id] = state
        sent = {state.id for state in message.rerun_script.widget_states.widgets}
        message.rerun_script.widget_states.widgets.extend(state for id, state in self.touched.items() if id not in sent)
        await self.socket.send(message.SerializeToString())

    async def finish(self, is_part: bool = False) -> None:
        """Hear until a run of the whole page ends, or of a part of it; what the whole page drew is in `drawn`."""
        self.drawn, seen = self.drawn if is_part else b"", []
        while True:
            message = await self.hear(seen)
            if message.WhichOneof("type") == "new_session" and not message.metadata.run.fragment_ids:
                seen = []
            elif message.WhichOneof("type") == "script_finished" and message.script_finished != REPLACED:
                if message.script_finished not in (WHOLE, FRAGMENT):
                    raise Fault(f"The page ended with the status {message.script_finished}.")
                if message.script_finished == WHOLE:
                    self.drawn = b"\n".join(seen)
                if message.script_finished == WHOLE or is_part:
                    return

    async def hear(self, seen: list[bytes] | None = None) -> ForwardMsg:
        """The next message, noted and checked."""
        raw = await asyncio.wait_for(self.socket.recv(), LONGEST)
        self.n_bytes += len(raw)
        self._check(raw)
        message = ForwardMsg()
        message.ParseFromString(raw)
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self.session, self.ids, self.files = message.new_session.initialize.session_id, {}, {}
        elif kind == "navigation":
            self.pages.update({page.url_pathname: page.page_script_hash for page in message.navigation.app_pages})
        elif kind == "backend_operation_response":
            self.made[message.backend_operation_response.request_id] = message.backend_operation_response
        elif kind == "delta":
            self._note(message.delta.new_element, message.delta.fragment_id)
        if seen is not None and kind == "delta" and message.delta.new_element.WhichOneof("type") != "text_area":
            seen.append(raw)
        self.n_busy += BUSY in raw
        return message

    def _check(self, sent: bytes) -> None:
        for number, _ in MARK.findall(sent):
            if int(number) != self.number:
                raise Fault(f"Visitor {self.number} was sent a text of visitor {int(number)}.")

    def _note(self, element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise Fault(f"The page shows an error: {element.exception.type}: {element.exception.message}")
        widget = getattr(element, kind) if kind else None
        if id := getattr(widget, "id", ""):
            key = re.sub(r"^\$\$ID-[0-9a-f]{32}-", "", id)
            self.ids[widget.label if key == "None" else key] = id
            if kind == "selectbox":
                self.options[key] = list(widget.options)
            if kind == "download_button" and widget.deferred_file_id:
                self.files[widget.label] = widget, fragment

    def _id(self, end: str) -> str:
        for known, id in self.ids.items():
            if known == end or known.startswith(end):
                return id
        raise Fault(f"The page has no widget “{end}”; it has {', '.join(self.ids)}.")

    def _get(self, url: str) -> bytes:
        with urllib.request.urlopen(urllib.parse.urljoin(self.address, url)) as answer:
            return answer.read()

    def _put(self, url: str, name: str, content: bytes) -> None:
        with urllib.request.urlopen(f"{self.address}/_stcore/health") as answer:
            cookie = answer.headers.get("Set-Cookie", "").split(";")[0]
        kind = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        body = f"--{BOUNDARY}\r\n{kind}".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}
        request = urllib.request.Request(urllib.parse.urljoin(self.address, url), body, headers, method="PUT")
        urllib.request.urlopen(request).close()


@asynccontextmanager
async def visiting(address: str, **options: object) -> AsyncIterator[Visitor]:
    """A visitor who leaves at the end of the block, whatever the page is doing then."""
    url = address.replace("http", "ws", 1) + "/_stcore/stream"
    options = {"max_size": None, "ping_interval": None, "open_timeout": LONGEST, **options}  # a busy server is slow, not gone
    async with websockets.connect(url, subprotocols=["streamlit"], origin=address, **options) as socket:
        yield Visitor(socket, address)
