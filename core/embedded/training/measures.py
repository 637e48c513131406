"""Every number of the model card, each a function of models, tokenizers and texts that returns plain dicts and lists."""

import re
from typing import Any, cast

import torch
from tokenizers import Tokenizer
from transformers import BertForMaskedLM, BertForSequenceClassification, PreTrainedTokenizerFast

from core.embedded.training.card_tasks import TaskCard
from core.embedded.training.classifier import pad_rows, predict_probabilities

CONFIDENT = 0.95  # probability of the predicted class
TOP = 5  # pieces shown for a mask

MASKED_SENTENCES = (
    "The capital of France is [MASK].",
    "She sat down at the piano and began to [MASK].",
    "The river flows into the [MASK] sea.",
    "The plot is [MASK], but the acting is superb.",
    "It was the worst [MASK] of the year.",
)


def count_right(probabilities: torch.Tensor, labels: list[int], chosen: torch.Tensor | None = None) -> dict[str, Any]:
    """How many of the (texts,) `chosen` texts, or of all, are classified right; `probabilities` is (texts, classes)."""
    right = probabilities.argmax(-1) == torch.tensor(labels)
    right = right if chosen is None else right[chosen]
    return {"texts": len(right), "right": int(right.sum()), "accuracy": int(right.sum()) / max(1, len(right))}


def _find_kinds(card: TaskCard, texts: list[str], ids: list[list[int]]) -> dict[str, torch.Tensor]:
    """(texts,) bool per kind of text: thirds by length in tokens, then the task's own kinds."""
    lengths = torch.tensor([len(row) - 2.0 for row in ids])
    short, long = (int(edge) for edge in torch.quantile(lengths, torch.tensor([1 / 3, 2 / 3])))
    return {
        f"short: up to {short} tokens": lengths <= short,
        f"middle: {short + 1} to {long} tokens": (lengths > short) & (lengths <= long),
        f"long: more than {long} tokens": lengths > long,
        **{kind: torch.tensor([is_one(text) for text in texts]) for kind, is_one in card.kinds.items()},
    }


def measure_errors(
    probabilities: torch.Tensor, texts: list[str], labels: list[int], ids: list[list[int]], names: tuple[str, ...], card: TaskCard
) -> dict[str, Any]:
    """Accuracy by kind of text and by label, the same kinds among the confident errors, and (classes, classes) counts:
    a row for each label, a column for each predicted class. `names` (classes) are the labels in words."""
    kinds, gold, said = _find_kinds(card, texts, ids), torch.tensor(labels), probabilities.argmax(-1)
    kinds |= {f"labelled {name}": gold == number for number, name in enumerate(names)}
    sure = (said != gold) & (probabilities.max(-1).values >= CONFIDENT)
    counts = torch.bincount(gold * len(names) + said, minlength=len(names) ** 2).view(len(names), -1)
    return {
        "by_kind": {kind: count_right(probabilities, labels, chosen) for kind, chosen in kinds.items()},
        "confident_errors": int(sure.sum()),
        "confident_errors_by_kind": {kind: int((sure & chosen).sum()) for kind, chosen in kinds.items()},
        "confusion": counts.tolist(),
    }


def measure_probes(
    model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, card: TaskCard
) -> list[dict[str, Any]]:
    """What the classifier says to each of the task's probes, and how many pieces of it the tokenizer does not know."""
    ids = tokenizer([text for _, text, _ in card.probes])["input_ids"]
    labels = cast("dict[int, str]", model.config.id2label)
    rows = zip(card.probes, ids, predict_probabilities(model, ids), strict=True)
    return [
        {"kind": kind, "text": text, "expected": expected, "predicted": labels[int(p.argmax())],
         "probability": p.max().item(), "unknown": row.count(tokenizer.unk_token_id)}
        for (kind, text, expected), row, p in rows
    ]


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def count_copies(texts: list[str], train: list[str]) -> int:
    """How many of `texts` are among the training texts, letters and digits compared alone and without case."""
    seen = {_bare(text) for text in train}
    return sum(_bare(text) in seen for text in texts)


@torch.no_grad()
def measure_recovery(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, ids: list[list[int]]) -> dict[str, Any]:
    """Share of content tokens that the head names first at their own place, at each of the L layer states."""
    model.eval()
    right, count = torch.zeros(model.config.num_hidden_layers + 1, dtype=torch.long), 0  # (L,)
    order, special = sorted(ids, key=len), torch.tensor(tokenizer.all_special_ids)
    for start in range(0, len(order), 32):
        rows, mask = pad_rows(order[start : start + 32], tokenizer.pad_token_id)  # (B, T)
        content = ~torch.isin(rows, special)
        states = model.bert(input_ids=rows, attention_mask=mask, output_hidden_states=True).hidden_states
        for layer, state in enumerate(states):
            right[layer] += (model.cls.predictions(state[content]).argmax(-1) == rows[content]).sum()
        count += int(content.sum())
    return {"tokens": count, "top_1": (right / max(1, count)).tolist()}


@torch.no_grad()
def fill_masks(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast) -> list[list[tuple[str, float]]]:
    """For each of `MASKED_SENTENCES` the `TOP` pieces with their probabilities, likeliest first."""
    model.eval()
    filled = []
    for text in MASKED_SENTENCES:
        ids = torch.tensor([tokenizer(text)["input_ids"]])  # (1, T)
        chances = model(input_ids=ids).logits[ids == tokenizer.mask_token_id][0].float().softmax(-1)  # (V,)
        top = chances.topk(TOP)
        filled.append(list(zip(tokenizer.convert_ids_to_tokens(top.indices.tolist()), top.values.tolist(), strict=True)))
    return filled


def measure_vocabulary(pruned: Tokenizer, full: Tokenizer, texts: list[str]) -> dict[str, Any]:
    """How the two tokenizers cut the same texts: pieces a word (split at spaces), unknown pieces, and the share of the
    full tokenizer's running pieces that the pruned one has too. `[UNK]` written in a text is left out."""
    texts = [text.replace("[UNK]", "") for text in texts]
    cut = {}
    for name, tokenizer in (("pruned", pruned), ("full", full)):
        cut[name] = [piece for row in tokenizer.encode_batch(texts, add_special_tokens=False) for piece in row.tokens]
    words, known = sum(len(text.split()) for text in texts), pruned.get_vocab()
    return {
        "words": words,
        "pieces": {name: len(pieces) for name, pieces in cut.items()},
        "pieces_a_word": {name: len(pieces) / words for name, pieces in cut.items()},
        "unknown_share": {name: pieces.count("[UNK]") / len(pieces) for name, pieces in cut.items()},
        "running_pieces_kept": sum(piece in known for piece in cut["full"]) / len(cut["full"]),
    }
