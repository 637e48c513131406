"""The view with attention matrices says what the served model says, and leaves it as it was."""

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from core.case import open_case
from core.eager import eager_pass, eager_view, read_attention
from core.errors import MethodError
from core.records import Query
from core.trace import predict_logits
from tests.core.oracles import Frozen, batch_of
from tests.families import SUPPORTED, TEXT

WITHOUT = ("longformer", "squeezebert", "fnet", "xlnet", "bart", "mbart", "t5", "mt5")
WITH = tuple(name for name in SUPPORTED if name not in WITHOUT)
FUSED = ("bert", "roberta", "albert", "modernbert", "gpt2", "llama", "distilbert")


def state_of(model: torch.nn.Module) -> list[tuple]:
    """What a pass could change besides weights: every attribute of every module, its tables of hooks and its config."""
    states = []
    for module in model.modules():
        state = {name: value.copy() if isinstance(value, dict) else value for name, value in vars(module).items()}
        config = state.pop("config", None)
        states.append((state, config and (id(config), repr(config), config._attn_implementation)))
    return states


@pytest.mark.parametrize("name", WITH)
def test_the_view_has_the_attention_and_logits_of_a_model_loaded_for_it(name, family_of, classifier_of):
    classifier, batch = classifier_of(name), batch_of(classifier_of(name), TEXT)
    found = eager_pass(classifier, batch, 1, None)
    model = AutoModelForSequenceClassification.from_pretrained(family_of(name).path, attn_implementation="eager").eval()
    model.config.get_text_config().pad_token_id = classifier.model.config.get_text_config().pad_token_id
    if name == "big_bird":
        model.bert.set_attention_type("original_full")
    output = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_attentions=True)
    gradients = torch.autograd.grad(output.logits[0, 1], output.attentions)
    torch.testing.assert_close(found.logits, output.logits.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(found.logits, predict_logits(classifier, batch), rtol=1e-4, atol=1e-4)
    assert len(found.attentions) == len(found.gradients) == 3
    for got, expected in zip((*found.attentions, *found.gradients), (*output.attentions, *gradients), strict=True):
        torch.testing.assert_close(got, expected.detach(), rtol=1e-4, atol=1e-5)
    length = batch.input_ids.shape[1]
    for attention, gradient in zip(found.attentions, found.gradients):
        assert attention.shape == gradient.shape == (1, 4, length, length) or name == "convbert"  # half its heads convolve
        torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:-1]), rtol=1e-5, atol=1e-5)
        assert gradient.abs().sum() > 0


@pytest.mark.parametrize("name", FUSED)
def test_the_view_shares_every_weight_and_the_served_model_is_left_alone(name, classifier_of):
    classifier = classifier_of(name)
    batch = batch_of(classifier, TEXT)
    assert classifier.model.config._attn_implementation == "sdpa"
    view = eager_view(classifier.model)
    assert [p.data_ptr() for p in view.parameters()] == [p.data_ptr() for p in classifier.model.parameters()]
    assert not {id(m) for m in view.modules()} & {id(m) for m in classifier.model.modules()}
    assert len(list(view.modules())) == len(list(classifier.model.modules()))
    before, logits = state_of(classifier.model), predict_logits(classifier, batch)
    with Frozen(classifier.model):
        eager_pass(classifier, batch, 0, None)
    assert state_of(classifier.model) == before
    assert torch.equal(predict_logits(classifier, batch), logits)
    assert all(parameter.grad is None for parameter in classifier.model.parameters())
    with torch.no_grad():  # fused attention still gives no matrices
        given = classifier.model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, output_attentions=False)
    assert not getattr(given, "attentions", None)


def test_a_gradient_of_attention_is_a_finite_difference(classifier_of):
    """The matrix of a copy's second layer is moved by hand: a hook there replaces what its attention gives."""
    classifier = classifier_of("bert")
    batch = batch_of(classifier, TEXT)
    found = eager_pass(classifier, batch, 2, 0)

    def explained(step: float, head: int, i: int, j: int) -> float:
        moved = found.attentions[1].double().clone()
        moved[0, head, i, j] += step

        def mix(module, args, output):
            value = module.value(args[0]).unflatten(-1, (4, -1)).transpose(1, 2)  # (1, heads, T, D/heads)
            return (moved @ value).transpose(1, 2).flatten(2), None

        model = copy.deepcopy(classifier.model).double()
        model.bert.encoder.layer[1].attention.self.register_forward_hook(mix)
        with torch.no_grad():
            logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits[0]
        return float(logits[2] - logits[0])

    for head, i, j in ((0, 0, 3), (2, 5, 1), (3, 4, 4)):
        slope = (explained(1e-4, head, i, j) - explained(-1e-4, head, i, j)) / 2e-4
        assert float(found.gradients[1][0, head, i, j]) == pytest.approx(slope, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("name", WITHOUT)
def test_families_without_such_matrices_are_refused_in_a_sentence(name, classifier_of):
    classifier = classifier_of(name)
    case = open_case(classifier, Query(name, TEXT))
    with pytest.raises(MethodError, match=f"“{name}”") as refused:
        case.eager
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300 and "can't be followed" not in str(refused.value)


def test_a_view_that_says_something_else_is_refused(classifier_of):
    classifier = classifier_of("bert")
    trace = open_case(classifier, Query("bert", TEXT)).traces[0]
    with pytest.raises(MethodError, match="other logits"):
        read_attention(classifier, dataclasses.replace(trace, logits=trace.logits + 0.1), 0, None)


def test_threads_make_views_of_one_model_at_once(classifier_of):
    classifier = classifier_of("roberta")
    texts = (TEXT, "A dull, dreadful plot.", "Superb!", "I can't recommend it: boring.")
    batches = [batch_of(classifier, text) for text in texts]
    alone = [eager_pass(classifier, batch, 1, None) for batch in batches]
    plain = [predict_logits(classifier, batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda k: eager_pass(classifier, batches[k % 4], 1, None), range(32)))
        served = list(pool.map(lambda k: predict_logits(classifier, batches[k % 4]), range(32)))
    for k, found in enumerate(together):
        for got, expected in zip((*found.attentions, *found.gradients), (*alone[k % 4].attentions, *alone[k % 4].gradients)):
            torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(served[k], plain[k % 4])
