"""Classifiers of any size with random weights, built from a config in memory: a pass costs what a trained one's costs.

The tokenizer is the embedded `sentiment` model's; its 17,000 pieces are the first of every larger vocabulary. The language-model
head is that of the same config, with one layer below it, for a head never looks at the layers.
"""

from dataclasses import replace

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSequenceClassification

from core.catalog import CATALOG
from core.devices import choose_device
from core.lm_head import ClassifierHead, LanguageModelHead, find_final_norm, norm_at, trunk_of
from core.models import Classifier, load_classifier
from core.rooting import find_rooting
from core.tokens import TokenBatch

SIZES = {  # as their authors' configs have them
    "bert-base": dict(model_type="bert", vocab_size=30522, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072),
    "roberta-large": dict(
        model_type="roberta", vocab_size=50265, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        max_position_embeddings=514, type_vocab_size=1,
    ),
    "llama-1b": dict(  # Llama 3.2's smallest, for a graphics card
        model_type="llama", vocab_size=128256, hidden_size=2048, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8,
        intermediate_size=8192, max_position_embeddings=4096, tie_word_embeddings=True,
    ),
}  # fmt: skip

DECODERS = ("llama",)


def load_any(name: str) -> Classifier:
    """A model of the catalogue, or one of `SIZES` with random weights."""
    return load_classifier(CATALOG[name]) if name in CATALOG else build_classifier(**SIZES[name])


def build_classifier(model_type: str, **sizes) -> Classifier:
    """A frozen classifier of two classes of this architecture and size, on the device that `core` chooses."""
    torch.manual_seed(0)
    device, like = choose_device(), load_classifier(CATALOG["sentiment"], device="cpu")
    specials = dict(pad_token_id=like.tokenizer.pad_token_id, bos_token_id=None, eos_token_id=None)
    if model_type == "modernbert":
        specials |= dict(cls_token_id=like.tokenizer.cls_token_id, sep_token_id=like.tokenizer.sep_token_id)
    config = AutoConfig.for_model(model_type, **specials, **sizes)
    model = AutoModelForSequenceClassification.from_config(config).eval().requires_grad_(False).to(device)
    config.num_hidden_layers, layers = 1, config.num_hidden_layers
    kind = AutoModelForCausalLM if model_type in DECODERS else AutoModelForMaskedLM
    language_model = kind.from_config(config).eval().requires_grad_(False).to(device)
    config.num_hidden_layers = layers
    language_model.get_output_embeddings().weight = model.get_input_embeddings().weight  # tied, as these families tie them
    ids = like.tokenizer("A quiet film.", return_tensors="pt").input_ids.clamp(max=config.vocab_size - 1).to(device)
    trial = find_rooting(model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    norm = find_final_norm(trunk_of(model), ids)
    return replace(
        like, model=model, rooting=trial.rooting, layers=len(trial.states) - 1, head=ClassifierHead(model, norm_at(model, norm)),
        lm_head=LanguageModelHead(language_model, norm_at(model, norm)), device=device, calibrations={}, fitness=None,
        max_length=min(512, config.max_position_embeddings - 2),
    )  # fmt: skip


def draw_batch(classifier: Classifier, n_tokens: int, n_texts: int = 1) -> TokenBatch:
    """Texts of random pieces, of one length, framed as the tokenizer does."""
    low, high = 1000, min(len(classifier.tokenizer), classifier.model.config.vocab_size)
    ids = torch.randint(low, high, (n_texts, n_tokens), generator=torch.Generator().manual_seed(n_tokens))
    ids[:, 0], ids[:, -1] = classifier.tokenizer.cls_token_id, classifier.tokenizer.sep_token_id
    special = torch.zeros_like(ids, dtype=torch.bool)
    special[:, [0, -1]] = True
    device = classifier.device
    return TokenBatch(ids.to(device), torch.ones_like(ids).to(device), special.to(device))
