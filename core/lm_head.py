"""Heads read off any hidden state: f_lm, and the classifier's own head, for every architecture without a table.

A transformers model is an encoder plus a head. Replace the encoder, which `base_model_prefix` names, by a
pass-through that returns the states it is given as `last_hidden_state`, and calling the model is calling its head.
The replacement is made in a shallow copy: the original model is never written to, so threads may share it.
"""

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, BaseModelOutputWithPooling

Columns = tuple[Tensor, Tensor | None]
"""(B, E, n) of the decoder matrix, and (B, 1, n) of its bias, if it has one."""


def full(values: Tensor) -> Tensor:
    """At least fp32, whatever the model computes in."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


class StatesOnly(BaseModelOutputWithPooling):
    """An encoder's output that answers None for what a family's head looks up besides (router logits, entities, caches)."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


class PassThrough(nn.Module):
    """Stands where the encoder stood: gives back `inputs_embeds` as its last hidden state, with the encoder's own pooler.

    Any other attribute is answered by the encoder's children that are kept (some heads look up the word embeddings
    there), else with None (decoder classes ask their base for flags that a head does not need).
    """

    def __init__(self, kept: dict[str, nn.Module]):
        super().__init__()
        self._modules.update(kept)

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return None

    def forward(self, *_: object, inputs_embeds: Tensor, **__: object) -> StatesOnly:
        return StatesOnly(last_hidden_state=inputs_embeds, pooler_output=self._pooled(inputs_embeds))

    def _pooled(self, states: Tensor) -> Tensor | None:
        if self.pooler is None:
            return None
        if self.pooler_activation is None:
            return self.pooler(states)
        return self.pooler_activation(self.pooler(states[:, 0]))  # ALBERT keeps the two halves of its pooler apart


def _pass_through(base: PreTrainedModel, keeps_words: bool) -> PassThrough:
    """What stands for `base`: its pooler and, if asked for, the modules that hold its word embeddings; its layers never."""
    embeddings = base.get_input_embeddings()
    kept: dict[str, nn.Module] = {}
    for name, child in base.named_children():
        holds_words = any(module is embeddings for module in child.modules())
        if name.startswith("pooler"):
            kept[name] = child
        elif holds_words and any(isinstance(module, nn.ModuleList) for module in child.modules()):
            kept[name] = _pass_through(cast("PreTrainedModel", child), keeps_words)  # OPT's head calls the decoder in its base
        elif holds_words and keeps_words:
            kept[name] = child
    return PassThrough(kept)


def _head_of(model: PreTrainedModel, keeps_words: bool = True) -> PreTrainedModel:
    """A shallow copy of `model` whose encoder is a pass-through; it shares every weight and holds no encoder layer."""
    head = copy.copy(model)
    head._modules = dict(model._modules)
    head._modules[model.base_model_prefix] = _pass_through(_base_of(model), keeps_words)
    return head


def _base_of(model: PreTrainedModel) -> PreTrainedModel:
    return cast("PreTrainedModel", model.base_model)  # transformers itself calls it a module


def trunk_of(model: PreTrainedModel) -> nn.Module:
    """The part whose states are read: the base model, or the encoder of an encoder–decoder."""
    return _base_of(model).get_encoder() if model.config.is_encoder_decoder else model.base_model


def find_final_norm(base: nn.Module, input_ids: Tensor) -> str | None:
    """Path in `base` of the normalisation that is applied to its last hidden state alone (decoders, ModernBERT), or None.

    Found by running `base` once on `input_ids` (1, T): it is the module outside the layers whose output is the last
    hidden state although the last layer's output is not. Hooks are set and removed here, before the model is shared.
    """
    outputs: dict[str, Any] = {}
    handles = []
    for path, module in base.named_modules():
        if "norm" in type(module).__name__.lower():
            handles.append(module.register_forward_hook(lambda _, __, output, path=path: outputs.__setitem__(path, output)))
    try:
        with torch.no_grad():
            last = base(input_ids=input_ids, return_dict=True).last_hidden_state
    finally:
        for handle in handles:
            handle.remove()
    in_layers = {module for layers in base.modules() if isinstance(layers, nn.ModuleList) for module in layers.modules()}
    for path, output in outputs.items():
        is_outside = isinstance(output, Tensor) and base.get_submodule(path) not in in_layers
        if is_outside and output.numel() == last.numel() and torch.equal(output.view_as(last), last):
            return path
    return None


def norm_at(model: PreTrainedModel, path: str | None) -> nn.Module | None:
    """The final norm of a model of the same family, by the path that `find_final_norm` gave."""
    return None if path is None else trunk_of(model).get_submodule(path)


class StateHead(nn.Module):
    """What heads share: a head that takes states, and the final norm that inner states still lack."""

    def __init__(self, head: PreTrainedModel, final_norm: nn.Module | None):
        super().__init__()
        self.head = head
        self.final_norm = final_norm

    def _ready(self, states: Tensor, is_last: bool) -> Tensor:
        """States as the head expects them, in its own precision: transformers returns only the last one already normalised."""
        states = states.to(self.head.dtype)
        return states if is_last or self.final_norm is None else self.final_norm(states)


