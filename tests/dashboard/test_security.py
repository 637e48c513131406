"""The parts that keep what SECURITY.md promises, each alone: the log's lines, the gates, and headers of an answer that failed."""

import asyncio
import logging
import re
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes

from dashboard import log_lines, message_gate, upload_gate
from dashboard.headers import HostCheck, SecurityHeaders
from dashboard.message_gate import is_heard
from dashboard.upload_gate import MOST_BYTES_OF_ALL, MOST_BYTES_WAITING, MOST_WAITING, UploadGate

ROOT = Path(__file__).parents[2]
SECRET = "a sentence that somebody typed"


# --- the log ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def quiet(monkeypatch):
    """Logging as the server does it, and as it was afterwards."""
    factory, hooks = logging.getLogRecordFactory(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    log_lines.leave_words_out()
    yield
    logging.setLogRecordFactory(factory)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def failed() -> Exception:
    """An error that quotes a text, raised because of another that does."""
    try:
        try:
            {}[SECRET]
        except KeyError as error:
            raise ExceptionGroup("of " + SECRET, [ValueError(SECRET)]) from error
    except ExceptionGroup as error:
        return error


def test_an_error_is_told_without_its_words():
    said = log_lines.told(failed())
    assert SECRET not in said
    assert all(kind in said for kind in ("ExceptionGroup", "builtins.ValueError", "builtins.KeyError")) and "in failed" in said


def test_no_logger_writes_them(quiet, caplog):
    error = failed()
    for form in ("It failed: %r", "It failed: %s"):
        logging.getLogger("any").error(form, error, exc_info=error)
    assert SECRET not in caplog.text and "builtins.KeyError" in caplog.text and caplog.text.count("It failed: ") == 2
    assert all(record.exc_info is None for record in caplog.records)  # of which each handler could write what it likes


def test_a_line_that_can_t_be_written_is_not_printed_in_its_parts(quiet, capsys):
    handler = logging.StreamHandler()  # logging itself would print the parts, and where they come from
    handler.handle(logging.makeLogRecord({"msg": "%d words", "args": (SECRET,)}))
    assert capsys.readouterr().err == ""


def test_nor_do_the_last_resorts(quiet, capsys):
    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sys.excepthook(*((error := failed()).__class__, error, error.__traceback__))
    sys.unraisablehook(SimpleNamespace(exc_value=failed(), err_msg=SECRET, object=SECRET))
    said = capsys.readouterr().err
    assert SECRET not in said and said.count("builtins.ValueError") == 3 and "in fail" in said


def test_a_chain_that_bites_its_tail_ends():
    first, second = ValueError("a"), KeyError("b")
    first.__context__, second.__context__ = second, first
    assert log_lines.told(first).count("left out") == 2


# --- answers ----------------------------------------------------------------------------------------------------------
def answer_of(app, scope: dict) -> tuple[list[dict], Exception | None]:
    """What an application sends, and what it raises."""
    sent, raised = [], None

    async def send(message):
        sent.append(message)

    try:
        asyncio.run(app({"headers": [], "path": "/", **scope}, None, send))
    except Exception as error:
        raised = error
    return sent, raised


async def broken(scope, receive, send):
    raise ValueError(SECRET)


def test_a_failure_has_the_headers_too_and_says_nothing():
    (start, body), raised = answer_of(SecurityHeaders(broken), {"type": "http"})
    assert start["status"] == 500 and b"content-security-policy" in dict(start["headers"]) and isinstance(raised, ValueError)
    assert SECRET.encode() not in body["body"] and dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()


def test_headers_of_others_with_our_names_give_way():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOWALL"), (b"cache-control", b"public")]})

    (start,), _ = answer_of(SecurityHeaders(app), {"type": "http", "path": "/media/x"})
    names = [name.lower() for name, _ in start["headers"]]
    assert len(names) == len(set(names)) and dict(start["headers"])[b"x-frame-options"] == b"DENY"
    assert dict(start["headers"])[b"cache-control"] == b"no-store"


@pytest.mark.parametrize("hosts", [[], [b"localhost", b"localhost"], [b"evil.example"], [b"local host"], [b"[::1"]])
def test_a_request_has_one_host_and_it_is_ours(hosts, monkeypatch):
    from streamlit import config

    monkeypatch.setattr(config, "get_option", lambda name: ["localhost"] if name == "server.allowedHosts" else [])
    (start, _), raised = answer_of(HostCheck(broken), {"type": "http", "headers": [(b"Host", host) for host in hosts]})
    assert start["status"] == 403 and raised is None
    assert isinstance(answer_of(HostCheck(broken), {"type": "http", "headers": [(b"host", b"localhost:80")]})[1], ValueError)


@pytest.mark.parametrize("setting, origin, is_open", [
    (None, "http://localhost:80", True), (None, "https://demo.example", False), (None, "chrome-extension://localhost:80", False),
    ("server.corsAllowedOrigins", "https://demo.example", True),
    ("browser.serverAddress", "https://demo.example", True), ("browser.serverAddress", "https://demo.example.evil", False),
    ("server.enableCORS", "https://any.example", True),
])  # fmt: skip
def test_a_proxy_s_own_address_may_be_allowed(setting, origin, is_open, monkeypatch):
    from streamlit import config

    said = {"server.allowedHosts": ["localhost"], "server.corsAllowedOrigins": [], "browser.serverAddress": None, "server.enableCORS": True}
    chosen = {"server.corsAllowedOrigins": [f" {origin}/"], "browser.serverAddress": "https://demo.example", "server.enableCORS": False}
    said |= {name: value for name, value in chosen.items() if name == setting}
    monkeypatch.setattr(config, "get_option", said.get)
    monkeypatch.setattr(config, "is_manually_set", lambda name: name == setting)
    headers = [(b"host", b"localhost:80"), (b"origin", origin.encode())]
    sent, raised = answer_of(HostCheck(broken), {"type": "websocket", "headers": headers})
    assert isinstance(raised, ValueError) if is_open else sent == [{"type": "websocket.close", "code": 1008}]


# --- uploads ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def held(monkeypatch):
    """Session → file → bytes, as if Streamlit held them."""
    held = {}
    monkeypatch.setattr(upload_gate, "_held", lambda: {(session, name): n for session, files in held.items() for name, n in files.items()})
    return held


def put(gate: UploadGate, session: str = "s", name: str = "new", size: int | None = 7) -> int:
    """Status of the answer to an upload; 500 where it got through to the application that is broken."""
    headers = [] if size is None else [(b"Content-Length", str(size).encode())]
    scope = {"type": "http", "method": "PUT", "path": f"/base/_stcore/upload_file/{session}/{name}", "headers": headers}
    sent, raised = answer_of(gate, scope)
    return 200 if raised else sent[0]["status"]


def test_files_are_counted_and_summed_by_session(held):
    gate = UploadGate(broken)
    held["s"] = {str(number): 1 for number in range(MOST_WAITING - 1)}
    assert put(gate) == 200
    held["s"]["one more"] = 1
    assert put(gate) == 413 and put(gate, name="3") == 200 and put(gate, session="another") == 200
    held["s"] = {"large": MOST_BYTES_WAITING - 7}
    assert put(gate) == 200 and put(gate, size=8) == 413 and put(gate, size=None) == 413


def test_a_file_that_comes_in_pieces_counts_in_full_whatever_it_announces(held):
    held["s"] = {"large": MOST_BYTES_WAITING - 7}
    headers = [(b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")]
    sent, _ = answer_of(UploadGate(broken), {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/s/x", "headers": headers})
    assert sent[0]["status"] == 413


def test_and_over_all_sessions(held):
    for number in range(MOST_BYTES_OF_ALL // MOST_BYTES_WAITING):
        held[f"s{number}"] = {"large": MOST_BYTES_WAITING}
    assert put(UploadGate(broken), session="one more") == 503
    held.popitem()
    assert put(UploadGate(broken), session="one more") == 200


@pytest.mark.parametrize("name_of", [str, lambda n: "the same"], ids=["files", "one file again and again"])
def test_those_that_are_on_their_way_count_until_they_arrive(held, name_of):
    async def all_at_once() -> tuple[list[int], int]:
        may_end, statuses = asyncio.Event(), []

        async def slow(scope, receive, send):
            await may_end.wait()
            await send({"type": "http.response.start", "status": 204})

        async def send(message):
            statuses.extend([message["status"]] if "status" in message else [])

        gate = UploadGate(slow)
        asked = [{"type": "http", "method": "PUT", "path": f"/_stcore/upload_file/s/{name_of(n)}", "headers": []} for n in range(MOST_WAITING + 1)]
        small = [scope | {"headers": [(b"content-length", b"1")]} for scope in asked]
        under_way = [asyncio.create_task(gate(scope, None, send)) for scope in small[:-1]]
        await asyncio.sleep(0)  # each begins
        await asyncio.wait_for(gate(small[-1], None, send), 60)  # refused at once
        refused = list(statuses)
        may_end.set()
        await asyncio.gather(*under_way)
        await gate(small[-1], None, send)
        return refused, statuses.count(204)

    assert asyncio.run(all_at_once()) == ([413], MOST_WAITING + 1)


def test_other_requests_are_nobody_s_affair(held):
    for scope in ({"type": "http", "method": "DELETE", "path": "/_stcore/upload_file/s/x"}, {"type": "lifespan"}):
        assert isinstance(answer_of(UploadGate(broken), scope)[1], ValueError)


def test_a_read_file_is_let_go(monkeypatch):
    gone = []
    context = SimpleNamespace(
        session_id="s", uploaded_file_mgr=SimpleNamespace(remove_file=lambda session_id, file_id: gone.append((session_id, file_id)))
    )
    monkeypatch.setattr(upload_gate, "get_script_run_ctx", lambda: context)
    upload_gate.let_go([SimpleNamespace(file_id="1"), SimpleNamespace(file_id="2")])
    assert gone == [("s", "1"), ("s", "2")]


# --- the websocket ----------------------------------------------------------------------------------------------------
def operation(name: str) -> BackMsg:
    """A request for an operation on the server."""
    message = BackMsg()
    getattr(message.backend_operation_request, name).SetInParent()
    return message


def test_what_the_pages_ask_is_heard():
    rerun = BackMsg()
    rerun.rerun_script.query_string = "model=news"
    for message in (rerun, BackMsg(stop_script=True), BackMsg(app_heartbeat=True), operation("deferred_file"), operation("dataframe_chunk")):
        assert is_heard(message.SerializeToString())


def test_and_nothing_else():
    refused = (BackMsg(clear_cache=True), BackMsg(load_git_info=True), BackMsg(set_run_on_save=True), BackMsg(debug_shutdown_runtime=True))
    named_none = operation("deferred_file")
    named_none.backend_operation_request.ClearField("deferred_file")
    named_none.backend_operation_request.request_id = "1"
    for message in (*refused, BackMsg(), named_none, operation("install_skills"), operation("dismiss_skills_nudge")):
        assert not is_heard(message.SerializeToString())
    assert not is_heard(None)
    assert is_heard(b"\xff\xff")  # Streamlit ends the connection over it


def test_what_is_too_large_is_not_even_read(monkeypatch):
    monkeypatch.setattr(message_gate, "BackMsg", None)
    assert is_heard(b"x" * (get_max_widget_state_size_bytes() + 1))  # over it too


# --- the page of promises ---------------------------------------------------------------------------------------------
def test_every_promise_names_a_test_that_there_is():
    said = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    sources = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py")}
    files = set(re.findall(r"[\w/]+\.py", said))
    assert len(files) > 10
    assert not [file for file in files if not list((ROOT / "tests").glob(file) if "/" in file else (ROOT / "tests").rglob(file))]
    for file, tests in re.findall(r"`(?:[\w/]*/)?(\w+\.py): ([^`]+)`", said):
        for test in tests.split(", "):
            assert f"def {test.rstrip('…')}" in sources[file], (file, test)
