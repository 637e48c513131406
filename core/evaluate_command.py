"""`python -m core evaluate`: every method on a labelled file, with a table at the end and all figures as JSON."""

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.cards import WALL
from core.catalog import CATALOG
from core.comparison import REMOVALS
from core.console import add_model_flags, named_model, show_progress
from core.errors import DataError, MethodError
from core.labelled import read_labelled
from core.markup import visible


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments behind the word `evaluate`."""
    parser = argparse.ArgumentParser(
        prog="python -m core evaluate",
        description="How faithful each method is on the texts of a labelled file. A run that stops goes on where it was when repeated.",
    )
    parser.add_argument("--data", required=True, metavar="FILE", help="csv, tsv or jsonl with text and label, also .gz")
    parser.add_argument("--model", default="sentiment", help=f"one of: {', '.join(CATALOG)}; a hub id; or a folder (default: sentiment)")
    add_model_flags(parser)
    parser.add_argument("--methods", metavar="A,B,…", help=f"default: all of {', '.join(WALL)}")
    parser.add_argument("--n", type=int, default=100, metavar="N", help="how many texts (default: 100)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which texts are drawn (default: 0)")
    parser.add_argument("--removal", nargs="+", default=["mask"], choices=tuple(REMOVALS), help="how the games hide words (default: mask)")
    parser.add_argument("--series", type=int, default=1, metavar="R", help="seeds to run methods with chance with, for their steadiness (default: 1)")
    parser.add_argument("--reference", metavar="METHOD", help="the method that others are compared with (default: decoded, else the first)")
    parser.add_argument("--json", required=True, metavar="FILE", help="write all figures to FILE; FILE.partial holds what is done until then")
    parser.add_argument("--text-column", default="text", metavar="NAME", help="name or number of the text's column; several: 2,3 (default: text)")
    parser.add_argument("--pair-column", metavar="NAME", help="name or number of the second text's column, for a model that reads two at once")
    parser.add_argument("--label-column", default="label", metavar="NAME", help="name or number of the label's column (default: label)")
    parser.add_argument("--max-words", type=int, metavar="N", help="leave out texts with more words between spaces than this")
    args = parser.parse_args(argv)
    for name, least in (("n", 1), ("series", 1), ("seed", 0), ("max_words", 1)):
        if (got := getattr(args, name)) is not None and got < least:
            parser.error(f"--{name.replace('_', '-')} is {got}; it must be at least {least}.")
    return args


def run(argv: list[str]) -> None:
    """Measure, write the JSON, print the table. Raises SaliencyError, in a sentence."""
    args = parse_arguments(argv)
    names = tuple(dict.fromkeys(args.methods.split(","))) if args.methods else tuple(WALL)
    names = tuple(name.strip() for name in names if name.strip())
    for name in (*names, *([args.reference] if args.reference else [])):
        if name not in WALL:
            raise MethodError(f"There is no method “{name}”. Known methods: {', '.join(WALL)}.")
    reference = args.reference or ("decoded" if "decoded" in names else names[0])
    if reference not in names:
        raise MethodError(f"The reference “{reference}” is not among the methods that run. Add it to --methods.")
    if not Path(args.json).absolute().parent.is_dir():
        raise DataError(f"There is no folder {Path(args.json).absolute().parent} to write to. Make it, or give another file to --json.")
    spec = named_model(args.model, args)
    data = read_labelled(args.data, args.text_column, args.label_column, args.pair_column)
    from core.devices import choose_device  # torch comes with it: seconds that `--help` need not wait for
    from core.evaluate import evaluate, plan_methods
    from core.memory import where_it_fits
    from core.models import load_classifier

    plan, console = plan_methods(names, tuple(dict.fromkeys(args.removal)), args.series), Console()
    with show_progress() as tell:
        summary = where_it_fits(
            lambda device: evaluate(load_classifier(spec, device, progress=tell), data, plan, args.n, args.seed, Path(args.json), tell,
                                    reference, args.max_words),
            choose_device(), tell,
        )  # fmt: skip
    print_summary(summary, console)
    console.print(Text(f"All figures: {args.json}"))


def print_summary(summary: dict[str, Any], console: Console) -> None:
    """One row a method, the highest φ first, and what could not be used."""
    removals = summary["settings"]["removals"]
    title = f"{summary['settings']['model']}: {summary['texts']} texts, accuracy {tell_interval(summary['accuracy'])}"
    table = Table(title=Text(visible(title)), title_justify="left")
    for column in ("method", "rows", "× one pass", *(f"φ, {how}" for how in removals), "τ", "AUPRC", "same top word"):
        is_name = column == "method"  # whatever else a narrow terminal breaks
        table.add_column(column, justify="left" if is_name else "right", no_wrap=is_name)
    found = [(name, row) for name, row in summary["methods"].items() if row["texts"]]
    for name, row in sorted(found, key=lambda pair: -pair[1]["games"][removals[0]]["faithfulness"]["mean"]):
        games = [row["games"][how] for how in removals]
        cells = [f"{row['forwards']['mean']:.0f} + {row['backwards']['mean']:.0f}", f"{row['passes']['median']:.1f}"]
        cells += [tell_interval(game["faithfulness"]) for game in games]
        rest = (games[0]["leave_one_out"], (row["plausibility"] or {}).get("auprc"), (row["stability"] or {}).get("same_top"))
        table.add_row(name, *cells, *("–" if value is None else f"{value['mean']:.2f}" for value in rest))
    console.print(table)
    console.print(Text("Rows: forward alone + forward and backward. " + summary["note"]))
    taken = [f"{label} as {name}" for label, name in summary["settings"]["classes"].items() if label.casefold() != name.casefold()]
    if taken:
        console.print(Text(visible(f"Labels were taken so: {', '.join(taken)}.")))
    for name, row in summary["methods"].items():
        if row["refused"]:
            console.print(Text(f"{name} could not serve {row['refused']} text(s): {row['refusal']}"))
    for where, rows in (("of the file", summary["unusable_rows"]), ("drawn", summary["unusable"])):
        for number, why in rows.items():
            console.print(Text(f"Row {number} {where} could not be used: {why}"))


def tell_interval(interval: dict[str, Any] | None) -> str:
    """`0.48 [0.44, 0.52]`; the mean alone with one text."""
    if interval is None:
        return "–"
    ends = "" if interval["low"] is None else f" [{interval['low']:.2f}, {interval['high']:.2f}]"
    return f"{interval['mean']:.2f}{ends}"
