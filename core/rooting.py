"""Root a classifier's graph at its word embeddings, and see every state inside it, without writing to the model.

For each call a shallow copy is made of the modules on the way to the word embeddings; it shares every parameter, and only
there the look-up gives back the embeddings that were handed in. What runs is transformers' own classifier, so its logits
are transformers' own, and threads may share the model: no hook is set and nothing is written while texts are analysed.
"""

import copy
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from core.errors import ModelError

Forward = Callable[..., object]
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Rooting:
    """Where the graph of one architecture begins, and where its states are found. Holds no weights."""

    embeddings: tuple[str, ...]
    """Paths of the modules that look up word embeddings: one, or one each for an encoder and a decoder."""
    recorded: tuple[str, ...] = ()
    """(L) paths of the modules whose outputs are the states, where a family hands out copies cut from them; else empty."""
    is_time_first: bool = False
    """Whether the recorded outputs are (T, B, D)."""

    def run(self, model: PreTrainedModel, inputs: dict[str, Tensor], words: Tensor) -> tuple[list[Tensor], Tensor]:
        """(L) hidden states, each (B, T, D) or as `orient` takes it, and logits (B, C), both in the graph of `words` (B, T, E).

        `inputs`: input_ids (B, T), attention_mask and what else the classifier takes.
        """
        forwards: dict[str, Forward] = {}
        found: dict[int, Tensor] = {}
        for path in self.embeddings:
            forwards[path] = partial(_look_up, model.get_submodule(path), inputs["input_ids"], words)
        for layer, path in enumerate(self.recorded):
            forwards[path] = partial(_record, forwards.get(path) or model.get_submodule(path).forward, found, layer)
        output = with_forwards(model, forwards)(**inputs, output_hidden_states=True, return_dict=True)
        states = [found[layer] for layer in range(len(self.recorded))] if self.recorded else list(states_of(output))
        return states, output.logits

    def orient(self, state: Tensor, like: Tensor) -> Tensor:
        """(B, T, D) of a state that `run` gave: without what the family padded behind the T tokens of `like` (B, T)."""
        state = state.transpose(0, 1) if self.is_time_first else state
        return state[:, : like.shape[1]]


def states_of(output: object) -> tuple[Tensor, ...]:
    """The hidden states of a classifier's output; of an encoder–decoder, the encoder's."""
    states = getattr(output, "hidden_states", None)
    return (states if states is not None else getattr(output, "encoder_hidden_states", None)) or ()


def table_size(model: PreTrainedModel) -> int | None:
    """Pieces that the model has an embedding of; None where it keeps no table of them. A tokenizer may have been given more."""
    weight = getattr(model.get_input_embeddings(), "weight", None)
    return None if weight is None else len(weight)


