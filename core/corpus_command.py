"""`python -m core --file FILE --out FOLDER`: every row of a file analysed, what was found on disk, a short table at the end."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.cards import WALL
from core.catalog import CATALOG
from core.console import add_model_flags, named_model, show_progress
from core.corpus.method_table import METHODS
from core.corpus.records import RunSettings
from core.corpus.store import MANIFEST, SUMMARY, WORDS, read_manifest
from core.corpus.summary import Summary
from core.corpus.sums import TOLD
from core.corpus_printing import print_methods, print_plausibility, tell_interval
from core.errors import DataError, MethodError
from core.markup import visible
from core.tables.format import SHELL_LIMITS, Format
from core.tables.guess import guess_format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.texts import Columns, guess_columns

SHOWN_WORDS = 6
LOOKED_AT = 50  # rows that a guess of the columns goes by
NUMBERS = ("chunk_rows", "token_budget", "coherence_sample", "faithfulness_sample", "seed", "max_windows", "vocabulary")


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments of a run."""
    parser = argparse.ArgumentParser(
        prog="python -m core --file",
        description="Analyse every row of a file: which words carry each class, at which layers. A run that stops goes on with --resume.",
    )
    parser.add_argument("--file", required=True, metavar="FILE", help="txt, csv, tsv, jsonl, json, parquet or xlsx, also in a .gz or .zip")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the folder that the run is written to")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="compute here, or on a cluster (default: local)")
    parser.add_argument("--address", metavar="ADDRESS", help="of the Ray cluster: auto, or host:port (default: one of this machine alone)")
    parser.add_argument("--text-column", metavar="NAME", help="the column of the texts (default: guessed, and said)")
    for name, what in (("pair", "second texts"), ("label", "labels"), ("id", "names of the rows"), ("rationale", "people's marks")):
        parser.add_argument(f"--{name}-column", metavar="NAME", help=f"the column of {what}, if there is one")
    parser.add_argument("--model", default="sentiment", help=f"one of: {', '.join(CATALOG)}; a hub id; or a folder (default: sentiment)")
    add_model_flags(parser)
    parser.add_argument("--encoding", metavar="NAME", help="how the file is written, if that is not certain: utf-8, cp1252, …")
    parser.add_argument("--member", metavar="NAME", help="which file of a .zip (default: the first that can be read)")
    parser.add_argument("--no-header", action="store_true", help="the first row is a text; columns are called 1, 2, …")
    parser.add_argument("--chunk-rows", type=int, metavar="N", help="rows in a chunk, the most that a kill loses (default: 512)")
    parser.add_argument("--token-budget", type=int, metavar="N", help="tokens in a batch (default: by the device and its memory)")
    parser.add_argument(
        "--coherence-sample", type=int, metavar="N", help="rows whose layers are read by the language-model head (default: 200)"
    )
    parser.add_argument(
        "--faithfulness-sample", type=int, metavar="N", help="rows whose layers play the hiding and revealing games (default: 50)"
    )
    parser.add_argument(
        "--methods-sample", type=int, default=0, metavar="N", help="also compare methods on N rows of the finished run (default: 0, none)"
    )
    parser.add_argument("--methods", metavar="A,B,…", help="which ones, with --methods-sample (default: those that cost little)")
    parser.add_argument("--seed", type=int, metavar="S", help="which rows the samples hold (default: 0)")
    parser.add_argument("--max-windows", type=int, metavar="N", help="windows read of a long text (default: 8)")
    parser.add_argument("--vocabulary", type=int, metavar="N", help="words by class that are kept; the rarest are dropped (default: 60000)")
    return parser.parse_args(argv)


def run(argv: list[str]) -> None:
    """Run or go on, then print what was found. Raises SaliencyError, in a sentence."""
    args, console, told = parse_arguments(argv), Console(), Console(stderr=True)
    if args.address is not None and args.engine != "ray":
        raise DataError("--address names a Ray cluster. Give --engine ray too, or leave it out.")
    methods = _methods(args)
    folder, source = Path(args.out), Source.of(args.file)
    spec = named_model(args.model, args)
    goes_on = args.resume and (folder / MANIFEST).exists()
    settings = _settings_again(args, folder) if goes_on else _settings(args, source, told)
    from core.corpus.method_sample import measure_methods
    from core.corpus.run import resume_run, start_run  # torch comes with it: seconds that `--help` need not wait for
    from core.memory import where_it_fits
    from core.models import load_classifier

    try:
        with _engine(args) as (engine, device), show_progress() as tell:
            classifier = where_it_fits(lambda device: load_classifier(spec, device, progress=tell), device, tell)
            if goes_on:
                summary = resume_run(folder, classifier, source, SHELL_LIMITS, tell, settings, engine)
            else:
                summary = start_run(folder, classifier, source, settings, SHELL_LIMITS, tell, engine)
            compared = measure_methods(folder, classifier, args.methods_sample, methods, tell) if args.methods_sample else None
    except KeyboardInterrupt:
        if (folder / MANIFEST).exists():
            print(f"What was done is kept in {folder}; the same command with --resume goes on.", file=sys.stderr)
        raise
    print_summary(summary, console)
    if compared is not None:
        print_methods(compared, console)
    files = f"All rows: {folder}/chunks · words: {folder / WORDS} · summary: {folder / SUMMARY}"
    console.print(Text(files + ("" if compared is None else f" · methods: {folder / METHODS}")))


