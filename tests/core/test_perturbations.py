"""LIME, ridge SHAP, KernelSHAP and leave-one-out against Captum and scikit-learn on the same model and masks."""

import dataclasses

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import FeatureAblation, KernelShap, Lime
from sklearn.linear_model import Ridge

from core.baselines import run_method
from core.baselines.perturbations import (
    PERTURBATION_RUNS,
    fit_ridge,
    kernel_shap,
    leave_one_out,
    lime,
    lime_masks,
    lime_weights,
    partition_shap,
    random_scores,
    ridge_shap,
    uniform_masks,
)
from core.baselines.shapley import shapley_masks
from core.cards import WALL
from core.case import open_case
from core.catalog import find_model
from core.errors import MethodError
from core.models import load_classifier
from core.records import Query, Settings
from core.saliency import seed_of
from core.turns import Cancelled
from tests.families import TEXT

FILM = "An unhurried film about the sea, and a boy who is never bored."
PAIR = "Nobody enjoyed the ending."
QUICK = {
    "leave_one_out": leave_one_out,
    "lime": lambda case: lime(case, samples=40, seeds=2),
    "kernel_shap": lambda case: kernel_shap(case, samples=40),
    "ridge_shap": lambda case: ridge_shap(case, samples=40),
    "partition_shap": lambda case: partition_shap(case, samples=40),
    "random": random_scores,
}


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


@pytest.fixture
def case(sentiment):
    return open_case(sentiment, Query("sentiment", FILM))


