"""What SECURITY.md promises, asked of the real server over HTTP and its websocket."""

import http.client
import io
import json
import re
import stat
import zipfile

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.upload_gate import MOST_WAITING
from tests.dashboard.failing_app import FAILS
from tests.dashboard.real_server import ROOT, Server, Visitor, start

MARK = "zyxomma"  # in every text, name and address that a person sends here; no word of the program's
HEADERS = {
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}  # fmt: skip
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The application, whose hub is nowhere."""
    runs = tmp_path_factory.mktemp("runs")
    where = {"LAYER_SALIENCY_RUNS": str(runs), "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0", "OMP_NUM_THREADS": "1"}
    with start(tmp_path_factory.mktemp("server"), **where) as running:
        yield running


@pytest.fixture(scope="module")
def visitor(server):
    """Somebody who has seen the Corpus page."""
    with Visitor(server) as opened:
        opened.run("corpus")
        yield opened


def drawn(elements: list, kind: str) -> list:
    """Of the elements of a page, those of a kind."""
    return [element for element in elements if type(element).__name__ == kind]


def policy_of(answer: http.client.HTTPResponse) -> dict[str, list[str]]:
    """Directive → sources."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}


# --- headers ----------------------------------------------------------------------------------------------------------
SCRIPT = "the page's own script"
ANSWERS = [
    ("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/corpus", 200), ("GET", "/present", 200), ("GET", SCRIPT, 200), ("GET", "/favicon.png", 200),
    ("GET", "/no/such/page", 200), ("GET", "/media/nothing.png", 404), ("GET", "/component/no/thing", 404), ("POST", "/", 405),
    ("GET", "/_stcore/bidi-components/no/thing.js", 404), ("GET", "/_stcore/health", 200), ("GET", "/_stcore/metrics", 200),
    ("GET", "/_stcore/host-config", 200), ("GET", "/_stcore/agent/openapi.json", 200), ("OPTIONS", "/_stcore/upload_file/a/b", 204),
    ("PUT", "/_stcore/upload_file/a/b", 403), ("DELETE", "/_stcore/upload_file/a/b", 403), ("GET", "/%2e%2e/%2e%2e/etc/passwd", 400),
    ("GET", "//evil.example/x", 400), ("GET", "/static/%2e%2e/%2e%2e/%2e%2e/logger.py", 400),
]  # fmt: skip


