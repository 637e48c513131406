"""The command line: `python -m core "a text"` shows a table by layer, `--json FILE` writes the whole report.

`--file FILE --out FOLDER` analyses every row of a file. `models`, `calibrate`, `evaluate` and `report` are commands of their own; the
text “models” is explained by `python -m core -- models`.
"""

import os

# A waiting thread that sleeps, not spins, leaves the other core to others; it is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
import importlib
import sys
from itertools import takewhile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core import __version__
from core.catalog import CATALOG
from core.combine import merge_tokens, normalise
from core.console import add_model_flags, named_model, show_progress
from core.edit_records import FLIP_WAYS, Flip
from core.errors import SaliencyError
from core.flip_words import DONE_TO
from core.markup import AGAINST, FOR, UNDERLINED, visible
from core.methods import METHODS
from core.records import LayerReport, Query, Settings

COMMANDS = ("models", "calibrate", "evaluate", "report")
"""Each is run by `core/NAME_command.py`."""


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The arguments, stable from version 0.1 on."""
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="Which words a text classifier used, layer by layer.",
        epilog="A whole file: `python -m core --file FILE --out FOLDER`. More commands: `python -m core models` lists the models on "
        "offer, or checks one; `calibrate` finds the most faithful layer on texts of your own; `evaluate` measures methods on a labelled file; "
        "`report` makes one HTML file of what was saved. Each has --help.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("text", help="the text to explain")
    parser.add_argument("--pair", metavar="TEXT", help="the second text, for a model that reads two at once")
    parser.add_argument(
        "--model",
        default="sentiment",
        help=f"one of: {', '.join(CATALOG)}; a hub id (organisation/name[@revision]); or the path of a folder (default: sentiment)",
    )
    add_model_flags(parser)
    parser.add_argument("--target", metavar="LABEL", help="the class to explain (default: the predicted one)")
    parser.add_argument("--against", metavar="LABEL", help="explain the target rather than this class")
    parser.add_argument("--method", metavar="NAME", help=f"the saliency method, one of: {', '.join(METHODS)}")
    parser.add_argument(
        "--flip",
        choices=FLIP_WAYS,
        help="show the smallest edit found that flips the answer: words masked, left out, or replaced by the head's own",
    )
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON to FILE, or to standard output if FILE is -")
    args = parser.parse_args(argv)
    if args.flip and (args.json or args.method):
        parser.error("--flip shows an edit, not a report: leave out --json and --method, or leave out --flip.")
    return args


def run(args: argparse.Namespace) -> None:
    """Analyse, then write JSON or print the table."""
    from core.devices import choose_device  # torch comes with it: seconds that `--help` need not wait for
    from core.export import to_json
    from core.flip import find_flip
    from core.memory import where_it_fits
    from core.models import load_classifier
    from core.pipeline import analyse

    methods = (args.method,) if args.method else ()
    spec = named_model(args.model, args)
    query = Query(spec.name, args.text, args.target, args.against, Settings(methods=methods), args.pair)
    with show_progress() as tell:
        def answer(device: str) -> LayerReport | Flip:
            classifier = load_classifier(spec, device, progress=tell)
            return find_flip(classifier, query, args.flip, tell=tell) if args.flip else analyse(classifier, query, tell)

        report = where_it_fits(answer, choose_device(), tell)
    if isinstance(report, Flip):
        print_flip(report, Console())
    elif args.json is None:
        print_table(report, args.method or report.headline, Console())
    elif args.json == "-":
        print(to_json(report))
    else:
        Path(args.json).write_text(to_json(report), encoding="utf-8")


def print_table(report: LayerReport, method: str, console: Console) -> None:
    """Prediction, one coloured row of words a layer, coherence, and why this layer."""
    saliency, prediction, choice = report.maps[method], report.prediction, report.choices[method]
    said = " · ".join(f"{label} {prediction.tell(i)}" for i, label in enumerate(prediction.labels))
    scale = "" if prediction.is_probability else " (on the model's own scale)"
    console.print(Text(visible(f"{said}{scale}   explained: {prediction.question}")))
    recovered = report.profiles.get("own_top1")
    table = Table(title=f"{saliency.label} ({saliency.unit})", title_justify="left", show_lines=False)
    table.add_column("layer", justify="right")
    table.add_column("words recovered", justify="right")
    against, speaks_for = ("against it", "for the class") if prediction.is_probability else ("lower the value", "raise the value")
    table.add_column(f"words, orange and underlined {speaks_for}, blue in italics {against}", overflow="fold")
    for layer in reversed(range(len(saliency.scores))):
        star = " ★" if layer == choice.layer else ""
        name = report.layer_names[layer] if saliency.has_layers else "all"
        read = f"{recovered.values[layer]:.0%}" if recovered is not None and saliency.has_layers else "–"
        table.add_row(name + star, read, _colour_words(report, saliency.at(layer)))
    console.print(table)
    texts = "text" if report.query.text_pair is None else "two texts"
    notes = (choice.reason, *saliency.notes, f"Read: {report.coverage.share:.0%} of the {texts} in {report.coverage.windows} window(s).")
    console.print(Text("★ " + " ".join(notes)))
    made = report.provenance
    console.print(Text(f"{made.rows} forward and backward rows · {sum(made.seconds.values()) * 1000:.0f} ms · {made.device} · revision {made.revision}"))


def print_flip(flip: Flip, console: Console) -> None:
    """What to change, what is said after each step, what the search covered, and the text that comes out."""
    console.print(Text(visible(flip.sentence())))
    for number, step in enumerate(flip.steps, 1):
        done = f"→ “{step.replacement}”" if step.replacement else DONE_TO[flip.way]
        said = " · ".join(f"{label} {output:.1%}" for label, output in zip(flip.labels, step.outputs))
        console.print(Text(visible(f"{number}  “{step.said}” {done}   {said}")))
    console.print(Text(f"{flip.is_smallest_of} {flip.tried} forward rows · {flip.seconds * 1000:.0f} ms"))
    for text in filter(None, (flip.text, flip.text_pair)):
        console.print(Text(visible(text)))


def _colour_words(report: LayerReport, scores: np.ndarray) -> Text:
    line, second = Text(), report.query.text_spans[-1][0]  # where the second of two texts begins
    for word, start, share in zip(report.word_texts, report.tokens.word_spans[:, 0], normalise(merge_tokens(scores, report.tokens))):
        if second and start >= second:
            line.append("\n")
            second = 0
        colour, tone = (FOR if share > 0 else AGAINST), abs(share) ** 0.7
        faded = tuple(round(128 + (c - 128) * tone) for c in colour)
        emphasis = ("underline" if share > 0 else "italic") if abs(share) >= UNDERLINED else ""
        line.append(visible(word), style=f"{emphasis} rgb({faded[0]},{faded[1]},{faded[2]})").append(" ")
    return line


def _names_file(argv: list[str]) -> bool:
    """Whether a whole file is to be analysed."""
    return any(word == "--file" or word.startswith("--file=") for word in takewhile(lambda word: word != "--", argv))


def main(argv: list[str] | None = None) -> int:
    """0 when all went well, 2 with one sentence on standard error when the question can't be answered, 130 when it was stopped."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv and argv[0] in COMMANDS:
            importlib.import_module(f"core.{argv[0]}_command").run(argv[1:])  # here, as each brings its own seconds of imports
        elif _names_file(argv):
            importlib.import_module("core.corpus_command").run(argv)
        else:
            run(parse_arguments(argv))
    except (SaliencyError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # what was half done is undone on the way here
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
