"""Each scorer against its definition, written out by hand or computed by Captum."""

import copy

import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from core import saliency
from core.coherence import content_share
from core.saliency import (
    decoding_weights,
    fast_levels,
    integrate_path,
    layer_mean,
    layer_relevance,
    path_levels,
    score_absolute,
    score_decoded,
    score_grad_cam,
    score_gradient_norm,
    score_one_pass,
    score_rows,
    seed_of,
    stratified_levels,
)
from core.trace import LayerTrace, trace_layers, trace_rows
from tests.core.oracles import assert_close_by_layer, batch_of
from tests.families import FAMILIES, FIRST_POOLED, TEXT

SHORT = "A dull, dreadful plot."
COPIES = "boring boring and boring"
ONE_PASS = ("undecoded", "gradient_norm", "grad_cam", "absolute", "decoded")


def _trace(classifier, *texts: str, target: int = 1) -> LayerTrace:
    return trace_layers(classifier, batch_of(classifier, *texts), target=target)


def _decoded(classifier, trace: LayerTrace) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        weights = decoding_weights(classifier.lm_head, trace.hidden, trace.batch)
    return score_decoded(trace, classifier.lm_head), weights


# --- decoding (METHOD 2, 3) -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", FAMILIES)
def test_weights_sum_to_one_over_content_and_saliency_is_conserved(name, classifier_of):
    trace = _trace(classifier_of(name), TEXT, SHORT)
    scores, weights = _decoded(classifier_of(name), trace)
    content, present = trace.batch.is_content, trace.batch.attention_mask == 1
    sums = weights.sum(-1)  # (L, B, T)
    assert (sums[:, present] - 1).abs().max() <= 1e-6
    assert (weights.transpose(2, 3)[:, ~content] == 0).all()  # specials and padding are never targets
    relevance = layer_relevance(trace)
    mass, scale = relevance.sum(-1), relevance.abs().sum(-1)
    assert ((scores.sum(-1) - mass).abs() <= 1e-5 * scale).all()
    assert (scores[:, ~content] == 0).all()
    assert (scores - relevance).abs().max() > 1e-2  # decoding does something


@pytest.mark.parametrize("name", FAMILIES)
def test_weights_are_the_full_softmax_renormalised(name, family_of, classifier_of):
    """Over the whole vocabulary of transformers' own language model, at the last state."""
    classifier = classifier_of(name)
    trace = _trace(classifier, TEXT)
    _, weights = _decoded(classifier, trace)
    with torch.no_grad():
        logits = family_of(name).language_model()(input_ids=trace.batch.input_ids).logits[0]
    content = trace.batch.is_content[0]
    columns = logits.softmax(-1)[:, trace.batch.input_ids[0, content]]  # (T, |C|)
    expected = columns / columns.sum(-1, keepdim=True)
    assert (weights[-1, 0][:, content] - expected).abs().max() <= 1e-5


def test_restricted_softmax_is_the_renormalised_one_to_the_last_digit(classifier_of):
    classifier = classifier_of("bert")
    trace = _trace(classifier, TEXT)
    _, weights = _decoded(classifier, trace)
    content = trace.batch.is_content[0]
    ids = trace.batch.input_ids[0, content]
    for layer in range(4):
        with torch.no_grad():
            whole = classifier.lm_head.logits(trace.hidden[layer, 0], is_last=layer == 3).softmax(-1)[:, ids]
        assert (weights[layer, 0][:, content] - whole / whole.sum(-1, keepdim=True)).abs().max() <= 1e-6


@pytest.mark.parametrize("name", ["bert", "distilbert", "mpnet"])
def test_copies_of_a_token_share_equally(name, classifier_of):
    classifier = classifier_of(name)
    trace = _trace(classifier, COPIES)
    scores, weights = _decoded(classifier, trace)
    ids = trace.batch.input_ids[0]
    boring = classifier.tokenizer("boring", add_special_tokens=False)["input_ids"]
    for piece in boring:
        places = (ids == piece).nonzero().squeeze(1)
        assert len(places) == 3
        assert torch.equal(weights[..., places[0]], weights[..., places[1]]) and torch.equal(weights[..., places[1]], weights[..., places[2]])
        torch.testing.assert_close(scores[..., places[0]], scores[..., places[2]], rtol=1e-6, atol=1e-7)


