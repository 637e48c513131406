"""xlsx → rows, read by openpyxl in a process of its own (`guarded`) once the zip that it is has been checked."""

from collections.abc import Generator
from contextlib import closing
from itertools import islice
from typing import Any

from core.errors import DataError, quoted
from core.tables.format import Format, Limits
from core.tables.guarded import guarded_lines, guarded_rows
from core.tables.packing import open_zip, seekable
from core.tables.source import Source
from core.tables.table import Cells, Refused, Rows, Table, listed, named

LOOKED_AT = 100  # rows that tell how many columns a sheet without header has


def sheets_of(source: Source, member: str | None, limits: Limits) -> tuple[str, ...]:
    """The names of a workbook's sheets of cells. DataError."""
    with closing(_lines(source, member, None, limits)) as lines:
        return tuple(next(lines)["sheets"])


def workbook_table(source: Source, format: Format, limits: Limits) -> Table:
    """The table on one sheet of a workbook: its first row that holds anything names the columns. DataError."""

    def rows() -> Rows:
        """By their numbers in the sheet, of as many cells as each has."""
        with closing(_lines(source, format.member, format.sheet, limits)) as lines:
            next(lines)
            yield from guarded_rows(lines, limits)

    with closing(rows()) as first:
        columns, begins_after = _header(first, format)

    def cells() -> Rows:
        with closing(rows()) as found:
            for number, row in found:
                if number > begins_after:
                    yield number - begins_after, row if isinstance(row, Refused) else _fit(row, len(columns))

    return Table(columns, cells)


def _lines(source: Source, member: str | None, sheet: str | None, limits: Limits) -> Generator[Any, None, None]:
    """What the process says of the workbook and of one sheet, None: the first. DataError."""
    name = member or source.name
    with seekable(source, member, limits) as file:
        with open_zip(file, name, limits) as archive:
            if any(part.endswith("vbaProject.bin") for part in archive.namelist()):
                raise DataError(f"{quoted(name)} holds macros, which are programs. Save it as .xlsx without them.")
        with closing(guarded_lines("workbook", name, file, limits, sheet=sheet)) as lines:
            sheets = next(lines)["sheets"]
            if not sheets:
                raise DataError(f"{quoted(name)} has no sheet with cells. Give a workbook that has one.")
            if sheet is not None and sheet not in sheets:
                raise DataError(f"{quoted(name)} has no sheet {quoted(sheet)}; it has {listed(sheets)}. Choose one of these.")
            yield {"sheets": sheets}
            yield from lines


def _header(rows: Rows, format: Format) -> tuple[tuple[str, ...], int]:
    """Names of the columns, and the number of the row after which the data begin."""
    if not format.has_header:
        width = max((len(row) for _, row in islice(rows, LOOKED_AT) if not isinstance(row, Refused)), default=0)
        return tuple(str(place) for place in range(1, width + 1)), 0
    number, first = next(rows, (0, ()))
    if isinstance(first, Refused):
        raise DataError(f"The row that names the columns can't be read. {first.reason}")
    return named(list(first)), number


def _fit(row: Cells, columns: int) -> Cells | Refused:
    """A cell for each column. Spreadsheets leave out the empty ones at the end of a row."""
    if len(row) > columns:
        return Refused(
            f"It has a cell in column {len(row):,}; the first row names {columns:,}. Name that column too, or clear the cell."
        )
    return (*row, *[""] * (columns - len(row)))
