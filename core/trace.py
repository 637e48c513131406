"""One forward pass and one `torch.autograd.grad`: every layer's hidden state and gradient at once.

The only file of the layer method that calls autograd. No hooks and no `.grad`: parameters are frozen and the graph is
rooted at the word embeddings (`rooting.py`), so nothing shared is written and threads may use one model together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.lm_head import full
from core.memory import in_pieces
from core.models import Classifier
from core.tokens import TokenBatch


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """Hidden states and gradients of a batch, in fp32 whatever the model computes in; y is the logit explained."""

    batch: TokenBatch
    logits: Tensor
    """(B, C)"""
    hidden: Tensor
    """(L, B, T, D)"""
    gradient: Tensor
    """(L, B, T, D) ∂y/∂hidden; exactly 0 at padding."""
    words: Tensor
    """(B, T, E) the word embeddings that went in; E is D in most families."""
    word_gradient: Tensor
    """(B, T, E) ∂y/∂words"""


def explained_logit(logits: Tensor, target: int | Tensor, against: int | None) -> Tensor:
    """(B) y_target, or the contrast y_target − y_against; `target` (B) where each row explains a class of its own."""
    chosen = logits.gather(1, target[:, None])[:, 0] if isinstance(target, Tensor) else logits[:, target]
    return chosen if against is None else chosen - logits[:, against]


def predict_logits(classifier: Classifier, batch: TokenBatch) -> Tensor:
    """(B, C) class logits, without a graph."""
    with torch.no_grad():
        return full(classifier.model(input_ids=batch.input_ids, **batch.side_inputs, return_dict=True).logits)


def trace_layers(
    classifier: Classifier, batch: TokenBatch, target: int | Tensor | None = None, against: int | None = None
) -> LayerTrace:
    """Trace a batch of windows. `target` None: the class with the highest mean logit, known after the forward pass; (B): a
    class for each row, −1 for the row's own highest logit."""
    words = classifier.model.get_input_embeddings()(batch.input_ids)  # (B, T, E)
    return _trace(classifier, batch, words, target, against)


def trace_rows(classifier: Classifier, batch: TokenBatch, levels: Tensor, target: int, against: int | None = None) -> LayerTrace:
    """Trace K partly masked copies of ONE window in one batch (METHOD 4).

    levels (K, T): 1 keeps a word embedding, 0 puts the [MASK] embedding there, e = e_mask + level (e_word − e_mask);
    special tokens are never changed.
    """
    words = classifier.model.get_input_embeddings()(batch.input_ids)  # (1, T, E)
    _, mask = classifier.mask
    kept = torch.where(batch.is_content, levels, torch.ones_like(levels))[..., None]  # (K, T, 1)

    def trace(rows: slice) -> LayerTrace:
        mixed = torch.lerp(mask.expand_as(words), words, kept[rows].to(words))
        return _trace(classifier, batch.repeat(len(mixed)), mixed, target, against)

    parts = in_pieces(trace, len(levels), classifier.device)
    return parts[0] if len(parts) == 1 else _join(batch.repeat(len(levels)), parts)


def word_gradients(
    classifier: Classifier, window: TokenBatch, words: Tensor, target: int, against: int | None = None
) -> tuple[Tensor, Tensor]:
    """(K, T, E) ∂y/∂words and (K, C) logits, both at least fp32, of K rows of word embeddings (K, T, E) in place of ONE
    window's own; no state of any layer is kept. `classifier` may be a copy with another `model`."""
    batch = window.repeat(len(words))
    with torch.enable_grad():
        words = words.detach().requires_grad_()
        _, logits = classifier.rooting.run(classifier.model, {"input_ids": batch.input_ids, **batch.side_inputs}, words)
        (gradient,) = torch.autograd.grad(explained_logit(logits, target, against).sum(), [words])
    return full(gradient), full(logits.detach())


def _join(batch: TokenBatch, parts: list[LayerTrace]) -> LayerTrace:
    """Traces of some rows each → the trace of all."""
    rows_first = {name: torch.cat([getattr(part, name) for part in parts]) for name in ("logits", "words", "word_gradient")}
    layers_first = {name: torch.cat([getattr(part, name) for part in parts], dim=1) for name in ("hidden", "gradient")}
    return LayerTrace(batch, **rows_first, **layers_first)


def _trace(
    classifier: Classifier, batch: TokenBatch, words: Tensor, target: int | Tensor | None, against: int | None
) -> LayerTrace:
    with torch.enable_grad():
        words = words.detach().requires_grad_()
        states, logits = classifier.rooting.run(classifier.model, {"input_ids": batch.input_ids, **batch.side_inputs}, words)
        if target is None:
            target = int(logits.detach().mean(0).argmax())
        elif isinstance(target, Tensor):
            target = torch.where(target < 0, logits.detach().argmax(-1), target)
        explained = explained_logit(logits, target, against).sum()
        word_gradient, *gradient = torch.autograd.grad(explained, [words, *states], allow_unused=True, materialize_grads=True)

    def stack(parts: list[Tensor]) -> Tensor:  # (L, B, T, D)
        return torch.stack([full(classifier.rooting.orient(part.detach(), batch.input_ids)) for part in parts])

    return LayerTrace(batch, full(logits.detach()), stack(states), stack(gradient), full(words.detach()), full(word_gradient))
