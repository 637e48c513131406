"""Tiny random models of every family the engine promises to read, built from configs: nothing is downloaded.

A family's folder looks like a fine-tuned checkpoint that kept its pre-training head: one `model.safetensors` with the
classifier's tensors and the language model's head beside them, so that both Auto classes load the same folder.
Weights are drawn far wider than transformers' own start, norms included, so that attributions differ visibly.
"""

from tests.families.build import LABELS, Family, build_config, build_folder, build_language_model, scramble
from tests.families.recipes import (
    DECODERS,
    ENCODER_DECODERS,
    ENCODERS,
    EVERY,
    EVERY_DECODER,
    FAMILIES,
    FIRST_POOLED,
    RECIPES,
    REFUSED,
    SUPPORTED,
    VARIANTS,
    WIDTH,
    Recipe,
)  # fmt: skip
from tests.families.tokenizers import LIMIT, SENTENCES, TEXT, build_tokenizer

__all__ = [
    "DECODERS", "ENCODERS", "ENCODER_DECODERS", "EVERY", "EVERY_DECODER", "FAMILIES", "FIRST_POOLED", "LABELS", "LIMIT", "RECIPES", "REFUSED",
    "SENTENCES", "SUPPORTED", "TEXT", "VARIANTS", "WIDTH", "Family", "Recipe", "build_config", "build_folder", "build_language_model",
    "build_tokenizer", "scramble",
]  # fmt: skip