def assert_headers(answer: http.client.HTTPResponse) -> None:
    """All of them, each once, and a policy under which no script runs but the page's own."""
    for name, value in HEADERS.items():
        assert answer.headers.get_all(name) == [value], name
    assert len(answer.headers.get_all("content-security-policy")) == 1
    policy = policy_of(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    hashes = [source for source in policy["script-src"] if source.startswith("'sha256-")]
    assert hashes and set(policy["script-src"]) - set(hashes) == {"'self'", "blob:", "'wasm-unsafe-eval'"}
    assert not re.search(r"https?:|ws:|\*", answer.headers["content-security-policy"])
    assert not [directive for directive in policy if directive.startswith("script-src-")]


@pytest.mark.parametrize("method, path, status", ANSWERS)
def test_every_kind_of_answer_has_the_headers(method, path, status, server):
    if path == SCRIPT:
        path = "/" + re.search(rb'src="\./(static/js/[^"]+)"', server.ask("/").body)[1].decode()
    answer = server.ask(path, method)
    assert answer.status == status
    assert_headers(answer)


def test_so_have_uploads_and_what_a_session_made(visitor):
    path = f"/_stcore/upload_file/{visitor.session}/some-file"
    answer = visitor.server.ask(path, "PUT", b"no form", X_Xsrftoken=visitor.token, Cookie=visitor.cookie, Content_Type="text/plain")
    assert answer.status == 400
    assert_headers(answer)
    elements = visitor.run("", query="text=" + MARK)
    button = drawn(elements, "DownloadButton")[0]
    made = BackMsg()
    made.backend_operation_request.request_id, made.backend_operation_request.session_id = "1", visitor.session
    made.backend_operation_request.deferred_file.file_id = button.deferred_file_id
    visitor.send(made)
    url = visitor.hear("backend_operation_response").backend_operation_response.deferred_file.url
    answer = visitor.server.ask(url)
    assert answer.status == 200 and answer.body and answer.headers.get_all("cache-control") == ["no-store"]
    assert_headers(answer)


# --- whose pages may ask ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/metrics", "/media/x", "/_stcore/upload_file/a/b"])
def test_another_hosts_name_is_answered_nothing(path, host, server):
    answer = server.ask(path, Host=host)
    assert answer.status in (400, 403) and len(answer.body) < 200 and "set-cookie" not in answer.headers
    if answer.status == 403:
        assert_headers(answer)


@pytest.mark.parametrize(
    "foreign, status",
    [
        ({}, 101), ({"Host": "evil.example"}, 403), ({"Host": "evil.example", "Origin": EVIL}, 403), ({"Origin": EVIL}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403), ({"Origin": "http://localhost"}, 403), ({"Origin": "null"}, 403), ({"Origin": ""}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403), ({"Origin": "http://["}, 403), ({"Origin": "file://"}, 403),
    ],
)  # fmt: skip
def test_only_its_own_pages_open_the_websocket(foreign, status, server):
    assert server.ask_to_upgrade({**UPGRADE, "Origin": server.address, **foreign}) == status


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/media/x", "/_stcore/upload_file/a/b"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_site_may_read_an_answer(method, path, server):
    allowed = server.ask(path, method, Origin=EVIL).headers.get("access-control-allow-origin")
    assert allowed is None or ("evil" not in allowed and allowed != "*" and path.startswith("/_stcore/upload_file"))


# --- uploads ----------------------------------------------------------------------------------------------------------
def test_a_file_needs_the_token_of_the_page_and_a_session_that_is_open(server):
    with Visitor(server) as own:
        own.run("corpus")
        assert own.upload("a.csv", b"text\nx\n")[1] == 204
        for wrong in ({"X-Xsrftoken": ""}, {"Cookie": ""}, {"X-Xsrftoken": "2|00000000|00|1"}, {"X-Xsrftoken": "", "Cookie": ""}):
            assert own.upload("a.csv", b"text\nx\n", **wrong)[1] == 403
        assert own.upload("a.csv", b"text\nx\n", session="no-such-session")[1] == 400


def test_a_file_may_be_so_large_whatever_it_says_of_itself(visitor):
    path, most = f"/_stcore/upload_file/{visitor.session}/large", 20 * 2**20
    known = {"X-Xsrftoken": visitor.token, "Cookie": visitor.cookie, "Content-Type": "multipart/form-data; boundary=b"}
    connection = http.client.HTTPConnection(visitor.server.host, timeout=60)
    connection.putrequest("PUT", path)
    for name, value in {**known, "Content-Length": str(most + 1)}.items():
        connection.putheader(name, value)
    connection.endheaders()  # refused unread
    assert connection.getresponse().status == 413
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    block = b"x" * 2**20
    sent = http.client.HTTPConnection(visitor.server.host, timeout=60)
    sent.putrequest("PUT", path)
    for name, value in {**known, "Transfer-Encoding": "chunked"}.items():
        sent.putheader(name, value)
    sent.endheaders()
    try:
        for piece in (head, *[block] * 22):
            sent.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        sent.send(b"0\r\n\r\n")
        assert sent.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):  # hung up on in the middle
        pass
    assert visitor.server.ask("/_stcore/health").status == 200


def test_so_many_files_wait_and_no_more(server):
    with Visitor(server) as flood:
        flood.run("corpus")
        statuses = [flood.upload(f"{number}.csv", b"text\nx\n")[1] for number in range(MOST_WAITING + 3)]
        assert statuses == [204] * MOST_WAITING + [413] * 3


def drop(visitor: Visitor, name: str, content: bytes) -> str:
    """All that a fresh Corpus page says after this file was dropped."""
    zone = drawn(visitor.run("corpus"), "FileUploader")[0]
    file_id, status = visitor.upload(name, content)
    assert status == 204
    visitor.widgets = {zone.id: ("files", [(file_id, name, len(content))])}
    first = len(visitor.got)
    elements = visitor.run()
    visitor.widgets = {}
    assert not drawn(elements, "Exception")
    return " ".join(str(message) for message in visitor.got[first:]).replace("\\342\\200\\234", "“").replace("\\342\\200\\235", "”")


