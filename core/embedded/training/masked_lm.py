"""Stage (a): masked-language-model training of a sentence encoder that has lost its head (Devlin et al. 2019).

The head is BERT's: dense, GELU, LayerNorm, and a decoder tied to the word embeddings. Its dense layer starts as
the identity, so that the first step already reads the encoder's own space.
"""

import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import BertForMaskedLM, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from core.embedded.training.checkpoint import fingerprint, load_checkpoint, refuse_other_run, save_checkpoint

WINDOW = 128  # tokens, [CLS] and [SEP] included
ROWS = 16  # windows a step
MASKED = 0.25  # share of tokens predicted while training; more signal a step than the usual 0.15
LEARNING_RATE = 5e-4
HEAD_LEARNING_RATE = 1e-3
WARM_UP = 0.04  # share of all steps
SAVE_EVERY = 200  # steps
KEPT = 0.6  # of the way from the base model's weights to the trained ones
REFIT_STEPS = 200  # of the head, after the encoder was moved


def pack_windows(tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> torch.Tensor:
    """(windows, 128) ids: texts joined by [SEP], cut without padding, each window framed by [CLS] and [SEP]."""
    stream = []
    for start in tqdm(range(0, len(texts), 2000), desc="tokenizing", unit="chunk"):
        for ids in tokenizer(texts[start : start + 2000], add_special_tokens=False)["input_ids"]:
            stream += [*ids, tokenizer.sep_token_id]
    body = WINDOW - 2
    rows = torch.tensor(stream[: len(stream) // body * body]).view(-1, body)
    frame = torch.ones(len(rows), 1, dtype=torch.long)
    return torch.cat([frame * tokenizer.cls_token_id, rows, frame * tokenizer.sep_token_id], dim=1)


def mask_tokens(ids: torch.Tensor, tokenizer: PreTrainedTokenizerBase, share: float, draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Masked copy of `ids` and the (rows, tokens) places to predict: 80 % [MASK], 10 % a random piece, 10 % unchanged."""
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    chosen = (torch.rand(ids.shape, generator=draw) < share) & ~special
    kind = torch.rand(ids.shape, generator=draw)
    masked = torch.where(chosen & (kind < 0.8), tokenizer.mask_token_id, ids)
    random_ids = torch.randint(len(tokenizer), ids.shape, generator=draw)
    return torch.where(chosen & (kind >= 0.9), random_ids, masked), chosen


def masked_loss(model: BertForMaskedLM, ids: torch.Tensor, places: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats at the `places`; the decoder runs at these alone."""
    states = model.bert(input_ids=masked).last_hidden_state[places]
    return cross_entropy(model.cls.predictions(states).float(), ids[places])


def held_out_loss(model: BertForMaskedLM, windows: torch.Tensor, tokenizer: PreTrainedTokenizerBase, seed: int = 0) -> float:
    """Masked-LM loss in nats over all `windows`, 15 % of the tokens masked with one fixed draw."""
    draw, total, count = torch.Generator().manual_seed(seed), 0.0, 0
    model.eval()
    with torch.no_grad():
        for rows in windows.split(32):
            masked, places = mask_tokens(rows, tokenizer, 0.15, draw)
            total += masked_loss(model, rows, places, masked).item() * int(places.sum())
            count += int(places.sum())
    return total / count


def start_model(base: Path, old_ids: list[int]) -> BertForMaskedLM:
    """The encoder at `base` with its word embeddings cut to `old_ids` and a new head on top, dropout off (one epoch)."""
    model = BertForMaskedLM.from_pretrained(base, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    words = model.bert.embeddings.word_embeddings.weight.data[old_ids].clone()
    model.resize_token_embeddings(len(old_ids), mean_resizing=False)
    head = model.cls.predictions
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight.copy_(words)
        head.transform.dense.weight.copy_(torch.eye(model.config.hidden_size))
        head.transform.dense.bias.zero_()
        head.bias.zero_()
    model.tie_weights()
    return model


def average_with_base(model: BertForMaskedLM, base: Path, old_ids: list[int]) -> None:
    """Move the encoder back towards the base model's weights: KEPT of the way from it to what training made of them.

    Training to guess words makes opposites alike, which costs the classifier; weights between the two models keep most
    of both (Wortsman et al. 2022, arXiv 2109.01903). The head stays as trained; `refit_head` fits it to the new encoder.
    """
    original = start_model(base, old_ids).bert.state_dict()
    averaged = {name: torch.lerp(original[name], weight, KEPT) for name, weight in model.bert.state_dict().items()}
    model.bert.load_state_dict(averaged)


def refit_head(model: BertForMaskedLM, windows: torch.Tensor, tokenizer: PreTrainedTokenizerBase, seed: int) -> None:
    """REFIT_STEPS steps that train the head alone (transform and bias; the decoder is the encoder's word embeddings)."""
    words = model.get_input_embeddings().weight
    model.requires_grad_(False)
    head = [p for p in model.cls.parameters() if p is not words]
    for parameter in head:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(head, lr=HEAD_LEARNING_RATE, weight_decay=0.01)
    for step in tqdm(range(REFIT_STEPS), desc="refitting the head", unit="step", mininterval=10):
        optimizer.param_groups[0]["lr"] = HEAD_LEARNING_RATE * (1 - step / REFIT_STEPS)
        rows = windows[-(step + 1) * ROWS :][:ROWS]  # from the end of the stream, which a run of one epoch or less has not seen
        masked, places = mask_tokens(rows, tokenizer, MASKED, torch.Generator().manual_seed(seed * 1_000_003 - 1 - step))
        optimizer.zero_grad(set_to_none=True)
        masked_loss(model, rows, places, masked).backward()
        optimizer.step()
    model.requires_grad_(True)


def _optimizer(model: BertForMaskedLM) -> torch.optim.Optimizer:
    head = [p for n, p in model.named_parameters() if n.startswith("cls.")]
    body = [p for n, p in model.named_parameters() if not n.startswith("cls.")]
    groups = [dict(params=head, base=HEAD_LEARNING_RATE), dict(params=body, base=LEARNING_RATE)]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True)


def train_masked_lm(model: BertForMaskedLM, windows: torch.Tensor, tokenizer: PreTrainedTokenizerBase, steps: int, seed: int, checkpoint: Path) -> None:
    """`steps` steps over `windows` in order (wrapping round), resumed from `checkpoint` if that exists."""
    optimizer, run, first, seconds = _optimizer(model), dict(steps=steps, start=fingerprint(model)), 0, 0.0
    if saved := load_checkpoint(checkpoint):
        refuse_other_run(checkpoint, saved, run)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        first, seconds = saved["step"], saved["seconds"]
    model.train()
    started = time.monotonic() - seconds
    bar = tqdm(range(first, steps), initial=first, total=steps, desc="masked LM", unit="step", mininterval=10)
    for step in bar:
        ramp = min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * ramp
        rows = windows[(torch.arange(ROWS) + step * ROWS) % len(windows)]
        masked, places = mask_tokens(rows, tokenizer, MASKED, torch.Generator().manual_seed(seed * 1_000_003 + step))
        loss = masked_loss(model, rows, places, masked)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        bar.set_postfix(loss=f"{loss.item():.2f}")
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
            done = dict(step=step + 1, seconds=time.monotonic() - started)
            save_checkpoint(checkpoint, dict(model=model.state_dict(), optimizer=optimizer.state_dict(), **run, **done))
