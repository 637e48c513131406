"""The language-model head on every state: what each layer reads at each token, over the whole vocabulary.

Rows are decoded a few hundred at a time, so that no tensor of L × T × V ever exists; the log-normaliser, ranks and
probabilities are exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from core.lm_head import LanguageModelHead, full
from core.memory import in_pieces

CHUNK_BYTES = 16 * 2**20  # logits of one chunk of rows; about what stays in a processor's cache
BLOCK = 64  # pieces; the best K pieces lie in the K blocks with the best maxima


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
    rows = max(1, CHUNK_BYTES // (4 * head.vocabulary_size))
    embedding = full(head.weight) if expected and head.weight is not None else None  # once: it copies what is in half precision
    parts = []

    def read(layer: int, span: slice) -> tuple:
        if progress:
            progress((layer + span.start / n_tokens) / n_states)
        logits = head.logits(hidden[layer, span], is_last=layer == n_states - 1)  # (rows, V)
        return _read_rows(logits, own_ids[span], top_k, embedding)

    with torch.no_grad():
        for layer in range(n_states):
            parts += in_pieces(partial(read, layer), n_tokens, str(hidden.device), rows)
    columns = [torch.cat(column).unflatten(0, (n_states, n_tokens)) if column[0] is not None else None for column in zip(*parts)]
    return Decoded(*columns)


def _read_rows(logits: Tensor, own_ids: Tensor, top_k: int, embedding: Tensor | None) -> tuple:
    """One chunk (rows, V) → the fields of Decoded. One scratch tensor serves every pass over V, which memory bounds."""
    own = logits.gather(1, own_ids[:, None])
    top, top_ids = blockwise_top_k(logits, top_k)
    scratch = torch.gt(logits, own, out=torch.empty_like(logits))
    rank = scratch.sum(-1).long() + 1
    best = top[:, :1]
    torch.sub(logits, best, out=scratch).exp_()  # at most 1: no overflow
    total = scratch.sum(-1, keepdim=True)
    normaliser = best + total.log()
    mean = (scratch @ embedding) / total if embedding is not None else None
    return top_ids, (top - normaliser).exp(), rank, (own - normaliser).squeeze(1), mean


def blockwise_top_k(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """`values.topk(k)` over the last axis of (rows, V), exact, by way of block maxima: one cheap pass over V instead of a sort."""
    k = min(k, values.shape[1])
    whole = values.shape[1] // BLOCK * BLOCK
    if whole // BLOCK < 4 * k:
        return values.topk(k)
    best = values[:, :whole].unflatten(1, (-1, BLOCK)).amax(-1).topk(k).indices  # (rows, k)
    inside = (best[..., None] * BLOCK + torch.arange(BLOCK, device=values.device)).flatten(1)
    rest = torch.arange(whole, values.shape[1], device=values.device).expand(len(values), -1)
    candidates = torch.cat([inside, rest], dim=1)
    top, index = values.gather(1, candidates).topk(k)
    return top, candidates.gather(1, index)
