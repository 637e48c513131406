"""What the model says of a text with some of its words hidden: one operator for occlusion, LIME, SHAP and every game.

A word is the unit: all its pieces are hidden together, in every window in which they stand; special tokens stay. Rows of one
length make a batch, so that none is ever padded, and every answer is remembered: no masked text is run twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from core.comparison import REMOVALS
from core.errors import MethodError
from core.labels import problem_type_of
from core.lm_head import full
from core.memory import in_pieces
from core.models import Classifier
from core.outputs import OUTPUTS, is_regression, to_array
from core.progress import Progress, silent
from core.saliency import seed_of
from core.tokens import Reading, TokenBatch

# Tokens of one batch. On one thread of a processor and at 16 and 32 tokens a row, 1024 to 8192 are equally fast within a sixth,
# 256 are slower; the smaller the batch, the sooner a cancel is heard.
BATCH_TOKENS = {"cpu": 2048}
BATCH_TOKENS_ELSEWHERE = 32_768


class MaskedTexts:
    """The answers of one classifier to one text with words hidden. Holds tensors; used by one thread."""

    def __init__(
        self, classifier: Classifier, reading: Reading, target: int, against: int | None, how: str = "mask", tell: Progress = silent,
        known: dict[bytes, np.ndarray] | None = None,
    ):  # fmt: skip
        if how not in REMOVALS:
            raise MethodError(f"Words can't be hidden by “{how}”. Known ways: {', '.join(REMOVALS)}.")
        self.classifier, self.reading, self.target, self.against, self.how, self.tell = classifier, reading, target, against, how, tell
        self.n_words = len(reading.tokens.word_spans)
        self.forwards = 0
        """Rows that were run; of a text of several windows, each window with other words hidden is one."""
        self.remembered = 0
        """Rows that were asked for and known already."""
        self.known = {} if known is None else known
        """Packed bits of the words kept → (C) logits. May be given from an earlier object of the same text and operator."""
        windows = [reading.batch.window(b) for b in range(len(reading.batch))]
        counts = np.array([int(window.is_content.sum()) for window in windows], dtype=float)
        self.seed = seed_of(windows[0])
        """Depends on the text alone."""
        self._windows, self._weights = windows, counts / counts.sum()
        self._words = [reading.word_of[b, : window.input_ids.shape[1]] for b, window in enumerate(windows)]  # (T_b) each

    def logits(self, keep: np.ndarray) -> np.ndarray:
        """(n, C) logits of the text with only the words kept that `keep` (n, W) bool marks; of several windows, their mean
        weighted by content tokens, as for the whole text."""
        keep = np.asarray(keep, dtype=bool).reshape(-1, self.n_words)
        keys = [row.tobytes() for row in np.packbits(keep, axis=1)]
        new = {key: row for key, row in zip(keys, keep) if key not in self.known}
        if new:
            answers = self._run(np.stack(list(new.values())))
            self.known.update(zip(new, answers))
        self.remembered += len(keep) - len(new)
        return np.stack([self.known[key] for key in keys]) if keys else np.zeros((0, len(self.classifier.labels)), np.float32)

    def explained(self, keep: np.ndarray) -> np.ndarray:
        """(n) the logit explained: y_target, or y_target − y_against."""
        logits = self.logits(keep)
        return logits[:, self.target] - (0 if self.against is None else logits[:, self.against])

    def says(self, keep: np.ndarray) -> np.ndarray:
        """(n) what the model says of the class: its probability; with a contrast, its probability among the two; of a
        regression, the value explained."""
        if self.against is None:
            return self.outputs(keep)[:, self.target]
        difference = torch.from_numpy(self.explained(keep))
        return to_array(difference if is_regression(self.classifier) else difference.sigmoid())

    def outputs(self, keep: np.ndarray) -> np.ndarray:
        """(n, C) all outputs, as `Prediction.outputs`."""
        return to_array(OUTPUTS[problem_type_of(self.classifier.model.config)](torch.from_numpy(self.logits(keep))))

    def predicted(self, keep: np.ndarray) -> np.ndarray | None:
        """(n) index of the largest logit; of one output with a probability, 1 from one half on, else 0; None of a regression,
        which has values and no labels."""
        if is_regression(self.classifier):
            return None
        logits = self.logits(keep)
        return logits.argmax(1) if logits.shape[1] > 1 else (logits[:, 0] >= 0).astype(int)

    @contextmanager
    def telling(self, tell: Progress) -> Iterator[None]:
        """Somebody else is told, for as long as this lasts: of work that asks many times, the share of the whole."""
        before, self.tell = self.tell, tell
        try:
            yield
        finally:
            self.tell = before

    def _run(self, keep: np.ndarray) -> np.ndarray:
        total: float | np.ndarray = 0.0
        for number, (window, words, weight) in enumerate(zip(self._windows, self._words, self._weights)):
            rows = np.concatenate([keep, np.ones((len(keep), 1), bool)], axis=1)[:, words]  # (n, T_b); word −1, the last, is never hidden
            rows, place = np.unique(rows, axis=0, return_inverse=True)  # texts that differ in another window only
            total = total + weight * self._run_window(number, window, rows)[place.reshape(-1)]
        return np.asarray(total, dtype=np.float32)

    def _run_window(self, number: int, window: TokenBatch, kept: np.ndarray) -> np.ndarray:
        """(n, C) of rows in which the tokens not `kept` (n, T) are hidden."""
        lengths = kept.sum(1) if self.how == "delete" else np.full(len(kept), kept.shape[1])
        budget = BATCH_TOKENS.get(self.classifier.device, BATCH_TOKENS_ELSEWHERE)
        answers, done = np.zeros((len(kept), len(self.classifier.labels))), 0
        for length in np.unique(lengths)[::-1].tolist():  # the longest first, so that memory runs out early or never
            rows = np.flatnonzero(lengths == length)
            run = partial(self._run_rows, window, kept[rows], number, done / len(kept), len(rows) / len(kept))
            parts = in_pieces(run, len(rows), self.classifier.device, max(1, budget // max(1, length)))
            answers[rows] = np.concatenate(parts)
            done += len(rows)
        return answers

    def _run_rows(self, window: TokenBatch, kept: np.ndarray, number: int, done: float, part: float, rows: slice) -> np.ndarray:
        """Some of the rows `kept` (n, T), which are `part` of all of their window, when `done` of it is done."""
        share = done + part * rows.start / len(kept)
        self.tell("Asking the model about the text with words hidden", (number + share) / len(self._windows))
        answers = self._ask(window, kept[rows])
        self.forwards += len(answers)
        return answers

    @torch.no_grad()
    def _ask(self, window: TokenBatch, kept: np.ndarray) -> np.ndarray:
        keep = torch.from_numpy(kept).to(window.input_ids.device)  # (n, T)
        if self.how == "delete" and kept.any():
            left = _leave_out(window, keep)
            return to_array(full(self.classifier.model(input_ids=left.input_ids, **left.side_inputs, return_dict=True).logits))
        if self.how == "delete":  # a family without special tokens: a model can't read nothing at all
            window, keep = _leave_out(window, torch.arange(keep.shape[1], device=keep.device)[None] == 0), keep[:, :1]
        _, index, vector = self._filler
        inputs = window.repeat(len(keep)).side_inputs
        if index is not None:
            ids = torch.where(keep, window.input_ids, index)
            return to_array(full(self.classifier.model(input_ids=ids, **inputs, return_dict=True).logits))
        words = self.classifier.model.get_input_embeddings()(window.input_ids)  # (1, T, E)
        mixed = torch.where(keep[..., None], words, vector.to(words))
        inputs["input_ids"] = window.input_ids.expand(len(keep), -1)
        return to_array(full(self.classifier.rooting.run(self.classifier.model, inputs, mixed)[1]))

    @cached_property
    def _filler(self) -> tuple[str, int | None, Tensor]:
        """Name, id and (E) embedding of what stands for a hidden piece. No id where it is no token, the mean word embedding, or
        one that the family takes for padding: decoders judge a text by its last token that is not padding."""
        tokenizer, model = self.classifier.tokenizer, self.classifier.model
        name, vector = self.classifier.mask
        index = {tokenizer.mask_token: tokenizer.mask_token_id, tokenizer.unk_token: tokenizer.unk_token_id}.get(name)
        look_up, unknown = model.get_input_embeddings(), tokenizer.unk_token_id
        if self.how == "unknown" and unknown is not None and unknown < len(look_up.get_parameter("weight")):
            name, index, vector = tokenizer.unk_token, unknown, look_up(torch.tensor([unknown], device=vector.device))[0]
        return name, None if index == model.config.get_text_config().pad_token_id else index, vector

    @property
    def replacement(self) -> str:
        """What stands in a hidden word's place, in words."""
        return "nothing: hidden words are left out" if self.how == "delete" else f"{self._filler[0]}, piece by piece"


def _leave_out(window: TokenBatch, keep: Tensor) -> TokenBatch:
    """The window (1, T) with only the tokens of `keep` (n, T), the same number of them in every row."""

    def take(part: Tensor) -> Tensor:
        return part.expand(len(keep), -1)[keep].view(len(keep), -1)

    types = None if window.token_type_ids is None else take(window.token_type_ids)
    return TokenBatch(take(window.input_ids), take(window.attention_mask), take(window.is_special), types)
