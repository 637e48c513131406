"""The attention methods, held against loops in numpy over the matrices of a model that was loaded for them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from core.baselines import run_method
from core.baselines.attention import ATTENTION_RUNS, read_positions
from core.cards.attention import ATTENTION
from core.case import Case, open_case
from core.errors import MethodError
from core.records import Query, Settings
from tests.core.oracles import Frozen
from tests.families import LABELS, TEXT

NAMES = tuple(ATTENTION_RUNS)
POOLED = {"bert": "first", "roberta": "first", "deberta-v2": "first", "modernbert": "all", "gpt2": "last", "llama": "last"}
LONG = " ".join([TEXT] * 4)
PAIR = "The acting was worse than dull."


def case_of(classifier, text: str = TEXT, **asked) -> Case:
    return open_case(classifier, Query(classifier.spec.name, text, **asked))


def by_hand(path, case: Case) -> dict[str, list[np.ndarray]]:
    """Method → token scores (T_b) of each window, in loops over layers, heads and rows in float64."""
    model = AutoModelForSequenceClassification.from_pretrained(path, attn_implementation="eager").eval()
    scores = {name: [] for name in NAMES}
    for window in case.windows:
        output = model(input_ids=window.input_ids, **window.side_inputs, output_attentions=True)
        y = output.logits[0, case.target] - (0 if case.against is None else output.logits[0, case.against])
        gradients = torch.autograd.grad(y, output.attentions)
        attentions = [a[0].detach().double().numpy() for a in output.attentions]
        for name, rows in loop(attentions, [g[0].double().numpy() for g in gradients]).items():
            where = POOLED[model.config.model_type]
            pooled = {"first": rows[:1], "last": rows[-1:], "all": rows}[where].copy()
            if name == "attention_relevance":  # a position's own beginning is not counted
                for k, i in enumerate({"first": [0], "last": [len(rows) - 1], "all": range(len(rows))}[where]):
                    pooled[k, i] -= 1
            scores[name].append(pooled.mean(0))
    return scores


def loop(attentions: list[np.ndarray], gradients: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Method → (T, T), the score of each position for each position that could be read."""
    length = attentions[0].shape[-1]
    rolled, relevance = np.eye(length), np.eye(length)
    for attention, gradient in zip(attentions, gradients):
        mixed, passed = np.eye(length), np.zeros((length, length))
        for head, slope in zip(attention, gradient):
            mixed += head / len(attention)
            passed += np.maximum(slope * head, 0) / len(attention)
        for i in range(length):
            mixed[i] /= mixed[i].sum()
        rolled = mixed @ rolled
        relevance = relevance + passed @ relevance
    return {"attention_last": attentions[-1].mean(0), "attention_rollout": rolled, "attention_relevance": relevance}


def to_words(case: Case, by_window: list[np.ndarray]) -> np.ndarray:
    """(W) sums over pieces, token by token."""
    words = np.zeros(case.n_words)
    tokens = case.reading.tokens
    for t, word in enumerate(tokens.word_of):
        if word >= 0:
            words[word] += by_window[case.reading.window[t]][case.reading.position[t]]
    return words


def assert_by_hand(path, case: Case) -> None:
    expected = by_hand(path, case)
    for name in NAMES:
        got = run_method(case, name)
        assert got.draws.shape == (1, case.n_words) and got.method == name
        np.testing.assert_allclose(got.scores, to_words(case, expected[name]), rtol=2e-4, atol=2e-5)
        assert (got.scores >= -1e-6).all() and got.scores.max() > 0


@pytest.mark.parametrize("name", POOLED)
def test_every_method_is_what_a_loop_over_a_model_loaded_for_it_gives(name, family_of, classifier_of):
    assert_by_hand(family_of(name).path, case_of(classifier_of(name)))


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_a_contrast_changes_the_gradient_and_nothing_else(name, family_of, classifier_of):
    alone = case_of(classifier_of(name), target=LABELS[0])
    contrast = case_of(classifier_of(name), target=LABELS[0], against=LABELS[2])
    assert_by_hand(family_of(name).path, contrast)
    for method in ("attention_last", "attention_rollout"):
        np.testing.assert_array_equal(run_method(alone, method).scores, run_method(contrast, method).scores)
    moved = run_method(alone, "attention_relevance").scores - run_method(contrast, "attention_relevance").scores
    assert np.abs(moved).max() > 1e-3


