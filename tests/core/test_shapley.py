"""Shapley and Owen values against their definitions, and against shap's own way through masked strings."""

from math import comb

import numpy as np
import pytest
import torch

from core.baselines.perturbations import kernel_shap, partition_shap
from core.baselines.shapley import cluster_words, every_mask, fit_shapley, owen_values, rows_of, shapley_masks
from core.case import open_case
from core.catalog import find_model
from core.models import load_classifier
from core.records import Query
from tests.core import exact_shapley

TEXTS = ("Dull.", "Not good", "Not a good film", "I laughed, then I wept.", "Slow at first, but never dull.")


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


def _game(n: int):
    """A game of n players in which pairs and triples count: value of a frozenset, and of masks (m, n)."""
    draw = np.random.default_rng(n)
    alone, pairs = draw.normal(size=n), np.triu(draw.normal(size=(n, n)), 1)

    def of_masks(keep: np.ndarray) -> np.ndarray:
        keep = keep.astype(float)
        return keep @ alone + np.einsum("mi,ij,mj->m", keep, pairs, keep) + 3 * keep[:, :3].prod(1)

    return lambda kept: float(of_masks(np.array([[i in kept for i in range(n)]]))[0]), of_masks


def _value_of(case):
    case.masked.logits(every_mask(case.n_words))  # in batches, once
    return lambda kept: float(case.masked.says(np.array([[i in kept for i in range(case.n_words)]]))[0])


def _tree_of(linkage: np.ndarray):
    """(W − 1, 4) → nested pairs of leaves."""
    nodes = list(range(len(linkage) + 1))
    for left, right, *_ in linkage:
        nodes.append((nodes[int(left)], nodes[int(right)]))
    return nodes[-1]


def test_two_definitions_of_the_shapley_value_agree():
    value, _ = _game(5)
    np.testing.assert_allclose(exact_shapley.shapley_values(value, 5), exact_shapley.shapley_by_orders(value, 5), atol=1e-12)
    flat = exact_shapley.owen_values(value, ((0, 1), (2, (3, 4))))
    assert sum(flat) == pytest.approx(value(frozenset(range(5))) - value(frozenset()))
    assert np.abs(np.array(flat) - exact_shapley.shapley_values(value, 5)).max() > 0.01  # the tree matters


@pytest.mark.parametrize("n", range(2, 9))
def test_the_regression_on_every_mask_gives_shapley_values(n):
    value, of_masks = _game(max(n, 3))
    n = max(n, 3)
    masks, weights = shapley_masks(n, 2**n, np.random.default_rng(0))
    assert len(masks) == 2**n - 2
    ends = of_masks(every_mask(n)[[0, -1]])
    got = fit_shapley(masks, of_masks(masks), weights, *ends)
    np.testing.assert_allclose(got, exact_shapley.shapley_values(value, n), atol=1e-9)


@pytest.mark.parametrize("text", TEXTS)
def test_kernel_shap_is_exact_on_short_texts(text, sentiment):
    case = open_case(sentiment, Query("sentiment", text))
    assert case.n_words <= 8
    got = kernel_shap(case, samples=256)
    np.testing.assert_allclose(got.scores, exact_shapley.shapley_values(_value_of(case), case.n_words), atol=1e-5)
    assert got.forwards == 2**case.n_words and len(got.draws) == 1 and "exact" in got.notes[0]


@pytest.mark.parametrize("removal", ["mask", "delete"])
@pytest.mark.parametrize("text", TEXTS[1:])
def test_partition_shap_is_the_owen_value_on_short_texts(text, removal, sentiment):
    case = open_case(sentiment, Query("sentiment", text), removal)
    words = [text[start:end] for start, end in case.reading.tokens.word_spans]
    tree = _tree_of(cluster_words([[(word, False) for word in words]]))
    assert exact_shapley.players_of(tree) == list(range(case.n_words))
    got = partition_shap(case)
    np.testing.assert_allclose(got.scores, exact_shapley.owen_values(_value_of(case), tree), atol=1e-5)
    assert "exact" in got.notes[0]