# --- the other one-pass methods (METHOD 5, 6) -----------------------------------------------------------------------
class ChannelsFirst(nn.Module):
    """A layer whose output Captum sees as (B, D, T), which is what its LayerGradCam averages over."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer, self.seen = layer, nn.Identity()

    def forward(self, *args, **kwargs):
        return self.seen(self.layer(*args, **kwargs).transpose(1, 2)).transpose(1, 2)


def test_grad_cam_is_captum_s_with_channels_first(family_of, classifier_of):
    classifier, model = classifier_of("bert"), copy.deepcopy(family_of("bert").classifier())
    batch = batch_of(classifier, TEXT)
    layers = [model.bert.embeddings, *model.bert.encoder.layer]
    wrapped = [ChannelsFirst(layer) for layer in layers]
    model.bert.embeddings = wrapped[0]
    for index, layer in enumerate(wrapped[1:]):
        model.bert.encoder.layer[index] = layer
    expected = []
    for layer in wrapped:
        captum = LayerGradCam(lambda ids, mask: model(input_ids=ids, attention_mask=mask).logits, layer.seen)
        cam = captum.attribute(batch.input_ids, target=2, additional_forward_args=(batch.attention_mask,), relu_attributions=True)
        expected.append(cam.detach()[:, 0])  # (B, T)
    got = score_grad_cam(trace_layers(classifier, batch, target=2))
    assert_close_by_layer(got, torch.stack(expected), 1e-5)
    assert (torch.stack(expected) > 0).any()


@pytest.mark.parametrize("name", FAMILIES)
def test_one_pass_scores_by_hand(name, classifier_of):
    """Plain loops over layers and tokens; padding gets exactly 0."""
    trace = _trace(classifier_of(name), TEXT, SHORT)
    absolute, norm, cam, relevance = score_absolute(trace), score_gradient_norm(trace), score_grad_cam(trace), layer_relevance(trace)
    for row in range(2):
        n = int(trace.batch.attention_mask[row].sum())
        for layer in range(4):
            g, h = trace.gradient[layer, row, :n], trace.hidden[layer, row, :n]
            mean = sum(g) / n
            for token in (0, 1, n // 2, n - 1):
                pairs = [
                    (relevance, g[token] @ h[token]),
                    (norm, (g[token] @ g[token]) ** 0.5),
                    (absolute, g[token].abs() @ h[token].abs()),
                    (cam, max(mean @ h[token], torch.tensor(0.0))),
                ]
                for scores, expected in pairs:
                    torch.testing.assert_close(scores[layer, row, token], expected, rtol=1e-4, atol=1e-5)
        for scores in (relevance, norm, absolute, cam):
            assert scores.shape == trace.gradient.shape[:3] and (scores[:, row, n:] == 0).all()


def test_layer_mean_by_hand():
    """Layer 0: 1, 4, −3 of 8; layer 1: 2, 0, 2 of 4; layer 2 says nothing."""
    scores = torch.tensor([[1.0, 4.0, -3.0], [2.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(layer_mean(scores), torch.tensor([[(1 / 8 + 1 / 2) / 3, 1 / 6, (-3 / 8 + 1 / 2) / 3]]))


@pytest.mark.parametrize("name", FAMILIES)
def test_one_trace_serves_every_one_pass_method(name, classifier_of):
    classifier = classifier_of(name)
    trace = _trace(classifier, TEXT)
    scores = score_one_pass(trace, classifier.lm_head)
    assert set(scores) == set(ONE_PASS)
    for values in scores.values():
        assert values.shape == (4, 1, trace.hidden.shape[2])
        assert values.isfinite().all() and not values.requires_grad
    assert torch.equal(scores["decoded"], _decoded(classifier, trace)[0])
    assert set(score_one_pass(trace, None)) == set(ONE_PASS) - {"decoded"}


@pytest.mark.parametrize("name", FIRST_POOLED)
def test_last_layer_has_no_saliency_on_words_until_it_is_decoded(name, classifier_of):
    trace = _trace(classifier_of(name), TEXT)
    relevance = layer_relevance(trace)[:, 0]
    content = trace.batch.is_content[0]
    share = content_share(relevance, content)
    assert share[-1] == 0 and (share[:-1] > 0.1).all()
    assert (relevance[-1, content] == 0).all()
    assert _decoded(classifier_of(name), trace)[0][-1].abs().max() > 1e-3


def test_content_share_by_hand():
    relevance = torch.tensor([[1.0, -2.0, 3.0, -4.0], [0.0, 0.0, 0.0, 0.0]])
    content = torch.tensor([False, True, True, False])
    assert content_share(relevance, content).tolist() == [0.5, 0.0]


# --- methods of several rows (METHOD 4) -----------------------------------------------------------------------------
@pytest.mark.parametrize("n_rows", [8, 24])
def test_every_token_meets_every_level_once(n_rows):
    levels = stratified_levels(n_rows, 40, torch.Generator().manual_seed(3))
    nodes = torch.tensor([((j - 0.5) / n_rows) ** 1.5 for j in range(1, n_rows + 1)])
    assert levels.shape == (n_rows, 40)
    torch.testing.assert_close(levels.sort(dim=0).values, nodes[:, None].expand(-1, 40))
    orders = {tuple(order.tolist()) for order in levels.argsort(dim=0).T}
    assert len(orders) > 35  # the tokens' orders are their own


def test_fast_levels_are_an_antithetic_pair():
    levels = fast_levels(500, torch.Generator().manual_seed(3))
    torch.testing.assert_close(levels.mean(0), torch.full((500,), 0.3))
    assert 0.03 <= levels.min() < 0.05 and 0.55 < levels.max() <= 0.57
    assert abs(float(levels[0].mean()) - 0.3) < 0.03


def test_path_levels_refine_one_another():
    five, nine, seventeen = (path_levels(n, 3)[:, 1].tolist() for n in (5, 9, 17))
    assert five == pytest.approx([0, 0.1, 0.25, 0.5, 1])
    assert nine[::2] == pytest.approx(five) and seventeen[::2] == pytest.approx(nine)
    assert nine[1] == pytest.approx(0.05) and seventeen == sorted(seventeen) and len(seventeen) == 17


def test_strata_in_step_with_trapezoid_weights_are_the_path(classifier_of):
    """At the embedding, where the path is straight: Σ_k w_k ⟨g(k), e − e_mask⟩ with w the trapezoid's weights."""
    classifier = classifier_of("bert")
    batch = batch_of(classifier, TEXT)
    levels = path_levels(9, batch.input_ids.shape[1])
    rows = trace_rows(classifier, batch, levels, 1)
    nodes = levels[:, 0]
    steps = nodes.diff()
    weights = torch.zeros(9)
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    expected = (weights[:, None, None] * rows.word_gradient * (rows.words[-1] - rows.words[0])).sum((0, 2))
    got = integrate_path(rows.words[None], rows.word_gradient[None])[0]
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
    assert (got[~batch.is_content[0]] == 0).all() and (got != 0).any()


