"""What the browser is given first: the pages' style, whole and as plain text, and nothing else touched."""

import asyncio
import urllib.parse
from pathlib import Path

import pytest
import streamlit

from dashboard import first_paint, wording
from dashboard.components import navigation
from dashboard.first_paint import FirstPaint
from dashboard.headers import content_security_policy, streamlit_index


def answer(kind: str, body: bytes, method="GET", accept=b"text/html,*/*", status=200, path="/") -> tuple[dict, bytes, list]:
    """Headers and body as they leave the middleware, and the names of the headers that the application saw."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.extend(name for name, _ in scope["headers"])
        start = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), (b"etag", b"x")]
        await send({"type": "http.response.start", "status": status, "headers": start})
        for at in (0, 5):  # in two parts
            await send({"type": "http.response.body", "body": body[at : at + 5] if not at else body[at:], "more_body": not at})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": [(b"accept", accept), (b"accept-encoding", b"gzip"), (b"host", b"x")]}
    asyncio.run(FirstPaint(app)(scope, None, send))
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent), seen


def test_the_page_brings_its_style_and_its_name():
    headers, body, seen = answer("text/html; charset=utf-8", streamlit_index().encode())
    html = body.decode()
    assert headers[b"content-length"] == str(len(body)).encode() and b"etag" not in headers
    assert f"<title>{wording.NAME}</title>" in html and "--ls-surface:" in html and html.index("<style>") < html.index("</body>")
    assert b"accept-encoding" not in seen and b"host" in seen  # what is packed can't be added to


@pytest.mark.parametrize("path, kept", [("/", True), ("/compare", True), ("/present", False), ("/present/", False)])
def test_a_sidebar_to_come_has_its_place_kept(path, kept):
    html = answer("text/html", streamlit_index().encode(), path=path)[1].decode()
    assert ('class="ls-no-sidebar"' not in html) == kept
    assert f"/{navigation.PRESENT}" == first_paint.WITHOUT_SIDEBAR


def test_the_policy_of_scripts_still_fits():
    assert content_security_policy(first_paint.dressed(streamlit_index(), "")) == content_security_policy(streamlit_index())


def test_the_reading_font_is_one_that_streamlit_brings():
    font = first_paint.serif_font()
    assert font and (Path(streamlit.__file__).parent / "static" / urllib.parse.unquote(font)).is_file()


@pytest.mark.parametrize(
    "how",
    [
        {"kind": "application/json"},
        {"kind": "text/html", "method": "HEAD"},
        {"kind": "text/html", "accept": b"*/*"},
        {"kind": "text/html", "status": 404},
    ],
    ids=str,
)
def test_everything_else_is_left_alone(how):
    headers, body, _ = answer(body=b"<html><body></body></html>", **how)
    assert body == b"<html><body></body></html>" and headers[b"etag"] == b"x"


def test_a_report_on_its_way_to_somebody_s_disk_is_not_dressed():
    """Browsers fetch downloads as they fetch pages, and a report of one's own is HTML, too."""
    report = b"<html><head><title>What layer 5 used</title></head><body>A text.</body></html>"
    headers, body, _ = answer("text/html; charset=utf-8", report, path="/media/0123.html")
    assert body == report and headers[b"etag"] == b"x" and headers[b"content-length"] == str(len(report)).encode()


def test_websockets_are_left_alone():
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["type"])

    asyncio.run(FirstPaint(app)({"type": "websocket"}, None, None))
    assert passed == ["websocket"]