def _captum(case, method, **settings):
    """(W) what a Captum method says of the words: pieces of a word are one feature, special tokens their own baseline."""
    ids, words = case.reading.batch.input_ids, torch.tensor(case.reading.tokens.word_of)[None]
    baseline = torch.where(words < 0, ids, case.classifier.tokenizer.mask_token_id)

    def probability(rows: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return case.classifier.model(input_ids=rows).logits.softmax(-1)[:, case.target]

    scores = method(probability).attribute(ids, baselines=baseline, feature_mask=words.clamp_min(0), **settings)[0].numpy()
    return np.array([scores[case.reading.tokens.word_of == word][0] for word in range(case.n_words)])


def _given(masks: np.ndarray):
    """What Captum takes its masks from."""

    def generate(*_, **__):
        for row in masks:
            yield torch.tensor(row[None]).long()

    return generate


def _weighing(weights: dict[bytes, float]):
    return lambda _, __, row, **___: torch.tensor([weights[row.bool().numpy().tobytes()]])


def _draw(case, number: int = 0) -> np.random.Generator:
    return np.random.default_rng([seed_of(case.windows[0]), number])


# --- known answers ---------------------------------------------------------------------------------------------------
def test_leave_one_out_is_captum_s_ablation(case):
    got = leave_one_out(case)
    np.testing.assert_allclose(got.scores, _captum(case, FeatureAblation, perturbations_per_eval=8), atol=1e-5)
    assert got.forwards == case.n_words + 1 == case.masked.forwards and len(got.scores) < len(case.reading.tokens.texts) - 2  # pieces


@pytest.mark.parametrize("batch", [1, 16])
def test_lime_is_captum_s_on_the_same_masks(case, batch):
    masks = lime_masks(case.n_words, 120, _draw(case))
    weights = {row.tobytes(): weight for row, weight in zip(masks, lime_weights(masks))}
    made = lambda ask: Lime(ask, SkLearnRidge(alpha=1.0), _weighing(weights), _given(masks))
    expected = _captum(case, made, n_samples=120, perturbations_per_eval=batch)
    np.testing.assert_allclose(lime(case, samples=120, seeds=1).scores, expected, atol=1e-4)


def test_kernel_shap_is_captum_s_on_the_same_masks(case):
    masks, weights = shapley_masks(case.n_words, 148, _draw(case))
    ends = np.array([[False], [True]]).repeat(case.n_words, 1)
    known = {row.tobytes(): weight for row, weight in zip(masks, weights)} | {row.tobytes(): KernelShapOnThese.heavy for row in ends}
    made = lambda ask: KernelShapOnThese(ask, np.concatenate([ends, masks]), known)
    expected = _captum(case, made, n_samples=2 + len(masks), perturbations_per_eval=16)
    got = kernel_shap(case, samples=150)
    np.testing.assert_allclose(got.scores, expected, atol=1e-4)
    empty, whole = case.masked.says(ends)
    assert got.scores.sum() == pytest.approx(whole - empty, abs=1e-6)


class KernelShapOnThese(KernelShap):
    """Captum's, but for where its masks and their weights come from."""

    heavy = 1e4

    def __init__(self, ask, masks: np.ndarray, weights: dict[bytes, float]):
        super().__init__(ask)
        self.perturb_func, self.similarity_func = _given(masks), _weighing(weights)


def test_ridge_shap_is_scikit_learn_s_ridge(case):
    masks = uniform_masks(case.n_words, 150, _draw(case))
    values = case.masked.says(masks).astype(float)
    expected = Ridge(alpha=0.1).fit(masks.astype(float), values)
    got = ridge_shap(case, samples=150)
    np.testing.assert_allclose(got.scores, expected.coef_, atol=1e-6)
    assert got.qualities[0].value == pytest.approx(expected.score(masks.astype(float), values), abs=1e-6)


def test_the_weighted_ridge_is_scikit_learn_s_and_so_is_its_fit(case):
    got = lime(case, samples=100, seeds=1)
    masks = lime_masks(case.n_words, 100, _draw(case))
    values, weights = case.masked.says(masks).astype(float), lime_weights(masks)
    model = Ridge(alpha=1.0).fit(masks.astype(float), values, sample_weight=weights)
    scores, intercept = fit_ridge(masks, values, weights, 1.0)
    np.testing.assert_allclose(scores, model.coef_, atol=1e-9)
    assert intercept == pytest.approx(model.intercept_) and got.scores == pytest.approx(scores)
    assert got.qualities[0].value == pytest.approx(model.score(masks.astype(float), values, sample_weight=weights), abs=1e-6)


def test_the_kernel_is_the_lime_package_s():
    """sqrt(exp(−d²/25²)) of 100 times the cosine distance to the row of ones, as lime_text.py and lime_base.py have it."""
    masks = lime_masks(9, 50, np.random.default_rng(0))
    cosine = np.array([row.sum() / (np.sqrt(row.sum()) * 3) if row.any() else 0.0 for row in masks.astype(float)])
    np.testing.assert_allclose(lime_weights(masks), np.sqrt(np.exp(-((100 * (1 - cosine)) ** 2) / 25**2)), atol=1e-12)


def test_masks_are_drawn_as_told():
    masks = lime_masks(10, 20_000, np.random.default_rng(0))
    assert masks[0].all() and np.bincount(masks[1:].sum(1), minlength=11)[10] == 0
    np.testing.assert_allclose(np.bincount(masks[1:].sum(1), minlength=10)[:10] / 20_000, 0.1, atol=0.01)
    np.testing.assert_allclose(masks.mean(0), 0.45, atol=0.02)
    masks = uniform_masks(10, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(masks[1:].sum(1), minlength=11) / 20_000, 1 / 11, atol=0.01)


# --- what is said of a result ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUICK)
def test_choices_are_complete_and_runs_can_be_made_again(name, case, sentiment):
    got, again = QUICK[name](case), QUICK[name](open_case(sentiment, Query("sentiment", FILM)))
    assert (got.draws == again.draws).all() and got.choices == again.choices
    said = dict(got.choices)
    if name != "random":
        assert said["explained"] == f"the probability of “{sentiment.labels[case.target]}”" and said["replacement"] == "[MASK], piece by piece"
    assert ("seed" in said) == (name not in ("leave_one_out", "partition_shap"))
    assert got.backwards == 0 and got.forwards >= case.masked.forwards
    card = WALL[name]
    assert all((card.label, card.formula, card.negative, card.unit, card.cost, card.source, card.explanation))
    assert card.is_dear == (name not in ("random", "leave_one_out"))


def test_rows_are_counted_as_they_are_asked_for(case):
    counted = [lime(case, 50, 3).forwards, ridge_shap(case, 60).forwards, kernel_shap(case, 80).forwards, partition_shap(case, 70).forwards]
    assert counted[:2] == [150, 60] and 76 <= counted[2] <= 80 and counted[3] == 70
    assert sum(counted) == case.masked.forwards + case.masked.remembered


def test_spread_is_the_mean_rank_correlation_of_the_seeds(case):
    got = lime(case, samples=60, seeds=3)
    ranks = got.draws.argsort(1).argsort(1)
    expected = np.mean([np.corrcoef(ranks[a], ranks[b])[0, 1] for a, b in ((0, 1), (0, 2), (1, 2))])
    quality = {quality.name: quality for quality in got.qualities}["spread"]
    assert quality.value == pytest.approx(expected) and quality.is_good == (expected >= 0.8)
    assert len(np.unique(got.draws, axis=0)) == 3 and (lime(case, samples=60, seeds=1).draws[0] == got.draws[0]).all()
    assert [quality.name for quality in lime(case, samples=60, seeds=1).qualities] == ["r2"]


def test_too_few_samples_are_said_or_refused(case):
    got = ridge_shap(case, samples=10)
    assert "too few" in got.notes[0] and got.qualities[0].is_good is None
    for method in (lime, ridge_shap, kernel_shap, partition_shap):
        with pytest.raises(MethodError, match="too few"):
            method(case, samples=3)


def test_random_draws_are_uniform_and_differ_by_text(sentiment, case):
    draws = random_scores(case, seeds=400).draws
    assert draws.shape == (400, case.n_words) and abs(draws.mean() - 0.5) < 0.02 and draws.min() >= 0 and draws.max() < 1
    other = random_scores(open_case(sentiment, Query("sentiment", FILM.replace("boy", "girl")))).draws
    assert random_scores(case).draws.shape == (5, case.n_words) and not np.isclose(other, random_scores(case).draws).all()


# --- edge cases ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("family", ["bert", "gpt2", "t5"])
def test_every_method_serves_short_long_and_paired_texts(name, family, classifier_of):
    for text, more in (("good", {}), ("not good", {}), (" ".join([TEXT] * 6), {"settings": Settings(overlap=16)}), (TEXT, {"text_pair": PAIR})):
        case = open_case(classifier_of(family), Query("tiny", text, **more), "delete" if family == "gpt2" else "mask")
        got = QUICK[name](case)
        assert got.draws.shape[1] == case.n_words and np.isfinite(got.draws).all()
        assert all(np.isfinite(quality.value) for quality in got.qualities)


@pytest.mark.parametrize("name", [name for name in QUICK if name != "random"])
@pytest.mark.parametrize("problem, labels, said", [
    ("regression", ("score",), "the value “score”"), ("multi_label_classification", ("a", "b"), "the probability of “"),
])  # fmt: skip
def test_other_heads(name, problem, labels, said, variant_of):
    case = open_case(variant_of("bert", labels, problem), Query("tiny", "Slow, then good."))
    got = QUICK[name](case)
    empty, whole = case.masked.says(np.array([[False] * case.n_words, [True] * case.n_words]))
    assert dict(got.choices)["explained"].startswith(said)
    if name in ("kernel_shap", "partition_shap"):
        assert got.scores.sum() == pytest.approx(whole - empty, abs=1e-4)


@pytest.mark.parametrize("name", ["leave_one_out", "kernel_shap", "partition_shap"])
def test_a_contrast_between_two_classes_changes_sign_with_them(name, classifier_of):
    classifier = classifier_of("bert")
    one, other = classifier.labels[:2]
    text = "Slow, then good."
    there = QUICK[name](open_case(classifier, Query("tiny", text, target=one, against=other)))
    back = QUICK[name](open_case(classifier, Query("tiny", text, target=other, against=one)))
    np.testing.assert_allclose(there.scores, -back.scores, atol=1e-5)
    assert dict(there.choices)["explained"] == f"the probability of “{one}”, “{other}” the only alternative"


@pytest.mark.parametrize("name", [name for name in QUICK if name != "random"])
def test_a_cancel_passes_through(name, classifier_of):
    case = open_case(classifier_of("bert"), Query("tiny", TEXT))

    def stop(stage: str, share: float) -> None:
        raise Cancelled

    case.tell = stop
    with pytest.raises(Cancelled):
        PERTURBATION_RUNS[name](case)
    case.tell = lambda *_: None
    assert np.isfinite(QUICK[name](case).draws).all()


def test_partition_shap_tells_its_share_of_the_whole(case):
    shares = []
    case.tell = lambda _, share: shares.append(share)
    partition_shap(case, samples=100)
    assert shares == sorted(shares) and shares[0] == 0 and 0.8 < shares[-1] < 1 and len(shares) > 5


def test_the_registry_runs_them_by_name(case):
    got = run_method(case, "leave_one_out")
    assert got.seconds > 0 and dataclasses.replace(got, seconds=0.0).method == "leave_one_out"