class ClassifierHead(StateHead):
    """The classifier's own head on any hidden state; of an encoder–decoder, its whole decoder is part of the head."""

    def __init__(self, model: PreTrainedModel, final_norm: nn.Module | None):
        super().__init__(model if model.config.is_encoder_decoder else _head_of(model), final_norm)

    def logits(self, states: Tensor, input_ids: Tensor, attention_mask: Tensor, is_last: bool = True) -> Tensor:
        """(B, C) class logits, in fp32, of states (B, T, D) at one layer. `input_ids` (B, T) show decoders where a text ends."""
        states = self._ready(states, is_last)
        is_whole = self.head.config.is_encoder_decoder
        given = {"encoder_outputs": BaseModelOutput(last_hidden_state=states)} if is_whole else {"inputs_embeds": states}
        return full(self.head(input_ids=input_ids, attention_mask=attention_mask, **given).logits)


def _there(weight: Tensor | None) -> Tensor:
    return cast("Tensor", weight)  # of a head that has a `transform`, and so its decoder matrix


class LanguageModelHead(StateHead):
    """f_lm: the pre-trained language-model head on any hidden state of an encoder of the same width.

    `keeps_words`: whether the head looks at the word embeddings besides its decoder matrix.
    """

    def __init__(self, model: PreTrainedModel, final_norm: nn.Module | None, keeps_words: bool = True):
        super().__init__(_head_of(model, keeps_words), final_norm)
        decoder = model.get_output_embeddings()
        self.weight: Tensor | None = getattr(decoder, "weight", None)
        self.bias: Tensor | None = getattr(decoder, "bias", None)
        self.transform = self._split_off(decoder) if self.weight is not None else None

    def _split_off(self, decoder: nn.Linear) -> nn.Module | None:
        """The head without its decoder matrix if head = decoder ∘ transform, tried on random states; else None."""
        shared = {id(p): p for p in (*self.head.parameters(), *self.head.buffers())}
        transform = copy.deepcopy(self.head, shared)
        parents = [(m, n) for m in transform.modules() for n, c in m.named_children() if getattr(c, "weight", None) is decoder.weight]
        for parent, name in parents:
            if not isinstance(parent._modules[name], nn.Embedding):
                parent._modules[name] = nn.Identity()
        width = self.head.config.get_text_config().hidden_size
        probe = torch.randn(1, 3, width, generator=torch.Generator().manual_seed(0)).to(decoder.weight)
        tolerance = 1e-4 if probe.dtype == torch.float32 else 5e-2
        try:
            with torch.no_grad():
                whole = self.head(inputs_embeds=probe).logits
                parts = nn.functional.linear(transform(inputs_embeds=probe).logits, decoder.weight, decoder.bias)
        except (AttributeError, RuntimeError):  # a head that does more with its decoder than multiply by it (MobileBERT)
            return None
        return transform if whole.shape == parts.shape and torch.allclose(whole, parts, atol=tolerance, rtol=tolerance) else None

    @property
    def vocabulary_size(self) -> int:
        """V, the number of pieces the head scores."""
        return self.head.config.get_text_config().vocab_size

    def logits(self, states: Tensor, is_last: bool = True) -> Tensor:
        """(N, V) logits, in fp32, of states (N, D). Call it on a few hundred rows at a time: V is large."""
        return full(self.head(inputs_embeds=self._ready(states, is_last)[None]).logits[0])

    def transformed(self, states: Tensor, is_last: bool = True) -> Tensor:
        """(N, E) what the decoder matrix multiplies, of states (N, D); only where `transform` is not None."""
        return self._through(self._ready(states, is_last)[None])[0]

    def _through(self, ready: Tensor) -> Tensor:
        return cast("nn.Module", self.transform)(inputs_embeds=ready).logits  # asked for only where it is there

    def slab(self, ready: Tensor, start: int, stop: int) -> Tensor:
        """(N, n) logits, in fp32, of what `transformed` gave (N, E) at the pieces from start to stop; a tensor of its own."""
        bias = self.bias[start:stop] if self.bias is not None else None
        return full(nn.functional.linear(ready, _there(self.weight)[start:stop], bias))

    def own_logits(self, ready: Tensor, ids: Tensor) -> Tensor:
        """(N, 1) logits of what `transformed` gave (N, E), in each row at the one piece of ids (N)."""
        logits = torch.bmm(ready[:, None], _there(self.weight)[ids][..., None])[:, 0]
        return full(logits if self.bias is None else logits + self.bias[ids][:, None])

    def columns(self, states: Tensor, ids: Tensor, is_last: bool = True) -> Tensor:
        """(N, n) logits of states (N, D) at the vocabulary ids (n) alone, without the other columns where the head allows."""
        if self.transform is None:
            return self.logits(states, is_last)[:, ids]
        bias = self.bias[ids] if self.bias is not None else None
        return full(nn.functional.linear(self.transformed(states, is_last), _there(self.weight)[ids], bias))

    def take_columns(self, ids: Tensor) -> Columns | None:
        """What `own_columns` needs of the pieces (B, n), taken once for all layers; None where the decoder can't be taken apart."""
        if self.transform is None:
            return None
        return _there(self.weight)[ids].transpose(1, 2), None if self.bias is None else self.bias[ids][:, None]

    def own_columns(self, states: Tensor, ids: Tensor, taken: Columns | None, is_last: bool = True) -> Tensor:
        """(B, T, n) logits of states (B, T, D), in each row at the vocabulary ids (B, n) of that row alone."""
        if taken is None:
            return torch.stack([self.columns(row, own, is_last) for row, own in zip(states, ids)])
        weight, bias = taken
        hidden = self._through(self._ready(states, is_last))
        return full(hidden @ weight if bias is None else torch.baddbmm(bias, hidden, weight))
