"""The refined map: the plan's own properties, and effects that are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.baselines import run_method
from core.baselines.refined import MOST, effects, folded_plan
from core.case import open_case
from core.catalog import find_model
from core.models import load_classifier
from core.records import Query

TEXT = "I expected a dull sequel, but the cast is wonderful and I left the cinema smiling."


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


def test_the_plan_is_balanced_and_orthogonal():
    plan = folded_plan()
    assert plan.shape == (24, 11) and set(plan.ravel()) == {-1, 1}
    assert not plan.sum(0).any(), "every word is there as often as not"
    np.testing.assert_array_equal(plan.T @ plan, 24 * np.eye(11))
    pairs = plan[:, :, None] * plan[:, None, :]  # folded over, no effect of one word is mixed with the joint effect of two
    assert not np.einsum("ri,rjk->ijk", plan, pairs).any()


def test_effects_of_a_sum_are_its_parts_and_joint_effects_do_not_disturb_them():
    weights = np.random.default_rng(0).normal(size=15)

    def says(keep):
        return keep @ weights + 3.0 * keep[:, 2] * keep[:, 5]

    case = SimpleNamespace(n_words=15, masked=SimpleNamespace(says=says))
    words = np.array([2, 5, 1, 0, 9, 14])
    joint = 1.5 * np.isin(words, (2, 5))  # half of it: its partner is there every other time
    np.testing.assert_allclose(effects(case, words), weights[words] + joint, atol=1e-12)


def test_only_the_strongest_words_move_and_their_shares_are_as_told(sentiment):
    case = open_case(sentiment, Query("sentiment", TEXT))
    row, first = run_method(case, "refined"), run_method(case, "faithful").by_layer[0]
    top = np.argsort(-first, kind="stable")[:MOST]
    rest = np.setdiff1d(np.arange(case.n_words), top)
    length = np.linalg.norm(first[top])
    np.testing.assert_allclose(row.scores[rest], first[rest] / length, rtol=1e-5)
    found = effects(case, top)
    np.testing.assert_allclose(row.scores[top], (first[top] / length + found / np.linalg.norm(found)) / 2, rtol=1e-5)
    assert (row.forwards, row.backwards) == (24, 10) and row.by_layer is None and row.layer is None


@pytest.mark.parametrize("text", ["Superb", "not bad", "a b c d e f g h i j k"])
@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_short_texts_have_fewer_words_to_refine(name, text, classifier_of):
    case = open_case(classifier_of(name), Query("tiny", text, "positive", "neutral"))
    row = run_method(case, "refined")
    assert row.scores.shape == (case.n_words,) and np.isfinite(row.scores).all()


def test_the_same_text_gives_the_same_scores(sentiment):
    one, other = (run_method(open_case(sentiment, Query("sentiment", TEXT)), "refined").scores for _ in range(2))
    np.testing.assert_array_equal(one, other)
