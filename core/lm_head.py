"""Heads read off any hidden state: f_lm, and the classifier's own head, for every architecture without a table.

A transformers model is an encoder plus a head. Replace the encoder, which `base_model_prefix` names, by a
pass-through that returns the states it is given as `last_hidden_state`, and calling the model is calling its head.
The replacement is made in a shallow copy: the original model is never written to, so threads may share it.
"""

import copy

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions as BaseOutput


class PassThrough(nn.Module):
    """Stands where the encoder stood: gives back `inputs_embeds` as its last hidden state, with the encoder's own pooler.

    Any other attribute is answered by the encoder's children that are kept (some heads look up the word embeddings
    there), else with None (decoder classes ask their base for flags that a head does not need).
    """

    def __init__(self, kept: dict[str, nn.Module]):
        super().__init__()
        self._modules.update(kept)

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return None

    def forward(self, *_, inputs_embeds: Tensor, **__) -> BaseOutput:
        return BaseOutput(last_hidden_state=inputs_embeds, pooler_output=self._pooled(inputs_embeds))

    def _pooled(self, states: Tensor) -> Tensor | None:
        if self.pooler is None:
            return None
        if self.pooler_activation is None:
            return self.pooler(states)
        return self.pooler_activation(self.pooler(states[:, 0]))  # ALBERT keeps the two halves of its pooler apart


def _head_of(model: nn.Module) -> nn.Module:
    """A shallow copy of `model` whose encoder is a pass-through; it shares every weight and holds no encoder layer."""
    base = model.base_model
    embeddings = base.get_input_embeddings()
    kept = {
        name: child
        for name, child in base.named_children()
        if name.startswith("pooler") or any(module is embeddings for module in child.modules())
    }
    head = copy.copy(model)
    head._modules = dict(model._modules)
    head._modules[model.base_model_prefix] = PassThrough(kept)
    return head


def find_final_norm(base: nn.Module, input_ids: Tensor) -> nn.Module | None:
    """The normalisation that `base` applies to its last hidden state alone (decoders, ModernBERT), or None.

    Found by running `base` once on `input_ids` (1, T): it is the module outside the layers whose output is the last
    hidden state although the last layer's output is not. Hooks are set and removed here, before the model is shared.
    """
    outputs, handles = {}, []
    for module in base.modules():
        if "norm" in type(module).__name__.lower():
            handles.append(module.register_forward_hook(lambda norm, _, output: outputs.__setitem__(norm, output)))
    try:
        with torch.no_grad():
            last = base(input_ids=input_ids, return_dict=True).last_hidden_state
    finally:
        for handle in handles:
            handle.remove()
    in_layers = {module for layers in base.modules() if isinstance(layers, nn.ModuleList) for module in layers.modules()}
    for norm, output in outputs.items():
        if norm not in in_layers and output.numel() == last.numel() and torch.equal(output.view_as(last), last):
            return norm
    return None


class StateHead(nn.Module):
    """What heads share: a pass-through copy of a model, and the final norm that inner states still lack."""

    def __init__(self, model: nn.Module, final_norm: nn.Module | None):
        super().__init__()
        self.head = _head_of(model)
        self.final_norm = final_norm

    def _ready(self, states: Tensor, is_last: bool) -> Tensor:
        """States as the head expects them: transformers returns only the last one already normalised."""
        return states if is_last or self.final_norm is None else self.final_norm(states)


class ClassifierHead(StateHead):
    """The classifier's own head on any hidden state."""

    def logits(self, states: Tensor, input_ids: Tensor, attention_mask: Tensor, is_last: bool = True) -> Tensor:
        """(B, C) class logits of states (B, T, D) at one layer. `input_ids` (B, T) show decoders where a text ends."""
        states = self._ready(states, is_last)
        # Decoder classes refuse a batch without a padding token, although their head needs none row by row.
        by_row = getattr(self.head.config, "pad_token_id", None) is None
        parts = zip(*(part.split(1 if by_row else len(states)) for part in (states, input_ids, attention_mask)))
        return torch.cat([self.head(input_ids=i, attention_mask=a, inputs_embeds=s).logits for s, i, a in parts])


class LanguageModelHead(StateHead):
    """f_lm: the pre-trained language-model head on any hidden state of an encoder of the same width."""

    def __init__(self, model: nn.Module, final_norm: nn.Module | None):
        super().__init__(model, final_norm)
        decoder = model.get_output_embeddings()
        self.weight = getattr(decoder, "weight", None)
        self.bias = getattr(decoder, "bias", None)
        self.transform = self._split_off(decoder) if self.weight is not None else None

    def _split_off(self, decoder: nn.Linear) -> nn.Module | None:
        """The head without its decoder matrix if head = decoder ∘ transform, tried on random states; else None."""
        shared = {id(p): p for p in (*self.head.parameters(), *self.head.buffers())}
        transform = copy.deepcopy(self.head, shared)
        parents = [(m, n) for m in transform.modules() for n, c in m.named_children() if getattr(c, "weight", None) is decoder.weight]
        for parent, name in parents:
            if not isinstance(parent._modules[name], nn.Embedding):
                parent._modules[name] = nn.Identity()
        probe = torch.randn(1, 3, self.head.config.hidden_size, generator=torch.Generator().manual_seed(0)).to(decoder.weight)
        try:
            with torch.no_grad():
                whole = self.head(inputs_embeds=probe).logits
                parts = nn.functional.linear(transform(inputs_embeds=probe).logits, decoder.weight, decoder.bias)
        except (AttributeError, RuntimeError):  # a head that does more with its decoder than multiply by it (MobileBERT)
            return None
        return transform if whole.shape == parts.shape and torch.allclose(whole, parts, atol=1e-4, rtol=1e-4) else None

    @property
    def vocabulary_size(self) -> int:
        """V, the number of pieces the head scores."""
        return self.head.config.vocab_size

    def logits(self, states: Tensor, is_last: bool = True) -> Tensor:
        """(N, V) logits of states (N, D). Call it on a few hundred rows at a time: V is large."""
        return self.head(inputs_embeds=self._ready(states, is_last)[None]).logits[0]

    def columns(self, states: Tensor, ids: Tensor, is_last: bool = True) -> Tensor:
        """(N, n) logits of states (N, D) at the vocabulary ids (n) alone, without the other columns where the head allows."""
        if self.transform is None:
            return self.logits(states, is_last)[:, ids]
        hidden = self.transform(inputs_embeds=self._ready(states, is_last)[None]).logits[0]
        bias = self.bias[ids] if self.bias is not None else None
        return nn.functional.linear(hidden, self.weight[ids], bias)
