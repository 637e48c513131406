"""Against what a user would pick instead: `python -m tests.benchmarks.peers [--peers captum …] [--tokens 32 128] [--quick]`.

The same model (the embedded `sentiment`), the same texts, one run: all contestants take turns in every round. Each lives in a
process of its own (`peer_worker.py`), those whose requirements are not ours in an environment of their own with pinned
versions, made under `--venvs` (`peers_venvs.py`). Where torch or transformers differ, so does the model's own speed: each
process times the bare forward + backward pass in the same breath, and “÷ ours” compares the multiples of it, median (quartiles)
of the rounds. Milliseconds are as they were, medians.

Samples, steps and batches are the same for all who can be told (200, 50, 16); everything else is a package's own default. Rows
are counted by a hook on the model. Memory is how far a fresh process rose above where it stood with the model loaded and one
short text explained. Faithfulness: the project's own games over six texts of the gallery, words hidden by [MASK]; scores of
pieces are added up to words as the engine does it, and chance is the floor. Of a map at each layer, the layer is the one that
our rule picks. A contestant that has spent `--patience` seconds on one question is not timed again; in a row without figures
stands the reason that pip or the package gave.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from core.case import open_case
from core.catalog import CATALOG
from core.devices import choose_threads
from core.models import Classifier, load_classifier
from core.records import Query
from tests.benchmarks.peers_rows import QUESTIONS, RANDOM, TEXTS, Key, Question, play_texts, told
from tests.benchmarks.peers_sides import MODEL, Contestant, Refused
from tests.benchmarks.peers_venvs import PINS, default_folder
from tests.benchmarks.timing import print_machine, ratio_and_spread
from tests.benchmarks.trace import text_of

HEADINGS = ("question", "who", "ms", "÷ bare pass", "÷ ours", "rows forward", "rows back", "memory MB", "rounds")


@dataclass
class Field:
    """Everybody who takes part, and why others don't."""

    folder: Path
    threads: int
    may_install: bool
    sides: dict[str, Contestant] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def open(self, peer: str) -> None:
        try:
            self.sides[peer] = Contestant(peer, self.folder, self.threads, self.may_install)
        except Refused as error:
            self.absent[peer] = str(error)

    def ask(self, do: str, key: Key, text: str, target: int) -> dict:
        """The answer of one contestant. Raises Refused."""
        if key[0] not in self.sides:
            raise Refused(self.absent.get(key[0], "not asked for"))
        return self.sides[key[0]].ask(do, key[1], text, target)

    def ask_afresh(self, do: str, key: Key, text: str, target: int) -> dict:
        """The same, from a new process. Raises Refused."""
        side = Contestant(key[0], self.folder, self.threads, may_install=False)
        try:
            return side.ask(do, key[1], text, target)
        finally:
            side.close()


@dataclass
class Taken:
    """What was measured of one contestant on one text."""

    rows: dict = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    bytes: float | None = None
    reason: str = ""
    """Why there is nothing."""

    @property
    def multiples(self) -> list[float]:
        """Of the bare pass, one a round."""
        return [own / bare for own, bare in zip(self.seconds, self.bare)]


def keys_of(question: Question) -> Iterator[tuple[Key, str]]:
    """Everybody who answers a question, ours first, with what is particular about it."""
    yield ("ours", question.ours), f"ours, `{question.ours}`"
    for peer, method, label in question.peers:
        yield (peer, method), f"{peer}, {label}"


def measure(everybody: Field, keys: list[Key], text: str, target: int, args: argparse.Namespace) -> dict[Key, Taken]:
    """Everything but faithfulness, for one text; a contestant that fails once is out."""
    found = {key: Taken() for key in keys}

    def attempt(key: Key, do: str, ask=everybody.ask) -> dict:
        try:
            return {} if found[key].reason else ask(do, key, text, target)
        except Refused as error:
            found[key].reason = str(error)
            return {}

    for key in keys:
        found[key].rows = attempt(key, "explain")  # warms it up, too
    for _ in range(args.rounds):
        for key, taken in found.items():
            if sum(taken.seconds) < args.patience and (answer := attempt(key, "time")):
                taken.seconds.append(answer["seconds"])
                taken.bare.append(answer["bare"])
    for key, taken in found.items():
        taken.bytes = attempt(key, "growth", everybody.ask if args.quick else everybody.ask_afresh).get("bytes")
    return found


