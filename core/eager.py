"""Attention matrices and their gradients, of a classifier that is served with fused attention, which gives none.

For each pass a view of the model is made: every module is copied shallowly, so that all parameters are shared, and has a
config of its own that asks for eager attention, which transformers looks up while it computes. The served model is never
written to; threads may make views of it together.
"""

import copy
import textwrap
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from core.devices import is_out_of_memory
from core.errors import MethodError
from core.lm_head import full
from core.models import Classifier
from core.tokens import TokenBatch
from core.trace import LayerTrace, explained_logit

CLOSE = {"fp32": 1e-3}  # how far the view's logits and rows may be from what they should be
CLOSE_IN_HALF = 0.1


@dataclass(frozen=True, eq=False)
class EagerPass:
    """One forward and one backward pass with attention matrices. Large: 2 × layers × heads × T² numbers."""

    attentions: tuple[Tensor, ...]
    """(layers) each (1, heads, T, T): row i says how much position i takes from each position, and sums to 1."""
    gradients: tuple[Tensor, ...]
    """(layers) each (1, heads, T, T) ∂y/∂A, y the logit explained."""
    logits: Tensor
    """(1, C)"""


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """What the attention methods keep of one window's pass: the heads averaged."""

    mean: Tensor
    """(layers, T, T) E_h[A]; rows sum to 1."""
    relevance: Tensor
    """(layers, T, T) E_h[(∂y/∂A ⊙ A)⁺]"""


def eager_view(model: nn.Module) -> nn.Module:
    """A model that shares every parameter with `model` and computes its attention step by step."""
    modules: dict[int, nn.Module] = {}
    configs: dict[int, PreTrainedConfig] = {}

    def view_of(module: nn.Module) -> nn.Module:
        if id(module) not in modules:  # ALBERT has one layer in many places
            twin = modules[id(module)] = copy.copy(module)
            for name, value in vars(twin).items():
                if isinstance(value, PreTrainedConfig):
                    vars(twin)[name] = configs.setdefault(id(value), _eager_config(value))
                elif isinstance(value, dict):  # tables of hooks, buffers, children: the view's own
                    vars(twin)[name] = value.copy()
            twin._modules.update({name: view_of(child) for name, child in module._modules.items() if child is not None})
        return modules[id(module)]

    return view_of(model)


def _eager_config(config: PreTrainedConfig) -> PreTrainedConfig:
    config = copy.deepcopy(config)
    config._attn_implementation = "eager"
    return config


def eager_pass(classifier: Classifier, window: TokenBatch, target: int, against: int | None) -> EagerPass:
    """The attention matrices of ONE window (1, T), and the gradient of the logit explained with respect to each.

    Raises MethodError, in a sentence, for families that have no such matrices.
    """
    family, length = classifier.model.config.model_type, window.input_ids.shape[1]
    if classifier.model.config.is_encoder_decoder:
        reason = "a decoder reads the encoder's states by matrices of another kind, which these methods do not follow"
        raise MethodError(refusal(family, reason))
    try:
        output = _run(classifier, window)
        attentions = tuple(getattr(output, "attentions", None) or ())
        if not attentions or any(a is None or a.ndim != 4 or a.shape[2:] != (length, length) for a in attentions):
            raise MethodError(refusal(family, "its layers do not give one matrix over all tokens of the text"))
        explained = explained_logit(output.logits, target, against).sum()
        gradients = torch.autograd.grad(explained, attentions, allow_unused=True)
    except (TypeError, ValueError, AttributeError, RuntimeError, NotImplementedError, IndexError, KeyError) as error:
        if is_out_of_memory(error):
            raise
        said = textwrap.shorten(str(error) or type(error).__name__, 120, placeholder=" …").rstrip(".")
        raise MethodError(refusal(family, f"they can't be followed (“{said}”)")) from error
    if None in gradients:  # XLNet hands out copies
        raise MethodError(refusal(family, "those that it hands out are not those that it computes with"))
    return EagerPass(tuple(full(a.detach()) for a in attentions), tuple(map(full, gradients)), full(output.logits.detach()))


def refusal(family: str, reason: str) -> str:
    """The sentence for a family without attention matrices."""
    return f"The attention matrices of the family “{family}” are not to be had: {reason}. Use a method that reads gradients or hidden states."


def _run(classifier: Classifier, window: TokenBatch) -> Any:
    """The view's output, its graph rooted at the word embeddings: no parameter asks for a gradient."""
    view = eager_view(classifier.model)
    for path in classifier.rooting.embeddings:
        look_up = view.get_submodule(path)
        vars(look_up)["forward"] = partial(_root, look_up.forward)
    with torch.enable_grad():
        return view(input_ids=window.input_ids, **window.side_inputs, output_attentions=True, return_dict=True)


def _root(look_up: Any, *args: Any, **kwargs: Any) -> Tensor:
    return look_up(*args, **kwargs).detach().requires_grad_().clone()  # a clone: some families go on computing in place


def read_attention(classifier: Classifier, trace: LayerTrace, target: int, against: int | None) -> AttentionMaps:
    """The maps of the window that `trace` traced. Raises MethodError, also where eager attention does not say what the
    served model says, or where a row is no distribution."""
    found = eager_pass(classifier, trace.batch, target, against)
    family, close = classifier.model.config.model_type, CLOSE.get(classifier.dtype, CLOSE_IN_HALF)
    if not torch.allclose(found.logits, trace.logits, atol=close, rtol=close):
        raise MethodError(refusal(family, "computed step by step, its attention leads to other logits"))
    mean = torch.cat([a.mean(1) for a in found.attentions])  # (layers, T, T)
    if not torch.allclose(mean.sum(-1), mean.new_ones(()), atol=close):
        raise MethodError(refusal(family, "the rows of its matrices do not sum to 1"))
    pairs = zip(found.attentions, found.gradients)
    return AttentionMaps(mean, torch.cat([(gradient * a).relu().mean(1) for a, gradient in pairs]))
