"""How many threads should share one operation: `python -m tests.benchmarks.threads [--sessions 1 4 16] [--rounds 5]`.

Sessions that each ask for reports of different texts, one analysis at a time in fair turns as the page serves them and,
beside it, all at once. Contestants differ in torch's threads alone and alternate within each round.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the launcher does; it is read when torch is imported

import argparse
import statistics
import threading
import time
from contextlib import nullcontext

import torch

from core.catalog import CATALOG
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query
from core.turns import FairQueue
from tests.benchmarks.timing import print_machine
from tests.benchmarks.trace import text_of


def serve(classifier, n_threads: int, n_sessions: int, n_questions: int, in_turns: bool, text: str) -> tuple[float, list]:
    """Seconds until all sessions have all their reports, and the seconds that each single question took."""
    queue, waited, start_line = FairQueue(longest_wait=3600), [], threading.Barrier(n_sessions + 1)

    def visit(person: int) -> None:
        torch.set_num_threads(n_threads)  # each thread holds a setting of its own
        start_line.wait()
        for number in range(n_questions):
            start = time.perf_counter()
            with queue.turn(person) if in_turns else nullcontext():
                analyse(classifier, Query("sentiment", f"{text} {person} {number}"))
            waited.append(time.perf_counter() - start)

    visitors = [threading.Thread(target=visit, args=(person,)) for person in range(n_sessions)]
    for visitor in visitors:
        visitor.start()
    start_line.wait()
    start = time.perf_counter()
    for visitor in visitors:
        visitor.join()
    return time.perf_counter() - start, waited


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--questions", type=int, default=16, help="of all sessions together")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    classifier = load_classifier(CATALOG["sentiment"])
    text = text_of(classifier, args.tokens)
    print_machine()
    print("\n| sessions | served | threads | reports a second | ratio | median wait ms | longest wait ms |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    for n_sessions in args.sessions:
        ways = [(in_turns, n) for in_turns in ((True, False) if n_sessions > 1 else (True,)) for n in args.threads]
        taken, waits = {way: [] for way in ways}, {way: [] for way in ways}
        each = max(1, args.questions // n_sessions)
        for number in range(1 + args.rounds):  # the first warms up
            for in_turns, n_threads in ways:
                seconds, waited = serve(classifier, n_threads, n_sessions, each, in_turns, text)
                if number:
                    taken[in_turns, n_threads].append(seconds)
                    waits[in_turns, n_threads] += waited
        reference = statistics.median(taken[ways[0]])
        for way in ways:
            seconds, served = statistics.median(taken[way]), "in turns" if way[0] else "all at once"
            rate, median, longest = each * n_sessions / seconds, statistics.median(waits[way]) * 1000, max(waits[way]) * 1000
            ratio = reference / seconds
            print(f"| {n_sessions} | {served} | {way[1]} | {rate:.2f} | {ratio:.2f} | {median:.0f} | {longest:.0f} |", flush=True)


if __name__ == "__main__":
    main()
