"""A table as everything that reads files gives it: names of columns, and rows one at a time."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass

from core.errors import quoted
from core.tables.format import Limits

LONGEST_NAME = 200  # characters of a column's name
UNREADABLE = "\udcff"  # stands for bytes that the encoding doesn't know; no text holds it


@dataclass(frozen=True)
class Refused:
    """A row that can't be used."""

    reason: str
    """Why, in a sentence."""


Cells = tuple[str, ...]
Rows = Generator[tuple[int, Cells | Refused], None, None]  # closed by who reads them


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of as many cells as there are columns."""

    columns: tuple[str, ...]
    """Each once, none empty."""
    rows: Callable[[], Rows]
    """(number from 1, cells or why not), read anew on each call and never all in memory. Rows without anything in them are left out, but
    numbered; a header is not. Cells are `str`: numbers as they are written, lists and objects as their JSON, "" for what is missing.
    May raise DataError where the file breaks off for good, after the rows before."""
    notes: tuple[str, ...] = ()
    """What the reader of the table should know, in sentences."""


def named(names: list[str]) -> tuple[str, ...]:
    """The names of columns, each once and none empty: (“text”, “”, “text”) → text, column 2, text (2)."""
    found: dict[str, None] = {}
    copies: Counter[str] = Counter()
    for place, name in enumerate(names, 1):
        name = mended(name).replace("\0", "").strip()[:LONGEST_NAME] or f"column {place}"
        copies[name] += 1
        once = name if copies[name] == 1 else f"{name} ({copies[name]})"
        while once in found:  # another column is called so
            copies[name] += 1
            once = f"{name} ({copies[name]})"
        found[once] = None
    return tuple(found)


def mended(text: str) -> str:
    """The text with U+FFFD for what is half a character: the pairs of JSON's escapes may be torn."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def checked(cells: list[str], limits: Limits, encoding: str) -> Cells | Refused:
    """The cells, or why they are none."""
    for place, cell in enumerate(cells, 1):
        if len(cell) > limits.cell:
            return Refused(f"Its cell {place} has {len(cell):,} characters; at most {limits.cell:,} are read.")
        if "\0" in cell:
            return Refused(f"Its cell {place} holds a NUL character, which no text has. Remove it.")
        if UNREADABLE in cell:
            return Refused(
                f"Its cell {place} holds bytes that are no {encoding}. Choose the encoding that the file is written in."
            )
    return tuple(cells)


def ragged(n: int, columns: int) -> Refused:
    """Why a row of n cells is none of a table of so many columns."""
    return Refused(f"It has {n:,} cells; the first row has {columns:,}. Mend the quotes or the separators there.")


def at_most(rows: Rows, limits: Limits) -> Rows:
    """The rows up to the limit, and a last one that says so where there are more."""
    for number, cells in rows:
        if number > limits.rows:
            said = f"The file goes on after row {limits.rows:,}; at most so many rows are read"
            yield limits.rows + 1, Refused(limits.too_large(said))  # empty rows may lie between
            return
        yield number, cells


def listed(names: tuple[str, ...] | list[str], most: int = 20) -> str:
    """Names for a sentence."""
    return ", ".join(map(quoted, names[:most])) + (f" and {len(names) - most:,} more" if len(names) > most else "")
