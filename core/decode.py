"""The language-model head on every state: what each layer reads at each token, over the whole vocabulary.

All layers are read together, one slab of the vocabulary after the other, so that no tensor of L × T × V exists beyond
`SLAB_BYTES`; the log-normaliser, ranks and probabilities are exact. What bounds the time is one matrix product, and each
further pass over V costs a tenth of it: hence many rows at once, in place, and no pass that few rows need.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from core.lm_head import LanguageModelHead, full
from core.memory import in_pieces

ROWS = 1024  # rows read at once: each time the decoder matrix is packed anew, which fewer rows don't repay
SLAB_BYTES = 16 * 2**20  # logits of these rows at once; about what stays in a processor's cache
FEW = 64  # rows of a slab that are looked through once more at a time
BLOCK = 64  # pieces; the best K pieces lie in the K blocks with the best maxima
SAFE_LOGIT = 60.0  # e^±60, times any vocabulary, is far from what fp32 can hold
LOWEST = torch.finfo(torch.float32).min  # in the place of −∞, which is no number once it is subtracted from itself


@dataclass(frozen=True, eq=False)
class Decoded:
    """What was read, in torch."""

    top_ids: Tensor
    """(L, T, K)"""
    top_probabilities: Tensor
    """(L, T, K)"""
    own_rank: Tensor
    """(L, T) 1 is best."""
    own_log_probability: Tensor
    """(L, T) nats."""
    expected: Tensor | None
    """(L, T, E) Σ_v p_v E_v, the mean embedding of what was read; only if asked for."""


_Read = tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]
"""The fields of Decoded of some rows (N)."""


def decode_states(
    head: LanguageModelHead,
    hidden: Tensor,
    own_ids: Tensor,
    top_k: int,
    expected: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Decoded:
    """Decode hidden (L, T, D); own_ids (T) are the tokens that stand there. `progress` is told the share done, 0 to 1."""
    n_states, n_tokens = hidden.shape[:2]
    states, own_ids = hidden.flatten(0, 1), own_ids.repeat(n_states)  # (N, D) and (N), N = L × T
    n_inner, embedding = len(states) - n_tokens, full(head.weight) if expected and head.weight is not None else None
    most = ROWS if head.transform is not None else max(1, SLAB_BYTES // (4 * head.vocabulary_size))
    size = _even(len(states), most)
    width = SLAB_BYTES // (4 * size)

    furthest = 0.0

    def read(rows: slice) -> _Read:
        def tell(share: float) -> None:  # of these rows, which are read anew in halves where memory was short
            nonlocal furthest
            furthest = max(furthest, (rows.start + share * len(own_ids[rows])) / len(states))
            if progress:
                progress(furthest)

        own, slabs = _open(head, states[rows], max(0, n_inner - rows.start), own_ids[rows], width, tell)
        return _read_rows(own, slabs, own_ids[rows], top_k, embedding)

    with torch.no_grad():
        parts = in_pieces(read, len(states), str(hidden.device), size)
    ids, probabilities, rank, own, mean = zip(*parts)

    def whole(column: tuple[Tensor, ...]) -> Tensor:  # (L, T, …)
        return torch.cat(column).unflatten(0, (n_states, n_tokens))

    return Decoded(whole(ids), whole(probabilities), whole(rank), whole(own), None if mean[0] is None else whole(mean))


def _even(n: int, most: int) -> int:
    """The size of parts of n, none larger than `most` and all nearly alike."""
    return -(-n // -(-n // most))


def _open(
    head: LanguageModelHead, states: Tensor, n_inner: int, own_ids: Tensor, width: int, tell: Callable[[float], None]
) -> tuple[Tensor, Iterator[tuple[int, Tensor]]]:
    """(N, 1) the logit of each row's own token, and the slabs of the vocabulary: where one starts, and its logits (N, n).

    The first `n_inner` of the states (N, D) are of inner layers, which decoders hand out without their final norm. `tell` is told
    before each slab which share of the vocabulary is read.
    """
    kinds = [(part, is_last) for part, is_last in ((states[:n_inner], False), (states[n_inner:], True)) if len(part)]
    if head.transform is None:
        tell(0.0)
        logits = torch.cat([head.logits(part, is_last) for part, is_last in kinds])
        return logits.gather(1, own_ids[:, None]), iter([(0, logits)])
    ready = torch.cat([head.transformed(part, is_last) for part, is_last in kinds])
    return head.own_logits(ready, own_ids), _slabs(head, ready, width, tell)


def _slabs(head: LanguageModelHead, ready: Tensor, width: int, tell: Callable[[float], None]) -> Iterator[tuple[int, Tensor]]:
    n_pieces = len(cast("Tensor", head.weight))  # there, as `transform` is
    step = -(-_even(n_pieces, width) // BLOCK) * BLOCK
    for start in range(0, n_pieces, step):
        tell(start / n_pieces)
        yield start, head.slab(ready, start, start + step)


def _read_rows(own: Tensor, slabs: Iterator[tuple[int, Tensor]], own_ids: Tensor, top_k: int, embedding: Tensor | None) -> _Read:
    """Rows (N) → the fields of Decoded. A slab is used up as it is read: its logits become e^logit in place."""
    tops: list[Tensor] = []
    ids: list[Tensor] = []
    rank = torch.ones_like(own_ids)
    normaliser, mean = torch.full_like(own, -torch.inf), None
    for start, logits in slabs:
        stop = start + logits.shape[1]
        here = ((own_ids >= start) & (own_ids < stop)).nonzero()[:, 0]
        logits[here, own_ids[here] - start] = own[here, 0]  # the same to the last bit: no token ranks behind itself
        top, index = blockwise_top_k(logits, top_k)
        rank += _count_above(logits, own, top)
        shift = 0.0 if bool((top[:, 0].abs() < SAFE_LOGIT).all()) else top[:, :1].clamp(min=LOWEST)
        weights = (logits.sub_(shift) if isinstance(shift, Tensor) else logits).exp_()
        total = weights.sum(1, keepdim=True)
        tops, ids, before = [*tops, top], [*ids, index + start], normaliser
        normaliser = torch.logaddexp(before, total.log() + shift)
        if embedding is not None:
            here_mean = (weights @ embedding[start:stop]) * (shift - normaliser).exp()
            mean = here_mean if mean is None else mean * (before - normaliser).exp() + here_mean
        del logits, weights  # the next slab takes their place in memory
    found = torch.cat(tops, 1)
    best, place = found.topk(min(top_k, found.shape[1]))
    return torch.cat(ids, 1).gather(1, place), (best - normaliser).exp(), rank, (own - normaliser).squeeze(1), mean


def _count_above(logits: Tensor, own: Tensor, top: Tensor) -> Tensor:
    """(N) how many of the logits (N, n) exceed own (N, 1). Where not all of the best (N, K) do, these are all that do, and
    most rows need no pass over n."""
    above = (top > own).sum(1)
    far = (above == top.shape[1]).nonzero()[:, 0]
    for part in far.split(FEW):
        rows = logits.index_select(0, part)  # row by row, a third of the time of `logits[part]`
        above[part] = torch.gt(rows, own[part], out=rows).sum(1).long()
    return above


def blockwise_top_k(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """`values.topk(k)` over the last axis of (rows, V), exact, by way of block maxima: one cheap pass over V instead of a sort."""
    k = min(k, values.shape[1])
    whole = values.shape[1] // BLOCK * BLOCK
    if whole // BLOCK < 4 * k:
        return values.topk(k)
    blocks, rest = values[:, :whole].unflatten(1, (-1, BLOCK)), values[:, whole:]
    best = blocks.amax(-1).topk(k).indices  # (rows, k)
    inside = blocks.gather(1, best[..., None].expand(-1, -1, BLOCK)).flatten(1)
    top, index = torch.cat([inside, rest], dim=1).topk(k)
    starts = torch.cat([best * BLOCK, best.new_full((len(values), 1), whole)], dim=1)  # of each block looked into, and of the rest
    return top, starts.gather(1, index // BLOCK) + index % BLOCK
