"""A text and the same text edited, word under word: what each word scored before and now. Plain data, no Streamlit."""

from dataclasses import dataclass

import numpy as np

from core.records import LayerReport
from dashboard.alignment import Column, align_edited
from dashboard.units import Units, units_of, window

MOST_COLUMNS = 60  # drawn at once


@dataclass(frozen=True, eq=False)
class Edited:
    """Two reports by one model on one class, with the words of their texts in N common columns."""

    before: LayerReport
    now: LayerReport
    method: str
    units: tuple[Units, Units]
    columns: tuple[Column, ...]
    """(N) which words of the original and which of the edited text share a column."""

    def __len__(self) -> int:
        return len(self.columns)

    def words(self, side: int) -> list[str]:
        """(N) the words of one side, 0 the original, in each column; empty where it has none there."""
        return [" ".join(self.units[side].texts[i] for i in members[side]) for members in self.columns]

    def scores(self, side: int) -> np.ndarray:
        """(L, N) saliency of one side; words in one column added up, NaN where there is none. (1, N) for methods without layers."""
        scores = self.units[side].scores
        found = [
            scores[:, list(members[side])].sum(axis=1) if members[side] else np.full(len(scores), np.nan)
            for members in self.columns
        ]
        return np.stack(found, axis=1) if found else np.zeros((len(scores), 0))

    @property
    def difference(self) -> np.ndarray:
        """(L, N) now less before; NaN where a word has no partner."""
        return self.scores(1) - self.scores(0)

    def column_of(self, token: int | None) -> int:
        """The column that holds a token of the edited text; else the first that differs, else the first."""
        for column, (_, there) in enumerate(self.columns):
            if any(token in self.units[1].tokens[i] for i in there):
                return column
        old, new = ([word.casefold() for word in self.words(side)] for side in (0, 1))
        return next((column for column in range(len(self)) if old[column] != new[column]), 0)

    def part(self, column: int) -> tuple[int, int]:
        """Start and end of the block of columns that is drawn around one."""
        return window(column, len(self), MOST_COLUMNS)


def edited(before: LayerReport, now: LayerReport, method: str, rule: str) -> Edited:
    """The two reports' words in common columns."""
    units = tuple(units_of(report, method, by_words=True, rule=rule) for report in (before, now))
    return Edited(before, now, method, units, tuple(align_edited(units[0].texts, units[1].texts)))
