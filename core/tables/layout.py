"""How a text file is laid out: what separates its cells, whether quotes hold them, and whether its first row names the columns."""

from core.tables.delimited import split_rows
from core.tables.format import Format, Limits
from core.tables.table import Refused
from core.tables.texts import NAMES

DELIMITERS = ",\t;|"
REGULAR, HALF = (
    0.8,
    0.5,
)  # share of rows that must have as many cells as the first: where the name tells no kind, and where it does
SHORT_NAME = 40  # characters
_KNOWN = {name for names in NAMES.values() for name in names.split()}


def guess_delimited(lines: list[str], kind: str | None, limits: Limits) -> Format | None:
    """The format of these first lines as a csv or tsv; None where no separator gives rows of one length and no kind is given."""
    tried = {}
    for delimiter in "\t" if kind == "tsv" else DELIMITERS:
        format = Format("csv", delimiter=delimiter)
        rows = list(split_rows(iter(lines), format, limits))
        if delimiter == "\t" and not _has_quoted_cells(rows, lines):
            format = Format("tsv", delimiter="\t")
            rows = list(split_rows(iter(lines), format, limits))
        tried[format] = [row for row in rows if row]
    best = max(tried, key=lambda format: _regularity(tried[format]))
    share, _ = _regularity(tried[best])
    if kind is None:
        if share < REGULAR or len(tried[best]) < 2:
            return None
    elif share < HALF:
        best = Format(kind, delimiter="\t" if kind == "tsv" else ",")
        tried[best] = [row for row in split_rows(iter(lines), best, limits) if row]
    whole = [row for row in tried[best] if not isinstance(row, Refused)]
    return Format(best.kind, delimiter=best.delimiter, has_header=is_header(whole))


def _regularity(rows: list[list[str] | Refused]) -> tuple[float, int]:
    """Share of rows that have as many cells as the first, rounded down to tenths, and how many that is; (0, 0) for one column."""
    widths = [0 if isinstance(row, Refused) else len(row) for row in rows]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return int(10 * widths.count(widths[0]) / len(widths)) / 10, widths[0]


def _has_quoted_cells(rows: list[list[str] | Refused], lines: list[str]) -> bool:
    """Whether a table with tabs keeps cells in quotes, as spreadsheets do where one holds a line end or a quote: then reading with quotes
    breaks no row. A text that merely begins with a quote does."""
    begins = sum(cell.startswith('"') for line in lines for cell in line.rstrip("\r\n").split("\t"))
    whole = [row for row in rows if not isinstance(row, Refused)]
    return begins > 0 and len(whole) == len(rows) and len({len(row) for row in whole if row}) == 1


def is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: a name of a data set's columns is enough; else its cells must be short, different, no
    numbers, and unlike those below."""
    if not rows:
        return True
    first = [cell.strip() for cell in rows[0]]
    if any(len(cell) > SHORT_NAME or _is_number(cell) for cell in first):
        return False
    if any(cell.casefold().replace(" ", "_").replace("-", "_") in _KNOWN for cell in first):
        return True
    if len(set(first)) < len(first) or not all(first):
        return False
    below = [{row[place].strip() for row in rows[1:] if place < len(row)} for place in range(len(first))]
    if any(cell in seen for cell, seen in zip(first, below)):
        return False
    return all(len(cell.split()) <= 3 for cell in first)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