def print_costs(found: dict[Key, Taken]) -> None:
    """One row a contestant, the questions one after the other."""
    print(f"| {' | '.join(HEADINGS)} |\n|---|---|{'---:|' * 7}")
    for question in QUESTIONS:
        reference = found.get(("ours", question.ours))
        for key, label in keys_of(question):
            if key in found:
                print(f"| {question.label} | {label} | {_costs(found[key], reference)} |", flush=True)


def _costs(taken: Taken, reference: Taken | None) -> str:
    if not taken.seconds:
        return f"not run: {_cell(taken.reason)} " + "| " * 6
    ratio = "1" if taken is reference else "–"
    if reference and reference.seconds and taken is not reference:
        ratio = ratio_and_spread(taken.multiples, reference.multiples)
    memory = "–" if taken.bytes is None else f"{taken.bytes / 2**20:.0f}"
    rows = f"{taken.rows['forwards']} | {taken.rows['backwards']}"
    late = f"; then: {_cell(taken.reason)}" if taken.reason else ""
    cost = f"{statistics.median(taken.seconds) * 1000:.0f} | {statistics.median(taken.multiples):.1f}"
    return f"{cost} | {ratio} | {rows} | {memory} | {len(taken.seconds)}{late}"


def _cell(text: str) -> str:
    return text.replace("|", "¦").replace("\n", " ")


def print_faithfulness(everybody: Field, keys: list[Key], classifier: Classifier, names: tuple[str, ...]) -> None:
    """One row a contestant: means over the texts."""
    games, failed = play_texts(everybody.ask, keys, classifier, names)
    print(f"\n### How far the answers hold up, {len(names)} texts\n")
    print("| question | who | comprehensiveness | sufficiency | φ | texts |\n|---|---|---:|---:|---:|---:|")
    print(f"| chance | random scores, 5 draws | {told(games[RANDOM])} | {len(names)} |")
    for question in QUESTIONS:
        for key, label in keys_of(question):
            if key in games:
                rest = f", then: {_cell(failed[key])}" if key in failed else ""
                print(f"| {question.label} | {label} | {told(games[key])} | {len(games[key])}{rest} |")
            elif key in failed:
                print(f"| {question.label} | {label} | not run: {_cell(failed[key])} | | | |")


def print_versions(everybody: Field) -> None:
    """What each contestant brought with it, or why it is not there."""
    print(f"\nThreads of each contestant: {everybody.threads}. Their own versions:\n")
    for peer, side in everybody.sides.items():
        if peer != "ours":
            print(f"* {peer}: {', '.join(f'{name} {number}' for name, number in side.versions.items())}")
    for peer, reason in everybody.absent.items():
        print(f"* {peer}: not run: {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    peers = [peer for peer in PINS if peer != "ours"]
    parser.add_argument("--peers", nargs="+", choices=peers, default=peers)
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 128])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--patience", type=float, default=60)
    parser.add_argument("--threads", type=int, default=choose_threads())
    parser.add_argument("--venvs", type=Path, default=default_folder(), help="where environments of peers are made and kept")
    parser.add_argument("--quick", action="store_true", help="one short text, one round, nothing made anew: whether it works")
    args = parser.parse_args()
    if args.quick:
        args.tokens, args.rounds = args.tokens[:1], 1
    torch.set_num_threads(args.threads)
    classifier = load_classifier(CATALOG[MODEL], device="cpu")
    everybody = Field(args.venvs, args.threads, may_install=not args.quick)
    try:
        compare(everybody, classifier, args)
    finally:
        for side in everybody.sides.values():
            side.close()


def compare(everybody: Field, classifier: Classifier, args: argparse.Namespace) -> None:
    """All tables, one after the other."""
    for peer in ("ours", *args.peers):
        everybody.open(peer)
    if "ours" in everybody.absent:
        sys.exit(f"Our own side does not start: {everybody.absent['ours']}")
    print_machine()
    print_versions(everybody)
    keys = [key for question in QUESTIONS for key, _ in keys_of(question) if key[0] in ("ours", *args.peers)]
    for n_tokens in args.tokens:
        case = open_case(classifier, Query(MODEL, text_of(classifier, n_tokens)))
        print(f"\n### Cost, {len(case.reading.tokens.texts)} tokens, {case.n_words} words\n")
        print_costs(measure(everybody, keys, case.query.text, case.target, args))
    print_faithfulness(everybody, keys, classifier, TEXTS[:1] if args.quick else TEXTS)


if __name__ == "__main__":
    main()
