"""`python -m core models`: the catalog, and what of it is on this machine; with a NAME: load that one and print its card."""

import argparse
from typing import cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.capability import Capabilities
from core.catalog import CATALOG
from core.console import add_model_flags, named_model, show_progress
from core.errors import ModelError
from core.folders import check_folder
from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from core.markup import visible
from core.model_spec import ModelSpec

ANSWERS = {
    SINGLE_LABEL: "one of {} classes",
    MULTI_LABEL: "each of {} labels on its own",
    REGRESSION: "{} value(s) on its own scale",
}
MOST_LABELS = 12  # named on a card


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments behind the word `models`."""
    parser = argparse.ArgumentParser(
        prog="python -m core models", description="List the catalog, or check and load one model and print its card."
    )
    parser.add_argument(
        "name", nargs="?", help="a model of the catalog, a hub id (organisation/name[@revision]) or a folder; none: list the catalog"
    )
    add_model_flags(parser)
    args = parser.parse_args(argv)
    if args.name is None and (args.revision is not None or args.head is not None or args.trust_pickle):
        parser.error("--revision, --head, --trust-pickle are for one model, and none is named. Add its NAME or leave them out.")
    return args


def run(argv: list[str]) -> None:
    """List, or load and print. Raises ModelError."""
    args = parse_arguments(argv)
    if args.name is None:
        print_catalog(Console())
        return
    spec = named_model(args.name, args)
    from core.devices import choose_device  # torch comes with it: seconds that the list need not wait for
    from core.memory import where_it_fits
    from core.models import describe, load_classifier

    with show_progress() as tell:
        card = where_it_fits(lambda device: describe(load_classifier(spec, device, progress=tell)), choose_device(), tell)
    print_card(card, Console())


def print_catalog(console: Console) -> None:
    """One row a model: name, what it was trained for, and whether it lies on this machine."""
    table = Table(title="Models of the catalog; any other is named by its hub id or its folder", title_justify="left")
    for column in ("name", "trained for", "on this machine"):
        table.add_column(column, overflow="fold")
    for spec in CATALOG.values():
        table.add_row(Text(spec.name), Text(spec.trained_for), Text(tell_place(spec)))
    console.print(table)


def tell_place(spec: ModelSpec) -> str:
    """Whether the model lies on this machine, and how much there is to download if not. Asks nobody."""
    from core.hub import cached_snapshot  # the hub's client comes with it

    folder = spec.path or cached_snapshot(cast("str", spec.repo), spec.revision)  # a spec has a path or a repo
    if folder is not None:
        try:
            check_folder(folder)
            return "yes"
        except ModelError as error:
            return f"no: {error}" if spec.path else "in part"
    return "no" if spec.megabytes is None else f"no ({spec.megabytes:,} MB)"


def print_card(card: Capabilities, console: Console) -> None:
    """What is known of a loaded model, line by line."""
    table = Table(title=Text(visible(card.label)), title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in card_lines(card):
        table.add_row(name, Text(visible(value)))  # names of labels and models are anybody's: no markup
    console.print(table)


def card_lines(card: Capabilities) -> list[tuple[str, str]]:
    """(name, value) of each line of a card."""
    rest = len(card.labels) - MOST_LABELS
    labels = ", ".join(card.labels[:MOST_LABELS]) + (f" and {rest} more" if rest > 0 else "")
    size = f"{card.parameters / 1e6:,.1f} million parameters, {card.layers} layers, width {card.width}, vocabulary {card.vocabulary:,}"
    lines = [
        ("name", card.name),
        ("trained for", card.trained_for),
        ("family", f"{card.family} ({card.architecture})"),
        ("size", size),
        ("answers", f"{ANSWERS[card.problem_type].format(len(card.labels))}: {labels}"),
        ("reads", f"{'a pair of texts' if card.expects_pair else 'one text'}, {card.max_length} tokens at once"),
        ("runs on", f"{card.device}, {card.dtype}, {card.memory_bytes / 1e6:,.0f} MB"),
        ("revision", card.revision),
        ("language-model head", card.head_source or card.missing_head),
    ]
    return lines if card.fitness is None else [*lines, ("head's fitness", card.fitness.sentence)]