def test_strata_by_hand(classifier_of):
    """Row by row: (1/K) Σ_k ⟨g(k), h(text) − h(all masked)⟩, and at l = 0 the word embeddings' own coordinates."""
    classifier = classifier_of("bert")
    batch = batch_of(classifier, TEXT)
    n = batch.input_ids.shape[1]
    levels = stratified_levels(8, n, torch.Generator().manual_seed(seed_of(batch)))
    singles = [trace_rows(classifier, batch, level[None], 1) for level in levels]
    text, masked = trace_layers(classifier, batch, 1), trace_rows(classifier, batch, torch.zeros(1, n), 1)
    change = text.hidden[:, 0] - masked.hidden[:, 0]
    expected = sum((row.gradient[:, 0] * change).sum(-1) for row in singles) / 8
    expected[0] = sum((row.word_gradient[0] * (text.words[0] - classifier.mask[1])).sum(-1) for row in singles) / 8
    got, gap, seed = score_rows(classifier, batch, "faithful", 1, None)
    content = batch.is_content[0]
    assert_close_by_layer(got[:, content], expected[:, content], 1e-4)
    assert gap is None and seed == seed_of(batch)


@pytest.mark.parametrize("method", ["fast", "faithful", "accurate", "path", "path9"])
@pytest.mark.parametrize("name", ["bert", "albert", "modernbert", "llama"])
def test_special_tokens_take_no_part_at_the_embedding(method, name, classifier_of):
    """They are never masked, so at l = 0 their score is 0: rows and path alike."""
    classifier = classifier_of(name)
    batch = batch_of(classifier, TEXT)
    scores, _, _ = score_rows(classifier, batch, method, 1, None)
    special = ~batch.is_content[0]
    assert scores[0, special].abs().max() <= 1e-6 and scores[0].abs().max() > 1e-2


