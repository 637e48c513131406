"""What a room full of people gets from one server: `python -m tests.benchmarks.room [--sessions 1 4 16 64]`.

Starts the server as the README does. Each session is a websocket client without a browser that opens the page and then
types texts nobody asked for before, one after the other; every answer is checked to be about its own text and no one
else's. Sizes of the room alternate within each round; memory is that of a server which had a room of this size alone. A
session that waits more than twice as long as the median of its round ends the script with 1: each asks several times, or
whoever is served last in a round of one question would wait no longer than that in any order.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.timing import print_machine, print_ratios
from tests.browser.server import serve

SENTENCE = (
    "Number {}: the cast is wonderful and the story moves, but the second half drags and the ending felt predictable to me."
)
LONGEST = 300  # seconds for one answer
LEAST = 4  # questions of each session
MOST_UNFAIR = 2.0  # times the median of its round that a session may wait
_FRESH = itertools.count(10_000)


class Visitor:
    """One session: its websocket, the box that it types into, and the bytes of the last answer."""

    def __init__(self, socket):
        self.socket, self.box, self.received = socket, "", 0

    async def ask(self, text: str | None = None) -> float:
        """Seconds from typing a text (None: from opening the page) to the end of the run that answers it."""
        message, drawn = BackMsg(), []
        message.rerun_script.query_string = ""
        if text is not None:
            message.rerun_script.widget_states.widgets.add(id=self.box, string_value=text)
        start, self.received = time.perf_counter(), 0
        await self.socket.send(message.SerializeToString())
        while True:
            answer, received = ForwardMsg(), await asyncio.wait_for(self.socket.recv(), LONGEST)
            answer.ParseFromString(received)
            self.received += len(received)
            element = answer.delta.new_element
            drawn.append(element.bidi_component.json)
            self.box = element.text_area.id or self.box
            if answer.WhichOneof("type") == "script_finished":
                break
        taken = time.perf_counter() - start
        if text is not None:
            number = text.split()[1].rstrip(":")
            shown = [json for json in drawn if '"pieces"' in json]
            if not shown or not all(number in json for json in shown):
                raise AssertionError(f"The answer to text {number} is about another: {shown or drawn}")
        return taken


async def fill_room(address: str, n_sessions: int, n_questions: int) -> tuple[float, list[float]]:
    """Seconds until everyone has every answer, and the seconds that each answer took."""
    seconds, by_session = await fill(address, n_sessions, n_questions)
    return seconds, [one for waited in by_session for one in waited]


async def fill(address: str, n_sessions: int, n_questions: int) -> tuple[float, list[list[float]]]:
    """The same, the answers of each session on their own."""
    url, ready = address.replace("http", "ws") + "/_stcore/stream", asyncio.Barrier(n_sessions + 1)

    async def visit() -> list[float]:
        async with websockets.connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
            visitor = Visitor(socket)
            await visitor.ask()
            await ready.wait()
            return [await visitor.ask(SENTENCE.format(next(_FRESH))) for _ in range(n_questions)]

    people = [asyncio.create_task(visit()) for _ in range(n_sessions)]
    await ready.wait()
    start = time.perf_counter()
    taken = await asyncio.gather(*people)
    return time.perf_counter() - start, taken


def unfairness(by_session: list[list[float]]) -> float:
    """How long the session that waited longest waited for an answer on average, over the median session of its round."""
    means = [statistics.fmean(waited) for waited in by_session]
    return max(means) / statistics.median(means)


def server_memory(address: str) -> int:
    """Bytes resident in the server that listens there. Linux only: 0 elsewhere."""
    port = f"--server.port={address.rpartition(':')[2]}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end while it is looked at
            if port in (process / "cmdline").read_bytes().split(b"\0"):
                line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
                return int(line.split()[1]) * 1024
    return 0


async def measure_click(address: str, rounds: int) -> dict[str, float]:
    """Median seconds of one session's answers, the model loaded: to new texts and to a text asked before, in turn."""
    url, taken = (
        address.replace("http", "ws") + "/_stcore/stream",
        {"a new text, its model loaded": [], "a text asked before": []},
    )
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
        visitor, known = Visitor(socket), SENTENCE.format(next(_FRESH))
        await visitor.ask()
        await visitor.ask(known)
        for number in range(rounds + 2):  # the first two warm up
            for seconds, text in zip(taken.values(), (SENTENCE.format(next(_FRESH)), known)):
                seconds.append(await visitor.ask(text))
    return {what: statistics.median(seconds[2:]) for what, seconds in taken.items()}


@dataclass
class Room:
    """What was measured in rooms of one size, round by round."""

    seconds: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    """Of every answer."""
    unfair: list[float] = field(default_factory=list)
    memory: int = 0
    """Bytes of a server that had this room alone."""


async def measure(address: str, sizes: list[int], n_questions: int, rounds: int) -> dict[int, Room]:
    """Size of the room → what was measured."""
    found = {size: Room() for size in sizes}
    for number in range(rounds + 1):  # the first warms up
        for size, room in found.items():
            seconds, by_session = await fill(address, size, _of_each(n_questions, size))
            if number:
                room.seconds.append(seconds)
                room.waited.extend(itertools.chain(*by_session))
                room.unfair.append(unfairness(by_session))
    return found


def measure_memory(found: dict[int, Room], n_questions: int) -> None:
    """Note what a server holds after a room of each size."""
    for size, room in found.items():
        with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
            asyncio.run(fill(address, size, _of_each(n_questions, size)))
            room.memory = server_memory(address)


def _of_each(n_questions: int, size: int) -> int:
    return max(LEAST, n_questions // size)


def print_rooms(found: dict[int, Room], n_questions: int) -> None:
    """A markdown table."""
    first = next(iter(found))
    print(
        f"\n| sessions | answers a second | ratio to {first} | median answer ms | longest ms | answers "
        "| slowest session ÷ median, worst round | server MB |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    rates = {size: size * _of_each(n_questions, size) / statistics.median(room.seconds) for size, room in found.items()}
    for size, room in found.items():
        middle, longest = statistics.median(room.waited) * 1000, max(room.waited) * 1000
        print(
            f"| {size} | {rates[size]:.2f} | {rates[size] / rates[first]:.2f} | {middle:.0f} | {longest:.0f} "
            f"| {len(room.waited)} | {max(room.unfair):.2f} | {room.memory / 1e6:,.0f} |"
        )
    if len(found) > 1:
        waits = [statistics.median(room.waited) for room in found.values()]
        slope = np.polyfit(np.log(list(found)), np.log(waits), 1)[0]
        print(f"\nThe median answer grows with the number of sessions by a slope of {slope:.2f}; one analysis at a time: 1.00.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--questions", type=int, default=64, help=f"of all sessions together, and at least {LEAST} of each")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=9)
    args = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        print_ratios("From click to report, one session", asyncio.run(measure_click(address, args.clicks)), "a text asked before")
        found = asyncio.run(measure(address, args.sessions, args.questions, args.rounds))
    measure_memory(found, args.questions)
    print_rooms(found, args.questions)
    unfair = {size: max(room.unfair) for size, room in found.items() if max(room.unfair) > MOST_UNFAIR}
    for size, ratio in unfair.items():
        print(
            f"UNFAIR: of {size} sessions one waited {ratio:.2f} × the median of its round, more than {MOST_UNFAIR}",
            file=sys.stderr,
        )
    return 1 if unfair else 0


if __name__ == "__main__":
    sys.exit(main())
