"""Build one family's folder: a tiny random classifier, its tokenizer and, beside it, a language-model head."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from tests.families.recipes import ENCODER_DECODERS, EVERY_DECODER, FIRST_POOLED, RECIPES, REFUSED
from tests.families.tokenizers import build_tokenizer

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Family:
    """One architecture as it lies on disk."""

    name: str
    path: Path
    is_decoder: bool
    """Whether its language model is causal and its classifier reads the last token."""
    is_first_pooled: bool
    """Whether its classifier reads the last layer at the first token only."""

    @cache
    def classifier(self) -> torch.nn.Module:
        """The classifier as transformers loads it, once a session: copy it before changing it."""
        return AutoModelForSequenceClassification.from_pretrained(self.path).eval()

    @cache
    def language_model(self) -> torch.nn.Module:
        """The language model as transformers loads it, once a session: copy it before changing it."""
        return language_class(AutoConfig.from_pretrained(self.path)).from_pretrained(self.path).eval()


def language_class(config):
    """The Auto class of a config's language model."""
    return AutoModelForMaskedLM if type(config) in MODEL_FOR_MASKED_LM_MAPPING else AutoModelForCausalLM


def scramble(model: torch.nn.Module, seed: int, deviation: float = 0.3) -> None:
    """Draw every parameter anew: matrices with `deviation`, vectors round 1 (scales) or 0 (biases) with 0.2."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=draw)
            is_scale = parameter.ndim == 1 and name.endswith("weight")
            parameter.copy_(values * deviation if parameter.ndim > 1 else values * 0.2 + is_scale)


def build_config(name: str, tokenizer: PreTrainedTokenizerFast):
    """The family's config with three named classes."""
    recipe = RECIPES[name]
    ids = {f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")}
    names = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}
    return AutoConfig.for_model(recipe.model_type or name, vocab_size=len(tokenizer), **recipe.settings, **ids, **names)


def build_language_model(config, seed: int = 1, deviation: float = 0.3) -> torch.nn.Module:
    """The language model of a config, random."""
    language_model = language_class(config).from_config(config)
    scramble(language_model, seed, deviation)
    language_model.tie_weights()
    return language_model


def _add_head(folder: Path, language_model: torch.nn.Module) -> None:
    """Write the language model's own tensors beside the classifier's; where a name stands already it stays the classifier's."""
    prefix = language_model.base_model_prefix + "."
    tensors = load_file(folder / "model.safetensors")
    shared = {tensor.data_ptr() for tensor in language_model.base_model.state_dict().values()}
    head = {name: tensor for name, tensor in language_model.state_dict().items() if not name.startswith(prefix)}
    distinct = {}
    for name, tensor in head.items():
        if tensor.data_ptr() not in shared:
            shared.add(tensor.data_ptr())
            distinct[name] = tensor.contiguous()
    save_file({**distinct, **tensors}, folder / "model.safetensors", metadata={"format": "pt"})


def build_folder(name: str, folder: Path, with_head: bool = True, deviation: float | None = None, seed: int = 0) -> Family:
    """Build one family's model and tokenizer into `folder`; without a head it is a plain classifier checkpoint."""
    recipe = RECIPES[name]
    deviation = recipe.deviation if deviation is None else deviation
    tokenizer = build_tokenizer(recipe.tokenizer, recipe.tokens, recipe.limit)
    config = build_config(name, tokenizer)
    classifier = AutoModelForSequenceClassification.from_config(config)
    scramble(classifier, seed, deviation)
    classifier.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if with_head and name not in (*ENCODER_DECODERS, *REFUSED):
        _add_head(folder, build_language_model(config, seed + 1, deviation))
    return Family(name, folder, name in EVERY_DECODER, name in FIRST_POOLED)
