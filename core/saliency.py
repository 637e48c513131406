"""The layer methods: hidden states and gradients in, scores out. Names, formulas and sources are in `methods.METHODS`.

Symbols as there; every scorer returns (L, B, T) with 0 at padding.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

from core.lm_head import LanguageModelHead
from core.models import Classifier
from core.tokens import TokenBatch
from core.trace import LayerTrace, trace_rows

PATH_NODES = {"path": 5, "path9": 9, "path17": 17}  # rows of each path-integrated form
STRATA = {"faithful": 8, "accurate": 24}  # K, rows between the two ends
FAST_CENTRE, FAST_SPREAD = 0.3, 0.27  # levels of the antithetic pair


def layer_relevance(trace: LayerTrace) -> Tensor:
    """(L, B, T) r_i^l = ⟨g_i^l, h_i^l⟩, signed (METHOD 1)."""
    return (trace.gradient * trace.hidden).sum(-1)


def decoding_weights(head: LanguageModelHead, hidden: Tensor, batch: TokenBatch) -> Tensor:
    """(L, B, T, T) W_ij^l = softmax over j ∈ C of the head's logit for token x_j at position i (METHOD 2).

    |      | token j=1 | token j=2 | [SEP] |
    | i=1  |   0.9     |   0.1     |  0    |   each row sums to 1: position i becomes a weighted
    | [CLS]|   0.4     |   0.6     |  0    |   combination of the original tokens; specials are never targets
    """
    last = len(hidden) - 1
    return torch.stack([layer_weights(head, states, batch, layer == last) for layer, states in enumerate(hidden)])


def layer_weights(head: LanguageModelHead, states: Tensor, batch: TokenBatch, is_last: bool) -> Tensor:
    """(B, T, T) W at one layer, of states (B, T, D). `is_last`: they are the last layer's, which decoders hand out normalised."""
    weights = states.new_zeros(*states.shape[:2], states.shape[1])
    for b in range(len(states)):
        content = batch.is_content[b].nonzero().squeeze(-1)
        weights[b, :, content] = head.columns(states[b], batch.input_ids[b, content], is_last).softmax(-1)  # (T, |C|)
    return weights


def score_decoded(trace: LayerTrace, head: LanguageModelHead) -> Tensor:
    """(L, B, T) s_j^l = Σ_i W_ij^l r_i^l over all positions, special ones too; Σ_j s_j = Σ_i r_i (METHOD 3).

    Layer by layer, so that no tensor of L × T × T exists: a long text has thousands of tokens.
    """
    relevance, last = layer_relevance(trace), len(trace.hidden) - 1
    scores = [
        torch.einsum("bi,bij->bj", relevance[layer], layer_weights(head, states, trace.batch, layer == last))
        for layer, states in enumerate(trace.hidden)
    ]
    return torch.stack(scores)


def decode_relevance(relevance: Tensor, trace: LayerTrace, head: LanguageModelHead) -> Tensor:
    """(L, B, T) what `score_decoded` makes of the layer relevance (L, B, T), the head called once a layer for all rows of a
    batch: several times as fast where they are many and short. For use without a graph."""
    last, ids, scores = len(trace.hidden) - 1, trace.batch.input_ids, torch.zeros_like(relevance)
    taken, is_no_target = head.take_columns(ids), ~trace.batch.is_content[:, None]  # (B, 1, T)
    for layer, states in enumerate(trace.hidden):
        gives = (relevance[layer] != 0).any(0)  # (T): at the last layer of many families the first position alone
        logits = head.own_columns(states[:, gives], ids, taken, layer == last).masked_fill_(is_no_target, -torch.inf)  # (B, I, T)
        scores[layer] = torch.bmm(relevance[layer][:, None, gives], logits.softmax(-1))[:, 0]
    return scores


def score_gradient_norm(trace: LayerTrace) -> Tensor:
    """(L, B, T) ‖g_j^l‖₂."""
    return trace.gradient.norm(dim=-1)


def score_grad_cam(trace: LayerTrace) -> Tensor:
    """(L, B, T) ReLU(⟨mean_i g_i^l, h_j^l⟩), the mean over the tokens of a text, padding apart."""
    present = trace.batch.attention_mask[None, :, :, None].to(trace.gradient)  # (1, B, T, 1)
    mean = trace.gradient.sum(2, keepdim=True) / present.sum(2, keepdim=True)  # (L, B, 1, D); gradients at padding are 0
    return (mean * trace.hidden).sum(-1).relu() * present[..., 0]


def score_absolute(trace: LayerTrace) -> Tensor:
    """(L, B, T) Σ_d |g_jd^l| |h_jd^l|."""
    return (trace.gradient * trace.hidden).abs().sum(-1)


def layer_mean(scores: Tensor) -> Tensor:
    """(1, T) mean over l of s^l / Σ_j |s_j^l| of a whole text (L, T); a layer without signal adds nothing (METHOD 6)."""
    total = scores.abs().sum(-1, keepdim=True)
    return torch.where(total > 0, scores / total.clamp_min(torch.finfo(scores.dtype).tiny), 0.0).mean(0, keepdim=True)


ONE_PASS_SCORERS: dict[str, Callable[[LayerTrace], Tensor]] = {
    "undecoded": layer_relevance,
    "gradient_norm": score_gradient_norm,
    "grad_cam": score_grad_cam,
    "absolute": score_absolute,
}


