"""Nothing jumps, and everything can be reached without a mouse: layout shift and the way of the Tab key, on every page."""

import re
from pathlib import Path

import pytest

from dashboard import theme
from tests.browser.explore_page import PATHS, ExplorePage

ROOM = Path(theme.__file__).parent / "styles" / "room.css"
COMES_LATER = {"st-key-text_pair-", "st-key-closer", "st-key-files-", "st-key-waiting", "st-key-under-way"}  # when asked for

MOST = 0.1  # cumulative layout shift that nobody notices (web.dev/cls); here every shift counts, those after a key press, too
TRIES = 3  # visits, the steadiest of which counts: a machine busy with other work draws a page in pieces that nobody else sees
WIDTHS = [(1440, 900), (390, 844)]
SHIFTS = """() => new Promise((done) => {
  const found = [];
  new PerformanceObserver((list) => found.push(...list.getEntries())).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(found.map((entry) => entry.value)), 100);
})"""
TWO_LINES = (
    "An unexpected pleasure, warm and funny, with a cast that plays as if it had never been tired, and an end that nobody sees coming."
)

# The element in focus, through all shadow roots: what it is, its name as far as its own marks tell it, and whether it is in sight.
FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  window.reached ??= new Map();
  if (!window.reached.has(node)) window.reached.set(node, window.reached.size);
  const box = node.getBoundingClientRect(), root = node.getRootNode();
  const by = (node.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean).map((id) => root.getElementById(id)?.innerText);
  const label = node.labels?.[0]?.innerText || by.join(" ");
  return {
    number: window.reached.get(node), what: node.outerHTML.slice(0, 160),
    name: (node.getAttribute("aria-label") || label || node.innerText || node.title || node.placeholder || "").trim() ||
      (node.localName === "main" ? "the page" : ""),  // a landmark, which the browser lets one scroll with the keys
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def shifted(explore: ExplorePage, before: float = 0.0) -> float:
    """Sum of all layout shifts of this visit, in shares of the window, less those of `before`."""
    explore.settle()
    explore.page.wait_for_timeout(500)
    return sum(explore.page.evaluate(SHIFTS)) - before


@pytest.mark.parametrize("width, height", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_nothing_jumps_while_a_page_comes(visit, path, width, height):
    seen = []
    while len(seen) < TRIES and min(seen, default=MOST) >= MOST:
        seen.append(shifted(visit(path, width=width, height=height)))
    assert min(seen) < MOST, seen


def test_every_place_that_is_kept_is_one_of_a_page(visit):
    """A box that was renamed would jump again, and only where the browser is slow."""
    kept = set(re.findall(r"st-key-[a-z_-]+", ROOM.read_text(encoding="utf-8"))) - COMES_LATER
    for path in PATHS:
        explore = visit(path)
        explore.settle()
        page = explore.page
        kept = {name for name in kept if not page.locator(f'[class*="{name}"]').count()}
    assert not kept


@pytest.mark.parametrize("width, height", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/compare"])
def test_nothing_jumps_when_another_text_is_explained(visit, path, width, height):
    explore = visit(path, width=width, height=height)
    before = shifted(explore)
    explore.type_text(TWO_LINES)
    assert shifted(explore, before) < MOST


@pytest.mark.parametrize("width, height", WIDTHS)
def test_nothing_jumps_from_layer_to_layer(visit, width, height):
    explore = visit(width=width, height=height)
    before = shifted(explore)
    explore.slider.focus()
    explore.page.keyboard.press("ArrowLeft")
    assert shifted(explore, before) < MOST


@pytest.mark.parametrize("path", PATHS)
def test_the_tab_key_walks_through_the_page_and_out_again(visit, path):
    page = visit(path).page
    stops = []
    for _ in range(250):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (stops and stop["number"] == 0):
            break
        assert stop["number"] == len(stops), f"The Tab key turns back: {stop}"
        stops.append(stop)
    else:
        pytest.fail(f"The Tab key does not leave the page: {stops[-1]}")
    nameless = [stop["what"] for stop in stops if not stop["name"]]
    unseen = [stop["what"] for stop in stops if not stop["seen"]]
    assert not nameless and not unseen, (nameless, unseen)
    assert len(stops) > 5