@pytest.mark.parametrize("name", ["bert", "gpt2", "modernbert"])
def test_several_windows_and_one_word(name, family_of, classifier_of):
    long = case_of(classifier_of(name), LONG, settings=Settings(overlap=8))
    assert len(long.windows) > 1
    assert_by_hand(family_of(name).path, long)
    one = case_of(classifier_of(name), "Superb")
    assert one.n_words == 1
    if name == "gpt2" and one.windows[0].input_ids.shape[1] == 1:
        assert run_method(one, "attention_last").scores[0] == pytest.approx(1)
    else:
        assert_by_hand(family_of(name).path, one)


def test_a_pair(variant_folder, variant_of):
    assert_by_hand(variant_folder("bert"), case_of(variant_of("bert"), text_pair=PAIR))


@pytest.mark.parametrize("kind", [(("stars",), "regression"), (LABELS, "multi_label_classification")])
def test_other_heads(kind, variant_folder, variant_of):
    case = case_of(variant_of("roberta", *kind))
    assert_by_hand(variant_folder("roberta", *kind), case)
    told = dict(run_method(case, "attention_relevance").choices)["explained"]
    assert ("value" in told) == (kind[1] == "regression")


@pytest.mark.parametrize("name", POOLED)
def test_the_position_read_is_found_and_told(name, classifier_of):
    case = case_of(classifier_of(name))
    length = case.windows[0].input_ids.shape[1]
    expected = {"first": [0], "last": [length - 1], "all": list(range(length))}[POOLED[name]]
    assert read_positions(case.traces[0]).tolist() == expected
    told = dict(run_method(case, "attention_last").choices)["position read"]
    assert told.startswith({"first": "the first token, “", "last": "the last token", "all": "all tokens, averaged"}[POOLED[name]])


def test_without_a_gradient_at_the_last_layer_the_method_is_refused(classifier_of):
    case = case_of(classifier_of("bert"))
    case.traces = [replace(case.traces[0], gradient=torch.zeros_like(case.traces[0].gradient))]
    with pytest.raises(MethodError, match="which position"):
        run_method(case, "attention_last")


def test_the_methods_share_one_pass_and_a_cancel_goes_through(classifier_of):
    case = case_of(classifier_of("bert"))
    seen = []
    case.tell = lambda stage, share: seen.append((stage, share))
    for name in NAMES:
        run_method(case, name)
    assert seen == [("Reading the attention", 0.0)]

    def stop(*_):
        raise KeyboardInterrupt

    stopped = case_of(classifier_of("bert"))
    stopped.tell = stop
    with pytest.raises(KeyboardInterrupt):
        run_method(stopped, "attention_rollout")


def test_threads_get_equal_scores_and_the_model_stays_as_it_was(classifier_of):
    classifier = classifier_of("electra")
    with Frozen(classifier.model):
        alone = {name: run_method(case_of(classifier), name).scores for name in NAMES}
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda k: run_method(case_of(classifier), NAMES[k % 3]), range(12)))
    for k, got in enumerate(together):
        np.testing.assert_allclose(got.scores, alone[NAMES[k % 3]], rtol=1e-5, atol=1e-7)


def test_rolled_out_attention_hands_out_one_whole(classifier_of):
    """The rows sum to 1: what the words get and what the special tokens get together."""
    case = case_of(classifier_of("bert"))
    maps, length = case.eager[0], case.windows[0].input_ids.shape[1]
    mixed = maps.mean + torch.eye(length)
    whole = torch.linalg.multi_dot(list((mixed / 2).flip(0)))
    assert run_method(case, "attention_rollout").scores.sum() == pytest.approx(float(whole[0, 1:-1].sum()), abs=1e-5)
    assert 0 < run_method(case, "attention_last").scores.sum() < 1


def test_every_run_has_a_card_that_says_it_is_unsigned():
    cards = {card.name: card for card in ATTENTION}
    assert set(NAMES) <= set(cards)
    assert not any(cards[name].signed or cards[name].is_dear for name in NAMES)
