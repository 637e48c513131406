"""Do the words that carry the predictions agree with those that people marked? Sums over the rows that have marks. No torch.

A row counts where its marks speak for the class that is explained, and mark some of its words, but not all. Its word scores are
those of the headline method at the layer recommended for it; AUPRC is also kept for every layer.
"""

import json
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from core.corpus.records import RowResult
from core.errors import DataError
from core.labelled import HumanMarks, match_labels, read_marks
from core.plausibility import area_under_precision_recall, marks_of_class, measure_plausibility

KEPT = ("auprc", "auroc", "token_f1", "token_iou", "iou_f1")
"""Figures that are summed up, by their names in `plausibility.FIGURES`."""
MARKED = "marked"
"""Beside them: the share of a text's words that people marked, which is what AUPRC gives by chance."""
UNNAMED = ""  # stands for the label of a row that has none: it names no class


@dataclass(eq=False)
class RationaleSums:
    """Σ over rows, and how many were left out, and why."""

    n_layers: int
    labels: tuple[str, ...] = ()
    """(C) names of the model's classes."""
    classes: dict[str, int] = field(default_factory=dict)
    """Label of the file → index of the class."""

    def __post_init__(self) -> None:
        self.n = self.n_unreadable = self.n_elsewhere = 0
        self.unreadable: tuple[int, str] | None = None  # the first: row, why
        self.total, self.squares = (dict.fromkeys((*KEPT, MARKED), 0.0) for _ in range(2))
        self.layer_total, self.layer_squares = np.zeros(self.n_layers), np.zeros(self.n_layers)

    def add(self, row: RowResult) -> None:
        """One row; one without marks changes nothing, and marks that can't be read are no error of the row."""
        if row.rationale is None:
            return
        try:
            marks = marks_in(row, row.rationale)
        except DataError as error:
            self.n_unreadable += 1
            self.unreadable = self.unreadable or (row.number, str(error))
            return
        classes = match_labels([*self.classes, *(label for label in marks.scores if label != UNNAMED)], self.labels)
        found = marks_of_class(marks, classes, row.target, row.word_spans)
        if found is None:
            self.n_elsewhere += 1
            return
        # some words are marked, and not all, so every figure is defined
        figures = cast("dict[str, float]", measure_plausibility(row.word_scores(), found))
        figures[MARKED] = float((found > 0).mean())
        by_layer = np.array([area_under_precision_recall(row.word_scores(layer), found > 0) for layer in range(self.n_layers)])
        self.n += 1
        for name in self.total:
            self.total[name] += figures[name]
            self.squares[name] += figures[name] ** 2
        self.layer_total += by_layer
        self.layer_squares += by_layer**2


def marks_in(row: RowResult, rationale: str) -> HumanMarks:
    """The row's marks, as its `rationale` holds them. DataError, in a sentence, where they can't be read."""
    try:
        written = json.loads(rationale)
    except (ValueError, RecursionError):
        written = rationale  # which is told to be no marks
    return read_marks(row.text, row.text_pair, UNNAMED if row.label is None else row.label, written)
