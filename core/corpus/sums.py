"""What is kept of all rows while chunks stream by: a few sums, whatever the number of rows. numpy, float64, in the order of the rows.

A word's value in a row, layer by layer, is its score divided by Σ |score| of the row's words at that layer (a share, its sign
kept; 0 where a layer has no signal), and of a word that stands there several times the mean. So a row counts once for each of its
words, and n is a number of texts. Words are compared without regard to upper and lower case.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from core.corpus.rationales import RationaleSums
from core.corpus.records import RowRefused, RowResult

UNKNOWN, RIGHT, WRONG = "unknown", "right", "wrong"
OUTCOMES = {None: UNKNOWN, True: RIGHT, False: WRONG}
"""What became of a row: `RowResult.correct` → its name."""
TOLD = 20  # refusals told one by one
KEPT_SHARE = 0.75  # of the vocabulary, when it is full: not to prune again at every chunk

Key = tuple[int, str, str]


def ends(n_layers: int) -> tuple[range, range]:
    """Layer states that count as early and as late: the first and the last third, at least one each."""
    third = max(1, n_layers // 3)
    return range(third), range(n_layers - third, n_layers)


@dataclass(eq=False)
class WordSums:
    """Σ by (class, outcome, word): no more entries than `most`, but within a chunk."""

    n_layers: int
    most: int
    index: dict[Key, int] = field(default_factory=dict)
    """(class, outcome, word) → its row in the arrays."""
    dropped: int = 0
    """Entries that were pruned; `rarest` is the largest number of texts that one of them had."""
    rarest: int = 0

    def __post_init__(self) -> None:
        self.texts = np.zeros(0, np.int64)  # (E)
        self.total = np.zeros((0, self.n_layers))  # (E, L) Σ of values; `squares` Σ of their squares
        self.squares = np.zeros((0, self.n_layers))
        self.change_squares = np.zeros(0)  # (E) Σ of the squares of late − early

    def add(self, entries: np.ndarray, values: np.ndarray) -> None:
        """Values (U, L) of the entries (U), each of one word in one row."""
        n = len(self.index)
        for name in ("texts", "total", "squares", "change_squares"):
            kept = getattr(self, name)
            if len(kept) < n:
                grown = np.zeros((max(n, 2 * len(kept)), *kept.shape[1:]), kept.dtype)
                grown[: len(kept)] = kept
                setattr(self, name, grown)
        early, late = ends(self.n_layers)
        change = values[:, late].mean(1) - values[:, early].mean(1)
        self.texts[:n] += np.bincount(entries, minlength=n)
        self.change_squares[:n] += np.bincount(entries, weights=change**2, minlength=n)
        for layer in range(self.n_layers):
            self.total[:n, layer] += np.bincount(entries, weights=values[:, layer], minlength=n)
            self.squares[:n, layer] += np.bincount(entries, weights=values[:, layer] ** 2, minlength=n)

    def prune(self) -> None:
        """Drop the rarest entries where there are too many; of equally rare ones those that come later in the order of keys."""
        if len(self.index) <= self.most:
            return
        ranked = sorted(self.index, key=lambda key: (-self.texts[self.index[key]], key))
        kept, gone = ranked[: max(1, int(self.most * KEPT_SHARE))], ranked[max(1, int(self.most * KEPT_SHARE)) :]
        self.dropped += len(gone)
        self.rarest = max(self.rarest, *(int(self.texts[self.index[key]]) for key in gone))
        places = np.array([self.index[key] for key in kept])
        for name in ("texts", "total", "squares", "change_squares"):
            setattr(self, name, getattr(self, name)[places])
        self.index = {key: place for place, key in enumerate(kept)}


@dataclass(eq=False)
class Sums:
    """Everything that the summary is made of."""

    n_layers: int
    vocabulary: int
    labels: tuple[str, ...] = ()
    """(C) names of the model's classes, and which the labels of the file mean: for people's marks alone."""
    classes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rationales = RationaleSums(self.n_layers, self.labels, self.classes)
        self.words = WordSums(self.n_layers, self.vocabulary)
        self.n_rows = self.n_used = self.n_refused = self.n_cut = self.n_windowed = 0
        self.refusals: list[tuple[int, str]] = []
        self.predicted: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.layers: Counter[int] = Counter()
        self.confusion: Counter[tuple[str, int]] = Counter()
        self.share, self.share_squares = np.zeros(self.n_layers), np.zeros(self.n_layers)
        self.samples: dict[str, list[np.ndarray]] = {
            "own_top1": [],
            "own_log_probability": [],
            "faithfulness": [],
            "faithfulness_random": [],
        }

    def add(self, rows: Iterable[RowResult | RowRefused]) -> None:
        """The rows of one chunk."""
        rows = list(rows)
        used = [row for row in rows if isinstance(row, RowResult)]
        refused = [row for row in rows if isinstance(row, RowRefused)]
        self.n_rows, self.n_used, self.n_refused = self.n_rows + len(rows), self.n_used + len(used), self.n_refused + len(refused)
        self.refusals += [(row.number, row.reason) for row in refused[: TOLD - len(self.refusals)]]
        for row in used:
            self._count(row)
        if used:
            share = np.stack([row.content_share for row in used]).astype(float)
            self.share += share.sum(0)
            self.share_squares += (share**2).sum(0)
            self._add_words(used)
            self.words.prune()

    def _count(self, row: RowResult) -> None:
        self.predicted[row.target] += 1
        self.outcomes[OUTCOMES[row.correct]] += 1
        self.layers[row.layer] += 1
        self.n_cut += row.unread > 0
        self.n_windowed += row.n_windows > 1
        self.rationales.add(row)
        if row.label is not None and row.correct is not None:
            self.confusion[row.label, row.target] += 1
        for name, kept in self.samples.items():
            if (found := getattr(row.sample, name)) is not None:
                kept.append(np.asarray(found, dtype=float))

    def _add_words(self, rows: list[RowResult]) -> None:
        values, row_of = word_values(rows)  # (n, L), (n)
        index, entries = self.words.index, np.empty(len(row_of), np.int64)
        at = 0
        for row in rows:
            outcome = OUTCOMES[row.correct]
            for word in row.words:
                entries[at] = index.setdefault((row.target, outcome, word.casefold()), len(index))
                at += 1
        n = len(index)
        pairs, inverse, times = np.unique(row_of * n + entries, return_inverse=True, return_counts=True)
        means = np.stack([np.bincount(inverse, weights=values[:, layer]) / times for layer in range(self.n_layers)], axis=1)  # (U, L)
        self.words.add(pairs % n, means)


def word_values(rows: list[RowResult]) -> tuple[np.ndarray, np.ndarray]:
    """(n, L) the values of every word of the rows, one row after the other, and (n) the row of each."""
    n_words = np.array([len(row.word_spans) for row in rows])
    starts = np.concatenate([[0], np.cumsum(n_words)])
    row_of, n = np.repeat(np.arange(len(rows)), n_words), int(starts[-1])
    word_of = np.concatenate([np.where(row.word_of >= 0, row.word_of + start, -1) for row, start in zip(rows, starts)])
    content = word_of >= 0
    scores = np.concatenate([row.scores for row in rows], axis=1)[:, content]  # (L, tokens)
    values = np.stack([np.bincount(word_of[content], weights=of_layer, minlength=n) for of_layer in scores], axis=1)  # (n, L)
    sizes = np.stack([np.bincount(row_of, weights=column, minlength=len(rows)) for column in np.abs(values).T], axis=1)[row_of]
    return np.divide(values, sizes, out=np.zeros_like(values), where=sizes > 0), row_of
