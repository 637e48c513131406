"""How much rows of word scores agree: methods with methods, layers with layers. numpy and scipy.

Rows are compared by raw value; for signed rows against unsigned ones, give magnitudes. A row whose words all score the same has
no order: nothing can be said of its agreement, and its figures are not numbers (`has_no_order` tells which).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.combine import normalise
from core.faithfulness import words_of

TOP_SHARE = 0.2
"""Share of the words that count as top words, at least one, rounded up."""


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Two rows of scores, word by word."""

    one_place: np.ndarray
    """(W) place of each word in the first row, 1 for the highest score; equal scores share their mean place."""
    other_place: np.ndarray
    score_difference: np.ndarray
    """(W) one − other, each row divided by its largest magnitude; −2 … 2."""

    @property
    def place_difference(self) -> np.ndarray:
        """(W) places by which a word stands higher in the first row than in the second; negative: lower."""
        return self.other_place - self.one_place

    @property
    def most_disputed(self) -> np.ndarray:
        """(W) the words, those with the largest difference of places first, then of scores."""
        return np.lexsort((-np.abs(self.score_difference), -np.abs(self.place_difference)))


def has_no_order(rows: np.ndarray) -> np.ndarray:
    """(M) whether all words of a row (M, W) score the same; of one word, always."""
    return np.ptp(rows, axis=1) == 0


def spearman_matrix(rows: np.ndarray) -> np.ndarray:
    """(M, M) Spearman's ρ of every two rows (M, W), −1 … 1; equal scores share their mean rank."""
    ranks = rankdata(_checked(rows), axis=1)
    centred = ranks - ranks.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1)
    centred = np.divide(centred, length[:, None], out=np.full_like(centred, np.nan), where=length[:, None] > 0)
    return _with_exact_diagonal(np.clip(centred @ centred.T, -1, 1))


def top_overlap_matrix(rows: np.ndarray, share: float = TOP_SHARE) -> np.ndarray:
    """(M, M) share of the k top words that every two rows (M, W) have in common, 0 … 1; two random orders share k/W of them.

    Where words tie for the last places, it is the mean over all ways to choose among them, each row on its own.
    """
    rows = _checked(rows)
    k = int(words_of((share,), rows.shape[1])[0])
    last = -np.sort(-rows, axis=1)[:, k - 1 : k]  # (M, 1) score of the k-th word
    above, tied = rows > last, rows == last
    chance = (k - above.sum(1, keepdims=True)) / tied.sum(1, keepdims=True)  # that a word that ties is among the k
    member = above + tied * chance  # (M, W)
    overlap = member @ member.T / k
    overlap[has_no_order(rows)] = np.nan
    overlap[:, has_no_order(rows)] = np.nan
    return _with_exact_diagonal(overlap)


def measure_stability(draws: np.ndarray) -> dict[str, float | None]:
    """How much the rows (S, W) of one method under S seeds agree, mean over all pairs of seeds: `spearman`; `top_overlap`, of the
    TOP_SHARE top words; `same_top`, share of the pairs with the same top word. None where fewer than two rows have an order."""
    pairs = np.triu_indices(len(draws), 1)
    matrices = {
        "spearman": spearman_matrix(draws),
        "top_overlap": top_overlap_matrix(draws),
        "same_top": top_overlap_matrix(draws, 0.0),
    }
    found = {name: matrix[pairs][np.isfinite(matrix[pairs])] for name, matrix in matrices.items()}
    return {name: float(values.mean()) if len(values) else None for name, values in found.items()}


def disagree(one: np.ndarray, other: np.ndarray) -> Disagreement:
    """Where two rows (W) of scores differ."""
    rows = _checked(np.stack([one, other]))
    places = rankdata(-rows, axis=1)
    normalised = normalise(rows)
    return Disagreement(places[0], places[1], normalised[0] - normalised[1])


def _with_exact_diagonal(matrix: np.ndarray) -> np.ndarray:
    """A row agrees with itself in full, if it has an order."""
    own = np.diagonal(matrix)
    np.fill_diagonal(matrix, np.where(np.isnan(own), np.nan, 1.0))
    return matrix


def _checked(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise ValueError(f"The rows to compare have shape {rows.shape}; (M, W) finite numbers, at least one, are expected.")
    return rows
