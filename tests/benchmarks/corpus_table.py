"""How usable the table of a large run is: `python -m tests.benchmarks.corpus_table [--rows 100000] [--layers 7]`.

A run folder of synthetic rows is written with `store.write_chunk`; then what a page does with it is timed: the light columns read
once, and each search, filter, order, page, row, word and file. Medians of a process of its own; the disk's cache is warm.
"""

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from core.corpus.records import RowRefused, RowResult, RunPlan, RunSettings
from core.corpus.store import CHUNKS, SUMMARY, Manifest, write_chunk, write_manifest, write_whole
from core.corpus.summary import WordMeans, summarise
from core.corpus.sums import Sums
from core.corpus.words import write_words
from core.tables.format import Format
from core.tables.source import Source
from core.tables.texts import Columns
from dashboard import corpus_export, corpus_table, run_folders
from dashboard.corpus_table import CONFIDENT_ERRORS, ERRORS, Asked
from dashboard.run_state import DONE, Order, Progressed
from tests.benchmarks.timing import print_machine

CHUNK_ROWS, VOCABULARY = 256, 20_000  # as on the page; words that the sums keep
LABELS = ("negative", "positive")


def vocabulary(n: int = 20_000) -> list[str]:
    """Made-up words, the same in every run."""
    draw = random.Random(0)
    return sorted(
        {"".join(draw.choice("bcdfgklmnprst") + draw.choice("aeiou") for _ in range(draw.randint(1, 4))) for _ in range(n)}
    )


def make_row(number: int, words: list[str], ranks: np.ndarray, n_layers: int, draw: np.random.Generator) -> RowResult:
    """A row of 8 to 40 words, the frequent ones often (Zipf), one token a word between two special ones."""
    chosen = [words[at] for at in draw.choice(len(words), size=int(draw.integers(8, 40)), p=ranks)]
    text = " ".join(chosen)
    ends = np.cumsum([len(word) + 1 for word in chosen])
    spans = np.stack([ends - [len(word) + 1 for word in chosen], ends - 1], axis=1).astype(np.int32)
    target, confidence = int(draw.integers(2)), float(0.5 + 0.5 * draw.random())
    outputs = np.full(2, 1 - confidence, np.float32)
    outputs[target] = confidence
    label = target if draw.random() > 0.08 else 1 - target
    return RowResult(
        number=number, text=text, text_pair=None, label=LABELS[label], id=f"r{number}", rationale=None, predicted=LABELS[target], target=target,
        confidence=confidence, outputs=outputs, correct=label == target, layer=n_layers - 2, tokens=("[CLS]", *chosen, "[SEP]"),
        word_of=np.array([-1, *range(len(chosen)), -1], np.int32), word_spans=spans,
        scores=draw.normal(size=(n_layers, len(chosen) + 2)).astype(np.float32), content_share=np.full(n_layers, 0.8, np.float32),
        n_windows=1, unread=0,
    )  # fmt: skip


def write_run(folder: Path, n_rows: int, n_layers: int) -> None:
    """All that a finished run leaves; one row in a thousand is refused."""
    settings = RunSettings(Columns("text", label="label", id="id"), Format("csv"), chunk_rows=CHUNK_ROWS)
    plan = RunPlan(settings, 2048, True, {label: at for at, label in enumerate(LABELS)})
    (folder / CHUNKS).mkdir(parents=True)
    manifest = Manifest(
        plan, n_rows, "rows.csv", "0", "sentiment", "0", "", "fp32", None, LABELS, "single_label_classification", n_layers, "cpu", {},
    )  # fmt: skip
    write_manifest(folder, manifest)
    sums = Sums(n_layers, VOCABULARY, LABELS, plan.classes)
    words, draw = vocabulary(), np.random.default_rng(0)
    ranks = 1 / np.arange(1, len(words) + 1)
    ranks /= ranks.sum()
    for index, start in enumerate(range(1, n_rows + 1, CHUNK_ROWS)):
        numbers = range(start, min(start + CHUNK_ROWS, n_rows + 1))
        rows = [
            make_row(number, words, ranks, n_layers, draw) if number % 1000 else RowRefused(number, "Its text is empty.")
            for number in numbers
        ]
        write_chunk(folder, index, rows, 2048)
        sums.add(rows)
    write_words(folder, WordMeans(sums, LABELS))
    write_whole(folder / SUMMARY, summarise(sums, manifest, "undecoded").to_json().encode())


