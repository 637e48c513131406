"""One layer of an encoder that normalises after its two blocks, taken apart: for methods that follow tokens through it.

x (T, D) is the layer's input, A its attention, v_j^h the value vector of position j in head h:
    z_i = Σ_j Σ_h A_ij^h W_O^h v_j^h + b_O + x_i,  a = LN₁(z),  u = a + W₂ f(W₁ a + b₁) + b₂,  output = LN₂(u)
Everything is in fp32, and on the classifier's own weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.errors import MethodError
from core.lm_head import full
from core.models import Classifier
from core.trace import LayerTrace

ROWS = 4096  # pairs of positions that are held at once
TRUE_TO = {"fp32": 1e-3}  # how far a layer that is put together again may be from the model's own, at the size of its states
TRUE_TO_IN_HALF = 0.1

_BERT = {
    "layers": "encoder.layer", "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "out": "attention.output.dense", "norm1": "attention.output.LayerNorm", "first": "intermediate.dense",
    "activation": "intermediate.intermediate_act_fn", "second": "output.dense", "norm2": "output.LayerNorm",
}  # fmt: skip
_DISTILBERT = {
    "layers": "transformer.layer", "query": "attention.q_lin", "key": "attention.k_lin", "value": "attention.v_lin",
    "out": "attention.out_lin", "norm1": "sa_layer_norm", "first": "ffn.lin1", "activation": "ffn.activation", "second": "ffn.lin2",
    "norm2": "output_layer_norm",
}  # fmt: skip
_POOLED = ("bert.pooler.dense", torch.tanh, "classifier")
_DENSE = ("classifier.dense", torch.tanh, "classifier.out_proj")
FAMILIES: dict[str, tuple[dict[str, str], tuple[str, Callable[..., Any], str]]] = {
    "bert": (_BERT, _POOLED),
    "roberta": (_BERT, _DENSE),
    "xlm-roberta": (_BERT, _DENSE),
    "camembert": (_BERT, _DENSE),
    "electra": (_BERT, ("classifier.dense", F.gelu, "classifier.out_proj")),
    "ernie": (_BERT, ("ernie.pooler.dense", torch.tanh, "classifier")),
    "distilbert": (_DISTILBERT, ("pre_classifier", torch.relu, "classifier")),
}
"""Family → the names of a layer's parts, and its head on the first position: dense, activation, dense."""


@dataclass(frozen=True, eq=False)
class Linear:
    """y = W x + b."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def turn(self, x: Tensor) -> Tensor:
        """W x, without the bias."""
        return F.linear(x, self.weight)


@dataclass(frozen=True, eq=False)
class Norm:
    """LN(z) = γ ⊙ (z − mean z) / √(var z + ε) + β."""

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, z: Tensor) -> Tensor:
        return F.layer_norm(z, z.shape[-1:], self.weight, self.bias, self.epsilon)

    def centre(self, parts: Tensor) -> Tensor:
        """(…, D) γ ⊙ (part − mean part): what of the norm is linear."""
        return self.weight * (parts - parts.mean(-1, keepdim=True))

    def spread(self, whole: Tensor) -> Tensor:
        """(…, 1) √(var z + ε), by which all parts of one z are divided. Σ centre(part) / spread(Σ part) = LN(Σ part) − β."""
        return (whole.var(-1, unbiased=False, keepdim=True) + self.epsilon).sqrt()


@dataclass(frozen=True, eq=False)
class EncoderLayer:
    """One layer, and its input."""

    x: Tensor
    """(T, D)"""
    n_heads: int
    query: Linear
    key: Linear
    value: Linear
    out: Linear
    norm1: Norm
    first: Linear
    second: Linear
    norm2: Norm
    activation: Callable[[Tensor], Tensor]

    def heads(self, states: Tensor) -> Tensor:
        """(heads, T, D/heads) of (T, D)."""
        return states.unflatten(-1, (self.n_heads, -1)).transpose(0, 1)

    def attention(self) -> Tensor:
        """(heads, T, T) A"""
        query, key = self.heads(self.query(self.x)), self.heads(self.key(self.x))
        return (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1)

    def out_by_head(self) -> Tensor:
        """(heads, D/heads, D) W_O^h, transposed"""
        return self.out.weight.T.unflatten(0, (self.n_heads, -1))

    def values(self) -> Tensor:
        """(heads, T, D) W_O^h v_j^h"""
        return self.heads(self.value(self.x)) @ self.out_by_head()

    def mix(self, values: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """For some positions i at a time, their slice and Σ_h A_ij^h values_j^h (n, T, D), of values (heads, T, D)."""
        values = values.transpose(0, 1).contiguous()  # (T, heads, D)
        attention = self.attention().permute(2, 1, 0)  # (T_j, T_i, heads)
        for rows in chunks(len(self.x)):
            yield rows, (attention[:, rows] @ values).transpose(0, 1)

    def before_norm(self) -> Tensor:
        """(T, D) z"""
        return (self.attention() @ self.values()).sum(0) + self.out.bias + self.x

    def finish(self, z: Tensor) -> Tensor:
        """(…, D) the layer's output, of z (…, D)."""
        a = self.norm1(z)
        return self.norm2(a + self.second(self.activation(self.first(a))))


