"""The whole wall: every method has its card, and where the answer is known beforehand all that claim to say it do."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from core.baselines import RUNS, run_method
from core.cards import CHEAP, WALL
from core.case import open_case
from core.catalog import find_model
from core.errors import MethodError
from core.models import load_classifier
from core.records import Query
from tests.core.linear_model import LAYERS, build_linear_folder, contributions

TEXT = "The wonderful ending surprised nobody again."
CLAIMS = (  # to say what each word contributes
    "undecoded", "layer_mean", "fast", "faithful", "accurate", "refined", "path", "path9", "path17", "input_x_gradient", "integrated_mask",
    "integrated_pad", "integrated_zero", "deep_lift", "leave_one_out", "lime", "kernel_shap", "ridge_shap", "partition_shap",
)  # fmt: skip
ON_A_SCALE_OF_ITS_OWN = ("layer_mean", "refined", "lime", "ridge_shap")  # brought to one size; shrunk by a ridge
ATTENTION = "attention weights don't see what the word says of the class, and those of this model are the same everywhere"
LENGTH = "a length has no sign, and the gradient of this model is the same at every word"
APART = "it takes the layers of some families apart, of which this is none"
EXEMPT = {  # from the same ranking: name → why
    "decoded": "the model has no language-model head",
    "gradient_norm": LENGTH, "input_gradient_norm": LENGTH, "smooth_grad": LENGTH, "absolute": LENGTH,
    "grad_cam": "it drops what speaks against the class, piece by piece", "grad_cam_embedding": "as grad_cam", "grad_cam_last": "as grad_cam",
    "attention_last": ATTENTION, "attention_rollout": ATTENTION, "attention_relevance": ATTENTION,
    "alti": APART, "value_zeroing": APART, "decompx": APART,
    "random": "the control group",
}  # fmt: skip


@pytest.fixture(scope="module")
def linear(tmp_path_factory):
    """The text as the linear model reads it."""
    folder = build_linear_folder(tmp_path_factory.mktemp("linear") / "model")
    return open_case(load_classifier(find_model(str(folder)), device="cpu"), Query("linear", TEXT))


def test_every_method_has_a_card_and_every_card_a_method():
    assert RUNS.keys() == WALL.keys()
    assert len({card.label for card in WALL.values()}) == len(WALL)  # methods that differ in anything have different names
    for name, card in WALL.items():
        assert card.name == name
        for field in ("label", "group", "formula", "negative", "unit", "cost", "source", "explanation"):
            assert getattr(card, field), f"{name}: {field} is empty"
    assert 5 < len(CHEAP) < len(WALL)


def test_every_method_is_put_to_the_linear_model_or_exempt():
    assert {*CLAIMS, *EXEMPT} == RUNS.keys() and not {*CLAIMS} & EXEMPT.keys()


def test_the_model_is_linear(linear):
    """What its words add, read off the weights, is what the model itself says of the text with any of them hidden."""
    expected = contributions(linear)
    assert (expected < -0.1).any() and (expected > 0.1).any()  # some speak for, some against
    assert np.diff(np.sort(expected)).min() > 0.2  # no two words are nearly tied
    keep = np.random.default_rng(0).random((20, linear.n_words)) < 0.5
    whole, part = linear.masked.explained(np.ones((1, linear.n_words), bool)), linear.masked.explained(keep)
    np.testing.assert_allclose(whole - part, (~keep) @ expected, atol=1e-5)


@pytest.mark.parametrize("name", CLAIMS)
def test_on_a_linear_model_every_method_gives_the_same_ranking(name, linear):
    expected, got = contributions(linear), run_method(linear, name)
    assert np.argsort(got.scores).tolist() == np.argsort(expected).tolist()
    if name not in ON_A_SCALE_OF_ITS_OWN:
        np.testing.assert_allclose(got.scores, expected, atol=2e-5)
    for quality in got.qualities:
        if quality.name == "gap":
            assert quality.value < 0.01 and quality.is_good


@pytest.mark.parametrize("name", ["undecoded", "faithful", "path"])
def test_and_at_every_layer_before_the_one_that_mixes(name, linear):
    by_layer = run_method(linear, name).by_layer
    assert by_layer.shape == (LAYERS + 1, linear.n_words)
    np.testing.assert_allclose(by_layer[:-1], np.tile(contributions(linear), (LAYERS, 1)), atol=2e-5)
    assert np.abs(by_layer[-1]).max() < 1e-6  # [CLS] alone is read there


@pytest.mark.parametrize("name", ["gradient_norm", "input_gradient_norm", "smooth_grad"])
def test_lengths_of_gradients_tell_no_pieces_apart(name, linear):
    """Why they are exempt: each piece has the same, so a word's score counts its pieces."""
    word_of = linear.reading.tokens.word_of
    pieces = np.bincount(word_of[word_of >= 0])
    scores = run_method(linear, name).scores
    np.testing.assert_allclose(scores / pieces, np.full(len(pieces), scores[0] / pieces[0]), rtol=1e-4)


def test_unknown_names_and_what_a_model_cannot_serve_are_sentences(linear):
    with pytest.raises(MethodError, match="There is no method “grad”"):
        run_method(linear, "grad")
    with pytest.raises(MethodError, match="“decoded layer saliency” is not to be had with this model.*no language-model head"):
        run_method(linear, "decoded")


def test_the_cards_keep_to_the_length_of_lines():
    """They are long sentences, which no formatter breaks."""
    root = Path(__file__).resolve().parents[2]
    longest = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["line-length"]
    for file in sorted((root / "core" / "cards").glob("*.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= longest, f"{file.name}, line {number}"
