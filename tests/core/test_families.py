"""Every family from end to end: it says what transformers says, a gradient reaches every state, and its head reads words.

The table of the README is made from the same runs.
"""

import copy
import dataclasses
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from operator import attrgetter

import numpy as np
import pytest
import torch

from core.model_spec import ModelSpec
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.trace import trace_layers
from tests.core.oracles import Frozen, assert_reports_equal, batch_of, encode
from tests.families import ENCODER_DECODERS, EVERY, EVERY_DECODER, RECIPES, REFUSED, SUPPORTED, TEXT
from tests.families.table import README, analyse_family, join_rows, make_row, read_table

SHORT = "A dull, dreadful plot."
WITH_HEAD = tuple(name for name in SUPPORTED if name not in ENCODER_DECODERS)
# One module of each family that gradients reach in a way of its own; its output is state 2.
SECOND_LAYER = {
    "longformer": "longformer.encoder.layer.1",
    "xlnet": "transformer.layer.1",
    "big_bird": "bert.encoder.layer.1",
    "deberta": "deberta.encoder.layer.1",
    "mobilebert": "mobilebert.encoder.layer.1",
    "opt": "model.decoder.layers.1",
    "gemma3_text": "model.layers.1",
    "qwen3": "model.layers.1",
    "bart": "model.encoder.layers.1",
    "mbart": "model.encoder.layers.1",
    "t5": "transformer.encoder.block.1",
}
ROUNDED = ("longformer", "deberta", "gemma3_text", "qwen3", "t5")  # their softmax or norm is computed in fp32, whatever is asked for


@pytest.fixture(scope="module")
def result_of(family_of):
    """`result_of(name)`: classifier and report, or the sentence of refusal, once for all tests."""
    return cache(lambda name: analyse_family(name, family_of(name).path))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_traced_is_refused_by_name_in_one_sentence(name, result_of):
    message = result_of(name)
    assert isinstance(message, str) and f"“{name}”" in message and "\n" not in message and len(message) < 300


