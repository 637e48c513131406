"""How long people wait, in a real Chromium: `python -m tests.benchmarks.page_speed [--rounds 20] [--only NAME …] [--quick]`.

Starts the server as the README does. Every figure is a median over the rounds, each of which goes through all gestures in
turn, after one that is not counted; the bytes that came with it are medians too. A median over its budget ends the script
with 1. Prints markdown.

cold      a server is started and a fresh browser opens it at once; `first` is the part after the server says that it is ready
typing    another text, to its words in colour                 layer, word   the arrow key and the click, to what they show
compare, explore   from one page to the other, with answers that are known
open, search, turn   the table of a run of 100,000 rows
cached    a websocket client without a browser asks for the page again
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import websockets
from playwright.sync_api import Browser, sync_playwright

from dashboard import compare_wording, wording
from tests.benchmarks.corpus_table import finished_run
from tests.benchmarks.page_meter import IDLE, Taken, Visitor
from tests.benchmarks.room import Visitor as Client
from tests.benchmarks.timing import print_machine
from tests.browser.server import launch_chromium, serve

BUDGETS = {  # name → (ms, kB that come over HTTP, kB that come over the websocket): what a slow machine needs, with some room (RESULTS.md)
    "cold": (20_000, 9_000, 150),
    "first": (5_000, 9_000, 150),
    "typing": (800, 20, 130),
    "layer": (700, 20, 130),
    "word": (600, 20, 130),
    "compare": (1_500, 20, 100),
    "explore": (900, 20, 100),
    "open": (3_000, 1_200, 200),
    "search": (400, 20, 50),
    "turn": (700, 20, 50),
    "cached": (150, 0, 150),
}
SAID = {
    "cold": "server start to the first picture", "first": "the same, from the moment the server is ready",
    "typing": "typing to result",
    "layer": "layer change", "word": "word click",
    "compare": "page change, Explore to Compare",
    "explore": "page change, Compare to Explore",
    "open": "a run's table, opened by its address",
    "search": "search in it", "turn": "its next page",
    "cached": "cached rerun, no browser",
}  # fmt: skip
HERO, TEXT, READINGS, ROWS = ".st-key-card-hero", ".st-key-hero", ".st-key-card-readings", ".st-key-card-rows"
PICTURE = f"[...document.querySelectorAll('{HERO} *')].some(e => e.shadowRoot?.querySelector('[data-unit]'))"
FOUND, SYLLABLES = ".st-key-rows-pages", [one + other for one in "bcdfgklmnprst" for other in "aeiou"]  # of the made-up words
SENTENCE = "Number {}: the cast is wonderful and the story moves, but the second half drags and the ending felt predictable."
_FRESH = itertools.count(1)


def changed(visitor: Visitor, selector: str) -> str:
    """JavaScript: the words of an element are others than now."""
    return f"wordsOf({json.dumps(selector)}) !== {json.dumps(visitor.words(selector))} && wordsOf({json.dumps(selector)}) !== ''"


def cold(browser: Browser) -> dict[str, Taken]:
    """A server of its own, and its first visitor."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        ready = time.perf_counter() - start
        visitor = Visitor(browser, address)
        first = visitor.measure(lambda page: page.goto(address), PICTURE)
        visitor.close()
    return {"cold": Taken(ready + first.seconds, first.http, first.websocket, first.sent), "first": first}


def arrived(browser: Browser, address: str) -> Visitor:
    """Somebody who has the first picture."""
    visitor = Visitor(browser, address)
    visitor.measure(lambda page: page.goto(address), PICTURE)
    return visitor


class Reader:
    """Explore: types, walks the layers, clicks words."""

    def __init__(self, browser: Browser, address: str):
        self.visitor, self.turn = arrived(browser, address), itertools.cycle(("ArrowLeft", "ArrowRight"))

    def typing(self) -> Taken:
        """A text that nobody asked for before."""
        number = next(_FRESH)
        self.visitor.page.get_by_label("Text", exact=True).fill(SENTENCE.format(number))
        return self.visitor.measure(
            lambda page: page.keyboard.press("Control+Enter"),
            f"wordsOf('{TEXT}').replaceAll(' ', '').includes('Number{number}:')",
        )

    def layer(self) -> Taken:
        """One to the left or right."""
        self.visitor.page.get_by_role("slider", name="Layer").focus()
        return self.visitor.measure(lambda page: page.keyboard.press(next(self.turn)), changed(self.visitor, TEXT))

    def word(self) -> Taken:
        """Another word than the one selected."""
        words = self.visitor.page.locator(".st-key-hero").get_by_role("button")
        at = words.nth(3 + next(_FRESH) % 2 * 2)
        if at.get_attribute("aria-pressed") == "true":
            at = words.nth(8)
        return self.visitor.measure(lambda _: at.click(), changed(self.visitor, READINGS))


class Walker:
    """Goes from page to page with a text whose answers are known."""

    def __init__(self, browser: Browser, address: str):
        self.visitor = arrived(browser, address)

    def compare(self) -> Taken:
        """Until all of the wall that is shown at once stands there."""
        return self._go(compare_wording.COMPARE_PAGE, compare_wording.TITLE)

    def explore(self) -> Taken:
        """Back."""
        return self._go(compare_wording.EXPLORE_PAGE, wording.TAGLINE)

    def _go(self, page: str, title: str) -> Taken:
        link = self.visitor.page.get_by_test_id("stPageLink").get_by_role("link", name=page, exact=True)
        return self.visitor.measure(lambda _: link.click(), f"wordsOf('h1').includes({json.dumps(title)}) && {IDLE}")


