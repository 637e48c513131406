"""Read the language-model head of a checkpoint, and nothing else of it, for a classifier that is loaded already.

The language model is built without layers, so that only the head is read (with the final norm, and the embeddings that a
decoder matrix is tied to): what the model does not ask for stays on the disk.
"""

import copy
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

from core.devices import is_out_of_memory
from core.hub import Checkpoint
from core.lm_head import LanguageModelHead, norm_at
from core.weights import read_config, read_model, read_tokenizer


class UnfitHead(Exception):
    """This checkpoint gives no head for this classifier; the text is a clause that says why."""


@dataclass(frozen=True, eq=False)
class HeadReader:
    """Reads heads for one classifier."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    final_norm: str | None
    """Path, in the base model, of the norm that inner states lack."""
    probe: dict[str, Tensor]
    """A text, input_ids and attention_mask (1, T), on which a head is tried."""
    dtype: str

    def read(self, checkpoint: Checkpoint) -> LanguageModelHead:
        """The head of a checkpoint, its tensors shared with the classifier's where they are equal. Raises UnfitHead."""
        config = self.check(checkpoint.path)
        last_error: Exception | None = None
        for n_layers in (0, 1, None):  # some families can't be built without layers
            try:
                whole, lacks = read_model(_auto_class(config), checkpoint, _cut(config, n_layers), self._device, self.dtype)
                if lacks:
                    raise UnfitHead("; ".join(lacks[:2]))
                _share_equal(whole, self.model)
                return self._apart(whole)
            except UnfitHead:
                raise
            except Exception as error:  # transformers raises anything
                if is_out_of_memory(error):
                    raise
                last_error = error
        lines = str(last_error).strip().splitlines() or [type(last_error).__name__]
        raise UnfitHead(f"the head of this architecture can't be read ({textwrap.shorten(lines[0], 120, placeholder=' …')})")

    def read_whole(self, checkpoint: Checkpoint) -> PreTrainedModel:
        """The language model with all its layers."""
        config = self.check(checkpoint.path)
        return read_model(_auto_class(config), checkpoint, config, self._device, self.dtype)[0]

    @property
    def _device(self) -> str:
        return str(self.probe["input_ids"].device)

    def check(self, folder: Path) -> PreTrainedConfig:
        """The config in `folder`, its family, width, vocabulary and tokenizer being the classifier's; needs no weights. Raises UnfitHead."""
        try:
            config, tokenizer = read_config(folder), read_tokenizer(folder)
        except Exception as error:
            raise UnfitHead(f"its config or tokenizer can't be read ({textwrap.shorten(str(error), 120, placeholder=' …')})") from error
        mine = self.model.config
        if config.model_type != mine.model_type:
            raise UnfitHead(f"it is of the family “{config.model_type}”, the classifier of “{mine.model_type}”")
        text, own = config.get_text_config(), mine.get_text_config()
        for name, key in (("width", "hidden_size"), ("vocabulary", "vocab_size")):
            if getattr(text, key) != getattr(own, key):
                raise UnfitHead(f"its {name} is {getattr(text, key):,}, the classifier's {getattr(own, key):,}")
        _compare(tokenizer.get_vocab(), self.tokenizer.get_vocab())
        if config.model_type == "big_bird":
            config.attention_type = "original_full"
        return config

    def _apart(self, whole: PreTrainedModel) -> LanguageModelHead:
        """The head without its encoder, checked against the language model it was taken from. Raises UnfitHead."""
        with torch.no_grad():
            states, expected = whole.base_model(**self.probe).last_hidden_state, whole(**self.probe).logits.float()
            for keeps_words in (False, True):  # few heads look at the word embeddings besides their decoder matrix
                try:
                    head = LanguageModelHead(whole, norm_at(whole, self.final_norm), keeps_words)
                    got = head.logits(states[0])
                except (AttributeError, TypeError, RuntimeError):
                    continue
                if torch.allclose(got, expected[0], atol=1e-3 * max(1.0, float(expected.abs().max())), rtol=1e-2):
                    return head
        raise UnfitHead("the head of this architecture can't be read apart from its layers")


def _auto_class(config: PreTrainedConfig) -> Any:
    """The class of language model that this family was trained as. Raises UnfitHead."""
    if type(config) in MODEL_FOR_MASKED_LM_MAPPING:
        return AutoModelForMaskedLM
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        return AutoModelForCausalLM
    raise UnfitHead(f"no language model of the family “{config.model_type}” is known")


def _cut(config: PreTrainedConfig, n_layers: int | None) -> PreTrainedConfig:
    """The same config with `n_layers` layers (None: all)."""
    config = copy.deepcopy(config)
    if n_layers is None:
        return config
    text = config.get_text_config()
    before = text.num_hidden_layers
    for name, value in list(vars(text).items()):
        if isinstance(value, list) and len(value) == before and not name.startswith("_"):
            setattr(text, name, value[:n_layers])  # one entry a layer: kinds of attention, windows
    text.num_hidden_layers = n_layers
    if getattr(text, "num_hidden_groups", None) is not None:
        text.num_hidden_groups = n_layers  # ALBERT
    return config


def _compare(theirs: dict[str, int], mine: dict[str, int]) -> None:
    """Raises UnfitHead, with an example, where two tokenizers do not number the same pieces alike."""
    if theirs == mine:
        return
    differing = [piece for piece in {**theirs, **mine} if theirs.get(piece) != mine.get(piece)]
    piece = min(differing, key=lambda piece: (mine.get(piece, len(mine)), piece))
    numbers = [f"number {index}" if index is not None else "unknown" for index in (theirs.get(piece), mine.get(piece))]
    raise UnfitHead(f"its tokenizer differs in {len(differing):,} pieces: “{piece}” is {numbers[0]} there and {numbers[1]} in the classifier's")


def _share_equal(whole: PreTrainedModel, classifier: PreTrainedModel) -> None:
    """Let the language model use the classifier's own tensors where both hold the same numbers: they take memory once."""
    mine = dict(classifier.base_model.named_parameters())
    same = {
        id(theirs): mine[name]
        for name, theirs in whole.base_model.named_parameters()
        if name in mine and mine[name].shape == theirs.shape and torch.equal(mine[name], theirs)
    }
    for module in whole.modules():
        for name, parameter in module._parameters.items():
            if id(parameter) in same:
                module._parameters[name] = same[id(parameter)]
