"""Rows as the model reads them, and windows of several rows as one batch."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.corpus.records import RowRefused, RunSettings
from core.errors import SaliencyError
from core.models import Classifier
from core.records import Settings
from core.rooting import padding_of
from core.tables.texts import TextRow
from core.tokens import Reading, TokenBatch, tokenize_windows
from core.trace import trace_layers

SHORT, LONG = "A quiet film.", "A quiet film about the sea, and a boy who never came home again from it."
CLOSE = 1e-4  # of the largest magnitude; what a padded family changes is far more, what rounding changes far less


@dataclass(frozen=True, eq=False)
class RowReading:
    """A row that can be read. Its tensors lie in main memory, whatever the device."""

    row: TextRow
    reading: Reading

    def window(self, b: int) -> TokenBatch:
        """Window b (1, T_b) without its padding."""
        return self.reading.batch.window(b)


@dataclass(frozen=True)
class Place:
    """One window of one row."""

    row: int
    """Index among the readings."""
    window: int
    length: int
    """Tokens."""


def read_rows(classifier: Classifier, rows: Sequence[TextRow], settings: RunSettings) -> list[RowReading | RowRefused]:
    """Each row tokenised, or why it can't be."""
    near, asked = dataclasses.replace(classifier, device="cpu"), Settings(max_windows=settings.max_windows, overlap=settings.overlap)
    found: list[RowReading | RowRefused] = []
    for row in rows:
        try:
            found.append(RowReading(row, tokenize_windows(near, row.text, asked, row.text_pair)))
        except SaliencyError as error:
            found.append(RowRefused(row.number, str(error)))
        except Exception as error:  # noqa: BLE001 — one odd text leaves the others standing
            found.append(RowRefused(row.number, f"The text can't be tokenised ({type(error).__name__}). Leave it out, or change it."))
    return found


def places_of(readings: Sequence[RowReading]) -> list[Place]:
    """Every window of every row, in order."""
    found = []
    for at, one in enumerate(readings):
        lengths = one.reading.batch.attention_mask.sum(1).tolist()
        found += [Place(at, b, length) for b, length in enumerate(lengths)]
    return found


def gather(classifier: Classifier, windows: Sequence[TokenBatch]) -> TokenBatch:
    """Windows (1, T_b) of several rows, right-padded to one length, on the classifier's device."""
    width = max(window.input_ids.shape[1] for window in windows)
    pad = padding_of(classifier.tokenizer, classifier.model)

    def stack(parts: Sequence[torch.Tensor], filler: int) -> torch.Tensor:  # (B, T)
        rows = np.full((len(parts), width), filler, dtype=parts[0].numpy().dtype)
        for row, part in zip(rows, parts):
            row[: part.shape[1]] = part[0].numpy()
        return torch.from_numpy(rows).to(classifier.device)

    types = [window.token_type_ids for window in windows if window.token_type_ids is not None]  # of all, or of none
    ids, mask = ([getattr(window, name) for window in windows] for name in ("input_ids", "attention_mask"))
    special = [window.is_special for window in windows]
    return TokenBatch(stack(ids, pad), stack(mask, 0), stack(special, False), stack(types, 0) if types else None)


def pads_safely(classifier: Classifier) -> bool:
    """Whether the model says the same of a text, state by state and gradient by gradient, when it is padded: tried on one."""
    near = dataclasses.replace(classifier, device="cpu")
    windows = [tokenize_windows(near, text, Settings()).batch.window(0) for text in (SHORT, LONG)]
    length, each = windows[0].input_ids.shape[1], torch.tensor([-1], device=classifier.device)
    try:
        both = trace_layers(classifier, gather(classifier, windows), each.expand(2))
    except (RuntimeError, ValueError, IndexError):  # a family that takes no padded batch at all
        return False
    alone = trace_layers(classifier, gather(classifier, windows[:1]), each)
    pairs = ((both.logits[:1], alone.logits), (both.hidden[:, :1, :length], alone.hidden), (both.gradient[:, :1, :length], alone.gradient))
    return all(bool((one - other).abs().max() <= CLOSE * other.abs().max()) for one, other in pairs) and not bool(
        both.gradient[:, 0, length:].any()
    )
