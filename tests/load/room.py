"""A full room for some minutes: `python -m tests.load.room [--sessions 64] [--minutes 10]`.

Starts the server as the README does. Visitors with models, texts, files and pages of their own come, ask, and leave, some in the
middle of an answer; whoever leaves is followed by another. Fails where a page shows an error or ends in none, where anybody is
sent somebody else's text, where memory or file handles grow after the warm-up while the room is full, where work is left over when
all have gone, and where clearly more memory is held then than before.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.error
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import websockets

from tests.browser.server import serve
from tests.load.resources import Watch, server_of
from tests.load.visitor import Fault, Visitor, visiting

MODELS = {"sentiment": "{} The film is {}, but the second half drags, says {}.", "news": "{} The {} team of {} won the final of the cup."}
CHOICES = {"sentiment": "Film reviews (sentiment)", "news": "News (topic)"}  # as the box of models names them
WORDS = "wonderful dull moving wise superb dreadful warm slow clever boring long short strange fine old new".split()
PAGES = ("", "compare", "corpus", "learn", "present")
SHOW_TEXT = ("", "present")  # the pages that draw the whole text besides its box
ACTIONS = {"text": 10, "page": 5, "model": 1, "file": 1, "run": 1, "download": 1, "leave": 1}  # how often each is chosen
STAYS = (6, 14)  # actions of one visitor
ROWS = 40  # of a file
LONGEST_DRAIN = 600.0  # seconds until nothing is under way any more, once nobody asks
SETTLED = 10.0  # seconds after which a server at rest has given back what it can
UNDER_WAY = ("waiting", "running")


@dataclass
class Tally:
    """What came of it."""

    light_runs: float = 0.75
    """Share of the runs that leave the dear measure out, as a box of the page allows."""
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Action → how long each took."""
    faults: Counter = field(default_factory=Counter)
    """Sentence → how often."""
    visitors: int = 0
    busy: int = 0
    """Messages that told somebody to come back later."""
    bytes: int = 0
    drain: float = 0.0


class Guest:
    """What one visitor does, drawn at random."""

    def __init__(self, visitor: Visitor, draw: random.Random, tally: Tally):
        self.visitor, self.draw, self.tally, self.model, self.typed = visitor, draw, tally, draw.choice(tuple(MODELS)), ""

    async def stay(self, until: float, think: float) -> None:
        """Come, do some things, go."""
        await self._timed("arrive", self.visitor.open(f"model={self.model}"))
        for _ in range(self.draw.randint(*STAYS)):
            await asyncio.sleep(min(self.draw.expovariate(1 / think), max(0.0, until - time.monotonic())))
            if time.monotonic() >= until:
                return
            action = self.draw.choices(tuple(ACTIONS), tuple(ACTIONS.values()))[0]
            if action == "leave":  # in the middle of an answer
                await self._go("")
                await self.visitor.send(text={"string_value": self._sentence()})
                return
            await getattr(self, f"_{action}")()

    async def _text(self) -> None:
        if self.visitor.page not in ("", "compare", "learn"):
            await self._go("")
        sentence = self._sentence()
        await self._timed(f"text on {self.visitor.page or 'explore'}", self.visitor.type(sentence))
        self._check()

    async def _page(self) -> None:
        page = self.draw.choice([page for page in PAGES if page != self.visitor.page])
        await self._timed(f"turn to {page or 'explore'}", self.visitor.turn_to(page))
        self._check()

    async def _model(self) -> None:
        if "model" in self.visitor.ids:
            self.model = next(name for name in MODELS if name != self.model)
            await self._timed("change the model", self.visitor.touch("model", string_value=CHOICES[self.model]))

    async def _file(self) -> None:
        await self._go("corpus")
        if other := next((end for end in self.visitor.ids if end == "Analyse another file"), None):
            await self.visitor.press(other)
        while "Remove" in self.visitor.ids:
            await self.visitor.press("Remove")
        mark = self.visitor.mark()
        rows = [f"{MODELS[self.model].format(mark, self.draw.choice(WORDS), 'row')},{number % 2}" for number in range(ROWS)]
        table = "\n".join(["text,label", *(row.replace(", ", " ") for row in rows)])
        await self._timed("upload a file", self.visitor.upload(f"{mark}.csv", table.encode()))
        if mark.encode() not in self.visitor.drawn:
            raise Fault(f"The file {mark}.csv is not shown.")

    async def _run(self) -> None:
        await self._file()
        if self.draw.random() < self.tally.light_runs and "corpus-faithfulness" in self.visitor.ids:
            await self.visitor.touch("corpus-faithfulness", bool_value=False)
        if (start := next((end for end in self.visitor.ids if end.startswith("Analyse ")), None)) is not None:
            await self._timed("start a run", self.visitor.press(start))

    async def _download(self) -> None:
        if self.visitor.files:
            await self._timed("download a file", self.visitor.download(self.draw.choice(sorted(self.visitor.files))))

    async def _go(self, page: str) -> None:
        if self.visitor.page != page:
            await self._timed(f"turn to {page or 'explore'}", self.visitor.turn_to(page))

    def _sentence(self) -> str:
        self.typed = self.visitor.mark()
        return MODELS[self.model].format(self.typed, self.draw.choice(WORDS), self.draw.choice(WORDS))

    def _check(self) -> None:
        """The page is about this visitor's newest text."""
        if self.typed.encode() not in self.visitor.drawn and self.visitor.page in SHOW_TEXT and not self.visitor.n_busy:
            raise Fault(f"The page “{self.visitor.page or 'explore'}” is not about the text that was typed last.")

    async def _timed(self, what: str, action) -> None:
        start = time.monotonic()
        await action
        self.tally.seconds[what].append(time.monotonic() - start)