def finished_run(root: Path, n_rows: int, n_layers: int = 7) -> str:
    """The name of a run that the server finds there, done."""
    settings = RunSettings(Columns("text", label="label", id="id"), Format("csv"))
    order = Order("rows.csv", "sentiment", "Film reviews", False, settings)
    folder = run_folders.new_folder(root, order, Source("rows.csv", content=b"text\nA film.\n"))
    write_run(folder.run, n_rows, n_layers)
    folder.write(order, Progressed(DONE, 1.0, created=run_folders.now()))
    return folder.id


def timed(what: str, run, rounds: int = 5) -> object:
    """Print the median time of a step."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - start)
    print(f"| {what} | {1000 * sorted(seconds)[len(seconds) // 2]:,.1f} |")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="write the run into this folder, and leave it there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = args.keep or Path(made) / "run"
        if not folder.exists():
            write_run(folder, args.rows, args.layers)
        print_machine()
        size = sum(path.stat().st_size for path in (folder / CHUNKS).iterdir())
        print(f"\n{args.rows:,} rows, {args.layers} layer states, {size / 1e6:,.0f} MB on disk\n\n| step | ms |\n|---|---|")
        measure(folder)


def measure(folder: Path) -> None:
    """What a visit costs."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = timed("read the light columns", lambda: corpus_table.load_rows(folder), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    words = vocabulary()
    often, rare = words[0], words[-1]
    everything = Asked()
    timed("all rows, order of the file", lambda: corpus_table.find(rows, everything))
    timed("part of a text that is frequent", lambda: corpus_table.find(rows, Asked(search=often)))
    timed("part of a text that is nowhere", lambda: corpus_table.find(rows, Asked(search="xyzzy")))
    timed("a whole word", lambda: corpus_table.find(rows, Asked(word=often)))
    timed("errors", lambda: corpus_table.find(rows, Asked(kind=ERRORS)))
    timed("confident errors of one pair of classes with a word, the surest first", lambda: corpus_table.find(
        rows, Asked(kind=CONFIDENT_ERRORS, pair=LABELS, word=often, sort=corpus_table.SUREST)))  # fmt: skip
    found = timed("all rows, the surest first", lambda: corpus_table.find(rows, Asked(sort=corpus_table.SUREST)))
    timed("a page of 50", lambda: corpus_table.page(rows, found, len(found) // corpus_table.PAGE_ROWS // 2))
    timed("pairs of classes among errors", lambda: corpus_table.pairs(rows))
    timed(
        "one row with all its scores",
        lambda: corpus_table.read_row(folder, rows, int(rows.used["number"][len(found) // 2].as_py())),
    )
    timed("contexts of a frequent word", lambda: corpus_table.concordance(folder, rows, often, LABELS[1], 5))
    timed(
        "contexts of a rare word (every text is looked through)",
        lambda: corpus_table.concordance(folder, rows, rare, LABELS[1], 5),
    )
    timed("rows as CSV", lambda: corpus_export.rows_csv(folder), 1)
    timed("rows as Parquet", lambda: corpus_export.rows_parquet(folder), 1)
    print(
        f"\nMemory: the light columns hold {rows.used.nbytes / 1e6:,.0f} MB; reading them raised the peak by {(peak - before) / 1024:,.0f} MB."
    )


if __name__ == "__main__":
    main()
