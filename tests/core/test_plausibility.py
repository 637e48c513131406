"""ERASER's measures by hand and against scikit-learn, and people's tokens brought to our words."""

import numpy as np
import pytest
from sklearn.metrics import auc, f1_score, jaccard_score, precision_recall_curve, roc_auc_score

from core.plausibility import (
    FIGURES,
    align,
    area_under_precision_recall,
    area_under_roc,
    count_found_spans,
    eraser_iou_f1,
    mean_plausibility,
    measure_plausibility,
    spans_of,
)

HARD = [name for name in FIGURES if name.startswith(("token", "span", "iou"))]


def flags(marks: str) -> np.ndarray:
    """`xx.x` → a bool a word."""
    return np.array([mark == "x" for mark in marks])


def test_four_words_by_hand():
    """Marked: words 1 and 3. Order of scores: 1, 2, 3, 4, so the curve runs (0, 1), (½, 1), (½, ½), (1, ⅔), (1, ½)."""
    found = measure_plausibility(np.array([0.9, 0.5, 0.3, 0.1]), np.array([1, 0, 1, 0]))
    assert found["auprc"] == pytest.approx(0.5 * 1 + 0.5 * (1 / 2 + 2 / 3) / 2)
    assert found["auroc"] == pytest.approx(3 / 4)
    assert found["rank_agreement"] == pytest.approx(0.4472136)  # places 4 3 2 1 with 3½ 1½ 3½ 1½: 1 / √5
    assert [found[name] for name in HARD[:4]] == pytest.approx([1 / 2, 1 / 2, 1 / 2, 1 / 3])
    # chosen xx.., marked x.x.: IOU of the spans [0, 2) and [0, 1) is ½, so the one chosen span is found, and one of two marked
    assert [found[name] for name in HARD[4:]] == pytest.approx([1, 1 / 2, 2 / 3])


@pytest.mark.parametrize("seed", range(20))
def test_curves_and_shares_are_scikit_learns(seed):
    chance = np.random.default_rng(seed)
    truth = np.append(chance.random(23) < 0.3, [True, False])
    scores = chance.normal(size=25) if seed % 2 else chance.integers(-2, 3, 25).astype(float)  # every other with ties
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert area_under_precision_recall(scores, truth) == pytest.approx(auc(recall, precision))
    assert area_under_roc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
    if seed % 2:
        chosen = scores >= np.sort(scores)[-truth.sum()]
        found = measure_plausibility(scores, truth)
        assert found["token_f1"] == pytest.approx(f1_score(truth, chosen))
        assert found["token_iou"] == pytest.approx(jaccard_score(truth, chosen))
        assert found["token_precision"] == pytest.approx(found["token_recall"]), "as many are chosen as are marked"


def test_spans_are_runs_of_words():
    assert spans_of(flags("xx.x..xxx")) == [(0, 2), (3, 4), (6, 9)]
    assert spans_of(flags("...")) == [] and spans_of(flags("xx")) == [(0, 2)]


@pytest.mark.parametrize(
    "chosen, marked, found",
    [
        ("xxxx", "xxxx", 1),
        ("xx..", "xxxx", 1),  # 2 of 4: just enough
        ("x...", "xxx.", 0),  # 1 of 3
        (".xx.", "xx..", 0),  # 1 of 3
        ("x.x.", "x.x.", 2),
        ("x.xx", "xxxx", 1),  # 1 of 4 and 2 of 4
        ("xxxx", "x.xx", 1),  # one span, which meets the longer one by half
        ("xx..", "..xx", 0),
    ],
)
def test_a_span_counts_from_half_in_common(chosen, marked, found):
    assert count_found_spans(flags(chosen), flags(marked)) == found


def eraser_partial_match(chosen: np.ndarray, marked: np.ndarray) -> tuple[float, float]:
    """Precision and recall as ERASER words them, on sets of positions."""
    runs = [[set(range(a, b)) for a, b in spans_of(which)] for which in (chosen, marked)]
    best = [max(len(one & other) / len(one | other) for other in runs[1]) for one in runs[0]]
    hits = sum(value >= 0.5 for value in best)
    return hits / len(runs[0]), hits / len(runs[1])


