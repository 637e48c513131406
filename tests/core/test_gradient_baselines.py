"""Gradients, SmoothGrad, integrated gradients, Grad-CAM and DeepLIFT on the wall, against Captum on transformers' own models."""

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, Saliency
from captum.attr._core import deep_lift as captum_deep_lift
from torch import nn

from core.baselines import rows, run_method
from core.baselines.deep_lift import find_activations
from core.baselines.gradients import GRADIENT_RUNS, SMOOTH_NOISE, SMOOTH_ROWS
from core.baselines.integrated import BASELINES, run_integrated
from core.case import Case, open_case
from core.catalog import find_model
from core.errors import MethodError
from core.models import load_classifier
from core.records import Query, Settings
from core.saliency import seed_of, seeds_of_series
from tests.core.linear_model import build_linear_folder
from tests.core.oracles import Frozen
from tests.families import FAMILIES, LABELS, TEXT

TARGET = 1
OTHER_TEXT = "An honest story, and the cast was wonderful but rather long."
QUERIES = {  # name → (family, its outputs or None, query)
    "windows": ("bert", None, Query("bert", " ".join([TEXT] * 6), settings=Settings(overlap=8))),
    "pair": ("bert", None, Query("bert", TEXT, text_pair="Everything felt honest.")),
    "contrast": ("roberta", None, Query("roberta", TEXT, LABELS[0], LABELS[2])),
    "regression": ("bert", ("score",), Query("bert", TEXT)),
    "one word": ("bert", None, Query("bert", "superb")),
    "decoder": ("gpt2", None, Query("gpt2", TEXT)),
}


class FromWords(nn.Module):
    """Transformers' own classifier as a function of word embeddings (B, T, E)."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.model(inputs_embeds=words).logits


def _case(classifier, text: str = TEXT, **more) -> Case:
    return open_case(classifier, Query(classifier.spec.name, text, classifier.labels[TARGET]), **more)


def _words(model: nn.Module, case: Case) -> torch.Tensor:
    """(1, T, E)"""
    return model.get_input_embeddings()(case.windows[0].input_ids).detach()


def _blank(model: nn.Module, case: Case, index: int | None) -> torch.Tensor:
    """(1, T, E) with the embedding of `index`, or zero, at every token but the special ones."""
    words = _words(model, case)
    blank = torch.zeros(words.shape[-1]) if index is None else model.get_input_embeddings().weight[index].detach()
    return torch.where(case.windows[0].is_content[..., None], blank, words)


def _by_word(case: Case, tokens: torch.Tensor) -> np.ndarray:
    """(W) sums over the pieces of each word, one by one."""
    scores = np.zeros(case.n_words)
    for score, word in zip(tokens.flatten().tolist(), case.reading.tokens.word_of):
        if word >= 0:
            scores[word] += score
    return scores


def _assert_same(got: np.ndarray, expected: np.ndarray, tolerance: float = 1e-4, summed: np.ndarray | None = None) -> None:
    """Within the tolerance of the largest value; of what was `summed` to it, sizes alone, where the sums nearly cancel out."""
    assert got.shape == expected.shape and np.abs(expected).max() > 0
    assert np.abs(got - expected).max() <= tolerance * np.abs(expected if summed is None else summed).max()


# --- one gradient ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_of_the_words_are_captum_s(family, family_of, classifier_of):
    case, model = _case(classifier_of(family)), family_of(family).classifier()
    words = _words(model, case).requires_grad_()
    gradient = Saliency(FromWords(model)).attribute(words, target=TARGET, abs=False)
    product = InputXGradient(FromWords(model)).attribute(words, target=TARGET)
    _assert_same(run_method(case, "input_gradient_norm").scores, _by_word(case, gradient.norm(dim=-1)))
    _assert_same(run_method(case, "input_x_gradient").scores, _by_word(case, product.sum(-1)), 2e-5, summed=_by_word(case, product.abs().sum(-1)))


def test_grad_cam_at_both_ends_is_the_layer_method_s_first_and_last_row(classifier_of):
    """Which is Captum's LayerGradCam, as the tests of the layer methods show."""
    case = _case(classifier_of("bert"))
    by_layer = run_method(case, "grad_cam").by_layer
    first, last = run_method(case, "grad_cam_embedding"), run_method(case, "grad_cam_last")
    assert (first.scores == by_layer[0]).all() and (last.scores == by_layer[-1]).all() and (last.scores != first.scores).any()
    assert dict(last.choices)["hidden states"] == "the output of layer 3, the last"
    assert (first.scores >= 0).all() and first.scores.max() > 0


