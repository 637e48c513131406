"""Where a representation comes from: layers of an encoder taken apart token by token.

Re-implemented from the papers; reference code was read for what they leave open. Symbols as in `encoder_layer`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from core.baselines.attention import AGNOSTIC, describe_positions, roll_out, start_at
from core.baselines.choices import PIECES, explained
from core.baselines.encoder_layer import EncoderLayer, Linear, Norm, chunks, read_head, read_layers
from core.case import Case
from core.comparison import Quality, WordScores
from core.errors import MethodError
from core.methods import LOGITS, OWN_SCALE
from core.outputs import is_regression
from core.trace import LayerTrace, explained_logit

LONGEST = 256  # tokens of a window that DecompX takes: it holds two tensors of T × T × D
ROLLED = ("layers", "rows divided by their sum; the product over all layers, no identity added")


def _rows_to_one(matrix: Tensor) -> Tensor:
    """(T, T) each row divided by its sum; a row of zeros stays."""
    return matrix / matrix.sum(-1, keepdim=True).clamp_min(torch.finfo(matrix.dtype).tiny)


def alti_contributions(layer: EncoderLayer) -> Tensor:
    """(T, T) c_ij = max(0, ‖y_i‖₁ − ‖y_i − T_i(x_j)‖₁), rows to 1; y = LN₁(z) is the attention block's output, T_i(x_j) the part
    of it that comes from x_j: Σ_j T_i(x_j) + LN₁'s share of b_O + β = y_i."""
    norm, z, own, rows_of = layer.norm1, layer.before_norm(), layer.norm1.centre(layer.x), []
    y, spread = norm(z), norm.spread(z)
    for rows, parts in layer.mix(norm.centre(layer.values())):  # spread · T_i(x_j), but for the residual connection
        parts[range(len(parts)), range(rows.start, rows.stop)] += own[rows]
        distance = torch.linalg.vector_norm(parts.sub_((y * spread)[rows, None]), ord=1, dim=-1) / spread[rows]
        rows_of.append((y[rows].abs().sum(-1, keepdim=True) - distance).relu())
    return _rows_to_one(torch.cat(rows_of))


def value_zeroing_distances(layer: EncoderLayer) -> Tensor:
    """(T, T) 1 − cos(output_i, output_i with v_j = 0 in every head), rows to 1."""
    rows_of, z = [], layer.before_norm()
    outputs = layer.finish(z)
    for rows, mixed in layer.mix(layer.values()):  # A does not depend on the values
        without = layer.finish(z[rows, None] - mixed)  # (n, T, D)
        rows_of.append((1 - F.cosine_similarity(outputs[rows, None], without, dim=-1)).clamp_min(0))
    return _rows_to_one(torch.cat(rows_of))


def share_out(bias: Tensor, parts: Tensor) -> Tensor:
    """The parts (…, J, D) with the bias (D) shared among them by |⟨part, bias⟩|, or equally where all are 0."""
    weights = (parts @ bias).abs()
    total = weights.sum(-1, keepdim=True)
    weights = torch.where(total > 0, weights / total.clamp_min(torch.finfo(total.dtype).tiny), 1 / parts.shape[-2])
    return parts + weights[..., None] * bias


def _slope(activation: Callable[[Tensor], Tensor], before: Tensor) -> Tensor:
    """f(z)/z, the slope of the line through the origin; 1 at z = 0, where there is nothing to share out."""
    return torch.where(before == 0, 1.0, activation(before) / torch.where(before == 0, 1.0, before))


def _bend(parts: Tensor, linear: Linear, activation: Callable[[Tensor], Tensor]) -> Tensor:
    """f(W · + b) of the sum over J, of parts (…, J, D), shared out: each part times the slope."""
    before = share_out(linear.bias, linear.turn(parts))
    return before * _slope(activation, before.sum(-2, keepdim=True))


def _normalise(norm: Norm, parts: Tensor) -> Tensor:
    return share_out(norm.bias, norm.centre(parts) / norm.spread(parts.sum(1, keepdim=True)))


def decompose(layers: list[EncoderLayer], tell: Callable[[float], None]) -> Tensor:
    """(T, T, D) after the last layer: what of position i comes from token j. Sums over j to the hidden state."""
    first = layers[0].x
    parts = torch.diag_embed(first.T).permute(1, 2, 0).contiguous()  # (T, T, D): at first each position is its own
    for index, layer in enumerate(layers):
        tell(index / len(layers))
        mixed = _mix_parts(layer, parts)
        bias = layer.out(layer.value.bias)  # rows of A sum to 1
        for rows in chunks(len(first)):
            a = _normalise(layer.norm1, share_out(bias, mixed[rows] + parts[rows]))
            inner = layer.second.turn(_bend(a, layer.first, layer.activation))
            parts[rows] = _normalise(layer.norm2, a + share_out(layer.second.bias, inner))
    return parts