@pytest.mark.parametrize("seed", range(10))
def test_span_measures_on_sets_of_positions(seed):
    chance = np.random.default_rng(seed)
    marked = np.repeat(chance.random(10) < 0.4, 3) | flags("x" + "." * 29)
    scores = np.convolve(marked + chance.normal(0, 0.6, 30), np.ones(3), "same") + 1e-6 * chance.random(30)
    found = measure_plausibility(scores, marked, share=0.3)
    chosen = scores >= np.sort(scores)[-9]
    assert chosen.sum() == 9
    assert (found["span_precision"], found["span_recall"]) == pytest.approx(eraser_partial_match(chosen, marked))
    assert found["token_precision"] == pytest.approx((chosen & marked).sum() / 9)
    assert max(found["span_recall"], found["span_precision"]) <= 1


def test_the_best_and_the_worst_order():
    marks = np.array([0, 1, 1, 0, 0, 1])
    best, worst = measure_plausibility(marks + 0.0, marks), measure_plausibility(-marks + 0.1 * np.arange(6), marks)
    assert best == pytest.approx(dict.fromkeys(FIGURES, 1.0))
    assert worst["auroc"] == 0 and worst["token_f1"] == 0 and worst["token_iou"] == 0 and worst["iou_f1"] == 0


def test_a_row_without_order_is_chance():
    marks = flags("x....x..............")
    found = [measure_plausibility(np.zeros(20), marks, seed=seed) for seed in range(300)]
    assert {text["auroc"] for text in found} == {0.5} and {text["rank_agreement"] for text in found} == {None}
    assert np.mean([text["token_precision"] for text in found]) == pytest.approx(2 / 20, abs=0.02)


def test_people_may_grade_their_words():
    found = measure_plausibility(np.array([0.9, 0.5, 0.3, 0.1]), np.array([2.0, 1.0, -1.0, -2.0]))
    assert found["rank_agreement"] == pytest.approx(1) and found["auprc"] == found["token_f1"] == 1.0


def test_draws_are_averaged():
    chance = np.random.default_rng(0)
    draws, marks = chance.normal(size=(5, 12)), chance.random(12) < 0.4
    each = mean_plausibility([measure_plausibility(row, marks) for row in draws])
    assert measure_plausibility(draws, marks) == pytest.approx(each)


def test_monotone_transforms_change_nothing():
    scores, marks = np.random.default_rng(0).normal(size=12), flags("x.xx........")
    assert measure_plausibility(np.exp(scores), marks) == pytest.approx(measure_plausibility(scores, marks))


def test_what_is_not_defined_is_none():
    scores = np.array([3.0, 2, 1])
    assert measure_plausibility(scores, np.zeros(3)) == dict.fromkeys(FIGURES)
    everything = measure_plausibility(scores, np.ones(3))
    assert {name for name, value in everything.items() if value is None} == {"auprc", "auroc", "rank_agreement"}
    assert everything["token_f1"] == 1.0


def test_shapes_that_do_not_match_are_told():
    with pytest.raises(ValueError, match=r"\(1, 3\).*\(2,\)"):
        measure_plausibility(np.zeros(3), np.zeros(2))


def test_iou_f1_of_many_texts_is_of_the_mean_precision_and_recall():
    """Precision 1 and ½, recall ½ and ½: F1 of ¾ and ½ is 0.6; the mean of the texts' F1 would be 7/12."""
    blank = dict.fromkeys(FIGURES)
    texts = [
        blank | {"span_precision": 1.0, "span_recall": 0.5, "iou_f1": 2 / 3},
        blank | {"span_precision": 0.5, "span_recall": 0.5, "iou_f1": 0.5},
        blank,
    ]
    assert eraser_iou_f1(texts) == pytest.approx(0.6)
    assert mean_plausibility(texts)["iou_f1"] == pytest.approx(7 / 12)
    assert mean_plausibility(texts)["auprc"] is None and eraser_iou_f1([blank]) is None and eraser_iou_f1([]) is None


def test_tokens_of_people_come_to_our_words():
    """“can't stop-it”: people's pieces ca|n't|stop-it, our words can't|stop|-|it."""
    pieces, words = [(0, 2), (2, 5), (6, 13)], np.array([[0, 5], [6, 10], [10, 11], [11, 13]])
    assert align(pieces, [0.5, -2.0, 1.0], words).tolist() == [-2.0, 1.0, 1.0, 1.0]
    assert align(pieces, [1, 0, 0], words).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_neighbours_that_only_touch_share_nothing():
    words = np.array([[0, 3], [3, 6], [7, 9]])
    assert align([(3, 6)], [1], words).tolist() == [0.0, 1.0, 0.0]
    assert align([(6, 7)], [1], words).tolist() == [0.0, 0.0, 0.0]
    assert align([], [], words).tolist() == [0.0, 0.0, 0.0]
