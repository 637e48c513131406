"""Heads read off hidden states say what transformers' own models say."""

import pytest
import torch

from tests.core.oracles import Frozen, cut, encode, final_norm, pad
from tests.families import DECODERS, FAMILIES, TEXT

SHORT = "A dull, dreadful plot."


def _states(model, inputs) -> tuple[torch.Tensor, ...]:
    with torch.no_grad():
        return model(**inputs, output_hidden_states=True).hidden_states


@pytest.mark.parametrize("name", FAMILIES)
def test_language_model_head_on_the_last_state_is_the_language_model(name, family_of, classifier_of):
    language_model, head = family_of(name).language_model(), classifier_of(name).lm_head
    inputs = encode(classifier_of(name).tokenizer, TEXT)
    with torch.no_grad():
        out = language_model(**inputs, output_hidden_states=True)
        got = head.logits(out.hidden_states[-1][0])
    torch.testing.assert_close(got, out.logits[0], rtol=1e-5, atol=1e-5)
    assert got.std() > 0.1  # a head that says nothing would agree with another such


@pytest.mark.parametrize("name", FAMILIES)
def test_columns_are_the_logits_gathered(name, family_of, classifier_of):
    model, head = family_of(name).classifier(), classifier_of(name).lm_head
    inputs = encode(classifier_of(name).tokenizer, TEXT)
    ids = inputs["input_ids"][0]
    for layer, states in enumerate(_states(model, inputs)):
        is_last = layer == model.config.num_hidden_layers
        with torch.no_grad():
            got, whole = head.columns(states[0], ids, is_last=is_last), head.logits(states[0], is_last=is_last)
        torch.testing.assert_close(got, whole[:, ids], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_inner_states_read_as_a_language_model_that_ends_there(name, family_of, classifier_of):
    whole, head = family_of(name).language_model(), classifier_of(name).lm_head
    inputs = encode(classifier_of(name).tokenizer, TEXT)
    for n_layers in (1, 2):
        states = _states(whole, inputs)[n_layers]
        with torch.no_grad():
            expected = cut(name, whole, n_layers)(**inputs).logits[0]
            got = head.logits(states[0], is_last=False)
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_classifier_head_on_the_last_state_is_the_classifier(name, family_of, classifier_of):
    """Alone, in a batch of unequal texts, and with more padding than text."""
    classifier = classifier_of(name)
    model = family_of(name).classifier()
    alone = encode(classifier.tokenizer, SHORT)
    batch = encode(classifier.tokenizer, TEXT, SHORT, "Superb!")
    for inputs in (alone, batch, pad(alone, 20, model.config.pad_token_id)):
        with torch.no_grad():
            out = model(**inputs, output_hidden_states=True)
            got = classifier.head.logits(out.hidden_states[-1], inputs["input_ids"], inputs["attention_mask"], is_last=True)
        torch.testing.assert_close(got, out.logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_classifier_head_on_inner_states_is_a_classifier_that_ends_there(name, family_of, classifier_of):
    classifier = classifier_of(name)
    model = family_of(name).classifier()
    inputs = encode(classifier.tokenizer, TEXT, SHORT)
    for n_layers in (1, 2):
        states = _states(model, inputs)[n_layers]
        with torch.no_grad():
            expected = cut(name, model, n_layers)(**inputs).logits
            got = classifier.head.logits(states, inputs["input_ids"], inputs["attention_mask"], is_last=False)
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [*DECODERS, "modernbert"])
def test_inner_states_get_the_final_norm_by_hand(name, family_of, classifier_of):
    """Only the last state comes normalised; the others need the model's own norm, once, before the decoder matrix."""
    language_model, head = family_of(name).language_model(), classifier_of(name).lm_head
    states = _states(language_model, encode(classifier_of(name).tokenizer, TEXT))
    middle = states[1][0]
    with torch.no_grad():
        normed = final_norm(name, language_model)(middle)
        hidden = language_model.head(normed) if name == "modernbert" else normed
        expected = language_model.get_output_embeddings()(hidden)
        torch.testing.assert_close(head.logits(middle, is_last=False), expected, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(head.logits(middle, is_last=True), expected, atol=1e-2)


@pytest.mark.parametrize("name", FAMILIES)
def test_heads_change_nothing(name, classifier_of):
    classifier = classifier_of(name)
    inputs = encode(classifier.tokenizer, TEXT)
    base = classifier.model.base_model
    with Frozen(classifier.model, classifier.lm_head), torch.no_grad():
        states = torch.randn(1, inputs["input_ids"].shape[1], base.config.hidden_size)
        classifier.head.logits(states, **inputs, is_last=False)
        classifier.lm_head.logits(states[0])
        classifier.lm_head.columns(states[0], inputs["input_ids"][0])
    assert classifier.model.base_model is base