@pytest.mark.parametrize("name", SUPPORTED)
def test_the_analysis_runs_and_says_what_the_classifier_says(name, family_of, result_of):
    classifier, report = result_of(name)
    inputs = encode(classifier.tokenizer, TEXT)
    with torch.no_grad():
        expected = family_of(name).classifier()(**inputs).logits[0].numpy()
    np.testing.assert_allclose(report.prediction.logits, expected, rtol=1e-5, atol=1e-5)
    assert expected.std() > 1e-3
    for saliency in report.maps.values():
        assert np.isfinite(saliency.scores).all() and np.abs(saliency.scores).max() > 0, saliency.method
    np.testing.assert_allclose(report.layer_outputs[-1], report.prediction.outputs, atol=1e-5)
    assert report.decoding is None if name in ENCODER_DECODERS else (report.decoding.own_rank >= 1).all()


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_gradient_reaches_every_state_and_states_are_transformers_own(name, family_of, result_of):
    classifier, _ = result_of(name)
    batch = batch_of(classifier, TEXT, SHORT)
    with Frozen(classifier.model):
        trace = trace_layers(classifier, batch, target=1)
    assert trace.hidden.shape[:3] == trace.gradient.shape[:3] == (4, *batch.input_ids.shape)
    assert torch.isfinite(trace.gradient).all() and (trace.gradient.abs().amax((1, 2, 3)) > 0).all()
    assert (trace.word_gradient.abs().amax((1, 2)) > 0).all()
    with torch.no_grad():
        out = family_of(name).classifier()(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_hidden_states=True)
    states = out.encoder_hidden_states if name in ENCODER_DECODERS else out.hidden_states
    text = batch.attention_mask == 1
    torch.testing.assert_close(trace.hidden[:, text], torch.stack(states)[:, text], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(trace.logits, out.logits, rtol=1e-5, atol=1e-5)


def _moved(output, step):
    """A module's output with `step` added to its states."""
    return (output[0] + step, *output[1:]) if isinstance(output, tuple) else output + step


@pytest.mark.parametrize("name", SECOND_LAYER)
def test_gradients_are_finite_differences(name, result_of):
    """fp64, along a direction half random at all tokens of state 2: (y(h + εv) − y(h − εv)) / 2ε = ⟨g, v⟩."""
    classifier, _ = result_of(name)
    model = copy.deepcopy(classifier.model).double()
    classifier = dataclasses.replace(classifier, model=model)
    batch = batch_of(classifier, TEXT)
    inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    trace = trace_layers(classifier, batch, target=2)
    direction = torch.randn(trace.hidden[2].shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    direction += trace.gradient[2] * direction.norm() / trace.gradient[2].norm()  # so that the difference stands out of rounding
    if classifier.rooting.is_time_first:
        direction = direction.transpose(0, 1)
    module, values = attrgetter(SECOND_LAYER[name])(model), []
    size = 1e-4 if name in ROUNDED else 1e-6
    for step in (size, -size):

        def shift(_, __, output, step=step):
            padded = torch.zeros_like(output[0] if isinstance(output, tuple) else output)
            padded[: direction.shape[0], : direction.shape[1]] = step * direction
            return _moved(output, padded)

        handle = module.register_forward_hook(shift)
        with torch.no_grad():
            values.append(model(**inputs).logits[0, 2])
        handle.remove()
    gradient = trace.gradient[2].transpose(0, 1) if classifier.rooting.is_time_first else trace.gradient[2]
    computed = (gradient * direction).sum()
    assert abs(computed) > 1e-2
    torch.testing.assert_close((values[0] - values[1]) / (2 * size), computed, rtol=1e-2 if name in ROUNDED else 1e-5, atol=1e-7)


@pytest.mark.parametrize("name", WITH_HEAD)
def test_the_head_on_the_last_state_is_the_language_model(name, family_of, result_of):
    classifier, _ = result_of(name)
    with torch.no_grad():
        out = family_of(name).language_model()(**encode(classifier.tokenizer, TEXT), output_hidden_states=True)
        got = classifier.lm_head.logits(out.hidden_states[-1][0])
        some = classifier.lm_head.columns(out.hidden_states[-1][0], torch.tensor([5, 9]))
    torch.testing.assert_close(got, out.logits[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(some, out.logits[0][:, [5, 9]], rtol=1e-4, atol=1e-4)
    assert got.std() > 0.01


@pytest.mark.parametrize("name", SUPPORTED)
def test_two_threads_at_once_say_what_one_says(name, result_of):
    classifier, report = result_of(name)
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: analyse(classifier, Query(name, TEXT)), range(2)))
    for other in both:
        for method, saliency in report.maps.items():
            assert np.array_equal(saliency.scores, other.maps[method].scores), method
        assert np.array_equal(report.prediction.logits, other.prediction.logits)


@pytest.mark.parametrize("name", ["longformer", "xlnet", "bart", "t5", "qwen3_moe"])
def test_methods_on_demand_run_where_the_root_is_unusual(name, result_of):
    """Rows of partly masked words in one batch; the text itself and the fully masked text are two of them."""
    classifier, _ = result_of(name)
    report = analyse(classifier, Query(name, TEXT, settings=Settings(methods=("path", "faithful"))))
    assert np.isfinite(report.maps["faithful"].scores).all() and np.isfinite(report.maps["path"].gap).all()


def test_a_decoder_without_a_padding_token_reads_rows_in_a_batch(family_of, classifier_of, tmp_path):
    """Its class refuses more than one row then, although no row is padded."""
    folder = shutil.copytree(family_of("llama").path, tmp_path / "model")
    for file, key in (("config.json", "pad_token_id"), ("tokenizer_config.json", "pad_token")):
        changed = json.loads((folder / file).read_text()) | {key: None}
        (folder / file).write_text(json.dumps(changed))
    classifier = load_classifier(ModelSpec("llama", "", "", path=folder), device="cpu")
    report = analyse(classifier, Query("llama", TEXT, settings=Settings(methods=("faithful",))))
    with torch.no_grad():
        expected = family_of("llama").classifier()(**encode(classifier_of("llama").tokenizer, TEXT)).logits[0].numpy()
    np.testing.assert_allclose(report.prediction.logits, expected, rtol=1e-5, atol=1e-5)


def test_each_family_says_the_same_of_the_same_text_twice(result_of):
    classifier, report = result_of("longformer")
    assert_reports_equal(report, analyse(classifier, Query("longformer", TEXT)))


def test_the_table_of_the_readme_is_what_these_runs_give(result_of):
    assert read_table(README.read_text(encoding="utf-8")) == join_rows([make_row(name, result_of(name)) for name in EVERY])


def test_the_issue_s_families_are_all_tried():
    named = "bert roberta distilbert albert electra deberta deberta-v2 mpnet xlm-roberta camembert modernbert mobilebert longformer big_bird"
    decoders = "gpt2 opt llama mistral qwen2 qwen3 gemma2 gemma3_text phi"
    assert {*named.split(), *decoders.split()} <= set(SUPPORTED) and set(decoders.split()) <= set(EVERY_DECODER)
    assert len(RECIPES) == len(EVERY) == len(SUPPORTED) + len(REFUSED)
