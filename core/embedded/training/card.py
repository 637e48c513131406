"""Stage (d): measure the exported folder, write `metrics.json` and from it the model card, `README.md`."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import tokenizers
import torch
import transformers
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertForMaskedLM,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from core.embedded.training import classifier, data, masked_lm, measures
from core.embedded.training.card_tasks import CARDS
from core.embedded.training.card_text import write_card
from core.embedded.training.checkpoint import read_checkpoint
from core.embedded.training.tasks import Task


@dataclass(frozen=True)
class Sources:
    """The task and the folders that the card speaks of."""

    task: Task
    data: Path
    base: Path
    work: Path
    model: Path
    """The exported folder."""


def _describe_training(sources: Sources, seed: int) -> dict[str, Any]:
    """Steps and times, from the checkpoints that the stages left in the working folder."""
    language_model = read_checkpoint(sources.work / "language-model.pt")
    fine_tuning = read_checkpoint(sources.work / f"{sources.task.name}.pt")
    steps = language_model["step"]
    return {
        "seed": seed,
        "language_model": {
            "steps": steps,
            "tokens": steps * masked_lm.ROWS * masked_lm.WINDOW,
            "hours": language_model["seconds"] / 3600,
        },
        "classifier": {
            **{name: fine_tuning[name] for name in ("steps", "epochs", "threads", "best_step", "dev_accuracy")},
            "hours": fine_tuning["seconds"] / 3600,
        },
    }


def _describe_model(folder: Path, model: PreTrainedModel, base: Path) -> dict[str, Any]:
    base_config = transformers.AutoConfig.from_pretrained(base)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": (folder / "model.safetensors").stat().st_size,
        "layers": model.config.num_hidden_layers,
        "width": model.config.hidden_size,
        "vocabulary": model.config.vocab_size,
        "base_vocabulary": base_config.vocab_size,
    }


def _measure_classifier(
    model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, sources: Sources
) -> dict[str, Any]:
    """Accuracy on dev and test, and on dev where it fails. The test split is read here and nowhere else."""
    task, card = sources.task, CARDS[sources.task.name]
    train = task.read(sources.data, "train")[0]
    result: dict[str, Any] = {"accuracy": {}, "texts": {"train": len(train), "copies": {}}}
    for split in ("dev", "test"):
        texts, labels = task.read(sources.data, split)
        ids = classifier.tokenize_examples(tokenizer, texts, labels, task.max_tokens).ids
        chances = classifier.predict_probabilities(model, ids)
        result["accuracy"][split] = measures.count_right(chances, labels)
        result["texts"]["copies"][split] = measures.count_copies(texts, train)
        if split == "dev":
            result["errors"] = measures.measure_errors(chances, texts, labels, ids, task.labels, card)
    return {**result, "probes": measures.measure_probes(model, tokenizer, card)}


def _measure_head(
    language_model: BertForMaskedLM, fine_tuned: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, sources: Sources
) -> dict[str, Any]:
    """The head on the states it was trained with (before) and on those of the classifier (after)."""
    task = sources.task
    windows = masked_lm.pack_windows(tokenizer, [data.read_held_out(sources.data)])
    ids = classifier.tokenize_examples(tokenizer, *task.read(sources.data, "dev"), task.max_tokens).ids
    models = {"before": language_model, "after": fine_tuned}
    filled = {name: measures.fill_masks(model, tokenizer) for name, model in models.items()}
    return {
        "masked_lm_loss": {name: masked_lm.held_out_loss(model, windows, tokenizer) for name, model in models.items()},
        "held_out_tokens": windows.numel(),
        "recovery": {name: measures.measure_recovery(model, tokenizer, ids) for name, model in models.items()},
        "fill_mask": [
            {"text": text, **{name: filled[name][i] for name in models}} for i, text in enumerate(measures.MASKED_SENTENCES)
        ],
    }


def _measure_tokenizers(sources: Sources) -> dict[str, Any]:
    pruned, full = (tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (sources.model, sources.base))
    for cutter in (pruned, full):
        cutter.no_truncation()
        cutter.no_padding()
    texts = {
        f"{CARDS[sources.task.name].corpus} dev": sources.task.read(sources.data, "dev")[0],
        "WikiText-103 validation": data.read_held_out(sources.data).split("\n"),
    }
    return {name: measures.measure_vocabulary(pruned, full, lines) for name, lines in texts.items()}


def make_card(sources: Sources, seed: int) -> None:
    """Measure everything once, from the exported folder as a user would load it."""
    tokenizer = cast("PreTrainedTokenizerFast", AutoTokenizer.from_pretrained(sources.model))  # stage (a) made it
    model = AutoModelForSequenceClassification.from_pretrained(sources.model)
    fine_tuned = AutoModelForMaskedLM.from_pretrained(sources.model)
    language_model = AutoModelForMaskedLM.from_pretrained(sources.work / "language-model")
    packages = {module.__name__: module.__version__ for module in (torch, transformers, tokenizers)}
    metrics = {
        "model": _describe_model(sources.model, model, sources.base),
        **_measure_classifier(model, tokenizer, sources),
        **_measure_head(language_model, fine_tuned, tokenizer, sources),
        "vocabulary": _measure_tokenizers(sources),
        "training": _describe_training(sources, seed),
        "versions": {"python": platform.python_version(), **packages},
    }
    (sources.model / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (sources.model / "README.md").write_text(write_card(metrics, sources.task), encoding="utf-8")