def score_one_pass(trace: LayerTrace, head: LanguageModelHead | None) -> dict[str, Tensor]:
    """Every method that one trace serves but the layer mean, name → (L, B, T); those that need a head only if there is one."""
    scores = {name: scorer(trace) for name, scorer in ONE_PASS_SCORERS.items()}
    if head is not None:
        with torch.no_grad():
            scores["decoded"] = score_decoded(trace, head)
    return scores


_SERIES: ContextVar[int] = ContextVar("series", default=0)


@contextmanager
def seeds_of_series(number: int) -> Iterator[None]:
    """Within it, in this thread, every seed is that of another series of draws, to see how much a result owes to chance.
    Series 0 is the one that pages and reports use."""
    before = _SERIES.set(number)
    try:
        yield
    finally:
        _SERIES.reset(before)


def seed_of(batch: TokenBatch) -> int:
    """A seed that depends on the token ids alone, and on the series if it is another one, so that a result can be made again."""
    ids = batch.input_ids[batch.attention_mask == 1].cpu().numpy().astype("<i8").tobytes()
    series = _SERIES.get()
    salt = series.to_bytes(8, "little") if series else b""
    return int.from_bytes(hashlib.blake2b(ids, digest_size=6, salt=salt).digest(), "big")


def stratified_levels(n_rows: int, n_tokens: int, draw: torch.Generator) -> Tensor:
    """(K, T) a_j = ((j − ½)/K)^{3/2}, in an order of its own for each token: a Latin hypercube (METHOD 4)."""
    nodes = ((torch.arange(n_rows) + 0.5) / n_rows) ** 1.5
    order = torch.rand(n_rows, n_tokens, generator=draw).argsort(dim=0)
    return nodes[order]


def fast_levels(n_tokens: int, draw: torch.Generator) -> Tensor:
    """(2, T) 0.3 ± u_i, u_i ~ U(−0.27, 0.27)."""
    shift = (2 * torch.rand(n_tokens, generator=draw) - 1) * FAST_SPREAD
    return torch.stack([FAST_CENTRE + shift, FAST_CENTRE - shift])


def path_levels(n_rows: int, n_tokens: int) -> Tensor:
    """(n_rows, T) all tokens in step through 0, .1, .25, .5, 1, with each step halved once (9 rows) or twice (17)."""
    nodes = torch.tensor([0.0, 0.1, 0.25, 0.5, 1.0])
    while len(nodes) < n_rows:
        halves = (nodes[1:] + nodes[:-1]) / 2
        nodes = torch.cat([nodes, halves]).sort().values
    return nodes[:, None].expand(-1, n_tokens)


def integrate_path(hidden: Tensor, gradient: Tensor) -> Tensor:
    """(L, T) trapezoid rule over the K rows of (L, K, T, D): Σ_k ⟨(g(k) + g(k+1))/2, h(k+1) − h(k)⟩."""
    mean = (gradient[:, 1:] + gradient[:, :-1]) / 2
    return (mean * (hidden[:, 1:] - hidden[:, :-1])).sum(-1).sum(1)


def average_strata(rows: LayerTrace, mask: Tensor) -> Tensor:
    """(L, T) from K + 2 rows, the first all masked and the last the text itself: (1/K) Σ_k ⟨g(k), h(text) − h(masked)⟩,
    at l = 0 in the coordinates of the word embeddings, as the definition was measured."""
    change = rows.hidden[:, -1] - rows.hidden[:, 0]  # (L, T, D)
    scores = (rows.gradient[:, 1:-1].mean(1) * change).sum(-1)
    scores[0] = _word_change(rows.word_gradient[1:-1], rows.words[-1] - mask, rows.batch)
    return scores


def _word_change(word_gradient: Tensor, change: Tensor, batch: TokenBatch) -> Tensor:
    """(T) mean over rows of ⟨∂y/∂e_i(k), e_i − e_mask⟩; 0 at special tokens, which no row ever changes."""
    return (word_gradient.mean(0) * change).sum(-1) * batch.is_content[0]


def score_rows(
    classifier: Classifier, batch: TokenBatch, name: str, target: int, against: int | None
) -> tuple[Tensor, Tensor | None, int | None]:
    """One on-demand method on ONE window: (L, T) or (1, T) scores, (L) gap in logits (path only), and the seed (stratified only)."""
    n_tokens, device = batch.input_ids.shape[1], batch.input_ids.device
    if name in PATH_NODES:
        rows = trace_rows(classifier, batch, path_levels(PATH_NODES[name], n_tokens).to(device), target, against)
        scores = integrate_path(rows.hidden, rows.gradient)
        y = rows.logits[:, target] - (0 if against is None else rows.logits[:, against])
        return scores, scores.sum(-1) - (y[-1] - y[0]), None
    seed = seed_of(batch)
    draw = torch.Generator().manual_seed(seed)
    _, mask = classifier.mask
    if name == "fast":
        rows = trace_rows(classifier, batch, fast_levels(n_tokens, draw).to(device), target, against)
        words = classifier.model.get_input_embeddings()(batch.input_ids)[0]
        return _word_change(rows.word_gradient, words - mask, rows.batch)[None], None, seed
    inner = stratified_levels(STRATA[name], n_tokens, draw)
    levels = torch.cat([torch.zeros(1, n_tokens), inner, torch.ones(1, n_tokens)]).to(device)
    return average_strata(trace_rows(classifier, batch, levels, target, against), mask), None, seed