class Analyst:
    """Looks through a long run."""

    def __init__(self, browser: Browser, address: str, run_id: str):
        self.visitor, self.place, self.words = (
            Visitor(browser, address),
            f"{address}/corpus?run={run_id}",
            itertools.cycle(SYLLABLES),
        )
        self.pages = itertools.count(2)

    def open(self) -> Taken:
        """By its address; the front end itself is in the browser's cache."""
        self.pages = itertools.count(2)
        return self.visitor.measure(lambda page: page.goto(self.place), f"wordsOf('{ROWS}').length > 2000")

    def turn(self) -> Taken:
        """The next page of 50."""
        page = next(self.pages)
        button = self.visitor.page.get_by_label(f"Page {page}", exact=True).or_(
            self.visitor.page.get_by_role("button", name=str(page), exact=True)
        )
        return self.visitor.measure(lambda _: button.first.click(), changed(self.visitor, ROWS))

    def search(self) -> Taken:
        """A syllable, until the number of rows that hold it stands there."""
        self.visitor.page.locator(ROWS).get_by_label("Search", exact=True).fill(next(self.words))
        return self.visitor.measure(lambda page: page.keyboard.press("Enter"), changed(self.visitor, FOUND))


async def ask_again(address: str, rounds: int) -> list[Taken]:
    """Cached reruns of a session without a browser."""
    url, taken = address.replace("http", "ws") + "/_stcore/stream", []
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
        client = Client(socket)
        await client.ask()
        for _ in range(rounds + 1):
            taken.append(Taken(await client.ask(), 0, client.received, 0))
    return taken[1:]


def walk(chosen: list[str], rounds: int, n_rows: int) -> dict[str, list[Taken]]:
    """Every gesture, round by round."""
    found: dict[str, list[Taken]] = {name: [] for name in chosen}
    with ExitStack() as stack:
        browser = launch_chromium(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        for number in range(rounds + 1 if {"cold", "first"} & set(chosen) else 0):
            for name, taken in cold(browser).items():
                if number and name in found:
                    found[name].append(taken)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        in_run = {"open", "search", "turn"} & set(chosen)
        run_id = finished_run(folder / "runs", n_rows) if in_run else ""
        address = stack.enter_context(serve(folder, LAYER_SALIENCY_RUNS=str(folder / "runs")))
        gestures: dict[str, Callable[[], Taken]] = {}
        for kind, more, names in (
            (Reader, (), ("typing", "layer", "word")),
            (Walker, (), ("compare", "explore")),
            (Analyst, (run_id,), ("open", "turn", "search")),
        ):
            if set(names) & set(chosen):
                person = kind(browser, address, *more)
                gestures |= {name: getattr(person, name) for name in names}  # one leads to the next
        for number in range(rounds + 1):
            for name, gesture in gestures.items():
                taken = gesture()
                if number and name in found:
                    found[name].append(taken)
        if "cached" in chosen:
            with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs in this one
                found["cached"] = thread.submit(asyncio.run, ask_again(address, rounds)).result()
    return found


def print_row(name: str, taken: list[Taken]) -> list[str]:
    """A row of the table; what is over the budget, in sentences."""
    seconds = sorted(one.seconds * 1000 for one in taken)
    low, high = seconds[len(seconds) // 10], seconds[-1 - len(seconds) // 10]
    http, websocket = (statistics.median(getattr(one, what) for one in taken) / 1000 for what in ("http", "websocket"))
    got, units = (statistics.median(seconds), http, websocket), ("ms", "kB over HTTP", "kB over the websocket")
    sent = statistics.median(one.sent for one in taken)
    print(
        f"| {SAID[name]} | {got[0]:,.0f} | {low:,.0f} – {high:,.0f} | {BUDGETS[name][0]:,} | {http:,.1f} | {websocket:,.1f} | {sent:,.0f} |"
    )
    return [
        f"{SAID[name]}: {one:,.1f} {unit}, budget {most:,}" for one, most, unit in zip(got, BUDGETS[name], units) if one > most
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--only", nargs="+", choices=list(BUDGETS), default=list(BUDGETS), metavar="NAME", help=", ".join(BUDGETS)
    )
    parser.add_argument("--rows", type=int, default=100_000, help="of the run")
    parser.add_argument("--quick", action="store_true", help="3 rounds and 5,000 rows: whether it works, not how fast it is")
    args = parser.parse_args()
    rounds, n_rows = (3, 5_000) if args.quick else (args.rounds, args.rows)
    print_machine()
    found = walk(args.only, rounds, n_rows)
    print(f"\nMedians over {rounds} rounds; the run has {n_rows:,} rows.\n")
    print("| what | median ms | 10 – 90 % | budget ms | kB over HTTP | kB over the websocket | B sent |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    over = [line for name, taken in found.items() for line in print_row(name, taken)]
    print("".join(f"OVER BUDGET: {line}\n" for line in over), end="", file=sys.stderr)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
