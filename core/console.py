"""What the command line draws with: a bar for work that takes a while, and the flags by which a model is named."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from core.catalog import find_model
from core.markup import visible
from core.model_spec import ModelSpec
from core.progress import Progress


@contextmanager
def show_progress() -> Iterator[Progress]:
    """What to pass as `progress`: a bar on standard error, gone when all is done; nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), TaskProgressColumn()
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda stage, share: bar.update(task, description=visible(stage), completed=share)


def add_model_flags(parser: argparse.ArgumentParser) -> None:
    """--head, --revision and --trust-pickle, for every command that names a model."""
    parser.add_argument("--head", metavar="REF", help="take the language-model head from this hub id or folder (default: it is looked for)")
    parser.add_argument("--revision", metavar="REV", help="branch, tag or commit of a model of the hub (default: main)")
    parser.add_argument(
        "--trust-pickle",
        action="store_true",
        help="read an old PyTorch .bin where there are no safetensors: only of somebody you trust",
    )


def named_model(name: str, flags: argparse.Namespace) -> ModelSpec:
    """The model called `name`, as the flags of `add_model_flags` would have it. Raises ModelError."""
    return find_model(name, head=flags.head, trust_pickle=flags.trust_pickle, revision=flags.revision)