def test_smooth_grad_is_the_mean_norm_of_noisy_copies_one_by_one(family_of, classifier_of):
    case, model = _case(classifier_of("bert")), family_of("bert").classifier()
    words, content = _words(model, case), case.windows[0].is_content[0]
    noise = torch.randn(SMOOTH_ROWS, *words.shape[1:], generator=torch.Generator().manual_seed(seed_of(case.windows[0])))
    noise *= SMOOTH_NOISE * (words.max() - words.min()) * content[:, None]
    expected = 0
    for row in noise:
        noisy = (words + row).requires_grad_()
        expected = expected + Saliency(FromWords(model)).attribute(noisy, target=TARGET, abs=False).norm(dim=-1) / SMOOTH_ROWS
    got = run_method(case, "smooth_grad")
    _assert_same(got.scores, _by_word(case, expected))
    assert got.backwards == SMOOTH_ROWS and (run_method(case, "smooth_grad").scores == got.scores).all()
    with seeds_of_series(1):
        other = run_method(case, "smooth_grad").scores
    assert (other != got.scores).any() and np.corrcoef(other, got.scores)[0, 1] > 0.5


# --- integrated gradients --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("family", ["bert", "roberta", "albert", "deberta-v2", "gpt2"])
def test_integrated_gradients_are_captum_s_from_every_baseline(family, name, family_of, classifier_of):
    case, model = _case(classifier_of(family)), family_of(family).classifier()
    tokenizer = case.classifier.tokenizer
    mask = tokenizer.unk_token_id if tokenizer.mask_token_id is None else tokenizer.mask_token_id
    blank = _blank(model, case, {"mask": mask, "pad": tokenizer.pad_token_id, "zero": None}[BASELINES[name]])
    method = IntegratedGradients(FromWords(model))
    expected = method.attribute(_words(model, case), blank, target=TARGET, n_steps=20, method="gausslegendre").sum(-1)
    got = run_integrated(case, name, steps=20)
    _assert_same(got.scores, _by_word(case, expected))
    assert got.backwards == 20 and got.forwards == 1 and dict(got.choices)["steps"] == "20 (fixed)"


@pytest.mark.parametrize("family", FAMILIES)
def test_integrated_gradients_add_up_to_the_change_in_the_logit_but_for_the_gap(family, family_of, classifier_of):
    """The change by transformers' own classifier. Special tokens are unchanged, so the words' scores are all there are."""
    case, model = _case(classifier_of(family)), family_of(family).classifier()
    got = run_method(case, "integrated_pad")
    with torch.no_grad():
        inputs = _words(model, case), _blank(model, case, case.classifier.tokenizer.pad_token_id)
        text, blank = (FromWords(model)(words)[0, TARGET].item() for words in inputs)
    (quality,) = got.qualities
    gap = abs(got.scores.sum() - (text - blank)) / abs(text - blank)
    assert quality.name == "gap" and quality.value == pytest.approx(100 * gap, abs=0.05)
    assert quality.value < 5 and quality.is_good and f"it changes by {text - blank:.3f}" in quality.meaning


def test_steps_are_doubled_until_the_gap_is_small_or_a_bound_is_reached(classifier_of):
    easy = run_integrated(_case(classifier_of("bert-calm")), "integrated_mask")
    assert easy.backwards == 20 and easy.qualities[0].is_good
    case = _case(classifier_of("llama"))  # from zero, where its norms have a pole
    hard, first = run_integrated(case, "integrated_zero"), run_integrated(case, "integrated_zero", steps=20)
    assert hard.backwards == 20 + 40 + 80 + 160 and not hard.qualities[0].is_good
    assert dict(hard.choices)["steps"] == "160 (doubled from 20 until the gap is under 5%, at most 160)"
    assert not first.qualities[0].is_good and (first.scores != hard.scores).any()
    assert (run_integrated(case, "integrated_zero", steps=160).scores == hard.scores).all()


def test_batches_change_nothing_and_are_told_of(classifier_of, monkeypatch):
    told = []
    case = _case(classifier_of("bert"))
    whole = run_integrated(case, "integrated_mask", steps=50).scores
    monkeypatch.setattr(rows, "ROW_TOKENS", {"cpu": 100})
    case.tell = lambda stage, share: told.append((stage, share))
    _assert_same(run_integrated(case, "integrated_mask", steps=50).scores, whole, 1e-5)
    shares = [share for _, share in told]
    assert len(shares) > 10 and shares == sorted(shares) and told[0] == ("Integrating gradients in 50 steps", 0.0)


def test_a_model_without_the_token_is_refused_or_served_by_another_that_is_named(classifier_of):
    classifier = classifier_of("bert")
    tokenizer = copy.deepcopy(classifier.tokenizer)
    tokenizer.pad_token = tokenizer.mask_token = None
    case = _case(dataclasses.replace(classifier, tokenizer=tokenizer))
    with pytest.raises(MethodError, match=r"no padding token.*Use the \[MASK\] or the zero baseline"):
        run_method(case, "integrated_pad")
    assert dict(run_method(case, "integrated_mask").choices)["baseline"].startswith("[UNK] in place of every piece")
    assert dict(run_method(case, "deep_lift").choices)["baseline"].startswith("[UNK] in place of every piece")
    assert np.abs(run_method(case, "integrated_zero").scores).max() > 0


