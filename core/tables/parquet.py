"""Parquet → rows, read by pyarrow in a process of its own (`guarded`)."""

from collections.abc import Generator
from contextlib import closing
from typing import Any

from core.errors import DataError, quoted
from core.tables.format import Format, Limits
from core.tables.guarded import guarded_lines, guarded_rows
from core.tables.packing import seekable
from core.tables.source import Source
from core.tables.table import Rows, Table, named


def parquet_table(source: Source, format: Format, limits: Limits) -> Table:
    """The table that a Parquet file holds. DataError, also in the middle where the file breaks off."""
    with closing(_lines(source, format, limits)) as lines:
        columns = named(next(lines)["columns"])
    if not columns:
        raise DataError(f"{quoted(format.member or source.name)} has no columns. Write it again with at least one.")

    def rows() -> Rows:
        with closing(_lines(source, format, limits)) as lines:
            next(lines)
            yield from guarded_rows(lines, limits)

    return Table(columns, rows)


def _lines(source: Source, format: Format, limits: Limits) -> Generator[Any, None, None]:
    with seekable(source, format.member, limits) as stream:
        yield from guarded_lines("parquet", format.member or source.name, stream, limits)
