"""A file whose format is known → its table, whatever the kind."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from core.errors import DataError, quoted
from core.tables.delimited import delimited_table, lines_table
from core.tables.format import Format, Limits
from core.tables.json_values import json_table, read_value, split_values
from core.tables.lines import as_text, read_lines
from core.tables.packing import BROKEN, text_of
from core.tables.parquet import parquet_table
from core.tables.source import Source
from core.tables.table import Refused, Rows, Table, at_most
from core.tables.workbook import workbook_table


def open_table(source: Source, format: Format, limits: Limits) -> Table:
    """The table that the file holds, read so. Costs its first rows; the rest is read while `rows` is walked through. DataError for what
    can't be read at all; a row that can't be used comes as Refused in its place."""
    with _in_sentences(source):
        table = _table(source, format, limits)

    def rows() -> Rows:
        with _in_sentences(source), closing(table.rows()) as found:
            yield from at_most(found, limits)

    return replace(table, rows=rows)


def read_objects(source: Source, format: Format, limits: Limits) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """The objects of a jsonl or json as Python has them, for those who want more than cells: (number, object or why not). DataError."""
    with _in_sentences(source), closing(_values(source, format, limits)) as values:
        for number, written in enumerate(values, 1):
            if written.strip():
                yield number, read_value(written, limits, as_written=False)


@contextmanager
def _in_sentences(source: Source) -> Iterator[None]:
    """DataError for whatever reading a broken file may raise."""
    try:
        yield
    except BROKEN as error:
        said = f"{quoted(source.name)} can't be read to its end: {error}. Check that it is whole and of the kind that was chosen."
        raise DataError(said) from None


def _table(source: Source, format: Format, limits: Limits) -> Table:
    if format.kind == "parquet":
        return parquet_table(source, format, limits)
    if format.kind == "xlsx":
        return workbook_table(source, format, limits)
    if format.kind in ("jsonl", "json"):
        return json_table(partial(_values, source, format, limits), limits)
    return (lines_table if format.kind == "txt" else delimited_table)(partial(_lines, source, format, limits), format, limits)


def _lines(source: Source, format: Format, limits: Limits) -> Generator[str, None, None]:
    with text_of(source, format.member, limits) as stream:
        yield from read_lines(stream, format.encoding, limits.row)


def _values(source: Source, format: Format, limits: Limits) -> Generator[str, None, None]:
    """The values of a jsonl or json, each as its JSON."""
    with text_of(source, format.member, limits) as stream:
        whole = format.kind == "json"
        yield from (
            split_values(as_text(stream, format.encoding), limits.row)
            if whole
            else read_lines(stream, format.encoding, limits.row)
        )
