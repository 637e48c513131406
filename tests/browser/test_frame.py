"""The page as a whole: accessible, narrow, dark, and sent with its security headers."""

import http.client
import subprocess
import sys
import urllib.request
from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.explore_page import PATHS
from tests.browser.server import APP

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_RUN = """async (rules) => (await axe.run(document, {runOnly: rules})).violations
  .map(v => [v.id, v.impact, v.nodes.map(n => n.target.join() + " " + n.failureSummary)])"""
WIDE_ELEMENTS = """() => [document.documentElement.scrollWidth - innerWidth,
  document.querySelector(".stMain").scrollWidth - document.querySelector(".stMain").clientWidth]"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_no_accessibility_violations(visit, path, scheme):
    page = visit(path, scheme=scheme).page
    page.evaluate(AXE)
    found = page.evaluate(AXE_RUN, RULES)
    known = "presentation-role-conflict"  # of Corpus: Streamlit gives its drop zone a name, and the role of something that has none
    assert [one for one in found if path != "/corpus" or one[0] != known] == []


def test_nor_with_everything_unfolded(visit):
    explore = visit("/?layer=3")
    explore.page.get_by_text("How is this computed?").click()
    explore.page.get_by_text("Options", exact=True).click()
    explore.settle()
    explore.page.evaluate(AXE)
    assert explore.page.evaluate(AXE_RUN, RULES) == []


@pytest.mark.parametrize("width, height", [(390, 844), (720, 450)], ids=["phone", "1440 at 200 %"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_the_window(visit, path, width, height):
    assert visit(path, width=width, height=height).page.evaluate(WIDE_ELEMENTS) == [0, 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_is_a_word_without_end(visit, scheme):
    explore = visit(width=390, height=844, scheme=scheme)
    explore.type_text(
        "Incomprehensibilities " + "x" * 300 + " and a long list of words that goes on and on and on and on for a while yet"
    )
    assert explore.page.evaluate(WIDE_ELEMENTS) == [0, 0]


def test_the_dark_theme_is_dark(visit):
    colours = {}
    for scheme in ("light", "dark"):
        page = visit(scheme=scheme).page
        colours[scheme] = page.evaluate("getComputedStyle(document.querySelector('.st-key-card-hero')).backgroundColor")
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 30, 36)"}


def test_the_headers(server):
    headers = urllib.request.urlopen(server).headers
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "foreign, status",
    [({}, 101), ({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403)],
    ids=["own", "other host name", "other origin"],
)
def test_only_its_own_pages_may_connect(server, foreign, status):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=5)
    connection.request("GET", "/_stcore/stream", headers={**upgrade, "Origin": server, **foreign})
    assert connection.getresponse().status == status


def test_a_port_in_use_is_told_in_a_sentence(server):
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(APP),
        f"--server.port={server.rsplit(':')[-1]}",
        "--server.headless=true",
    ]
    second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = second.stdout + second.stderr
    assert second.returncode != 0 and "is not available" in said and "Traceback" not in said
