"""A file of labelled texts → its rows as objects: what `core.labelled` reads texts, labels and people's marks of."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import DataError, quoted
from core.tables.format import Format, Limits
from core.tables.guess import guess_format
from core.tables.packing import unpacked
from core.tables.reading import open_table, read_objects
from core.tables.source import BLOCK, Source
from core.tables.table import Refused, listed

KINDS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".xlsx", ".zip")
MARKS = ("tokens", "rationale", "word_scores", "evidences")  # what a table's cells hold as JSON


def format_of(source: Source, limits: Limits) -> Format:
    """How the file is written: its kind by its name, the rest by its bytes. DataError, also where the encoding would have to be asked."""
    endings = Path(source.name.casefold()).suffixes[-2:]
    kind = endings[0] if endings[-1:] == [".gz"] else (endings or [""])[-1]
    if kind not in KINDS:
        known = f"{', '.join(KINDS)}, or in one of these and .gz"
        raise DataError(f"{quoted(source.name)} is of no known kind. Give a file that ends in {known}.")
    guess = guess_format(source, limits)
    if guess.needs:
        raise DataError(f"{quoted(source.name)} is not UTF-8. Save it as UTF-8.")
    if len(guess.members) > 1:
        raise DataError(f"{quoted(source.name)} holds {listed(guess.members)}. Give one of these.")
    return replace(guess.format, kind="tsv") if kind == ".tsv" else guess.format  # which knows no quotes, whatever it looks like


def read_rows(source: Source, format: Format, limits: Limits, wanted: list[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(row, what it holds by column), or (row, why not). Wanted columns must be in a table; given by number, it has no header. DataError."""
    if format.kind in ("jsonl", "json"):
        for number, value in read_objects(source, format, limits):
            yield number, value.reason if isinstance(value, Refused) else value
        return
    table = open_table(source, replace(format, has_header=not all(name.isdecimal() for name in wanted)), limits)
    if missing := [name for name in wanted if name not in table.columns]:
        raise DataError(
            f"There is no column {quoted(missing[0])}; the first line names {listed(table.columns) or 'none'}. Name columns with "
            "--text-column, --label-column and --pair-column, or give their numbers for a table without a first line of names."
        )
    for number, cells in table.rows():
        yield (
            number,
            cells.reason
            if isinstance(cells, Refused)
            else {name: _meant(name, cell) for name, cell in zip(table.columns, cells)},
        )


def _meant(name: str, cell: str) -> object:
    """What a cell means: people's marks stand in a table as JSON, or not at all."""
    if name not in MARKS:
        return cell
    try:
        return json.loads(cell) if cell else None
    except (ValueError, RecursionError):
        return cell  # which is told to be no marks


def fingerprint_of(source: Source, format: Format, limits: Limits, columns: tuple[Any, ...]) -> str:
    """Of the columns asked for and of the file's bytes, unpacked: 16 hexadecimal digits."""
    digest = hashlib.sha256(json.dumps(columns).encode())
    with unpacked(source, format.member, limits) as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()[:16]
