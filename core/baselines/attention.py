"""Attention read as an explanation: of the last layer, rolled out through all layers, and weighted with its gradient.

A^l is the attention matrix of layer l, one a head, row i what position i takes from each position; E_h the mean over heads;
p the positions that the classifier's head reads ([CLS], the last token of a decoder, or all), found where the gradient of
the last state is not zero. The rule of Chefer, Gur & Wolf (CVPR 2021) that replaces A by its LRP relevance is not here: it
needs a copy of each family's code in which every operation has a relevance rule of its own. What is here is their rule
for any model (ICCV 2021), which needs the matrices and their gradients alone.
"""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from core.baselines.choices import PIECES, explained
from core.case import Case
from core.comparison import WordScores
from core.eager import AttentionMaps
from core.errors import MethodError
from core.trace import LayerTrace

AGNOSTIC = ("class", "none: the scores are the same for every class")
AVERAGED = ("heads", "mean")


def read_positions(trace: LayerTrace) -> Tensor:
    """(n) p, the positions of a window (1, T) that the classifier's head reads. Raises MethodError where it reads none."""
    positions = trace.gradient[-1, 0].ne(0).any(-1).nonzero().squeeze(-1)
    if not len(positions):
        raise MethodError(
            "No gradient of the class reaches the last layer, so it can't be told which position the classifier reads. "
            "Explain another class, or use a method that hides words."
        )
    return positions


def start_at(trace: LayerTrace) -> Tensor:
    """(T) the mean over p of the unit vectors: the row that a product of matrices begins with."""
    positions = read_positions(trace)
    return trace.gradient.new_zeros(trace.gradient.shape[2]).index_fill(0, positions, 1 / len(positions))


def roll_out(start: Tensor, matrices: Iterable[Tensor]) -> Tensor:
    """(T) start · M^L ⋯ M^1, of a start (T) and matrices (T, T) from the first layer to the last."""
    for matrix in reversed(list(matrices)):
        start = start @ matrix
    return start


def score_last(maps: AttentionMaps, start: Tensor) -> Tensor:
    """(T) E_h[A^L] at p."""
    return start @ maps.mean[-1]


def score_rollout(maps: AttentionMaps, start: Tensor) -> Tensor:
    """(T) row p of Â^L ⋯ Â^1, Â = rownorm(E_h[A] + I)."""
    mixed = maps.mean + torch.eye(maps.mean.shape[-1], device=maps.mean.device)
    return roll_out(start, mixed / mixed.sum(-1, keepdim=True))


def score_relevance(maps: AttentionMaps, start: Tensor) -> Tensor:
    """(T) row p of R − I: R ← I, then at each layer R ← R + E_h[(∂y/∂A ⊙ A)⁺] R.

    Without I, with which a position begins as its own relevance: at [CLS] it is set to 0 in the original; a decoder reads
    its answer off the last word, which would always win.
    """
    identity = torch.eye(maps.relevance.shape[-1], device=maps.relevance.device)
    return roll_out(start, maps.relevance + identity) - start


def describe_positions(case: Case) -> tuple[str, str]:
    """The choice of p, for people."""
    trace = case.traces[0]
    positions, length = read_positions(trace), trace.batch.input_ids.shape[1]
    if len(positions) > 1:
        read = "all tokens, averaged" if len(positions) == length else f"{len(positions)} of {length} tokens, averaged"
    else:
        token = case.classifier.tokenizer.convert_ids_to_tokens(int(trace.batch.input_ids[0, positions[0]]))
        place = {0: "the first token", length - 1: "the last token"}.get(int(positions[0]), f"token {int(positions[0]) + 1}")
        read = f"{place}, “{token}”" if int(positions[0]) == 0 else place
    return "position read", f"{read}: what the classifier's head reads"


def _draws(case: Case, score: Callable[[AttentionMaps, Tensor], Tensor]) -> np.ndarray:
    starts = [start_at(trace) for trace in case.traces]
    return case.word_scores([score(maps, start)[None] for maps, start in zip(case.eager, starts)])


def run_last(case: Case) -> WordScores:
    """Attention of the last layer."""
    choices = (describe_positions(case), ("layer", "the last"), AVERAGED, AGNOSTIC, PIECES)
    return WordScores("attention_last", _draws(case, score_last), choices=choices, forwards=len(case.traces))


def run_rollout(case: Case) -> WordScores:
    """Attention rollout."""
    residual = "residual connection", "the identity is added, rows are divided by their sum"
    choices = (describe_positions(case), residual, AVERAGED, AGNOSTIC, PIECES)
    return WordScores("attention_rollout", _draws(case, score_rollout), choices=choices, forwards=len(case.traces))


def run_relevance(case: Case) -> WordScores:
    """Gradient × attention through all layers."""
    own = "own position", "the identity that the product begins with is taken away"
    choices = (explained(case), describe_positions(case), own, AVERAGED, PIECES)
    return WordScores("attention_relevance", _draws(case, score_relevance), choices=choices, backwards=len(case.traces))


ATTENTION_RUNS: dict[str, Callable[[Case], WordScores]] = {
    "attention_last": run_last,
    "attention_rollout": run_rollout,
    "attention_relevance": run_relevance,
}
