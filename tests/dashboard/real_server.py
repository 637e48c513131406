"""The application in a process of its own, and a visitor without a browser, who can also do what no browser would."""

import http.client
import os
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests" / "dashboard" / "failing_app.py"
START_TIMES, ANSWER_SECONDS = 3, 180


class Server:
    """Where it listens and what it logged."""

    def __init__(self, address: str, log: Path):
        self.address, self.log_file = address, log

    @property
    def host(self) -> str:
        """Host and port."""
        return self.address.removeprefix("http://")

    def log(self) -> str:
        """All that it wrote to its standard output and error."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        """An answer, its body read into `.body`."""
        connection = http.client.HTTPConnection(self.host, timeout=ANSWER_SECONDS)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def ask_to_upgrade(self, headers: dict[str, str]) -> int:
        """Status of the answer to a request for the websocket."""
        connection = http.client.HTTPConnection(self.host, timeout=ANSWER_SECONDS)
        connection.request("GET", "/_stcore/stream", headers=headers)
        try:
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def start(folder: Path, **environment: str) -> Iterator[Server]:
    """The application on a free port."""
    log = folder / "log.txt"
    for _ in range(START_TIMES):  # a free port may be taken before the server gets it
        known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
        port = _free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(APP), str(port)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=known
            )
        server = Server(f"http://127.0.0.1:{port}", log)
        try:
            if _answers(server, process):
                yield server
                return
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
    raise RuntimeError("The server did not start:\n" + server.log()[-3000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(server: Server, process: subprocess.Popen) -> bool:
    def is_up_or_gone() -> bool:
        with suppress(OSError):
            return server.ask("/_stcore/health").body == b"ok"
        return process.poll() is not None

    wait_until(is_up_or_gone, ANSWER_SECONDS)
    return process.poll() is None


class Visitor:
    """A session over its websocket. What it was sent is in `got`, message by message."""

    def __init__(self, server: Server):
        cookie = server.ask("/_stcore/health").getheader("set-cookie").split(";")[0]
        self.server, self.cookie, self.token = server, cookie, cookie.partition("=")[2]
        self.socket = connect(
            f"ws://{server.host}/_stcore/stream", subprotocols=["streamlit"], origin=server.address, additional_headers={"Cookie": cookie}, max_size=None
        )
        self.got: list[ForwardMsg] = []
        self.widgets, self.query, self.page = {}, "", ""

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *raised) -> None:
        self.socket.close()

    def send(self, message: BackMsg) -> None:
        """Send a message as it is."""
        self.socket.send(message.SerializeToString())

    def hear(self, kind: str) -> ForwardMsg:
        """The next message of a kind."""
        while True:
            message = ForwardMsg()
            message.ParseFromString(self.socket.recv(ANSWER_SECONDS))
            self.got.append(message)
            if message.WhichOneof("type") == kind:
                return message

    def run(self, page: str | None = None, query: str | None = None) -> list:
        """Run the page to its end; the elements that it drew."""
        self.page, self.query = self.page if page is None else page, self.query if query is None else query
        message, first = BackMsg(), len(self.got)
        asked = message.rerun_script
        asked.query_string, asked.page_name = self.query, self.page
        for name, (kind, value) in self.widgets.items():
            state = asked.widget_states.widgets.add(id=name)
            if kind == "files":
                for file_id, file_name, size in value:
                    state.file_uploader_state_value.uploaded_file_info.add(name=file_name, size=size, file_id=file_id)
            else:
                setattr(state, kind, value)
        self.send(message)
        while self.hear("script_finished").script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            pass
        drawn = (one.delta.new_element for one in self.got[first:] if one.WhichOneof("type") == "delta")
        return [getattr(element, element.WhichOneof("type")) for element in drawn if element.WhichOneof("type")]

    @property
    def session(self) -> str:
        """Its name, once it has run."""
        return next(one.new_session.initialize.session_id for one in self.got if one.WhichOneof("type") == "new_session")

    def upload(self, name: str, content: bytes, session: str | None = None, **headers: str) -> tuple[str, int]:
        """Send a file as the drop zone does; its id, and the status of the answer."""
        boundary, file_id = uuid.uuid4().hex, str(uuid.uuid4())
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'.encode()
        sent = {"Content-Type": f"multipart/form-data; boundary={boundary}", "X-Xsrftoken": self.token, "Cookie": self.cookie} | headers
        kept = {key: value for key, value in sent.items() if value}
        path = f"/_stcore/upload_file/{session or self.session}/{file_id}"
        return file_id, self.server.ask(path, "PUT", body + content + f"\r\n--{boundary}--\r\n".encode(), **kept).status

    def words(self) -> str:
        """All that it was sent, as text."""
        return re.sub(r"\s+", " ", " ".join(str(message) for message in self.got))