# --- DeepLIFT --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
def test_deep_lift_is_captum_s_once_captum_knows_gelu(family, family_of, classifier_of, monkeypatch):
    case, model = _case(classifier_of(family)), copy.deepcopy(family_of(family).classifier())
    for path in find_activations(model):
        if "GELU" in type(model.get_submodule(path)).__name__:
            model.set_submodule(path, nn.GELU())
    monkeypatch.setitem(captum_deep_lift.SUPPORTED_NON_LINEAR, nn.GELU, captum_deep_lift.nonlinear)
    pad = case.classifier.tokenizer.pad_token_id
    method = captum_deep_lift.DeepLift(FromWords(model), eps=1e-6)
    expected = method.attribute(_words(model, case).requires_grad_(), _blank(model, case, pad), target=TARGET).sum(-1)
    got = run_method(case, "deep_lift")
    _assert_same(got.scores, _by_word(case, expected.detach()))
    assert got.card.is_experimental and got.qualities[0].name == "gap"


def test_deep_lift_is_complete_where_activations_are_all_that_bends(tmp_path):
    """Plain attention, no norm, and a ReLU in each layer: the rule hands on every difference whole; the gradient does not."""
    folder = build_linear_folder(tmp_path / "model", feed_forward=0.5)
    classifier = load_classifier(find_model(str(folder)), device="cpu")
    case = open_case(classifier, Query("bent", TEXT))
    hidden = case.masked.explained(np.array([[True], [False]]).repeat(case.n_words, 1))  # [MASK] and [PAD] have one embedding here
    change = float(hidden[0] - hidden[1])
    got = run_method(case, "deep_lift")
    assert got.scores.sum() == pytest.approx(change, rel=1e-4) and got.qualities[0].value < 0.01
    assert abs(run_method(case, "input_x_gradient").scores.sum() - change) > 0.05 * abs(change)


def test_deep_lift_refuses_in_a_sentence_what_it_cannot_follow(classifier_of):
    with pytest.raises(MethodError, match="the family “bloom” has none. Use integrated gradients."):
        run_method(_case(classifier_of("bloom")), "deep_lift")
    with pytest.raises(MethodError, match="side by side.*Use integrated gradients."):
        run_method(_case(classifier_of("opt")), "deep_lift")


# --- all of them -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", QUERIES)
def test_texts_and_heads_of_every_kind_are_served(name, variant_of, classifier_of):
    family, labels, query = QUERIES[name]
    case = open_case(variant_of(family, labels) if labels or name == "pair" else classifier_of(family), query)
    assert (len(case.windows) > 1) == (name == "windows") and (case.n_words == 1) == (name == "one word")
    for method in GRADIENT_RUNS:
        got = run_method(case, method)
        assert got.draws.shape == (1, case.n_words) and np.isfinite(got.draws).all(), method
        assert np.abs(got.draws).max() > 0 or any(note.startswith("Every word scores 0") for note in got.notes), method
        assert got.card.signed or (got.draws >= 0).all(), method
        said = dict(got.choices)
        assert said["explained"].startswith("the value “score”" if name == "regression" else "the logit of “"), method
        assert (" less that of “positive”" in said["explained"]) == (name == "contrast"), method
        assert all(value for pair in got.choices for value in pair), method


def test_the_scores_of_a_contrast_are_the_difference_of_two_classes(classifier_of):
    classifier = classifier_of("bert")
    questions = (LABELS[0], LABELS[2]), (LABELS[0],), (LABELS[2],)
    both, first, second = (open_case(classifier, Query("bert", TEXT, *labels)) for labels in questions)
    for run in (GRADIENT_RUNS["input_x_gradient"], partial(run_integrated, name="integrated_mask", steps=20), GRADIENT_RUNS["deep_lift"]):
        _assert_same(run(both).scores, run(first).scores - run(second).scores)


@pytest.mark.parametrize("method", GRADIENT_RUNS)
def test_scores_follow_the_text_and_the_class(method, classifier_of):
    classifier = classifier_of("bert")
    text, other = _case(classifier), _case(classifier, OTHER_TEXT)
    n = min(text.n_words, other.n_words)
    scores = run_method(text, method).scores
    assert np.abs(scores[:n] - run_method(other, method).scores[:n]).max() > 1e-3
    against = run_method(open_case(classifier, Query("bert", TEXT, LABELS[0])), method).scores
    assert np.abs(scores - against).max() > 1e-3


def test_nothing_shared_is_written_to_and_threads_do_not_disturb_each_other(classifier_of):
    classifier = classifier_of("bert")
    texts = (TEXT, OTHER_TEXT, "Superb!", "A dull, dreadful plot.")

    def run(text: str) -> list[np.ndarray]:
        case = _case(classifier, text)
        return [run_method(case, method).scores for method in (*GRADIENT_RUNS, "path", "decoded")]

    before = {path: set(module.__dict__) for path, module in classifier.model.named_modules()}
    with Frozen(classifier.model, classifier.lm_head.head):
        alone = [run(text) for text in texts]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(run, texts * 2))
    for got, expected in zip(together, alone * 2):
        for a, b in zip(got, expected):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert {path: set(module.__dict__) for path, module in classifier.model.named_modules()} == before