def zipped(name: str, mode: int = stat.S_IFREG | 0o644) -> bytes:
    """A zip with a table under this name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr(info, "text\n/etc/passwd\n")
    return packed.getvalue()


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("program.exe", b"MZ\x90\x00\x03\x00\x00\x00" * 40, "a program"),
        ("table.csv", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00" * 40, "a program"),
        ("table.csv", b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94" * 9, "a pickle, which may hold code"),
        ("table.xlsx", b"PK\x03\x04no workbook", "is no whole zip"),
        ("texts.zip", zipped("../../evil.csv"), "outside of the zip"),
        ("texts.zip", zipped("/etc/evil.csv"), "outside of the zip"),
        ("texts.zip", zipped("C:\\evil.csv"), "outside of the zip"),
        ("texts.zip", zipped("link.csv", stat.S_IFLNK | 0o777), "is a link"),
    ],
)
def test_files_of_other_kinds_are_refused_by_what_they_hold(name, content, said, server):
    with Visitor(server) as own:
        words = drop(own, name, content)
        assert said in words and "Analyse" not in words


def test_files_that_were_read_wait_no_longer(server):
    """Taken or refused, Streamlit holds no second copy of them; otherwise the second round would find no room."""
    with Visitor(server) as own:
        for _ in range(2):
            zone = drawn(own.run("corpus"), "FileUploader")[0]
            sent = [(own.upload(f"{number}.csv", b"text\nx\n"), f"{number}.csv") for number in range(MOST_WAITING)]
            assert {status for (_, status), _ in sent} == {204}
            own.widgets = {zone.id: ("files", [(file_id, name, 7) for (file_id, _), name in sent])}
            assert not drawn(own.run(), "Exception")
            own.widgets = {}


def test_a_files_name_is_no_path(visitor):
    words = drop(visitor, f"../../{MARK}.csv", b"text,label\nA good film,1\nA bad one,0\n")
    assert "Analyse 2 rows" in words and MARK in words and f"/{MARK}" not in words.split("Analyse 2 rows")[0].replace(f'name: "../../{MARK}', "")


# --- what a person names ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["../../etc", "/etc", "http://127.0.0.1:1/model", "file:///etc/passwd", "org/model", "sentiment/../../x"])
def test_no_address_opens_another_model(name, server):
    with Visitor(server) as own:
        elements = own.run("", query=f"model={name}&text=A+good+film.")
        assert "is not on offer here" in own.words() and not drawn(elements, "Exception")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc", "..", ".", "a" * 22, "%2e%2e%2f" * 4, "x\0y"])
def test_no_address_opens_another_folder_as_a_run(name, server):
    with Visitor(server) as own:
        own.run("corpus", query=f"run={name}")
        assert "There is no such run here" in own.words() and "passwd:" not in own.words()


def model_in_use(elements) -> str | None:
    """What the box of models shows; None where the page ended before it."""
    return next((box.raw_value for box in drawn(elements, "Selectbox") if box.label == "Model"), None)


@pytest.mark.parametrize(
    "state",
    [("string_value", "../../etc"), ("string_value", "/etc/passwd"), ("string_value", "org/model"), ("int_value", 99), ("bytes_value", b"\x80\x04.")],
)
def test_no_message_of_a_widget_opens_another_model(state, server):
    with Visitor(server) as own:
        elements = own.run("")
        box, first = next(element for element in drawn(elements, "Selectbox") if element.label == "Model"), model_in_use(elements)
        own.widgets = {box.id: state}
        assert model_in_use(own.run("")) in (first, None) and first in box.options
        assert "/etc" not in own.words().replace(str(ROOT), "")
        own.widgets = {box.id: ("string_value", first)}
        assert model_in_use(own.run("")) == first  # the session goes on
        other = next(name for name in box.options if name != first)
        own.widgets = {box.id: ("string_value", other)}
        assert model_in_use(own.run("")) == other  # one that is on offer is opened


# --- what else a websocket could ask of Streamlit ---------------------------------------------------------------------
def test_nobody_empties_the_caches_of_all_people_or_asks_about_the_server(server):
    with Visitor(server) as own:
        assert "Analyse 1 row" in drop(own, "one.csv", b"text\nA good film\n")
        kept = made(server)
        assert kept == {"dashboard.corpus_runs.runs": 1, "dashboard.asking.the_service": 1}
        operation = BackMsg()
        operation.backend_operation_request.session_id = own.session
        operation.backend_operation_request.install_skills.SetInParent()
        for message in (BackMsg(clear_cache=True), BackMsg(load_git_info=True), BackMsg(set_run_on_save=True), operation, BackMsg()):
            own.send(message)
        own.socket.send("text, which Streamlit answers with an error")
        assert "Analyse 1 row" in str(own.run())  # the session lost nothing
        assert made(server) == kept
        heard = {message.WhichOneof("type") for message in own.got}
        assert not heard & {"git_info_changed", "backend_operation_response"}


def made(server: Server) -> dict[str, int]:
    """How often what all sessions share was made."""
    lines = server.ask("/_stcore/metrics?families=cache_lookups").body.decode()
    found = re.findall(r'cache="(dashboard\.(?:corpus_runs\.runs|asking\.the_service))".*result="miss"} (\d+)', lines)
    return {name: int(times) for name, times in found}


# --- what is logged ---------------------------------------------------------------------------------------------------
def test_no_text_of_a_person_is_logged_or_counted(server):
    """Through flows that work and flows that fail, foreseen or not; nor is it told to others."""
    with Visitor(server) as own:
        text = drawn(own.run("", query=f"text={MARK}+in+a+link"), "TextArea")[0]
        own.widgets = {text.id: ("string_value", f"A {MARK} film.")}
        own.run()
        assert MARK in own.words()
        own.widgets = {text.id: ("string_value", f"{FAILS} {MARK}")}
        first = len(own.got)
        exception = drawn(own.run(), "Exception")[0]
        assert MARK not in str(exception) and str(ROOT) not in str(exception)
        addresses = [message.page_info_changed for message in own.got if message.WhichOneof("type") == "page_info_changed"]
        assert MARK not in str(addresses) and first < len(own.got)
        own.widgets = {}
        for name, content in ((f"{MARK}.csv", f"text\n{MARK}\n".encode()), (f"{MARK}.xlsx", MARK.encode()), (f"{MARK}.parquet", b"PAR1" + MARK.encode())):
            drop(own, name, content)
        own.run("corpus", query=f"run={MARK}")
        own.run("", query=f"model={MARK}")
        own.upload(f"{MARK}.csv", MARK.encode(), **{"X-Xsrftoken": MARK})
        own.socket.send(MARK)
        own.socket.send(b"\xff\xff" + MARK.encode())  # no message: ends the connection
    for path in (f"/{MARK}", f"/{MARK}?text={MARK}", f"/media/{MARK}", f"/component/{MARK}/x", f"/_stcore/upload_file/{MARK}/{MARK}", f"/%2e%2e/{MARK}"):
        server.ask(path)
    assert server.ask_to_upgrade({**UPGRADE, "Origin": f"http://{MARK}.example"}) == 403
    server.ask(f"/_stcore/upload_file/{MARK}/x", "PUT", MARK.encode(), Cookie=f"_streamlit_xsrf={MARK}", X_Xsrftoken=MARK)
    log = server.log()
    assert "builtins.KeyError" in log and "failing_app.py" in log  # it does say what failed, and where
    assert MARK not in log
    assert MARK not in server.ask("/_stcore/metrics").body.decode()


def test_a_run_over_a_file_is_no_one_elses(server):
    """Its name is too long to guess, and nothing lists the names."""
    with Visitor(server) as own, Visitor(server) as other:
        elements_of_other = other.run("corpus")
        drop(own, f"{MARK}.csv", f"text\n{MARK} one\n{MARK} two\n".encode())
        button = next(element for element in drawn(own.run(), "Button") if element.label.startswith("Analyse"))
        own.widgets = {button.id: ("trigger_value", True)}
        own.run()
        own.widgets = {}
        names = set(re.findall(r"[?&]run=([\w-]+)", own.words())) | set(re.findall(r'query_string: "run=([\w-]+)"', own.words()))
        assert len(names) == 1 and re.fullmatch(r"[\w-]{22}", names.pop())
        other.run()
        assert MARK not in other.words() and elements_of_other


def test_settings_that_the_promises_rest_on():
    """Those of .streamlit/config.toml, as the server reads them."""
    import tomllib

    said = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert said["server"]["address"] == "127.0.0.1" and said["server"]["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert said["server"]["enableXsrfProtection"] and said["server"]["enableCORS"] and not said["server"]["enableAgentApi"]
    assert said["client"]["showErrorDetails"] == "none" and not said["browser"]["gatherUsageStats"] and not said["logger"]["enableRich"]
    assert json.dumps(said["client"]["allowedOrigins"]) == '["http://localhost"]'


def test_a_message_larger_than_any_page_sends_ends_the_connection(server):
    with Visitor(server) as own:
        own.run("")
        message = BackMsg()
        message.rerun_script.query_string = "x" * 3_000_000
        own.send(message)
        with pytest.raises(Exception, match="1009"):
            own.hear("script_finished")
