"""Stage (b): a classifier of one task, fine-tuned from the language model of stage (a).

The word embeddings stay as the language model left them, so that its decoder, which is tied to them, is tied to
the classifier's too. The pooler, which a masked language model lacks, starts as that of the base model.
"""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from core.embedded.training.checkpoint import fingerprint, load_checkpoint, refuse_other_run, save_checkpoint

BATCH_TOKENS = 1024  # of one batch, padding included
LEARNING_RATE = 8e-5
WARM_UP = 0.06  # share of all steps
DROPOUT = 0.1
LOOKS_AN_EPOCH = 4  # measurements of the dev accuracy
SAVE_EVERY = 200  # steps


@dataclass(frozen=True)
class Examples:
    """Tokenized texts with their labels."""

    ids: list[list[int]]
    """Token ids of each text, [CLS] and [SEP] included, not padded."""
    labels: list[int]
    """Index of each text's class."""


def tokenize_examples(tokenizer: PreTrainedTokenizerFast, texts: list[str], labels: list[int], max_tokens: int) -> Examples:
    """The texts cut to `max_tokens` tokens."""
    return Examples(tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"], labels)


def start_classifier(language_model: Path, base: Path, labels: tuple[str, ...]) -> BertForSequenceClassification:
    """The encoder at `language_model`, word embeddings frozen, the pooler of `base`, a last layer drawn from torch's seed."""
    model = BertForSequenceClassification.from_pretrained(
        language_model, id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)},
        hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT, dtype=torch.float32,
    )
    pooler = BertModel.from_pretrained(base, dtype=torch.float32).get_submodule("pooler")
    model.get_submodule("bert.pooler").load_state_dict(pooler.state_dict())
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model


def make_batches(ids: list[list[int]], seed: tuple[int, int]) -> list[list[int]]:
    """Indices of the texts in batches of like length and at most `BATCH_TOKENS` tokens, in an order drawn from (seed, epoch).

    A batch of long texts has fewer of them and the loss is a mean over the batch: whole sentences, which is what
    dev and test consist of, weigh more than the short phrases.
    """
    draw = random.Random(repr(seed))
    batches: list[list[int]] = []
    batch: list[int] = []
    for index in sorted(range(len(ids)), key=lambda i: (len(ids[i]), draw.random())):
        if (len(batch) + 1) * len(ids[index]) > BATCH_TOKENS and batch:
            batches.append(batch)
            batch = []
        batch.append(index)
    batches.append(batch)
    draw.shuffle(batches)
    return batches


def pad_rows(rows: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(rows, longest) ids filled up with `pad`, and the attention mask of the same shape."""
    lengths = torch.tensor([len(row) for row in rows])
    longest = int(lengths.max())
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])  # (rows, longest)
    return ids, (torch.arange(longest) < lengths[:, None]).long()


def _pad(model: BertForSequenceClassification, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    return pad_rows(rows, cast("int", model.config.pad_token_id))  # every BERT has one


def predict_probabilities(model: BertForSequenceClassification, ids: list[list[int]]) -> torch.Tensor:
    """(texts, classes) probabilities, in the order of the texts; leaves the model in evaluation mode."""
    model.eval()
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    result = torch.empty(len(ids), cast("int", model.config.num_labels))
    with torch.no_grad():
        for start in range(0, len(order), 32):
            part = order[start : start + 32]
            rows, mask = _pad(model, [ids[i] for i in part])
            result[part] = model(input_ids=rows, attention_mask=mask).logits.float().softmax(-1)
    return result


def measure_accuracy(model: BertForSequenceClassification, examples: Examples) -> float:
    """Share of the examples whose likelier class is their label."""
    right = predict_probabilities(model, examples.ids).argmax(-1) == torch.tensor(examples.labels)
    return right.float().mean().item()


def _take_step(
    model: BertForSequenceClassification, optimizer: torch.optim.Optimizer, examples: Examples, batch: list[int]
) -> float:
    """One optimizer step; returns the loss in nats."""
    ids, mask = _pad(model, [examples.ids[i] for i in batch])
    labels = torch.tensor([examples.labels[i] for i in batch])
    loss = cross_entropy(model(input_ids=ids, attention_mask=mask).logits, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def train_classifier(
    model: BertForSequenceClassification, train: Examples, dev: Examples, epochs: int, seed: int, checkpoint: Path
) -> None:
    """`epochs` epochs, resumed from `checkpoint`; leaves in `model` the state that was most often right on `dev`."""
    batches = [batch for epoch in range(epochs) for batch in make_batches(train.ids, (seed, epoch))]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.0, weight_decay=0.01, fused=True)
    run: dict[str, Any] = dict(step=0, steps=len(batches), start=fingerprint(model), epochs=epochs)
    run |= dict(threads=torch.get_num_threads(), seconds=0.0, dev_accuracy=[], best_step=0, best=None)
    if saved := load_checkpoint(checkpoint):
        refuse_other_run(checkpoint, saved, {"steps": len(batches), "start": run["start"]})
        model.load_state_dict(saved.pop("model"))
        optimizer.load_state_dict(saved.pop("optimizer"))
        run = saved
    look_every, started = max(1, len(batches) // (epochs * LOOKS_AN_EPOCH)), time.monotonic() - run["seconds"]
    todo = range(run["step"], len(batches))
    bar = tqdm(todo, initial=run["step"], total=len(batches), desc="classifier", unit="step", mininterval=10)
    for step in bar:
        torch.manual_seed(seed * 1_000_003 + step)  # dropout: a resumed run draws what an unbroken one would
        ramp = min((step + 1) / (WARM_UP * len(batches)), (len(batches) - step) / ((1 - WARM_UP) * len(batches)))
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * ramp
        model.train()
        loss, last = _take_step(model, optimizer, train, batches[step]), step + 1 == len(batches)
        if (step + 1) % look_every == 0 or last:
            run["dev_accuracy"].append((step + 1, measure_accuracy(model, dev)))
            if run["dev_accuracy"][-1][1] >= max(accuracy for _, accuracy in run["dev_accuracy"]):
                run["best"], run["best_step"] = {name: t.clone() for name, t in model.state_dict().items()}, step + 1
            tqdm.write(f"step {step + 1}: loss {loss:.3f}, dev accuracy {run['dev_accuracy'][-1][1]:.4f}")
        bar.set_postfix(loss=f"{loss:.2f}")
        if (step + 1) % SAVE_EVERY == 0 or last:
            run.update(step=step + 1, seconds=time.monotonic() - started)
            save_checkpoint(checkpoint, {**run, "model": model.state_dict(), "optimizer": optimizer.state_dict()})
    model.load_state_dict(run["best"])
    model.eval()
