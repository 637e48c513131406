"""The numbers behind a figure, and how a spreadsheet reads them."""

import csv
import io
import math
from dataclasses import dataclass

from core.markup import visible

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Table:
    """Rows under named columns; None where there is no number."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    def __post_init__(self):
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(f"Row {number} has {len(row)} cells; there are {len(self.columns)} columns.")

    def to_csv(self) -> bytes:
        """UTF-8 with a byte order mark, as spreadsheets expect. Text that they would run as a formula gets an apostrophe before it;
        numbers are written in full, an absent one as nothing."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerows([map(_cell, self.columns), *(map(_cell, row) for row in self.rows)])
        return text.getvalue().encode("utf-8-sig")


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        shown = visible(value)
        return f"'{shown}" if shown.startswith(_STARTS_A_FORMULA) else shown
    return "" if value is None or math.isnan(value) else str(value)
