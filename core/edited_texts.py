"""What the classifier says of many texts that differ in a few words: each read as a report would read it, none run twice.

`removal.MaskedTexts` hides words among the ids; here every row is a text of its own, so that what is found holds for the text
that a person is then shown.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from core.errors import TextError
from core.labels import problem_type_of
from core.lm_head import full
from core.memory import in_pieces
from core.models import Classifier
from core.outputs import OUTPUTS, to_array
from core.progress import Progress, silent
from core.records import Settings
from core.removal import BATCH_TOKENS, BATCH_TOKENS_ELSEWHERE
from core.tokens import TokenBatch, tokenize_windows

STAGE = "Asking the model about the edited text"
Texts = tuple[str, str | None]
"""A text, and the second one of a pair."""


class EditedTexts:
    """The answers of one classifier to many texts. Holds no tensors between calls; used by one thread."""

    def __init__(self, classifier: Classifier, settings: Settings, tell: Progress = silent):
        self.classifier, self.settings, self.tell = classifier, settings, tell
        self.forwards = 0
        """Rows that were run; of a text of several windows, each window not seen before is one."""
        self._known: dict[bytes, np.ndarray] = {}  # ids and types of a window → (C) logits
        self._answers: dict[Texts, np.ndarray] = {}

    def logits(self, texts: Sequence[Texts]) -> np.ndarray:
        """(n, C) logits of each; of several windows, their mean weighted by content tokens, as of a report. NaN where a text
        leaves nothing to read."""
        new = [each for each in dict.fromkeys(texts) if each not in self._answers]
        read = [self._read(each) for each in new]
        rows = {key: window for windows in read for key, window, _ in windows if key not in self._known}
        self._run(rows)
        n_labels = len(self.classifier.labels)
        for each, windows in zip(new, read):
            if not windows:
                self._answers[each] = np.full(n_labels, np.nan)
                continue
            weights = np.array([weight for *_, weight in windows], dtype=float)
            answers = np.stack([self._known[key] for key, *_ in windows])
            self._answers[each] = (answers * weights[:, None]).sum(0) / weights.sum()
        return np.stack([self._answers[each] for each in texts]) if texts else np.zeros((0, n_labels))

    def outputs(self, texts: Sequence[Texts]) -> np.ndarray:
        """(n, C) all outputs, as `Prediction.outputs`."""
        return self.say(self.logits(texts))

    def say(self, logits: np.ndarray) -> np.ndarray:
        """(n, C) outputs of these logits."""
        return to_array(OUTPUTS[problem_type_of(self.classifier.model.config)](torch.from_numpy(logits)))

    def _read(self, texts: Texts) -> list[tuple[bytes, TokenBatch, int]]:
        """Each window of the text: its key, itself (1, T), and its content tokens. No window where none can be read."""
        self.tell(STAGE, 0.0)  # reading many long texts takes its time, too: whoever waits may stop in between
        text, pair = texts
        try:
            batch = tokenize_windows(self.classifier, text, self.settings, pair).batch
        except TextError:
            return []
        windows = [batch.window(b) for b in range(len(batch))]
        return [(_key(window), window, int(window.is_content.sum())) for window in windows]

    def _run(self, rows: dict[bytes, TokenBatch]) -> None:
        """Batches of rows of one length, so that none is ever padded; the longest first: memory runs out early or never."""
        by_length: dict[int, list[bytes]] = {}
        for key, window in rows.items():
            by_length.setdefault(window.input_ids.shape[1], []).append(key)
        budget = BATCH_TOKENS.get(self.classifier.device, BATCH_TOKENS_ELSEWHERE)
        done = 0
        for length, keys in sorted(by_length.items(), reverse=True):
            run = partial(self._run_rows, [rows[key] for key in keys], done, len(rows))
            answers = np.concatenate(in_pieces(run, len(keys), self.classifier.device, max(1, budget // length)))
            self._known.update(zip(keys, answers))
            done += len(keys)

    @torch.no_grad()
    def _run_rows(self, windows: list[TokenBatch], done: int, total: int, rows: slice) -> np.ndarray:
        self.tell(STAGE, (done + rows.start) / total)
        batch = _stack(windows[rows])
        answers = to_array(full(self.classifier.model(input_ids=batch.input_ids, **batch.side_inputs, return_dict=True).logits))
        self.forwards += len(answers)
        return answers


def _key(window: TokenBatch) -> bytes:
    types = window.token_type_ids
    return window.input_ids.cpu().numpy().tobytes() + (b"" if types is None else b"|" + types.cpu().numpy().tobytes())


def _stack(windows: list[TokenBatch]) -> TokenBatch:
    """(B, T) of windows (1, T) of one length."""
    ids, mask, special = ([getattr(window, name) for window in windows] for name in ("input_ids", "attention_mask", "is_special"))
    types = [window.token_type_ids for window in windows if window.token_type_ids is not None]  # of all, or of none
    return TokenBatch(torch.cat(ids), torch.cat(mask), torch.cat(special), torch.cat(types) if types else None)