def _mix_parts(layer: EncoderLayer, parts: Tensor) -> Tensor:
    """(T, T, D) Σ_k Σ_h A_ik^h W_O^h W_V^h x_kj, of parts x_kj (T, T, D); head by head, so that no more is held at once."""
    mixed = torch.zeros_like(parts)
    values = layer.value.weight.unflatten(0, (layer.n_heads, -1))  # (heads, D/heads, D)
    for attention, value, out in zip(layer.attention(), values, layer.out_by_head()):
        mixed += torch.einsum("ik,kjd->ijd", attention, parts @ value.T) @ out
    return mixed


def decompose_logits(case: Case, trace: LayerTrace, layers: list[EncoderLayer], tell: Callable[[float], None]) -> Tensor:
    """(T, C) what each token adds to each logit; sums over tokens to the logits."""
    dense, activation, last = read_head(case.classifier)
    at_first = decompose(layers, tell)[0]  # (T, D): the head reads the first position
    return share_out(last.bias, last.turn(_bend(at_first, dense, activation)))


def _windows(case: Case, doing: str) -> Iterator[tuple[LayerTrace, list[EncoderLayer], Callable[[float], None]]]:
    """Each window's trace, its layers, and what to call with the share of them done; raises what the engine's `tell` raises."""
    for done, trace in enumerate(case.traces):
        tell = partial(_tell, case, doing, done)
        tell(0.0)
        yield trace, read_layers(case.classifier, trace), tell


def _tell(case: Case, doing: str, done: int, share: float) -> None:
    case.tell(doing, (done + share) / len(case.traces))


@torch.no_grad()
def _rolled(case: Case, name: str, matrix_of: Callable[[EncoderLayer], Tensor], choices: tuple[Any, ...], forwards: int) -> WordScores:
    parts = []
    for trace, layers, tell in _windows(case, f"Following tokens through the layers ({name})"):
        matrices = []
        for index, layer in enumerate(layers):
            tell(index / len(layers))
            matrices.append(matrix_of(layer))
        parts.append(roll_out(start_at(trace), matrices)[None])
    told = (describe_positions(case), *choices, ROLLED, AGNOSTIC, PIECES)
    return WordScores(name, case.word_scores(parts), choices=told, forwards=forwards)


def run_alti(case: Case) -> WordScores:
    """Aggregation of layer-wise token-to-token interactions."""
    distance = "distance", "sum of absolute differences (L1)"
    part = "part of the layer", "attention, residual connection and first norm"
    return _rolled(case, "alti", alti_contributions, (distance, part), len(case.traces))


def run_value_zeroing(case: Case) -> WordScores:
    """Value zeroing."""
    zeroed = "zeroed", "the value vectors of one token in all heads of one layer"
    rows = sum(trace.batch.input_ids.shape[1] for trace in case.traces)  # T rows of every layer are as T rows of the model
    distance = "distance", "1 − cosine of the layer's outputs"
    return _rolled(case, "value_zeroing", value_zeroing_distances, (distance, zeroed), rows)


@torch.no_grad()
def run_decompx(case: Case) -> WordScores:
    """DecompX."""
    longest = max(trace.batch.input_ids.shape[1] for trace in case.traces)
    if longest > LONGEST:
        told = f"it takes at most {LONGEST} tokens at once, and this text has {longest}"
        raise MethodError(f"DecompX holds a vector for every pair of tokens: {told}. Shorten the text.")
    parts, gaps, n_rows = [], [], 0
    for trace, layers, tell in _windows(case, "Taking the answer apart (decompx)"):
        logits = decompose_logits(case, trace, layers, tell)
        parts.append(explained_logit(logits, case.target, case.against)[None])
        gaps.append(float(parts[-1].sum() - explained_logit(trace.logits, case.target, case.against)))
        n_rows += len(logits)
    choices = (
        explained(case),
        ("activations", "a line through the origin"),
        ("biases", "shared among the tokens by |⟨part, bias⟩|"),
        ("special tokens", "have a share of their own, which is not shown"),
        PIECES,
    )
    unit = OWN_SCALE if is_regression(case.classifier) else LOGITS
    meaning = "Sum over all tokens, special ones too, less the logit explained: 0 but for rounding."
    gap = Quality("gap", "left over", max(gaps, key=abs), unit, abs(max(gaps, key=abs)) < 0.01, meaning)
    return WordScores("decompx", case.word_scores(parts), choices=choices, qualities=(gap,), forwards=n_rows)


DECOMPOSITION_RUNS: dict[str, Callable[[Case], WordScores]] = {
    "alti": run_alti,
    "value_zeroing": run_value_zeroing,
    "decompx": run_decompx,
}
