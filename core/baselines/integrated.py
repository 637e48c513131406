"""Integrated gradients over the word embeddings (Sundararajan et al. 2017, arXiv 1703.01365), by Gauss–Legendre quadrature."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.baselines.choices import LARGEST_GAP, PIECES, explained, gap_quality, share_of_change
from core.baselines.rows import baseline_of, blank_words, logit_at, reduce_gradients
from core.case import Case
from core.comparison import WordScores
from core.tokens import TokenBatch
from core.trace import LayerTrace, explained_logit

BASELINES = {"integrated_mask": "mask", "integrated_pad": "pad", "integrated_zero": "zero"}
FIRST_STEPS, MOST_STEPS = 20, 160


@dataclass(frozen=True, eq=False)
class Integral:
    """Integrated gradients of one window."""

    scores: Tensor
    """(T)"""
    gap: float
    """Σ scores − change, in logits."""
    change: float
    """y(text) − y(baseline)."""
    steps: int
    """Of the quadrature that gave the scores."""
    rows: int
    """Rows that were run, those of fewer steps included."""


def run_integrated(case: Case, name: str, steps: int | None = None) -> WordScores:
    """Integrated gradients from one of BASELINES with exactly `steps` steps; None: doubled until the gap is small."""
    blank_name, blank = blank_words(case, BASELINES[name])
    parts = [integrate(case, window, trace, blank, steps) for window, trace in zip(case.windows, case.traces)]
    used = ", ".join(str(part.steps) for part in parts)
    how = (
        "fixed"
        if steps is not None
        else f"doubled from {FIRST_STEPS} until the gap is under {LARGEST_GAP:.0%}, at most {MOST_STEPS}"
    )
    choices = (
        explained(case),
        ("baseline", f"{blank_name} in place of every piece; special tokens unchanged"),
        ("steps", f"{used} ({how})"),
        ("quadrature", "Gauss–Legendre"),
        PIECES,
    )
    quality = gap_quality(case, [(part.gap, part.change) for part in parts])
    scores = case.word_scores([part.scores[None] for part in parts])
    rows = sum(part.rows for part in parts)
    return WordScores(name, scores, choices=choices, qualities=(quality,), forwards=len(parts), backwards=rows)


def integrate(case: Case, window: TokenBatch, trace: LayerTrace, blank: Tensor, steps: int | None = None) -> Integral:
    """One window, from a text of `blank` embeddings to its own; see `run_integrated`."""
    words = trace.words[0]  # (T, E)
    baseline = baseline_of(window, words, blank)
    change = float(explained_logit(trace.logits, case.target, case.against)) - logit_at(case, window, baseline)
    n_steps, rows = steps or FIRST_STEPS, 0
    while True:
        scores = _quadrature(case, window, words, baseline, n_steps)
        gap, rows = float(scores.double().sum()) - change, rows + n_steps
        if steps is not None or share_of_change(gap, change) < LARGEST_GAP or 2 * n_steps > MOST_STEPS:
            return Integral(scores, gap, change, n_steps, rows)
        n_steps *= 2


def _quadrature(case: Case, window: TokenBatch, words: Tensor, baseline: Tensor, n_steps: int) -> Tensor:
    """(T) ⟨e_i − e'_i, Σ_k w_k ∂y/∂e_i(e' + α_k (e − e'))⟩ with the nodes α_k and weights w_k of Gauss and Legendre on 0 … 1."""
    nodes, weights = ((torch.from_numpy(part)).to(words) for part in _nodes(n_steps))
    change = words - baseline
    total = reduce_gradients(
        case,
        window,
        lambda rows: baseline + nodes[rows, None, None] * change,
        n_steps,
        lambda gradient, rows: torch.einsum("k,kte->te", weights[rows], gradient),
        f"Integrating gradients in {n_steps} steps",
    )
    return (total * change).sum(-1)


def _nodes(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(n) nodes and (n) weights on 0 … 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return (nodes + 1) / 2, weights / 2