def _methods(args: argparse.Namespace) -> tuple[str, ...] | None:
    """The methods named, each once. DataError or MethodError for what can't be asked."""
    if args.methods_sample < 0:
        raise DataError(f"--methods-sample is {args.methods_sample}; it must be at least 0.")
    if args.methods is None:
        return None
    if not args.methods_sample:
        raise DataError("--methods names what is compared on a sample of the rows. Give --methods-sample N too, or leave it out.")
    names = tuple(dict.fromkeys(name.strip() for name in args.methods.split(",") if name.strip()))
    for name in names or ("",):
        if name not in WALL:
            raise MethodError(f"There is no method “{name}”. Known methods: {', '.join(WALL)}.")
    return names


@contextmanager
def _engine(args: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """(engine of the run, device of this process's model); for a cluster the model is only tried here, and leaves the card to a worker."""
    from core.corpus.run import HERE
    from core.devices import choose_device

    if args.engine == "local":
        yield HERE, choose_device()
        return
    from core.cluster import on_cluster

    with on_cluster(args.address) as engine:
        yield engine, "cpu"


def _settings(args: argparse.Namespace, source: Source, told: Console) -> RunSettings:
    """What is asked for; what the file itself must tell is guessed, and said."""
    guess = guess_format(source, SHELL_LIMITS, args.member, args.encoding)
    if guess.needs == "encoding":
        raise DataError(f"How {args.file} is written is not certain. Give --encoding; likely ones: {', '.join(guess.encodings[:6])}.")
    format = dataclasses.replace(guess.format, has_header=False) if args.no_header else guess.format
    for note in guess.notes:
        told.print(Text(visible(note)))
    return _checked(RunSettings, columns=_columns(args, source, format, told), format=format, **_numbers(args))


def _columns(args: argparse.Namespace, source: Source, format: Format, told: Console) -> Columns:
    text = args.text_column
    if text is None or args.label_column is None:
        table = open_table(source, format, SHELL_LIMITS)
        guess = guess_columns(table.columns, [cells for _, cells in islice(table.rows(), LOOKED_AT)])
    if text is None:
        text = guess.text
        told.print(Text(visible(f"Texts are taken from the column “{text}”; --text-column names another.")))
    if args.label_column is None and guess.label not in (None, text, args.pair_column, args.id_column, args.rationale_column):
        told.print(Text(visible(f"The column “{guess.label}” may hold labels: --label-column {guess.label} would tell right from wrong.")))
    return _checked(Columns, text, args.pair_column, args.label_column, args.id_column, args.rationale_column)


def _settings_again(args: argparse.Namespace, folder: Path) -> RunSettings:
    """What the run began with, but for what is said now: that it differs is then told."""
    began = read_manifest(folder).plan.settings
    named = {
        "text": args.text_column,
        "text_pair": args.pair_column,
        "label": args.label_column,
        "id": args.id_column,
        "rationale": args.rationale_column,
    }
    columns = _checked(dataclasses.replace, began.columns, **{role: name for role, name in named.items() if name is not None})
    asked = {"encoding": args.encoding, "member": args.member, "has_header": False if args.no_header else None}
    format = _checked(dataclasses.replace, began.format, **{name: value for name, value in asked.items() if value is not None})
    return _checked(dataclasses.replace, began, columns=columns, format=format, **_numbers(args))


def _numbers(args: argparse.Namespace) -> dict[str, int]:
    return {name: value for name in NUMBERS if (value := getattr(args, name)) is not None}


def _checked(make: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """What `make` makes; DataError with its sentence where a value can't be."""
    try:
        return make(*args, **more)
    except ValueError as error:
        raise DataError(str(error)) from None


def print_summary(summary: Summary, console: Console) -> None:
    """One row a class with its strongest words, accuracy, curves' best layers, and the rows that could not be used."""
    told = "" if summary.accuracy is None else f", accuracy {tell_interval(summary.accuracy, percent=True)}"
    table = Table(title=Text(f"{summary.n_used:,} of {summary.n_rows:,} rows{told}; words at layer {summary.layer}"), title_justify="left")
    table.add_column("predicted", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("words that carry it most (texts)", overflow="fold")
    for name, n in summary.predicted.items():
        words = [f"{row['word']} ({row['texts']:,})" for row in summary.words[name][summary.layer][:SHOWN_WORDS]]
        table.add_row(Text(visible(name)), f"{n:,}", Text(visible(", ".join(words)) or "none stands in enough texts"))
    console.print(table)
    for label, curve in (("Words recovered by the language-model head", summary.coherence), ("Faithfulness φ", summary.faithfulness)):
        if curve is not None:
            values = " · ".join("emb" * (not at) + str(at) * bool(at) + f" {value:.2f}" for at, value in enumerate(curve["mean"]))
            console.print(Text(f"{label} by layer, {curve['n']} texts: {values}"))
    if summary.faithfulness_random is not None:
        console.print(Text(f"φ of a random order of the same words: {tell_interval(summary.faithfulness_random)}"))
    print_plausibility(summary, console)
    for note in summary.notes:
        console.print(Text(visible(note)))
    for number, reason in summary.refusals:
        console.print(Text(visible(f"Row {number} could not be used: {reason}")))
    if summary.n_refused > TOLD:
        console.print(
            Text(f"… and {summary.n_refused - TOLD:,} more, {summary.n_refused:,} in all; each stands in its chunk with its reason.")
        )
