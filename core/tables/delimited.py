"""csv, tsv and txt → rows. Nothing is misread in silence: a quote that never closes costs its own line, and the lines after it are read
as if it weren't there."""

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from core.errors import DataError
from core.tables.format import Format, Limits
from core.tables.table import Cells, Refused, Rows, Table, checked, named, ragged

TEXT_COLUMN = "text"  # the only one of a txt
AGAIN = 20  # longest rows that may be read once more, and FRESH times what was read before: or a quote on each line would have the rest
FRESH = 4  # of the file read for each of them


class _TooLong(Exception):
    """One row holds more than is read."""


class _Lines(Iterator[str]):
    """The lines of a csv for its reader, which may go back to those after a row's first where the row turns out to be none."""

    def __init__(self, lines: Iterator[str], longest: int):
        self._lines, self._longest = lines, longest
        self._again: deque[str] = deque()
        self._budget = AGAIN * longest  # characters
        self.begin_row()

    def begin_row(self) -> None:
        """The next line begins a row."""
        self._row: list[str] = []
        self._length = 0

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines)
            self._budget += FRESH * len(line)
        self._row.append(line)
        self._length += len(line)
        if self._length > self._longest:
            raise _TooLong
        return line

    def go_back(self) -> bool:
        """Read the row's lines after its first once more. Whether there are any. DataError where that goes on without end."""
        self._budget -= self._length - len(self._row[0])
        if self._budget < 0:
            raise DataError("Too many of its lines open a quote that doesn't close. Mend the quotes, or read the file as a text a line.")
        self._again.extendleft(reversed(self._row[1:]))
        return len(self._row) > 1


def split_rows(lines: Iterator[str], format: Format, limits: Limits) -> Iterator[list[str] | Refused]:
    """The cells of each row; [] for a line without anything."""
    csv.field_size_limit(max(csv.field_size_limit(), limits.row))  # of the whole process; only ever raised
    source, tabs = _Lines(lines, limits.row), format.kind == "tsv"
    reader = csv.reader(
        source, delimiter="\t" if tabs else format.delimiter, quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL, strict=True
    )
    while True:
        source.begin_row()
        try:
            cells: list[str] | Refused = next(reader)
        except StopIteration:
            return
        except _TooLong:
            opened = source.go_back()
            said = "A quote opens in it and doesn't close within" if opened else "It is longer than"
            cells = Refused(
                f"{said} {limits.row:,} characters, the most that are read of one row. Mend the quotes or line ends there."
            )
        except csv.Error as error:
            source.go_back()
            said = f"Its quotes are broken ({_told(error, format.delimiter)})."
            cells = Refused(f"{said} Double the quotes inside a cell, or read the file as a text a line.")
        yield cells


def _told(error: csv.Error, delimiter: str) -> str:
    """The error for a sentence, which holds no control character: such a delimiter is named."""
    if delimiter.isprintable():
        return str(error)
    return str(error).replace(delimiter, "tab" if delimiter == "\t" else f"U+{ord(delimiter):04X}")


def delimited_table(read: Callable[[], Generator[str, None, None]], format: Format, limits: Limits) -> Table:
    """The table of a csv or tsv whose lines `read` gives, anew on each call. DataError where its first row can't name columns."""
    with closing(read()) as lines:
        filled = (cells for cells in split_rows(lines, format, limits) if cells)
        first = next((cells for cells in filled if format.has_header or not isinstance(cells, Refused)), [])
    if isinstance(first, Refused):
        raise DataError(f"The row that names the columns can't be read. {first.reason}")
    if len(first) > limits.columns:
        raise DataError(limits.too_large(f"The table has {len(first):,} columns; at most {limits.columns:,} are read"))
    columns = named(first) if format.has_header else tuple(str(place) for place in range(1, len(first) + 1))

    def rows() -> Rows:
        with closing(read()) as lines:
            split = split_rows(lines, format, limits)
            if format.has_header:
                next((cells for cells in split if cells), None)
            for number, cells in enumerate(split, 1):
                if cells:
                    yield number, cells if isinstance(cells, Refused) else _fit(cells, len(columns), format, limits)

    return Table(columns, rows)


def _fit(cells: list[str], columns: int, format: Format, limits: Limits) -> Cells | Refused:
    """As many cells as there are columns: spreadsheets end rows with empty ones."""
    if len(cells) < columns or any(cells[columns:]):
        return ragged(len(cells), columns)
    return checked(cells[:columns], limits, format.encoding)


def lines_table(read: Callable[[], Generator[str, None, None]], format: Format, limits: Limits) -> Table:
    """The table of a txt: a text a line, or all of it as one."""

    def rows() -> Rows:
        with closing(read()) as lines:
            if format.one_text:
                if text := _joined(lines, limits.row):
                    yield 1, checked([text], limits, format.encoding)
                return
            for number, line in enumerate(lines, 1):
                if text := line.rstrip("\r\n"):
                    yield number, checked([text], limits, format.encoding)

    return Table((TEXT_COLUMN,), rows)


def _joined(lines: Iterator[str], most: int) -> str:
    """The whole text, or more than `most` of its characters."""
    parts, length = [], 0
    for line in lines:
        parts.append(line)
        length += len(line)
        if length > most:
            break
    return "".join(parts)
