"""Agreement between rows of scores, by hand and against scipy."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.agreement import disagree, has_no_order, measure_stability, spearman_matrix, top_overlap_matrix

ROWS = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4], [4, 3, 1, 2], [7, 7, 7, 7]])


def test_spearman_by_hand():
    """ρ = 1 − 6 Σd² / (n³ − n): 1 − 6 · 20/60 = −1 and 1 − 6 · 2/60 = 0.8."""
    matrix = spearman_matrix(ROWS)
    np.testing.assert_allclose(matrix[:3, :3], [[1, -1, 0.8], [-1, 1, -0.8], [0.8, -0.8, 1]])
    assert np.isnan(matrix[3]).all() and np.isnan(matrix[:, 3]).all()
    assert has_no_order(ROWS).tolist() == [False, False, False, True]


def test_spearman_is_scipys_with_ties_too():
    rows = np.random.default_rng(0).integers(0, 5, (6, 15)).astype(float)
    np.testing.assert_allclose(spearman_matrix(rows), spearmanr(rows, axis=1).statistic, atol=1e-12)
    assert (np.diagonal(spearman_matrix(rows)) == 1).all()


def test_monotone_transforms_change_nothing():
    rows = np.random.default_rng(0).normal(size=(3, 12))
    bent = np.stack([np.exp(rows[0]), 5 * rows[1] - 2, rows[2] ** 3])
    np.testing.assert_allclose(spearman_matrix(bent), spearman_matrix(rows))
    np.testing.assert_allclose(top_overlap_matrix(bent), top_overlap_matrix(rows))


def test_overlap_by_hand():
    """20 % of four words is one, 50 % are two, 70 % three."""
    np.testing.assert_allclose(top_overlap_matrix(ROWS)[:3, :3], [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    np.testing.assert_allclose(top_overlap_matrix(ROWS, 0.5)[:3, :3], [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    assert top_overlap_matrix(ROWS, 0.7)[0, 1] == pytest.approx(2 / 3)  # words 1 2 3 and 2 3 4
    assert np.isnan(top_overlap_matrix(ROWS)[3]).all() and np.isnan(top_overlap_matrix(ROWS)[:, 3]).all()


def test_overlap_with_ties_is_the_mean_over_all_choices():
    one, other = np.array([3.0, 1, 1, 1, 0]), np.array([0.0, 5, 2, 2, 1])

    def choices(row):
        return [frozenset(order[:2]) for order in permutations(range(5)) if list(row[list(order)]) == sorted(row, reverse=True)]

    expected = np.mean([len(a & b) / 2 for a in choices(one) for b in choices(other)])
    matrix = top_overlap_matrix(np.stack([one, other]), 0.4)
    np.testing.assert_allclose(matrix, [[1, expected], [expected, 1]])
    assert 0 < expected < 1


def test_random_rows_share_k_of_w_words():
    rows = np.random.default_rng(0).random((200, 20))
    off = ~np.eye(200, dtype=bool)
    assert top_overlap_matrix(rows)[off].mean() == pytest.approx(4 / 20, abs=0.01)
    assert spearman_matrix(rows)[off].mean() == pytest.approx(0, abs=0.01)


def test_one_word_has_no_order():
    assert np.isnan(spearman_matrix(np.array([[1.0], [2.0]]))).all()
    assert np.isnan(top_overlap_matrix(np.array([[1.0], [2.0]]))).all()


def test_word_by_word():
    """Places 1 2 3 4 and 4 1 2½ 2½; scores over 8 and over 2."""
    found = disagree(np.array([8.0, 4, 2, -4]), np.array([-2.0, 1, 0, 0]))
    assert found.one_place.tolist() == [1, 2, 3, 4] and found.other_place.tolist() == [4, 1, 2.5, 2.5]
    assert found.place_difference.tolist() == [3, -1, -0.5, -1.5]
    np.testing.assert_allclose(found.score_difference, [2, 0, 0.25, -0.5])
    assert found.most_disputed.tolist() == [0, 3, 1, 2]


def test_a_row_disputes_nothing_with_itself():
    row = np.random.default_rng(0).normal(size=9)
    found = disagree(row, 3 * row)
    assert not found.place_difference.any() and np.abs(found.score_difference).max() < 1e-12


def test_stability_is_the_mean_over_pairs_of_seeds():
    """Pairs: (1, 2) ρ −1, (1, 3) ρ 0.8, (2, 3) ρ −0.8; only 1 and 3 have the same top word."""
    found = measure_stability(ROWS[:3])
    assert found == pytest.approx({"spearman": -1 / 3, "top_overlap": 1 / 3, "same_top": 1 / 3})
    assert measure_stability(np.stack([ROWS[0]] * 5)) == pytest.approx({"spearman": 1, "top_overlap": 1, "same_top": 1})
    assert measure_stability(ROWS) == found, "a row without order is left out"
    assert measure_stability(ROWS[2:]) == {"spearman": None, "top_overlap": None, "same_top": None}


@pytest.mark.parametrize("rows", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 0)), np.array([[1.0, np.nan]])])
def test_what_cannot_be_compared_is_told(rows):
    with pytest.raises(ValueError, match=r"\(M, W\)"):
        spearman_matrix(rows)
    with pytest.raises(ValueError, match=r"\(M, W\)"):
        top_overlap_matrix(rows)


def test_rows_are_left_as_they_were():
    rows = ROWS.copy()
    spearman_matrix(rows), top_overlap_matrix(rows), disagree(rows[0], rows[1]), measure_stability(rows)
    np.testing.assert_array_equal(rows, ROWS)
