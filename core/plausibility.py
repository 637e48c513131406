"""Does a ranking put those words first that people marked? The measures of ERASER (DeYoung et al. 2020, arXiv 1911.03429). No torch.

Soft, from the scores as they are: AUPRC, the area under the precision–recall curve joined by straight lines and begun at
precision 1; and AUROC. Hard, from the k top words, k as many as people marked, or a given share of the text's words as ERASER
does (the data's mean): token F1; and over spans, a span being a run of neighbouring words: one chosen counts as found where
|chosen ∩ marked| / |chosen ∪ marked| ≥ 0.5 with some marked span, precision and recall are shares of the chosen and of the
marked spans, and IOU F1 is their harmonic mean. Token IOU, |chosen ∩ marked| / |chosen ∪ marked| over all words, is what some
tools show as IOU. A plausible map need not be a faithful one (Jacovi & Goldberg 2020, arXiv 2004.03685).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from core.agreement import spearman_matrix
from core.faithfulness import places_of, words_of

if TYPE_CHECKING:
    from core.labelled import HumanMarks

SPAN_IOU = 0.5  # from which a chosen span counts as found


FIGURES = {
    "auprc": "area under the precision–recall curve, 0 … 1; chance gives about the share of marked words",
    "auroc": "probability that a marked word scores above one that is not, 0 … 1; chance gives ½",
    "rank_agreement": "Spearman's ρ with people's scores, −1 … 1; chance gives 0",
    "token_precision": "share of the chosen words that are marked",
    "token_recall": "share of the marked words that are chosen",
    "token_f1": "harmonic mean of both",
    "token_iou": "chosen and marked words over chosen or marked ones",
    "span_precision": "share of the chosen spans that meet a marked one",
    "span_recall": "as many, over the number of marked spans",
    "iou_f1": "harmonic mean of both",
}
"""Name of a figure → what it is."""


def align(spans: np.ndarray, values: np.ndarray, word_spans: np.ndarray) -> np.ndarray:
    """(W) for each word (W, 2) the strongest value (n), by magnitude, of the pieces (n, 2) that it shares a character with, 0 where
    there is none: people's tokens, or marked passages, brought to our words. All spans are character offsets, start and end."""
    starts, ends = np.asarray(spans, dtype=int).reshape(-1, 2).T
    meets = (word_spans[:, :1] < ends) & (starts < word_spans[:, 1:])  # (W, n)
    found = np.where(meets, np.asarray(values, dtype=float), 0.0)
    found = np.concatenate([found, np.zeros((len(word_spans), 1))], axis=1)
    return np.take_along_axis(found, np.abs(found).argmax(1)[:, None], axis=1)[:, 0]


def marks_of_class(
    marks: HumanMarks, classes: Mapping[str, int], target: int, word_spans: np.ndarray
) -> np.ndarray | None:
    """(W) how strongly people said each word (W, 2) speaks for the class `target`; None where they said nothing of it, or marked no
    word, or every word. `classes`: label of the file → index of the class."""
    label = next((label for label in marks.scores if classes.get(label) == target), None)
    if label is None:
        return None
    found = align(marks.spans, marks.scores[label], word_spans)
    return found if (found > 0).any() and not (found > 0).all() else None


def measure_plausibility(
    draws: np.ndarray, marks: np.ndarray, share: float | None = None, seed: int = 0
) -> dict[str, float | None]:
    """Name in FIGURES → figure of one text's scores (W), or (S, W) averaged over draws, against people's `marks` (W): a word is
    marked where its value is above 0. None where a figure is not defined: no word marked, or for the soft ones every word.

    `share` of the words that are chosen; None: as many as people marked. `seed` of the order of tied words.
    """
    draws, marks = np.atleast_2d(np.asarray(draws, dtype=float)), np.asarray(marks, dtype=float)
    if draws.ndim != 2 or not draws.size or marks.shape != draws.shape[1:] or not np.isfinite(draws).all():
        raise ValueError(f"Scores have shape {draws.shape} and marks {marks.shape}; finite (S, W) and (W) are expected.")
    truth = marks > 0
    k = int(truth.sum()) if share is None else int(words_of((share,), len(truth))[0])
    soft = np.mean([_soft(row, truth, marks) for row in draws], axis=0)
    hard = np.mean([_hard(places < k, truth) for places in places_of(draws, seed)], axis=0)
    return {name: float(value) if np.isfinite(value) else None for name, value in zip(FIGURES, (*soft, *hard))}


def mean_plausibility(texts: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    """The mean of each figure over the texts that have it; None where none has."""
    found = {name: [value for text in texts if (value := text[name]) is not None] for name in FIGURES}
    return {name: float(np.mean(values)) if values else None for name, values in found.items()}


def eraser_iou_f1(texts: Sequence[dict[str, float | None]]) -> float | None:
    """IOU F1 over many texts as ERASER's tables have it: of the mean precision and the mean recall, not the mean of the texts' F1."""
    mean = mean_plausibility(texts)
    precision, recall = mean["span_precision"], mean["span_recall"]
    return None if precision is None or recall is None else harmonic_mean(precision, recall)


def area_under_precision_recall(scores: np.ndarray, truth: np.ndarray) -> float:
    """AUPRC of scores (W) for truth (W) bool; not a number where all are true, or none. Equal scores enter together."""
    if truth.all() or not truth.any():
        return np.nan
    order = np.argsort(-scores, kind="stable")
    is_last = np.append(np.diff(scores[order]) != 0, True)  # of the words that share a score
    found = truth[order].cumsum()[is_last]
    precision, recall = found / (np.flatnonzero(is_last) + 1), found / truth.sum()
    return float(np.trapezoid(np.append(1.0, precision), np.append(0.0, recall)))


def area_under_roc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Probability that a marked word scores above one that is not, a tie counting half; not a number where all are marked, or none."""
    n, n_other = int(truth.sum()), int((~truth).sum())
    if not n or not n_other:
        return np.nan
    return float((rankdata(scores)[truth].sum() - n * (n + 1) / 2) / (n * n_other))


def spans_of(chosen: np.ndarray) -> list[tuple[int, int]]:
    """(start, end) of each run of neighbouring words in chosen (W) bool, end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def count_found_spans(chosen: np.ndarray, truth: np.ndarray) -> int:
    """How many spans of `chosen` (W) meet a span of `truth` (W) with an IOU of SPAN_IOU or more."""
    marked = spans_of(truth)
    return sum(max((_span_iou(span, other) for other in marked), default=0.0) >= SPAN_IOU for span in spans_of(chosen))


def harmonic_mean(precision: float, recall: float) -> float:
    """F1; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _span_iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    shared = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return shared / (one[1] - one[0] + other[1] - other[0] - shared)


def _soft(scores: np.ndarray, truth: np.ndarray, marks: np.ndarray) -> tuple[float, float, float]:
    """AUPRC, AUROC and Spearman's ρ."""
    return (
        area_under_precision_recall(scores, truth),
        area_under_roc(scores, truth),
        spearman_matrix(np.stack([scores, marks]))[0, 1],
    )


def _hard(chosen: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    """Precision, recall, F1 and IOU over words; precision, recall and F1 over spans."""
    if not truth.any():
        return (np.nan,) * 7
    both = (chosen & truth).sum()
    precision, recall = both / chosen.sum(), both / truth.sum()
    found = count_found_spans(chosen, truth)
    by_span = found / len(spans_of(chosen)), found / len(spans_of(truth))
    words = precision, recall, harmonic_mean(precision, recall), both / (chosen | truth).sum()
    return *words, *by_span, harmonic_mean(*by_span)