async def seat(address: str, draw: random.Random, until: float, think: float, tally: Tally) -> None:
    """One visitor after the other."""
    await asyncio.sleep(draw.random() * think)
    while time.monotonic() < until:
        tally.visitors += 1
        try:
            async with visiting(address) as visitor:
                try:
                    await Guest(visitor, draw, tally).stay(until, think)
                finally:
                    tally.busy += visitor.n_busy
                    tally.bytes += visitor.n_bytes
        except (Fault, TimeoutError, OSError, urllib.error.URLError, websockets.WebSocketException) as error:
            tally.faults[f"{type(error).__name__}: {error}"] += 1


async def fill(
    address: str, sessions: int, minutes: float, think: float, seed: int, runs: Path, light_runs: float = 0.75
) -> tuple[Tally, Watch]:
    """All seats taken for so long, and then until nothing is under way any more."""
    tally, watch = Tally(light_runs), Watch(server_of(address))
    looking = asyncio.create_task(watch.look_on())
    until = time.monotonic() + minutes * 60
    seats = [seat(address, random.Random(f"{seed}-{number}"), until, think, tally) for number in range(sessions)]
    await asyncio.gather(*seats)
    looking.cancel()
    while (left := runs_under_way(runs)) and time.monotonic() < until + LONGEST_DRAIN:
        await asyncio.sleep(0.2)
    tally.drain = max(0.0, time.monotonic() - until)
    if left or tally.drain > LONGEST_DRAIN:
        tally.faults[f"{left} runs are under way {tally.drain:.0f} seconds after everybody had gone."] += 1
    await asyncio.sleep(SETTLED)
    watch.look_at_rest()
    return tally, watch


def runs_under_way(folder: Path) -> int:
    """Runs over files that wait or run, as the disk has them."""
    found = 0
    for file in folder.glob("*/job.json"):
        found += json.loads(file.read_text())["progress"]["status"] in UNDER_WAY
    return found


def print_tally(tally: Tally, watch: Watch, faults: Counter) -> None:
    """The tables."""
    print("\n| action | times | median s | 95 % within s | longest s |\n|---|---:|---:|---:|---:|")
    for action, seconds in sorted(tally.seconds.items()):
        within = sorted(seconds)[int(len(seconds) * 0.95) if len(seconds) > 1 else 0]
        print(f"| {action} | {len(seconds)} | {statistics.median(seconds):.2f} | {within:.2f} | {max(seconds):.2f} |")
    rows = [
        ("visitors", f"{tally.visitors:,}"),
        ("actions", f"{sum(map(len, tally.seconds.values())):,}"),
        ("sent to them, MB", f"{tally.bytes / 1e6:,.0f}"),
        ("told to come back later", f"{tally.busy:,}"),
        ("seconds from the last question to nothing left", f"{tally.drain:.1f}"),
        *watch.rows(),
        ("faults", f"{faults.total():,}"),
    ]
    print("\n| | |\n|---|---:|")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
    for sentence, times in faults.items():
        print(f"\n{times} × {sentence}", file=sys.stderr)


def main() -> None:
    """Fill the room, print the tables; exit with 1 on any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=20.0, help="mean seconds between an answer and the next question")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        with serve(Path(folder), LAYER_SALIENCY_RUNS=str(runs)) as address:
            tally, watch = asyncio.run(fill(address, args.sessions, args.minutes, args.think, args.seed, runs))
    faults = tally.faults + Counter(watch.faults())
    if tally.busy:
        faults[f"The page was too busy to answer {tally.busy} times."] += 1
    print_tally(tally, watch, faults)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
