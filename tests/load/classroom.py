"""A day in a classroom, compressed: `python -m tests.load.classroom [--lessons 24] [--people 12] [--seconds 20]`.

One lesson after the other, each standing for an hour: a class comes, works, and leaves all at once; then nobody is there for long
enough that the server forgets every session (it waits 2 minutes for one to come back; here, 2 seconds). Fails where memory or
file handles grow from lesson to lesson, where handles stay open when nobody is there, and on everything that `room` fails on.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.browser.server import serve
from tests.load.resources import Watch, server_of
from tests.load.room import Tally, print_tally, runs_under_way, seat
from tests.load.visitor import visiting

FORGOTTEN_AFTER = 2  # seconds: `server.disconnectedSessionTTL`
EMPTY = 2.0 * FORGOTTEN_AFTER  # seconds between two lessons
LONGEST_DRAIN = 600.0  # seconds that runs over files may take after a lesson
HANDLES_LEFT = 16  # more than after the first lesson, with nobody there


async def hold(address: str, lessons: int, people: int, seconds: float, think: float, seed: int, runs: Path) -> tuple[Tally, Watch]:
    """All lessons. The process is looked at between them, when nobody is there."""
    tally, watch = Tally(light_runs=1.0), Watch(server_of(address))
    for lesson in range(lessons):
        until = time.monotonic() + seconds
        await asyncio.gather(*(seat(address, random.Random(f"{seed}-{lesson}-{person}"), until, think, tally) for person in range(people)))
        begun = time.monotonic()
        while runs_under_way(runs) and time.monotonic() < begun + LONGEST_DRAIN:
            await asyncio.sleep(0.2)
        tally.drain = max(tally.drain, time.monotonic() - until)
        await asyncio.sleep(EMPTY)
        async with visiting(address) as visitor:  # sessions that are forgotten are let go of when the next one ends
            await visitor.open()
        await asyncio.sleep(EMPTY)
        watch.look()
        print(f"lesson {lesson + 1}: {watch.resident[-1] / 1e6:,.0f} MB, {watch.handles[-1]} handles, {watch.threads[-1]} threads", flush=True)
    if left := runs_under_way(runs):
        tally.faults[f"{left} runs are under way when everybody has gone."] += 1
    if watch.handles[-1] > watch.handles[0] + HANDLES_LEFT:
        tally.faults[f"{watch.handles[-1]} file handles are open with nobody there; after the first lesson there were {watch.handles[0]}."] += 1
    return tally, watch


def main() -> None:
    """Hold the lessons, print the tables; exit with 1 on any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lessons", type=int, default=24)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=20.0, help="that a lesson lasts")
    parser.add_argument("--think", type=float, default=3.0, help="mean seconds between an answer and the next question")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        settings = {"LAYER_SALIENCY_RUNS": str(runs), "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(FORGOTTEN_AFTER)}
        with serve(Path(folder), **settings) as address:
            day = hold(address, args.lessons, args.people, args.seconds, args.think, args.seed, runs)
            tally, watch = asyncio.run(day)
    faults = tally.faults + Counter(watch.faults())
    print_tally(tally, watch, faults)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
