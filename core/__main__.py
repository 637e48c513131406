"""The command line: `python -m core "a text"` shows a table by layer, `--json FILE` writes the whole report."""

import os

# A waiting thread that sleeps, not spins, leaves the other core to others; it is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.catalog import CATALOG, find_model
from core.combine import merge_tokens, normalise
from core.errors import SaliencyError
from core.markup import AGAINST, FOR, UNDERLINED, visible
from core.methods import METHODS
from core.records import LayerReport, Query, Settings


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The arguments, stable from version 0.1 on."""
    parser = argparse.ArgumentParser(prog="python -m core", description="Which words a text classifier used, layer by layer.")
    parser.add_argument("text", help="the text to explain")
    parser.add_argument("--model", default="sentiment", help=f"one of: {', '.join(CATALOG)}; or the path of a folder (default: sentiment)")
    parser.add_argument("--target", metavar="LABEL", help="the class to explain (default: the predicted one)")
    parser.add_argument("--against", metavar="LABEL", help="explain the target rather than this class")
    parser.add_argument("--method", metavar="NAME", help=f"the saliency method, one of: {', '.join(METHODS)}")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON to FILE, or to standard output if FILE is -")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Analyse, then write JSON or print the table."""
    from core.export import to_json
    from core.models import load_classifier  # torch comes with it: seconds that `--help` need not wait for
    from core.pipeline import analyse

    methods = (args.method,) if args.method else ()
    query = Query(args.model, args.text, args.target, args.against, Settings(methods=methods))
    report = analyse(load_classifier(find_model(args.model)), query)
    if args.json is None:
        print_table(report, args.method or report.headline, Console())
    elif args.json == "-":
        print(to_json(report))
    else:
        Path(args.json).write_text(to_json(report), encoding="utf-8")


def print_table(report: LayerReport, method: str, console: Console) -> None:
    """Prediction, one coloured row of words a layer, coherence, and why this layer."""
    saliency, prediction, choice = report.maps[method], report.prediction, report.choices[method]
    shares = zip(prediction.labels, prediction.probabilities)
    console.print(Text(visible(" · ".join(f"{label} {share:.1%}" for label, share in shares) + f"   explained: {prediction.question}")))
    recovered = report.profiles.get("own_top1")
    table = Table(title=f"{saliency.label} ({saliency.unit})", title_justify="left", show_lines=False)
    table.add_column("layer", justify="right")
    table.add_column("words recovered", justify="right")
    table.add_column("words, orange and underlined for the class, blue in italics against it", overflow="fold")
    for layer in reversed(range(len(saliency.scores))):
        star = " ★" if layer == choice.layer else ""
        name = report.layer_names[layer] if saliency.has_layers else "all"
        read = f"{recovered.values[layer]:.0%}" if recovered is not None and saliency.has_layers else "–"
        table.add_row(name + star, read, _colour_words(report, saliency.at(layer)))
    console.print(table)
    notes = (choice.reason, *saliency.notes, f"Read: {report.coverage.share:.0%} of the text in {report.coverage.windows} window(s).")
    console.print(Text("★ " + " ".join(notes)))
    made = report.provenance
    console.print(Text(f"{made.rows} forward and backward rows · {sum(made.seconds.values()) * 1000:.0f} ms · {made.device} · revision {made.revision}"))


def _colour_words(report: LayerReport, scores) -> Text:
    line = Text()
    for word, share in zip(report.word_texts, normalise(merge_tokens(scores, report.tokens))):
        colour, tone = (FOR if share > 0 else AGAINST), abs(share) ** 0.7
        faded = tuple(round(128 + (c - 128) * tone) for c in colour)
        emphasis = ("underline" if share > 0 else "italic") if abs(share) >= UNDERLINED else ""
        line.append(visible(word), style=f"{emphasis} rgb({faded[0]},{faded[1]},{faded[2]})").append(" ")
    return line


def main(argv: list[str] | None = None) -> int:
    """0 when all went well, 2 with one sentence on standard error when the question can't be answered."""
    try:
        run(parse_arguments(argv))
    except (SaliencyError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
