"""One backward pass gives what hooks, Captum and finite differences give one layer at a time."""

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from captum.attr import LayerGradientXActivation

from core.lm_head import ClassifierHead
from core.saliency import layer_relevance
from core.tokens import TokenBatch
from core.trace import LayerTrace, predict_logits, trace_layers, trace_rows
from tests.core.oracles import Frozen, assert_close_by_layer, batch_of, state_modules
from tests.families import DECODERS, FAMILIES, FIRST_POOLED, TEXT

SHORT = "A dull, dreadful plot."
TEXTS = (SHORT, TEXT, "Superb!", "I can't recommend it: boring.")


def _inputs(batch: TokenBatch) -> dict:
    return {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}


@pytest.mark.parametrize("name", FAMILIES)
def test_hidden_states_and_logits_are_the_model_s_own(name, family_of, classifier_of):
    batch = batch_of(classifier_of(name), *TEXTS)
    with torch.no_grad():
        out = family_of(name).classifier()(**_inputs(batch), output_hidden_states=True)
    trace = trace_layers(classifier_of(name), batch, target=1)
    text = batch.attention_mask == 1  # at padding RoBERTa counts positions otherwise where it is given ids
    torch.testing.assert_close(trace.hidden[:, text], torch.stack(out.hidden_states)[:, text], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(trace.logits, out.logits, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(predict_logits(classifier_of(name), batch), out.logits, rtol=1e-5, atol=1e-5)
    assert trace.hidden.shape == trace.gradient.shape == (4, len(TEXTS), *batch.input_ids.shape[1:], 32)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "albert"])
def test_relevance_is_captum_s_gradient_times_activation(name, family_of, classifier_of):
    """Every layer, by Captum's hooks on a copy of its own. ALBERT calls one layer three times, which Captum can't tell apart."""
    classifier, model = classifier_of(name), family_of(name).classifier()
    batch = batch_of(classifier, TEXT)
    expected = []
    for module in state_modules(name, model):
        captum = LayerGradientXActivation(lambda ids, mask: model(input_ids=ids, attention_mask=mask).logits, module)
        product = captum.attribute(batch.input_ids, target=2, additional_forward_args=(batch.attention_mask,))
        product = product[0] if isinstance(product, tuple) else product
        expected.append(product.detach().sum(-1))
    got = layer_relevance(trace_layers(classifier, batch, target=2))
    assert_close_by_layer(got, torch.stack(expected), 1e-5)
    assert (torch.stack(expected).abs().sum((1, 2)) > 1e-3).all()


