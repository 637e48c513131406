"""A table → texts: which columns hold what, and each row's text with what belongs to it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import DataError, quoted
from core.tables.table import Cells, Refused, Table, listed

NAMES = {  # of columns as data sets have them, the most telling first
    "text": "text sentence sentence1 premise question1 review review_text content body comment message tweet document article description "
    "question query title input",
    "text_pair": "text_pair pair text2 sentence2 hypothesis question2 second_text response passage context answer",
    "label": "label labels gold_label class category target sentiment polarity rating stars score y",
    "id": "id uid guid idx index key row_id review_id pairid",
    "rationale": "rationale rationales evidences word_scores",
}  # fmt: skip
MOST_LABELS = 50  # different values from which on a column is no label


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table. Hashable; kept in a run's manifest. ValueError where one stands for two things."""

    text: str
    text_pair: str | None = None
    """The second text, of a pair."""
    label: str | None = None
    id: str | None = None
    rationale: str | None = None
    """People's marks of the words."""

    def __post_init__(self) -> None:
        given = [name for role, name in asdict(self).items() if name is not None or role == "text"]
        if not all(isinstance(name, str) for name in given):
            raise ValueError(f"Columns are given by name, and the text's must be; here they are {given!r}.")
        if len(set(given)) < len(given):
            raise ValueError(f"One column can't stand for two things; the columns are {', '.join(map(str, given))}.")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Columns":
        """What `as_dict` gave. ValueError where it holds something else."""
        try:
            return cls(**saved)
        except TypeError as error:
            raise ValueError(f"{saved!r} names no columns: {error}.") from None


@dataclass(frozen=True)
class TextRow:
    """One usable row."""

    number: int
    """In the file, from 1; a header is not counted."""
    text: str
    text_pair: str | None = None
    label: str | None = None
    """None where the table has no labels, or none for this row."""
    id: str | None = None
    rationale: str | None = None
    """As the cell has it: JSON of a list, or text."""


@dataclass(frozen=True)
class RefusedRow:
    """One row that can't be used."""

    number: int
    reason: str
    """Why, in a sentence."""


def read_texts(table: Table, columns: Columns) -> Iterator[TextRow | RefusedRow]:
    """Every row of the table that holds anything. DataError, at once, for a column that there isn't."""
    missing = [name for name in columns.as_dict().values() if name is not None and name not in table.columns]
    if missing:
        raise DataError(f"There is no column {quoted(missing[0])}; the columns are {listed(table.columns)}. Choose one of these.")
    places = {role: None if name is None else table.columns.index(name) for role, name in columns.as_dict().items()}
    return (_text_row(number, cells, places) for number, cells in table.rows())


def _text_row(number: int, cells: Cells | Refused, places: dict[str, int | None]) -> TextRow | RefusedRow:
    if isinstance(cells, Refused):
        return RefusedRow(number, cells.reason)
    found: dict[str, Any] = {role: None if place is None else cells[place] for role, place in places.items()}
    if not found["text"].strip():
        return RefusedRow(number, "Its text is empty.")
    if found["text_pair"] is not None and not found["text_pair"].strip():
        return RefusedRow(number, "Its second text is empty.")
    for role in ("label", "id", "rationale"):
        found[role] = (found[role] or "").strip() or None
    return TextRow(number, **found)


def guess_columns(columns: tuple[str, ...], rows: list[Cells | Refused]) -> Columns:
    """What the columns seem to hold, by their names, and by the cells of the first rows where no name tells. Never a second text, an id or
    a rationale by cells alone. DataError where there are no columns."""
    if not columns:
        raise DataError("The file holds nothing but empty rows. Give one with a row that has something in it.")
    cells = [row for row in rows if not isinstance(row, Refused)]
    found: dict[str, Any] = {role: _named_as(columns, names.split()) for role, names in NAMES.items()}
    found["text"] = found["text"] or _wordiest(columns, cells, taken=set(found.values()))
    found["label"] = found["label"] or _most_repeated(columns, cells, taken=set(found.values()))
    return Columns(**{role: name for role, name in found.items() if role == "text" or name != found["text"]})


def _named_as(columns: tuple[str, ...], names: list[str]) -> str | None:
    """The column that bears one of the names, the first name first."""
    plain = {column.casefold().replace(" ", "_").replace("-", "_"): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def _wordiest(columns: tuple[str, ...], cells: list[Cells], taken: set[str | None]) -> str:
    """The column whose cells have the most words; one that holds something else only where there is no other."""
    words = [sum(len(row[place].split()) for row in cells) for place in range(len(columns))]
    free = [place for place, column in enumerate(columns) if column not in taken] or range(len(columns))
    return columns[max(free, key=words.__getitem__)]


def _most_repeated(columns: tuple[str, ...], cells: list[Cells], taken: set[str | None]) -> str | None:
    """The column of few short values that come again and again, if there is one."""
    best, best_share = None, 0.5  # of rows that must hold a value seen before
    for place, column in enumerate(columns):
        values = [row[place].strip() for row in cells]
        different = set(values)
        is_label = (
            column not in taken
            and "" not in different
            and len(different) <= MOST_LABELS
            and all(len(v.split()) <= 3 for v in different)
        )
        share = 1 - len(different) / len(values) if is_label and values else 0.0
        if share > best_share or (share == best_share and best is None and share and len(different) > 1):
            best, best_share = column, share
    return best
