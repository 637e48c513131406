"""Layers taken apart add up to the layers, and DecompX to the logits; value zeroing is what hooks on a copy give."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.baselines import decomposition, run_method
from core.baselines.decomposition import (
    DECOMPOSITION_RUNS,
    alti_contributions,
    decompose,
    decompose_logits,
    share_out,
    value_zeroing_distances,
)
from core.baselines.encoder_layer import FAMILIES, read_layers
from core.cards.attention import ATTENTION
from core.case import Case, open_case
from core.catalog import find_model
from core.errors import MethodError
from core.models import load_classifier
from core.records import Query, Settings
from core.trace import predict_logits
from tests.core.layer_loops import eager_copy, loop_bent, loop_position, modules_of, run_hooked
from tests.core.oracles import Frozen
from tests.families import LABELS, TEXT

NAMES = tuple(DECOMPOSITION_RUNS)
SERVED = tuple(FAMILIES)
LONG = " ".join([TEXT] * 4)


def case_of(classifier, text: str = TEXT, **asked) -> Case:
    return open_case(classifier, Query(classifier.spec.name, text, **asked))


@pytest.mark.parametrize("name", SERVED)
def test_alti_takes_the_attention_block_apart_as_a_loop_over_pairs_does(name, classifier_of):
    """Every T_i(x_j) by itself in float64; with the bias they add up to what the model's own norm gives."""
    case = case_of(classifier_of(name))
    model = eager_copy(classifier_of(name))
    parts = modules_of(name, model)
    output, seen = run_hooked(model, case, [module for row in parts for module in row[1:]])
    layers = read_layers(case.classifier, case.traces[0])
    for index, (_, value, dense, norm) in enumerate(parts):
        x, y, before = seen[value][0][0].double(), seen[norm][1][0].double(), seen[norm][0][0].double()
        values, attention = seen[value][1][0].double(), output.attentions[index][0].double()
        weight = dense.weight.double().unflatten(1, (4, -1))  # (D, heads, D/heads)
        gamma, beta = norm.weight.double(), norm.bias.double()
        contributions = np.zeros((len(x), len(x)))
        for i in range(len(x)):
            deviation, total = (before[i].var(unbiased=False) + norm.eps).sqrt(), torch.zeros_like(y[i])
            for j in range(len(x)):
                part = sum(attention[h, i, j] * weight[:, h] @ values[j].unflatten(0, (4, -1))[h] for h in range(4))
                part = part + x[i] if i == j else part
                transformed = gamma * (part - part.mean()) / deviation
                contributions[i, j] = max(0.0, float(y[i].abs().sum() - (y[i] - transformed).abs().sum()))
                total += transformed
            rest = gamma * (dense.bias.double() - dense.bias.double().mean()) / deviation + beta
            torch.testing.assert_close(total + rest, y[i], rtol=1e-5, atol=1e-5)
        expected = contributions / contributions.sum(1, keepdims=True)
        np.testing.assert_allclose(alti_contributions(layers[index]).detach().numpy(), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", SERVED)
def test_value_zeroing_is_what_hooks_on_a_copy_give(name, classifier_of):
    """One token and one layer at a time: a hook sets its value vector to 0, and the layer's output is looked at."""
    case = case_of(classifier_of(name))
    model = eager_copy(classifier_of(name))
    parts = modules_of(name, model)
    clean, _ = run_hooked(model, case, [])
    length, layers = case.windows[0].input_ids.shape[1], read_layers(case.classifier, case.traces[0])
    rolled = np.eye(length)
    for index, (layer, value, *_) in enumerate(parts):
        distances = np.zeros((length, length))
        for j in range(length):

            def zero(module, args, output, j=j):
                return output.index_fill(1, torch.tensor([j]), 0.0)

            handle = value.register_forward_hook(zero)
            found = run_hooked(model, case, [layer])[1][layer][1]
            handle.remove()
            found = found[0] if isinstance(found, tuple) else found
            distances[:, j] = 1 - F.cosine_similarity(found[0].double(), clean.hidden_states[index + 1][0].double(), dim=-1)
        expected = distances / distances.sum(1, keepdims=True)
        np.testing.assert_allclose(value_zeroing_distances(layers[index]).detach().numpy(), expected, rtol=5e-3, atol=2e-4)
        rolled = expected @ rolled
    tokens, scores = case.reading.tokens, np.zeros(case.n_words)
    np.add.at(scores, tokens.word_of[~tokens.is_special], rolled[0][~tokens.is_special])
    np.testing.assert_allclose(run_method(case, "value_zeroing").scores, scores, rtol=5e-3, atol=2e-4)


@pytest.mark.parametrize("name", SERVED)
@pytest.mark.parametrize("text", [TEXT, "Superb"])
def test_decompx_adds_up_to_every_state_and_to_every_logit(name, text, classifier_of):
    case = case_of(classifier_of(name), text)
    trace = case.traces[0]
    layers = read_layers(case.classifier, trace)
    for depth in range(1, len(layers) + 1):
        parts = decompose(layers[:depth], lambda share: None)
        length = trace.batch.input_ids.shape[1]
        assert parts.shape == (length, length, 32)
        torch.testing.assert_close(parts.sum(1), trace.hidden[depth, 0], rtol=1e-4, atol=1e-4)
    logits = decompose_logits(case, trace, layers, lambda share: None)
    torch.testing.assert_close(logits.sum(0, keepdim=True), predict_logits(case.classifier, trace.batch), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["bert", "electra", "distilbert"])
def test_decompx_is_its_paper_s_rules_position_by_position(name, classifier_of):
    """In float64, on what hooks on a copy saw: every bias shared out where it is added, every slope f(z)/z of the true z."""
    case = case_of(classifier_of(name))
    model = eager_copy(classifier_of(name))
    output, seen = run_hooked(model, case, [module for module in model.modules() if not list(module.children())])
    states = output.hidden_states[0][0].double()
    parts = [[states[j] if i == j else torch.zeros(32).double() for j in range(len(states))] for i in range(len(states))]
    for (layer, value, dense, norm), attention in zip(modules_of(name, model), output.attentions):
        inner = (layer.ffn.lin1, layer.ffn.lin2) if name == "distilbert" else (layer.intermediate.dense, layer.output.dense)
        last = layer.output_layer_norm if name == "distilbert" else layer.output.LayerNorm
        parts = [
            loop_position(i, parts, attention[0].double(), value, dense, (norm, inner[0], inner[1], last), seen)
            for i in range(len(states))
        ]
    first, gate, out = {
        "bert": lambda: (model.bert.pooler.dense, torch.tanh, model.classifier),
        "electra": lambda: (model.classifier.dense, F.gelu, model.classifier.out_proj),
        "distilbert": lambda: (model.pre_classifier, torch.relu, model.classifier),
    }[name]()
    expected = loop_bent(parts[0], first, gate, out, seen[first][1].flatten().double())
    got = decompose_logits(case, case.traces[0], read_layers(case.classifier, case.traces[0]), lambda share: None)
    torch.testing.assert_close(got.double(), torch.stack(expected), rtol=1e-3, atol=1e-4)


def test_biases_are_shared_by_how_far_the_parts_point_their_way():
    parts = torch.tensor([[3.0, 0.0], [-1.0, 5.0], [0.0, 2.0]])
    got = share_out(torch.tensor([2.0, 0.0]), parts)
    torch.testing.assert_close(got, torch.tensor([[4.5, 0.0], [-0.5, 5.0], [0.0, 2.0]]))
    torch.testing.assert_close(share_out(torch.tensor([3.0, 3.0]), torch.zeros(3, 2)), torch.ones(3, 2))
    torch.testing.assert_close(share_out(torch.zeros(2), parts), parts)


@pytest.mark.parametrize("name", ["bert", "roberta", "distilbert"])
def test_decompx_explains_the_contrast_and_tells_what_is_left_over(name, classifier_of):
    case = case_of(classifier_of(name), target=LABELS[0], against=LABELS[2])
    one, other = (case_of(classifier_of(name), target=LABELS[k]) for k in (0, 2))
    got = run_method(case, "decompx")
    expected = run_method(one, "decompx").scores - run_method(other, "decompx").scores
    np.testing.assert_allclose(got.scores, expected, rtol=1e-4, atol=1e-5)
    assert (got.scores < 0).any() and (got.scores > 0).any()
    (gap,) = got.qualities
    assert gap.name == "gap" and gap.is_good and abs(gap.value) < 1e-4
    one.traces = [replace(one.traces[0], logits=one.traces[0].logits + 0.25)]  # a model that says more than its parts
    (gap,) = run_method(one, "decompx").qualities
    assert gap.value == pytest.approx(-0.25, abs=1e-4) and not gap.is_good


def window_scores(case: Case, trace, name: str) -> np.ndarray:
    """(T) of one window, from the matrices or logits of the tests above."""
    layers = read_layers(case.classifier, trace)
    if name == "decompx":
        return decompose_logits(case, trace, layers, lambda share: None)[:, case.target].detach().numpy()
    matrix_of = {"alti": alti_contributions, "value_zeroing": value_zeroing_distances}[name]
    return np.linalg.multi_dot([matrix_of(layer).detach().numpy() for layer in reversed(layers)])[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["several windows", "a pair", "one word"])
def test_pieces_become_words_window_by_window(text, name, classifier_of, variant_of):
    case = {
        "several windows": lambda: case_of(classifier_of("bert"), LONG, settings=Settings(overlap=8)),
        "a pair": lambda: case_of(variant_of("bert"), text_pair="The acting was worse than dull."),
        "one word": lambda: case_of(classifier_of("bert"), "Superb"),
    }[text]()
    assert (len(case.windows) > 1, case.n_words == 1) == (text == "several windows", text == "one word")
    by_window, expected = [window_scores(case, trace, name) for trace in case.traces], np.zeros(case.n_words)
    for word, window, position in zip(case.reading.tokens.word_of, case.reading.window, case.reading.position):
        if word >= 0:
            expected[word] += by_window[window][position]
    np.testing.assert_allclose(run_method(case, name).draws, expected[None], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_regression_is_explained_on_its_own_scale(name, variant_of):
    case = case_of(variant_of("roberta", ("stars",), "regression"))
    got = run_method(case, name)
    assert np.isfinite(got.scores).all() and np.abs(got.scores).max() > 0
    if name == "decompx":
        special = case.reading.tokens.is_special
        logits = decompose_logits(case, case.traces[0], read_layers(case.classifier, case.traces[0]), lambda share: None)
        whole = got.scores.sum() + float(logits[torch.from_numpy(special)].sum())
        assert whole == pytest.approx(float(case.traces[0].logits), abs=1e-4)
        assert "model's own scale" in got.qualities[0].unit


@pytest.mark.parametrize("name", ["gpt2", "deberta-v2", "modernbert", "albert", "mpnet", "bart"])
@pytest.mark.parametrize("method", NAMES)
def test_other_families_are_refused_in_a_sentence_that_names_those_served(name, method, classifier_of):
    with pytest.raises(MethodError, match=f"“{name}”") as refused:
        run_method(case_of(classifier_of(name)), method)
    assert all(family in str(refused.value) for family in FAMILIES) and "\n" not in str(refused.value)


def test_a_model_that_computes_otherwise_than_its_family_is_refused(classifier_of):
    """Its second norm is another than the one the states were made with."""
    classifier = classifier_of("bert")
    case = case_of(classifier)
    model = copy.deepcopy(classifier.model)
    model.bert.encoder.layer[-1].output.LayerNorm.bias.data += 0.5
    case.classifier = replace(classifier, model=model)
    with pytest.raises(MethodError, match="otherwise"):
        run_method(case, "alti")


def test_decompx_refuses_what_would_not_fit(classifier_of, monkeypatch):
    case = case_of(classifier_of("bert"))
    length = case.windows[0].input_ids.shape[1]
    monkeypatch.setattr(decomposition, "LONGEST", length)
    run_method(case, "decompx")
    monkeypatch.setattr(decomposition, "LONGEST", length - 1)
    with pytest.raises(MethodError, match=f"at most {length - 1} tokens at once, and this text has {length}"):
        run_method(case, "decompx")


def test_threads_get_equal_scores_and_the_model_stays_as_it_was(classifier_of):
    classifier = classifier_of("distilbert")
    with Frozen(classifier.model):
        alone = {name: run_method(case_of(classifier), name).scores for name in NAMES}
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda k: run_method(case_of(classifier), NAMES[k % 3]), range(12)))
    for k, got in enumerate(together):
        np.testing.assert_allclose(got.scores, alone[NAMES[k % 3]], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_cancel_goes_through_in_the_middle(name, classifier_of):
    case = case_of(classifier_of("bert"))
    told = []

    def stop(stage: str, share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise KeyboardInterrupt

    case.tell = stop
    with pytest.raises(KeyboardInterrupt):
        run_method(case, name)
    assert told == sorted(told) and told[0] == 0


def test_dear_methods_say_so_and_only_decompx_is_signed():
    cards = {card.name: card for card in ATTENTION}
    assert {name: cards[name].is_dear for name in NAMES} == {"alti": False, "value_zeroing": True, "decompx": True}
    assert {name: cards[name].signed for name in NAMES} == {"alti": False, "value_zeroing": False, "decompx": True}


def test_the_obvious_word_wins_on_a_real_model():
    classifier = load_classifier(find_model("sentiment"), device="cpu")
    text = "A superb film about the sea and a boy."
    case = case_of(classifier, text)
    got = run_method(case, "decompx")
    start, end = case.reading.tokens.word_spans[int(got.scores.argmax())]
    assert text[start:end] == "superb"
    assert abs(got.qualities[0].value) < 1e-3