@pytest.mark.parametrize("name", ["albert", "bert"])
def test_gradients_are_those_retained_by_a_plain_backward(name, family_of, classifier_of):
    classifier, model = classifier_of(name), family_of(name).classifier()
    batch = batch_of(classifier, *TEXTS)
    out = model(**_inputs(batch), output_hidden_states=True)
    for state in out.hidden_states:
        state.retain_grad()
    out.logits[:, 0].sum().backward()
    trace = trace_layers(classifier, batch, target=0)
    assert_close_by_layer(trace.gradient, torch.stack([state.grad for state in out.hidden_states]), 1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_padding_and_company_change_nothing(name, classifier_of):
    """Alone, with 37 padding tokens, in a batch and in another order; exactly 0 at padding."""
    classifier = classifier_of(name)
    alone = [trace_layers(classifier, batch_of(classifier, text), target=1) for text in TEXTS]
    padded = trace_layers(classifier, batch_of(classifier, SHORT, extra=37), target=1)
    n = alone[0].hidden.shape[2]
    assert_close_by_layer(padded.gradient[:, :, :n], alone[0].gradient, 1e-4)
    assert (padded.gradient[:, :, n:] == 0).all() and (padded.word_gradient[:, n:] == 0).all()
    order = [2, 0, 3, 1]
    together = trace_layers(classifier, batch_of(classifier, *(TEXTS[i] for i in order)), target=1)
    for row, i in enumerate(order):
        n = alone[i].hidden.shape[2]
        assert_close_by_layer(together.gradient[:, row, :n], alone[i].gradient[:, 0], 1e-4)
        assert_close_by_layer(layer_relevance(together)[:, row, :n], layer_relevance(alone[i])[:, 0], 1e-4)
        assert (together.gradient[:, row, n:] == 0).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_contrast_is_the_difference_of_the_two_gradients(name, classifier_of):
    classifier = classifier_of(name)
    batch = batch_of(classifier, TEXT)
    one, other, both = (trace_layers(classifier, batch, *classes) for classes in ((2, None), (0, None), (2, 0)))
    assert_close_by_layer(both.gradient, one.gradient - other.gradient, 1e-4)
    assert not torch.allclose(one.gradient, other.gradient, atol=1e-2)


def test_without_a_target_the_predicted_class_is_explained(classifier_of):
    batch = batch_of(classifier_of("bert"), TEXT)
    trace = trace_layers(classifier_of("bert"), batch)
    predicted = int(trace.logits[0].argmax())
    assert torch.equal(trace.gradient, trace_layers(classifier_of("bert"), batch, predicted).gradient)


def _in_double(classifier):
    model = copy.deepcopy(classifier.model).double()
    return dataclasses.replace(classifier, model=model, head=ClassifierHead(model, None))  # BERT has no final norm


def test_gradients_are_finite_differences(classifier_of):
    """fp64, along a random direction at one token of every state: (y(h + εv) − y(h − εv)) / 2ε = ⟨g, v⟩."""
    classifier = _in_double(classifier_of("bert"))
    batch = batch_of(classifier, TEXT)
    trace = trace_layers(classifier, batch, target=2)
    draw = torch.Generator().manual_seed(0)
    for layer, module in enumerate(state_modules("bert", classifier.model)):
        position = 0 if layer == 3 else 2 + layer
        direction = torch.zeros_like(trace.hidden[layer])
        direction[0, position] = torch.randn(32, generator=draw, dtype=torch.float64)
        values = []
        for step in (1e-5, -1e-5):
            handle = module.register_forward_hook(lambda _, __, out, step=step: out + step * direction)
            with torch.no_grad():
                values.append(classifier.model(**_inputs(batch)).logits[0, 2])
            handle.remove()
        measured, computed = (values[0] - values[1]) / 2e-5, (trace.gradient[layer] * direction).sum()
        assert abs(computed) > 1e-3
        torch.testing.assert_close(measured, computed, rtol=1e-6, atol=1e-8)


def test_without_positions_permuting_tokens_permutes_scores(classifier_of):
    """fp64, position embeddings zeroed: a transformer then reads a bag of tokens."""
    classifier = _in_double(classifier_of("bert"))
    with torch.no_grad():
        classifier.model.bert.embeddings.position_embeddings.weight.zero_()
    batch = batch_of(classifier, TEXT)
    order = torch.cat([torch.tensor([0]), 1 + torch.randperm(batch.input_ids.shape[1] - 1, generator=torch.Generator().manual_seed(0))])
    shuffled = TokenBatch(*(part[:, order] for part in (batch.input_ids, batch.attention_mask, batch.is_special)))
    straight, permuted = (layer_relevance(trace_layers(classifier, each, target=2)) for each in (batch, shuffled))
    torch.testing.assert_close(permuted, straight[:, :, order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["bert", "roberta", "modernbert", "llama"])
def test_the_kind_of_attention_does_not_matter(name, family_of, classifier_of):
    """Plain attention against the fused one that torch offers."""
    classifier = classifier_of(name)
    model = copy.deepcopy(classifier.model)
    model.set_attn_implementation("eager")
    assert model.config._attn_implementation != classifier.model.config._attn_implementation
    batch = batch_of(classifier, *TEXTS)
    fused = trace_layers(classifier, batch, target=1)
    plain = trace_layers(dataclasses.replace(classifier, model=model), batch, target=1)
    assert_close_by_layer(layer_relevance(plain), layer_relevance(fused), 1e-4)


@pytest.mark.parametrize("name", DECODERS)
def test_a_linear_head_without_bias_is_accounted_for_by_the_last_layer(name, classifier_of):
    """y = ⟨w, h_last⟩ at the last token, so Σ_i ⟨g_i, h_i⟩ = y."""
    trace = trace_layers(classifier_of(name), batch_of(classifier_of(name), *TEXTS), target=1)
    torch.testing.assert_close(layer_relevance(trace)[-1].sum(-1), trace.logits[:, 1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", FIRST_POOLED)
def test_last_gradient_lives_at_the_first_token_alone(name, classifier_of):
    trace = trace_layers(classifier_of(name), batch_of(classifier_of(name), *TEXTS), target=1)
    assert (trace.gradient[-1, :, 1:] == 0).all()
    assert (trace.gradient[-1, :, 0] != 0).any() and (trace.gradient[-2, :, 1:] != 0).any()


@pytest.mark.parametrize("name", FAMILIES)
def test_nothing_shared_is_written(name, classifier_of):
    classifier = classifier_of(name)
    with Frozen(classifier.model, classifier.head):
        trace = trace_layers(classifier, batch_of(classifier, *TEXTS), target=1)
        trace_rows(classifier, batch_of(classifier, TEXT), torch.rand(3, trace.hidden.shape[2]), 1)
    assert all(parameter.grad is None for parameter in classifier.model.parameters())
    assert not trace.hidden.requires_grad and not trace.gradient.requires_grad and not trace.logits.requires_grad


def test_two_threads_trace_what_one_does(classifier_of):
    classifier = classifier_of("bert")
    batches = [batch_of(classifier, text) for text in TEXTS] * 5
    serial = [trace_layers(classifier, batch, target=1) for batch in batches]
    with ThreadPoolExecutor(2) as pool:
        parallel = list(pool.map(lambda batch: trace_layers(classifier, batch, target=1), batches))
    assert all(torch.equal(a.gradient, b.gradient) and torch.equal(a.hidden, b.hidden) for a, b in zip(serial, parallel))


def _words_by_hand(classifier, batch: TokenBatch, level: float, masked_id: int) -> torch.Tensor:
    table = classifier.model.get_input_embeddings().weight
    words, mask = table[batch.input_ids[0]], table[masked_id]
    return torch.where(batch.is_content[0][:, None], mask + level * (words - mask), words)


def test_rows_run_from_all_masked_to_the_text(classifier_of):
    """Level 0 is the text with [MASK] for every content token, level 1 the text itself, .25 a quarter of the way."""
    classifier = classifier_of("bert")
    batch = batch_of(classifier, TEXT)
    n = batch.input_ids.shape[1]
    rows = trace_rows(classifier, batch, torch.tensor([0.0, 0.25, 1.0])[:, None].expand(-1, n), 2)
    for row, level in enumerate((0.0, 0.25, 1.0)):
        torch.testing.assert_close(rows.words[row], _words_by_hand(classifier, batch, level, classifier.tokenizer.mask_token_id))
    text = trace_layers(classifier, batch, target=2)
    ids = torch.where(batch.is_content, classifier.tokenizer.mask_token_id, batch.input_ids)
    masked = trace_layers(classifier, dataclasses.replace(batch, input_ids=ids), target=2)
    for row, expected in ((0, masked), (2, text)):
        assert_close_by_layer(rows.gradient[:, row], expected.gradient[:, 0], 1e-4)
        assert_close_by_layer(rows.hidden[:, row], expected.hidden[:, 0], 1e-5)
        torch.testing.assert_close(rows.logits[row], expected.logits[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name, replaced_by",
    [("bert", "[MASK]"), ("roberta", "<mask>"), ("llama", "<unk>"), ("gpt2", "<|endoftext|>")],
)
def test_what_replaces_a_word_is_named(name, replaced_by, classifier_of):
    """[MASK]; a model without one uses its unknown token."""
    classifier = classifier_of(name)
    said, embedding = classifier.mask
    assert said == replaced_by
    index = classifier.tokenizer.convert_tokens_to_ids(replaced_by)
    assert torch.equal(embedding, classifier.model.get_input_embeddings().weight[index])


def test_a_trace_is_frozen(classifier_of):
    trace = trace_layers(classifier_of("bert"), batch_of(classifier_of("bert"), SHORT), target=1)
    assert isinstance(trace, LayerTrace)
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.logits = None
