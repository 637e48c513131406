"""`python -m core calibrate`: which layer of each method is the most faithful on texts of your own; kept for later questions."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.calibration import CALIBRATED, RULES, Calibration, name_layer, to_json
from core.calibration_store import HOME_VARIABLE, store
from core.console import add_model_flags, named_model, show_progress
from core.errors import TextError, quoted
from core.markup import visible

LARGEST = 50_000_000  # bytes: a file of texts, not of a whole corpus


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments behind the word `calibrate`."""
    parser = argparse.ArgumentParser(
        prog="python -m core calibrate",
        description="Find the layer that is most faithful on texts like yours: words are hidden and shown, no labels are needed.",
        epilog=f"The figures are kept in ${HOME_VARIABLE}, or in the platform's cache folder, and used from then on; the texts are not.",
    )
    parser.add_argument("--model", default="sentiment", help="a model of the catalog, a hub id or a folder (default: sentiment)")
    add_model_flags(parser)
    parser.add_argument(
        "--file",
        required=True,
        metavar="FILE",
        help="16 to 32 texts, one a line; a tab between the two texts of a pair. Of more than 32, 32 are drawn",
    )
    parser.add_argument("--method", metavar="NAME", choices=CALIBRATED, help=f"one method only, of: {', '.join(CALIBRATED)} (default: all)")
    parser.add_argument("--rule", choices=RULES, help="for questions about one class, or about a class against another (default: both)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw of texts (default: 0)")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE, or to standard output if FILE is -")
    return parser.parse_args(argv)


def run(argv: list[str]) -> None:
    """Calibrate, keep, print. Raises ModelError, TextError or MethodError."""
    args = parse_arguments(argv)
    spec = named_model(args.model, args)
    lines = read_lines(Path(args.file))
    from core.calibrate import calibrate, servable  # torch comes with it: seconds that `--help` need not wait for
    from core.devices import choose_device
    from core.labels import expects_pair
    from core.memory import where_it_fits
    from core.models import load_classifier

    with show_progress() as tell:

        def measure(device: str) -> list[Calibration]:
            classifier = load_classifier(spec, device, progress=tell)
            texts = split_pairs(lines) if expects_pair(classifier.model.config, spec) else lines
            methods = (args.method,) if args.method else servable(classifier)
            rules = (args.rule,) if args.rule else tuple(RULES)[: min(2, len(classifier.labels))]  # one output has no contrast
            source = f"from {visible(Path(args.file).name)}"
            return [
                one for rule in rules for one in calibrate(classifier, texts, methods, tell, rule, source, seed=args.seed).values()
            ]

        made = where_it_fits(measure, choose_device(), tell)
    file = store(made)
    if args.json == "-":
        print(to_json(made), end="")
        return
    if args.json is not None:
        Path(args.json).write_text(to_json(made), encoding="utf-8")
    print_table(made, file, Console())


def read_lines(file: Path) -> list[str]:
    """The lines of a file that are not blank. Raises TextError where it can't be read as text, OSError where there is none."""
    if file.stat().st_size > LARGEST:
        raise TextError(f"{quoted(file.name)} is larger than {LARGEST:,} bytes; 32 texts are enough. Give a smaller file.")
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # not splitlines: a text may hold other line ends
    except UnicodeDecodeError as error:
        raise TextError(f"{quoted(file.name)} is not UTF-8 (byte {error.start:,}). Save it as UTF-8, one text a line.") from error
    return [line.strip() for line in lines if line.strip()]


def split_pairs(lines: list[str]) -> list[tuple[str, str]]:
    """The two texts of each line. Raises TextError for a line without a tab, or with several."""
    pairs = []
    for number, line in enumerate(lines, 1):
        if line.count("\t") != 1:
            raise TextError(f"Text {number} has {line.count(chr(9))} tabs; this model reads pairs. Put one tab between the two texts of a line.")
        first, _, second = line.partition("\t")
        pairs.append((first, second))
    return pairs


def print_table(made: list[Calibration], file: Path, console: Console) -> None:
    """One row a method and rule: the best layer, its figures, and those of random order."""
    one = made[0]
    title = f"{one.model}, revision {one.revision}: faithfulness φ on {one.n_texts} texts {one.source}"
    table = Table(title=Text(visible(title)), title_justify="left")
    for column in ("method", "explained", "best layer", "φ", "95 %", "not told from it", "random"):
        table.add_column(column, overflow="fold")
    for one in made:
        at = one.layer
        ties = ", ".join(map(name_layer, one.ties)) or "–"
        interval = f"{one.low[at]:.2f} to {one.high[at]:.2f}"
        table.add_row(one.method, one.rule, name_layer(at), f"{one.phi[at]:.2f}", interval, ties, f"{one.random:.2f}")
    console.print(table)
    console.print(Text(" ".join([*one.notes, f"Kept in {file}. Explanations of this model start from these layers now."])))
