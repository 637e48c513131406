"""The pages' look, as pictures to compare with: `python -m tests.browser.look` checks the set, with `--write` it renews it.

A picture is compared in blocks: each block's mean colour, in the units of 8 bits. Another Chromium draws the edges of letters
otherwise, which no mean over 8 × 8 pixels shows; a card that is missing, a swapped colour, or a text moved by 8 pixels does.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.explore_page import PATHS, ExplorePage
from tests.browser.server import launch_chromium, serve

FOLDER = Path(__file__).parent / "screenshots"
PAGES = {path.strip("/") or "explore": path for path in PATHS}  # name of the file → address
PAGES |= dict.fromkeys(("explore-whole", "explore-edited", "explore-empty"), "/")
PAGES |= {"learn-reading": "/learn?step=6", "learn-wrong": "/learn"}
WIDTHS = {1440: 1000, 390: 844}  # pixels: width of the window → its height
TALL = {("explore-whole", 1440): 1950, ("explore-whole", 390): 3400}
TALL |= {("explore-edited", 1440): 1700, ("explore-edited", 390): 2200}
TALL |= {("learn-reading", 1440): 1900, ("learn-reading", 390): 2600}  # those that are shown further than the first screen
SCHEMES = ("light", "dark")
BLOCK, BAND = 8, 2  # pixels: side of a block; how far a block may look around for its like
FAR = 12.0  # of 255: a block this far from the expected one, in its nearest position, has changed
MOST_CHANGED = 0.004  # share of blocks that may have changed: what fonts of another build move
COLOURS = 256  # of a kept picture

STILL = """*, *::before, *::after { animation: none !important; transition: none !important;
  caret-color: transparent !important; }
[data-testid="stHeader"], [data-testid="stStatusWidget"] { visibility: hidden !important; }
.st-key-cost-line, .st-key-tour-card, .st-key-tour { visibility: hidden !important; }"""
# Times, and the name of the machine's device, are of a run and not of the look: the same words stand for all of them.
MASK = r"""() => {
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) {
        const said = child.data.replace(/(< |> )?[\d.,]+ (ms|s)\b/g, "0 ms").replace(/\b(cpu|cuda|mps)(:\d+)?\b/g, "cpu");
        if (said !== child.data) child.data = said;
      }
      walk(child);
    }
    if (node.shadowRoot) walk(node.shadowRoot);
  };
  walk(document.body);
}"""


@dataclass(frozen=True)
class View:
    """A page at a width in a theme."""

    page: str
    width: int
    scheme: str

    @property
    def file(self) -> Path:
        """Where its picture is kept."""
        return FOLDER / f"{self.page}-{self.width}-{self.scheme}.png"

    @property
    def height(self) -> int:
        """Pixels of the window."""
        return TALL.get((self.page, self.width), WIDTHS[self.width])


def _mask_a_word(explore: ExplorePage) -> None:
    explore.page.get_by_role("button", name="Mask", exact=True).click()
    explore.settle()


def _go_wrong(explore: ExplorePage) -> None:
    explore.page.get_by_role("tab", name="Where explanations go wrong").click()
    explore.settle()


GESTURES: dict[str, Callable[[ExplorePage], None]] = {
    "explore-edited": _mask_a_word,
    "explore-empty": lambda explore: explore.type_text(" "),
    "learn-wrong": _go_wrong,
}
"""Name of a page → what its visitor does before the picture is taken."""
VIEWS = tuple(View(page, width, scheme) for page in PAGES for width in WIDTHS for scheme in SCHEMES)


def shoot(browser: Browser, server: str, view: View) -> Image.Image:
    """A view after its visitor's gesture, nothing moving, times and devices masked."""
    context = browser.new_context(
        viewport={"width": view.width, "height": view.height}, color_scheme=view.scheme, reduced_motion="reduce",
        locale="en-GB", timezone_id="UTC",
    )  # fmt: skip
    try:
        page = context.new_page()
        page.add_init_script("localStorage.setItem('layer-saliency-tour', 'done')")  # the tour has tests of its own
        page.goto(server + PAGES[view.page])
        page.add_style_tag(content=STILL)
        page.mouse.move(view.width - 1, view.height - 1)  # what is under the pointer shows more than the rest
        settle(page)
        if view.page in GESTURES:
            GESTURES[view.page](ExplorePage(page))
            page.mouse.move(view.width - 1, view.height - 1)
            settle(page)
        return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    finally:
        context.close()


def settle(page: Page) -> None:
    """Wait until nothing runs, every font is there, and two pictures a moment apart are the same."""
    ExplorePage(page).settle()
    page.evaluate("document.fonts.ready.then(() => true)")
    last = None
    for _ in range(60):
        ExplorePage(page).settle()
        page.evaluate(MASK)
        shown = page.screenshot(animations="disabled", caret="hide")
        if shown == last:
            return
        last = shown
        page.wait_for_timeout(250)


def changed(expected: Image.Image, shown: Image.Image) -> float:
    """Share of blocks that look otherwise, 0 to 1; 1 where the sizes differ.

    Each block of the expected picture is held against the blocks of the other at its own place and around it, a few pixels each
    way, and the nearest counts; a text may so stand a hair's breadth elsewhere, not a line.
    """
    if expected.size != shown.size:
        return 1.0
    rows, columns = expected.height // BLOCK, expected.width // BLOCK
    wanted = _means(_sums(expected), BAND, BAND, rows, columns)
    got = _sums(shown)
    nearest = np.full((rows, columns), np.inf)
    for down in range(2 * BAND + 1):
        for right in range(2 * BAND + 1):
            nearest = np.minimum(nearest, np.abs(_means(got, down, right, rows, columns) - wanted).max(axis=2))
    return float((nearest > FAR).mean())


def _sums(picture: Image.Image) -> np.ndarray:
    """(height + 2 BAND + 1, width + 2 BAND + 1, 3) sum of all colours above and left of each pixel, the edges carried on."""
    padded = np.pad(np.asarray(picture.convert("RGB"), dtype=np.int64), ((BAND, BAND), (BAND, BAND), (0, 0)), mode="edge")
    return np.pad(padded.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0), (0, 0)))


def _means(sums: np.ndarray, down: int, right: int, rows: int, columns: int) -> np.ndarray:
    """(rows, columns, 3) mean colour of each block, the first of which begins at a pixel of the padded picture."""
    corners = sums[down::BLOCK, right::BLOCK][: rows + 1, : columns + 1]
    return np.diff(np.diff(corners, axis=0), axis=1) / BLOCK**2


def keep(picture: Image.Image, file: Path) -> None:
    """Write it with few colours: a page has few."""
    file.parent.mkdir(exist_ok=True)
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> int:
    """Shoot every view; write it, or say how much of it has changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="renew the kept pictures")
    parser.add_argument("--only", default="", help="views whose file name holds this")
    asked = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        with serve(root, LAYER_SALIENCY_RUNS=str(root / "runs"), HF_HUB_OFFLINE="1") as server:
            browser = launch_chromium(playwright)
            for view in VIEWS:
                if asked.only not in view.file.name:
                    continue
                picture = shoot(browser, server, view)
                if asked.write:
                    keep(picture, view.file)
                share = changed(Image.open(view.file), picture) if view.file.exists() else 1.0
                worst = max(worst, share)
                print(f"{view.file.name}: {share:.2%} of blocks changed", flush=True)
            browser.close()
    return int(worst > MOST_CHANGED)


if __name__ == "__main__":
    sys.exit(main())
