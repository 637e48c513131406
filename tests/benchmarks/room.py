"""What a room full of people gets from one server: `python -m tests.benchmarks.room [--sessions 1 4 16]`.

Starts the server as the README does. Each session is a websocket client without a browser that opens the page and then
types texts nobody asked for before, one after the other; every answer is checked to be about its own text and no one
else's. Sizes of the room alternate within each round.
"""

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.timing import print_machine, print_ratios
from tests.browser.server import serve

SENTENCE = (
    "Number {}: the cast is wonderful and the story moves, but the second half drags and the ending felt predictable to me."
)
LONGEST = 300  # seconds for one answer
_FRESH = itertools.count(10_000)


class Visitor:
    """One session: its websocket, and the box that it types into."""

    def __init__(self, socket):
        self.socket, self.box = socket, ""

    async def ask(self, text: str | None = None) -> float:
        """Seconds from typing a text (None: from opening the page) to the end of the run that answers it."""
        message, drawn = BackMsg(), []
        message.rerun_script.query_string = ""
        if text is not None:
            message.rerun_script.widget_states.widgets.add(id=self.box, string_value=text)
        start = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(self.socket.recv(), LONGEST))
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
    return time.perf_counter() - start, [seconds for one in taken for seconds in one]


async def measure_click(address: str, rounds: int) -> dict[str, float]:
    """Median seconds of one session's answers, the model loaded: to new texts and to a text asked before, in turn."""
    url, taken = address.replace("http", "ws") + "/_stcore/stream", {"a new text, its model loaded": [], "a text asked before": []}
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=None, origin=address) as socket:
        visitor, known = Visitor(socket), SENTENCE.format(next(_FRESH))
        await visitor.ask()
        await visitor.ask(known)
        for number in range(rounds + 2):  # the first two warm up
            for seconds, text in zip(taken.values(), (SENTENCE.format(next(_FRESH)), known)):
                seconds.append(await visitor.ask(text))
    return {what: statistics.median(seconds[2:]) for what, seconds in taken.items()}


async def measure(address: str, sizes: list[int], n_questions: int, rounds: int) -> dict[int, tuple]:
    """Size of the room → (seconds of each round, seconds of every answer)."""
    found = {size: ([], []) for size in sizes}
    for number in range(rounds + 1):  # the first warms up
        for size in sizes:
            seconds, waited = await fill_room(address, size, max(1, n_questions // size))
            if number:
                found[size][0].append(seconds)
                found[size][1].extend(waited)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--questions", type=int, default=16, help="of all sessions together")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clicks", type=int, default=9)
    args = parser.parse_args()
    print_machine()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        print_ratios("From click to report, one session", asyncio.run(measure_click(address, args.clicks)), "a text asked before")
        found = asyncio.run(measure(address, args.sessions, args.questions, args.rounds))
    print(f"\n| sessions | answers a second | ratio to {args.sessions[0]} | median answer ms | longest ms | answers |")
    print("|---:|---:|---:|---:|---:|---:|")
    rates = {size: size * max(1, args.questions // size) / statistics.median(seconds) for size, (seconds, _) in found.items()}
    for size, (_, waited) in found.items():
        middle, longest = statistics.median(waited) * 1000, max(waited) * 1000
        ratio = rates[size] / rates[args.sessions[0]]
        print(f"| {size} | {rates[size]:.2f} | {ratio:.2f} | {middle:.0f} | {longest:.0f} | {len(waited)} |")


if __name__ == "__main__":
    main()