def test_partition_shap_is_what_shap_says_through_its_text_masker(sentiment):
    """shap masks the string, the tokenizer reads it anew, and the classifier is asked one string at a time."""
    import shap

    text = "The film is slow at first, but the cast is good and it is never dull."
    case = open_case(sentiment, Query("sentiment", text))
    spans = [tuple(map(int, span)) for span in case.reading.tokens.word_spans]
    assert len(spans) == len(case.reading.tokens.texts) - 2, "a word of several pieces would take several masks"

    def words(string: str, return_offsets_mapping: bool = False) -> dict:
        found = spans if string == text else [(0, len(string))] if string else []
        return {"input_ids": list(range(len(found))), "offset_mapping": found}

    def ask(strings) -> np.ndarray:
        encoded = [sentiment.tokenizer(str(string), return_tensors="pt")["input_ids"] for string in strings]
        with torch.no_grad():
            return np.array([sentiment.model(input_ids=ids).logits.softmax(-1)[0, case.target].item() for ids in encoded])

    masker = shap.maskers.Text(words, mask_token="[MASK]", collapse_mask_token=False)
    expected = shap.PartitionExplainer(ask, masker)([text], max_evals=1000, batch_size=50, silent=True).values[0]
    np.testing.assert_allclose(partition_shap(case, samples=1000).scores, expected, atol=1e-5)