def padding_of(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """The piece to pad with, which is masked: any, if the tokenizer has none or was given one that the model never learned."""
    pad, size = tokenizer.pad_token_id or 0, table_size(model)
    return pad if size is None or pad < size else 0


def with_forwards(model: PreTrainedModel, forwards: Mapping[str, Forward]) -> PreTrainedModel:
    """A copy of `model` in which the modules at these paths compute something else; everything else is shared."""
    whole = _open_copy(model)
    copies: dict[str, nn.Module] = {"": whole}
    for path, forward in forwards.items():
        here, parent = "", copies[""]
        for name in path.split("."):
            here = f"{here}.{name}" if here else name
            if here not in copies:
                copies[here] = parent._modules[name] = _open_copy(parent.get_submodule(name))
            parent = copies[here]
        parent.__dict__["forward"] = forward
    return whole


def _open_copy(module: Module) -> Module:
    twin = copy.copy(module)
    twin._modules = dict(module._modules)
    return twin


def _look_up(embedding: nn.Module, known: Tensor, words: Tensor, ids: Tensor, *_: object, **__: object) -> Tensor:
    """The embeddings `words` (B, T, E) of the text's own ids `known` (B, T), wherever the family asks for them: as they are,
    time first (XLNet), with padding behind (Longformer), or shifted behind a start token (the decoder of BART and T5)."""
    length = known.shape[1]
    if ids.shape == known.shape and torch.equal(ids, known):
        return words.clone()  # some families go on computing in place
    if torch.equal(ids, known.T):
        return words.transpose(0, 1).clone()
    if ids.shape[1] > length and torch.equal(ids[:, :length], known):
        return torch.cat([words, embedding(ids[:, length:])], dim=1)
    if ids.shape == known.shape and torch.equal(ids[:, 1:], known[:, :-1]):
        return torch.cat([embedding(ids[:, :1]), words[:, :-1]], dim=1)
    return embedding(ids)


def _record(forward: Forward, found: dict[int, Tensor], layer: int, *args: Any, **kwargs: Any) -> Any:
    output = forward(*args, **kwargs)
    found[layer] = cast("Tensor", _tensor_in(output))  # there was one when the rooting was found
    return output


def _tensor_in(output: object) -> Tensor | None:
    first = output[0] if isinstance(output, tuple) and output else output
    return first if isinstance(first, Tensor) else None


@dataclass(frozen=True, eq=False)
class Trial:
    """What the model said of the text on which its rooting was found."""

    rooting: Rooting
    states: tuple[Tensor, ...]
    """(L) hidden states (1, T, D)"""
    logits: Tensor
    """(1, C)"""


def find_rooting(model: PreTrainedModel, inputs: dict[str, Tensor]) -> Trial:
    """How to root this architecture, tried on the text `inputs` (1, T). Raises ModelError for a family that can't be rooted."""
    family = model.config.model_type
    try:
        with torch.no_grad():
            plain = model(**inputs, output_hidden_states=True, return_dict=True)
        states, shape = states_of(plain), inputs["input_ids"].shape
        if len(states) < 2 or any(state.shape[:2] != shape or state.shape != states[0].shape for state in states):
            raise ModelError(refusal(family, "its layers do not give one state of one width for each token of the text"))
        plainly = Rooting(_embedding_paths(model))
        rooting = plainly if _is_rooted(model, plainly, inputs, plain) else _find_recorded(model, plainly, inputs, states)
        if rooting is None or not _is_rooted(model, rooting, inputs, plain):
            raise ModelError(refusal(family, "no gradient reaches its hidden states"))
    except (TypeError, ValueError, AttributeError, RuntimeError, NotImplementedError, IndexError, KeyError) as error:
        said = textwrap.shorten(str(error) or type(error).__name__, 120, placeholder=" …").rstrip(".")
        raise ModelError(refusal(family, f"its layers can't be followed from its word embeddings (“{said}”)")) from error
    return Trial(rooting, states, plain.logits)


def refusal(family: str, reason: str) -> str:
    """The sentence for a family that can't be analysed."""
    return f"Models of the family “{family}” can't be traced: {reason}. Use a classifier of another family."


def _embedding_paths(model: PreTrainedModel) -> tuple[str, ...]:
    """Every place where the words' embeddings are looked up: tied copies too, but no decoder matrix."""
    table = model.get_input_embeddings()
    modules = model.named_modules(remove_duplicate=False)
    return tuple(
        path for path, module in modules if module is table or (isinstance(module, nn.Embedding) and module.weight is table.weight)
    )


def _is_rooted(model: PreTrainedModel, rooting: Rooting, inputs: dict[str, Tensor], plain: Any) -> bool:
    """Whether the rooted model says what the plain one says, and a gradient reaches its words and every state."""
    with torch.enable_grad():
        words = model.get_input_embeddings()(inputs["input_ids"]).detach().requires_grad_()
        states, logits = rooting.run(model, inputs, words)
        if not logits.requires_grad or not all(state.requires_grad for state in states):
            return False
        gradients = torch.autograd.grad(logits.sum(), [words, *states], allow_unused=True)
    close = partial(torch.allclose, atol=1e-2 if logits.dtype != torch.float32 else 1e-4, rtol=1e-3, equal_nan=True)
    same = close(logits, plain.logits) and all(
        close(rooting.orient(state, inputs["input_ids"]), expected) for state, expected in zip(states, states_of(plain))
    )
    return same and all(gradient is not None for gradient in gradients)


def _find_recorded(model: PreTrainedModel, rooting: Rooting, inputs: dict[str, Tensor], states: tuple[Tensor, ...]) -> Rooting | None:
    """The modules whose outputs the states were cut from. Hooks are set and removed here, before the model is shared."""
    seen: list[tuple[str, Tensor | None]] = []
    handles = [
        module.register_forward_hook(lambda _, __, output, path=path: seen.append((path, _tensor_in(output))))
        for path, module in model.named_modules()
        if path
    ]
    try:
        with torch.no_grad():
            model(**inputs, return_dict=True)
    finally:
        for handle in handles:
            handle.remove()
    cubes = [(path, output) for path, output in seen if output is not None and output.ndim == 3]
    for is_time_first in (False, True):
        trial = Rooting(rooting.embeddings, (), is_time_first)
        paths = [
            next((path for path, output in cubes if torch.equal(trial.orient(output, inputs["input_ids"]), state)), None) for state in states
        ]
        found = [path for path in paths if path is not None]
        if len(set(found)) == len(paths):
            return Rooting(rooting.embeddings, tuple(found), is_time_first)
    return None