def chunks(length: int) -> Iterator[slice]:
    """Slices of the positions 0 … T − 1, so few that ROWS pairs with all T are not exceeded."""
    step = max(1, ROWS // length)
    return (slice(start, min(start + step, length)) for start in range(0, length, step))


def read_layers(classifier: Classifier, trace: LayerTrace) -> list[EncoderLayer]:
    """The layers of the model with the states that `trace` of a window (1, T) found before each.

    Raises MethodError for another family, and where a layer put together again is not the model's.
    """
    names, _ = _anatomy(classifier)
    config, layers = classifier.model.config, cast("nn.ModuleList", classifier.model.base_model.get_submodule(names["layers"]))
    read = [_read_layer(layer, names, config.num_attention_heads, trace.hidden[index, 0]) for index, layer in enumerate(layers)]
    after = trace.hidden[len(read), 0]
    tolerance = TRUE_TO.get(classifier.dtype, TRUE_TO_IN_HALF) * max(1.0, float(after.abs().max()))
    if float((read[-1].finish(read[-1].before_norm()) - after).abs().max()) > tolerance:
        raise MethodError(
            f"This model of the family “{config.model_type}” computes its layers otherwise than the family does, so they can't be taken apart. "
            "Use a method that needs no more than gradients."
        )
    return read


def read_head(classifier: Classifier) -> tuple[Linear, Callable[[Tensor], Tensor], Linear]:
    """The classifier's head on the first position: dense, activation, dense. Raises MethodError for another family."""
    dense, activation, last = _anatomy(classifier)[1]
    model = classifier.model
    return _linear(model.get_submodule(dense)), activation, _linear(model.get_submodule(last))


def _anatomy(classifier: Classifier) -> tuple[dict[str, str], tuple[Any, ...]]:
    config = classifier.model.config
    if config.model_type not in FAMILIES or getattr(config, "is_decoder", False):
        raise MethodError(
            f"Layers of the family “{config.model_type}” can't be taken apart. This method serves encoders of the families {', '.join(FAMILIES)}."
        )
    return FAMILIES[config.model_type]


def _read_layer(layer: nn.Module, names: dict[str, str], n_heads: int, x: Tensor) -> EncoderLayer:
    part = {name: layer.get_submodule(path) for name, path in names.items() if name not in ("layers", "activation")}
    query, key, value, out, first, second = (_linear(part[name]) for name in ("query", "key", "value", "out", "first", "second"))
    norm1, norm2 = (_norm(part[name]) for name in ("norm1", "norm2"))
    parent, _, name = names["activation"].rpartition(".")
    activation = getattr(layer.get_submodule(parent), name)  # may be a plain function
    return EncoderLayer(x, n_heads, query, key, value, out, norm1, first, second, norm2, activation)


def _linear(module: nn.Module) -> Linear:
    return Linear(full(module.get_parameter("weight")), full(module.get_parameter("bias")))


def _norm(module: nn.Module) -> Norm:
    return Norm(full(module.get_parameter("weight")), full(module.get_parameter("bias")), cast("float", module.eps))