@pytest.mark.parametrize("budget", [4, 5, 7, 20, 33, 200])
@pytest.mark.parametrize("n", [2, 3, 8, 30])
def test_no_budget_is_overrun_and_what_is_left_is_exact(n, budget):
    tree, asked = cluster_words([[(f"word{i}", False) for i in range(n)]]), []

    def ask(keep: np.ndarray) -> np.ndarray:
        asked.append(len(keep))
        return _game(max(n, 3))[1](np.pad(keep, ((0, 0), (0, max(n, 3) - n))))

    values, rows = owen_values(ask, tree.copy(), budget)
    assert rows <= budget and sum(asked) <= rows
    exact, _ = owen_values(ask, tree.copy(), 10**6)
    assert values.sum() == pytest.approx(exact.sum())
    if rows < budget - budget % 2 or rows == rows_of(tree):
        np.testing.assert_allclose(values, exact, atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_rows_of_a_whole_tree_are_known_before(n):
    """A budget of just as many rows cuts nothing short, and two less do."""
    tree, of_masks = cluster_words([[(f"word{i}", False) for i in range(n)]]), _game(max(n, 3))[1]

    def ask(keep: np.ndarray) -> np.ndarray:
        return of_masks(np.pad(keep, ((0, 0), (0, max(n, 3) - n))))

    exact, rows = owen_values(ask, tree.copy(), 10**6)
    assert rows == rows_of(tree)
    np.testing.assert_allclose(owen_values(ask, tree.copy(), rows)[0], exact, atol=1e-9)
    assert n == 2 or np.abs(owen_values(ask, tree.copy(), rows - 2)[0] - exact).max() > 1e-9


def test_the_budget_is_said_to_end_only_where_it_cut_something_short(sentiment):
    case = open_case(sentiment, Query("sentiment", "I laughed, then I wept."))
    whole = partition_shap(case, samples=1000)
    just, short = (partition_shap(case, samples=whole.forwards + more) for more in (0, -2))
    assert just.forwards == whole.forwards and just.notes == whole.notes and "exact" in just.notes[0]
    np.testing.assert_allclose(just.scores, whole.scores, atol=1e-6)
    assert short.forwards == whole.forwards - 2 and "The budget ended" in short.notes[0]


def test_one_word_needs_no_tree(sentiment):
    case = open_case(sentiment, Query("sentiment", "Dull"))
    got = partition_shap(case)
    empty, whole = case.masked.says(np.array([[False], [True]]))
    assert case.n_words == 1 and got.scores[0] == pytest.approx(whole - empty, abs=1e-7) and got.forwards == 2
    assert kernel_shap(case).scores[0] == pytest.approx(whole - empty, abs=1e-7)


def test_two_texts_meet_at_the_root():
    words = [[(word, False) for word in text.split()] for text in ("Good", "not so good , but fun")]
    tree = _tree_of(cluster_words(words))
    assert tree[0] == 0 and sorted(exact_shapley.players_of(tree[1])) == [1, 2, 3, 4, 5, 6]
    tree = _tree_of(cluster_words(words[::-1]))
    assert tree[1] == 6 and exact_shapley.players_of(tree) == list(range(7))
    linkage = cluster_words(words)
    assert linkage.shape == (6, 4) and linkage[-1, 3] == 7 and (linkage[:, 2] > 0).all()


def test_the_tree_parts_at_a_comma():
    words = ["good", "film", "but", "long", ",", "dull", "plot", "and", "cast"]
    left, right = _tree_of(cluster_words([[(word, False) for word in words]]))
    assert words.index(",") in (max(exact_shapley.players_of(left)), min(exact_shapley.players_of(right)))


def test_owen_values_add_up_and_keep_to_their_budget():
    n, asked = 40, []
    _, of_masks = _game(n)

    def ask(keep: np.ndarray) -> np.ndarray:
        asked.append(len(keep))
        return of_masks(keep)

    values, rows = owen_values(ask, cluster_words([[(f"w{i}", False) for i in range(n)]]), 100)
    empty, whole = of_masks(np.array([[False] * n, [True] * n]))
    assert rows == sum(asked) == 100 and values.sum() == pytest.approx(whole - empty)


# --- sampled KernelSHAP ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n_words, samples", [(9, 100), (12, 198), (24, 198), (50, 198), (200, 198), (11, 151)])
def test_masks_keep_to_the_budget_and_carry_the_kernel(n_words, samples):
    masks, weights = shapley_masks(n_words, samples, np.random.default_rng(1))
    assert 0.9 * samples <= len(masks) <= samples and len(np.unique(masks, axis=0)) == len(masks)
    kept = masks.sum(1)
    assert kept.min() >= 1 and kept.max() <= n_words - 1
    opposite = {row.tobytes() for row in ~masks}
    assert opposite == {row.tobytes() for row in masks}  # pairs
    expected = [(n_words - 1) / (k * (n_words - k)) for k in range(1, n_words)]
    assert weights.sum() == pytest.approx(sum(expected))
    for k in range(1, n_words):
        if (kept == k).sum() == comb(n_words, k):  # taken whole
            assert weights[kept == k].sum() == pytest.approx(expected[k - 1], rel=0.35)
    again, _ = shapley_masks(n_words, samples, np.random.default_rng(1))
    assert (again == masks).all()


@pytest.mark.parametrize("n_words", [10, 24, 60])
def test_few_samples_find_a_sum_exactly(n_words):
    draw = np.random.default_rng(2)
    alone = draw.normal(size=n_words)
    masks, weights = shapley_masks(n_words, 198, draw)
    got = fit_shapley(masks, masks @ alone + 0.5, weights, 0.5, 0.5 + alone.sum())
    np.testing.assert_allclose(got, alone, atol=1e-9)


def test_fewer_samples_than_words_still_add_up_and_favour_no_word():
    masks, weights = shapley_masks(80, 40, np.random.default_rng(3))
    got = fit_shapley(masks, np.full(len(masks), 1.0), weights, 0.0, 2.0)
    assert got.sum() == pytest.approx(2.0)
    flat = fit_shapley(masks, 2.0 * masks.mean(1), weights, 0.0, 2.0)
    np.testing.assert_allclose(flat, 2 / 80, atol=1e-12)


def test_sampled_values_come_near_exact_ones(sentiment):
    case = open_case(sentiment, Query("sentiment", "The plot is slow, but never dull."))
    assert case.n_words == 9
    exact = np.array(exact_shapley.shapley_values(_value_of(case), case.n_words))
    error = {n: np.abs(kernel_shap(case, samples=n).scores - exact).max() for n in (60, 400)}
    assert error[400] < 0.1 * np.abs(exact).max() and error[400] < error[60]
