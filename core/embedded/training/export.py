"""One transformers folder that is both the classifier and the language model whose head reads it.

`AutoModelForSequenceClassification` takes `bert.*` and `classifier.*`, `AutoModelForMaskedLM` takes `bert.*` and
`cls.predictions.*`; the head's decoder is the word embeddings, stored once. Half precision on disk; `dtype` in
config.json has both classes load it as float32.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertForMaskedLM, BertForSequenceClassification, PreTrainedTokenizerFast

from core.embedded.training.vocabulary import SPECIAL_TOKENS

HEAD = "cls.predictions."
TIED = (HEAD + "decoder.weight", HEAD + "decoder.bias")  # the word embeddings and `cls.predictions.bias`


def merge_tensors(classifier: BertForSequenceClassification, language_model: BertForMaskedLM) -> dict[str, torch.Tensor]:
    """Every tensor of the classifier and of the head, in float16; the encoders may differ in all but the word embeddings."""
    mine, theirs = (model.get_input_embeddings().get_parameter("weight") for model in (classifier, language_model))
    if not torch.equal(mine, theirs):
        raise ValueError(
            "The classifier's word embeddings are not the language model's, so the head's decoder is not tied to them. "
            "Train the classifier again from this language model."
        )
    head = {name: t for name, t in language_model.state_dict().items() if name.startswith(HEAD) and name not in TIED}
    tensors = {name: t.half().contiguous() for name, t in {**classifier.state_dict(), **head}.items()}
    too_large = [name for name, t in tensors.items() if not t.isfinite().all()]
    if too_large:
        raise ValueError(f"Not finite in float16: {', '.join(too_large)}.")
    return tensors


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """`tokenizer.json`, and a `tokenizer_config.json` that old and new transformers read alike."""
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": tokenizer.model_max_length,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],  # the default differs between versions
        **SPECIAL_TOKENS,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def export_model(classifier: Path, language_model: Path, tokenizer: Path, folder: Path) -> None:
    """Write the finished model to `folder` from the three folders of the earlier stages."""
    model = BertForSequenceClassification.from_pretrained(classifier, dtype=torch.float32)
    tensors = merge_tensors(model, BertForMaskedLM.from_pretrained(language_model, dtype=torch.float32))
    folder.mkdir(parents=True, exist_ok=True)
    model.config.architectures = [type(model).__name__]
    model.config.dtype = "float32"
    model.config.save_pretrained(folder)
    save_tokenizer(PreTrainedTokenizerFast.from_pretrained(tokenizer), folder)
    weights = folder / "model.safetensors"
    save_file(tensors, weights, metadata={"format": "pt"})
    weights.chmod(0o644)  # safetensors makes it the owner's alone
