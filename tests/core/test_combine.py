"""Token scores become word scores by hand-checkable rules."""

import numpy as np
import pytest

from core.combine import RULES, merge_tokens, normalise
from core.records import Tokens

# [CLS] un ##break ##able plot [SEP]: the word “unbreakable” has three pieces
TOKENS = Tokens(
    texts=("[CLS]", "un", "##break", "##able", "plot", "[SEP]"),
    spans=np.array([[0, 0], [0, 2], [2, 7], [7, 11], [12, 16], [0, 0]]),
    is_special=np.array([True, False, False, False, False, True]),
    word_of=np.array([-1, 0, 0, 0, 1, -1]),
    word_spans=np.array([[0, 11], [12, 16]]),
)
SCORES = np.array([[9.0, 1.0, -4.0, 2.0, -0.5, 9.0], [9.0, 1.0, 2.0, 4.0, 0.0, -9.0]])
BY_RULE = {"sum": [[-1.0, -0.5], [7.0, 0.0]], "mean": [[-1 / 3, -0.5], [7 / 3, 0.0]], "max-abs": [[-4.0, -0.5], [4.0, 0.0]]}


@pytest.mark.parametrize("rule", RULES)
def test_rules_by_hand(rule):
    np.testing.assert_allclose(merge_tokens(SCORES, TOKENS, rule), BY_RULE[rule])
    np.testing.assert_allclose(merge_tokens(SCORES[0], TOKENS, rule), BY_RULE[rule][0])


def test_other_axes_stay_and_the_input_is_not_changed():
    before = SCORES.copy()
    stacked = np.stack([SCORES, 2 * SCORES])  # (2, L, T)
    merged = merge_tokens(stacked, TOKENS)
    np.testing.assert_allclose(merged, [BY_RULE["sum"], 2 * np.array(BY_RULE["sum"])])
    assert (before == SCORES).all()


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="median.*sum"):
        merge_tokens(SCORES, TOKENS, "median")


def test_normalised_scores_reach_one_and_zeros_stay():
    got = normalise(np.array([[2.0, -4.0, 1.0], [0.0, 0.0, 0.0]]))
    assert got.tolist() == [[0.5, -1.0, 0.25], [0.0, 0.0, 0.0]]
    assert normalise(np.zeros((2, 0))).shape == (2, 0)