def test_path_gap_is_what_is_missing_and_falls_with_rows(classifier_of):
    """Σ_i r_i^l + gap accounts for y(text) − y(all masked) at every layer."""
    classifier = classifier_of("bert-calm")
    gaps = {"path": [], "path9": [], "path17": []}
    for text in (TEXT, SHORT, "Superb!", "I can't recommend it: boring."):
        batch = batch_of(classifier, text)
        n = batch.input_ids.shape[1]
        ends = trace_rows(classifier, batch, torch.tensor([0.0, 1.0])[:, None].expand(-1, n), 2, 0)
        y = ends.logits[:, 2] - ends.logits[:, 0]
        for method, found in gaps.items():
            scores, gap, seed = score_rows(classifier, batch, method, 2, 0)
            torch.testing.assert_close(scores.sum(-1) - gap, (y[1] - y[0]).expand(4), rtol=1e-4, atol=1e-5)
            assert seed is None
            found.append(gap.abs())
    five, nine, seventeen = (torch.stack(found).mean(0) for found in gaps.values())
    assert (nine < five).all() and (seventeen < nine).all()
    assert (seventeen < 0.15).all()


def test_seeds_come_from_the_token_ids_alone(classifier_of):
    classifier = classifier_of("bert")
    one, padded = batch_of(classifier, TEXT), batch_of(classifier, TEXT, extra=5)
    assert seed_of(one) == seed_of(padded) == seed_of(batch_of(classifier, TEXT))
    others = {seed_of(batch_of(classifier, text)) for text in (TEXT, SHORT, "Superb!", TEXT + " No.")}
    assert len(others) == 4
    first, again = (score_rows(classifier, one, "faithful", 1, None)[0] for _ in range(2))
    assert torch.equal(first, again)


def test_global_random_state_plays_no_part(classifier_of):
    classifier = classifier_of("bert")
    batch = batch_of(classifier, TEXT)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = score_rows(classifier, batch, "fast", 1, None)[0]
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(2)
    assert torch.equal(first, score_rows(classifier, batch, "fast", 1, None)[0])


def test_registry_of_rows_matches_the_code():
    """METHODS says what a method costs; the code must spend that."""
    from core.methods import METHODS

    rows = {**saliency.PATH_NODES, **{name: k + 2 for name, k in saliency.STRATA.items()}, "fast": 2}
    assert {name: METHODS[name].rows for name in rows} == rows
    assert {name for name, method in METHODS.items() if method.on_demand} == set(rows)
