"""Text, or a pair of texts, → token ids in windows, by the tokenizer's own template.

What is longer than the model's limit is read in windows that overlap; each token is then taken from the window in which
it stands farthest from an edge, where it has the most context. Of a pair the windows slide over the longer text, and the
shorter one stands whole in each.
"""

import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from core.errors import TextError, quoted
from core.models import Classifier
from core.panics import panics_as
from core.provenance import Coverage
from core.records import PAIR_BREAK, Settings, Tokens
from core.rooting import padding_of, table_size
from core.windows import Window, choose_places, fit_texts, readable_part
from core.words import group_texts

_LOCKS: WeakKeyDictionary[object, threading.Lock] = WeakKeyDictionary()  # a fast tokenizer keeps truncation and stride in itself
_FINDING = threading.Lock()


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Windows of one text, right-padded to one length."""

    input_ids: Tensor
    """(B, T)"""
    attention_mask: Tensor
    """(B, T) 1 at tokens, 0 at padding."""
    is_special: Tensor
    """(B, T) bool: [CLS], [SEP] and their like."""
    token_type_ids: Tensor | None = None
    """(B, T) what tells the two texts of a pair apart (BERT: 0 and 1); None for families that are not told."""

    @property
    def side_inputs(self) -> dict[str, Tensor]:
        """What the base model is given by name besides the words: the mask, and the token types where there are any."""
        mask = {"attention_mask": self.attention_mask}
        return mask if self.token_type_ids is None else mask | {"token_type_ids": self.token_type_ids}

    @property
    def is_content(self) -> Tensor:
        """(B, T) bool: C, neither special nor padding."""
        return (self.attention_mask == 1) & ~self.is_special

    def window(self, index: int) -> "TokenBatch":
        """One window (1, T) without its padding."""
        n = int(self.attention_mask[index].sum())
        return self._map(lambda part: part[index : index + 1, :n])

    def repeat(self, n_rows: int) -> "TokenBatch":
        """The one window of this batch `n_rows` times (a view: nothing is copied)."""
        return self._map(lambda part: part.expand(n_rows, -1))

    def _map(self, change: Callable[[Tensor], Tensor]) -> "TokenBatch":
        types = None if self.token_type_ids is None else change(self.token_type_ids)
        return TokenBatch(change(self.input_ids), change(self.attention_mask), change(self.is_special), types)

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as the model reads it: its windows, and where each of its tokens is to be found in them."""

    batch: TokenBatch
    tokens: Tokens
    window: np.ndarray
    """(T) the window each token of the text is taken from."""
    position: np.ndarray
    """(T) its position in that window."""
    coverage: Coverage
    word_of: np.ndarray
    """(B, T) the word each position of each window belongs to, as `Tokens.word_of`; −1 for special tokens and padding."""

    def stitch(self, by_window: list[Tensor]) -> Tensor:
        """Values (L, T_b, …) of each window b → (L, T, …), each token's taken from its own window."""
        starts = np.cumsum([0, *(part.shape[1] for part in by_window)])
        return torch.cat(by_window, dim=1)[:, torch.from_numpy(starts[self.window] + self.position)]


def tokenize_windows(classifier: Classifier, text: str, settings: Settings, text_pair: str | None = None) -> Reading:
    """Read `text`, and `text_pair` where there is one, in at most `settings.max_windows` windows. Spans count in
    `Query.joined`. Raises TextError where there is nothing to read."""
    texts = (text,) if text_pair is None else (text, text_pair)
    for k, blank in enumerate(not part.strip() for part in texts):
        if blank:
            raise TextError(f"{_name(k, texts)} is empty. Type at least one word.")
    name = classifier.spec.name
    broken = f"The tokenizer of “{name}” broke down on this text; it should split any. Change the text, or give another model."
    with lock_of(classifier.tokenizer), panics_as(TextError, broken):
        read, slid, room = fit_texts(classifier, tuple(readable_part(part, classifier, settings) for part in texts))
        overlap = min(settings.overlap, room // 2)
        classifier.tokenizer.truncation_side = "right"  # some say left, and would give the windows from the end on
        encoded = classifier.tokenizer(
            *read,
            truncation="only_second" if slid else "only_first",
            max_length=classifier.max_length,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
    n = min(len(encoded["input_ids"]), settings.max_windows)
    windows = [_known(Window.of(encoded, b), classifier) for b in range(n)]
    for k in range(len(texts)):
        if not any((window.part == k).any() for window in windows):
            seen = "nothing it can read in this text" if len(texts) == 1 else f"nothing it can read in {_name(k, texts).lower()}"
            raise TextError(f"The tokenizer finds {seen} (only spaces or control characters). Type at least one word.")
    window, position = choose_places(windows, slid, overlap)
    tokens, part = _take_tokens(classifier, texts, windows, window, position)
    is_cut = [len(read[k]) < len(texts[k]) or (k == slid and n < len(encoded["input_ids"])) for k in range(len(texts))]
    coverage = Coverage(sum(map(len, texts)), n, classifier.max_length, _find_unread(texts, tokens.spans, part, is_cut))
    return Reading(_pad(windows, classifier), tokens, window, position, coverage, _words_of_windows(windows, texts, tokens))


def lock_of(tokenizer: PreTrainedTokenizerBase) -> threading.Lock:
    """The lock to hold while a tokenizer is called: one each, so that a slow one keeps nobody waiting for the others."""
    with _FINDING:
        return _LOCKS.setdefault(tokenizer, threading.Lock())


def _known(window: Window, classifier: Classifier) -> Window:
    """The window with the unknown token wherever the tokenizer has a piece, added later, that the model never learned."""
    size, unknown = table_size(classifier.model), classifier.tokenizer.unk_token_id
    strange = np.zeros_like(window.ids, dtype=bool) if size is None else window.ids >= size
    if not strange.any():
        return window
    if unknown is None or unknown >= size:
        piece = quoted(str(classifier.tokenizer.convert_ids_to_tokens(int(window.ids[strange][0]))))
        raise TextError(f"The text holds {piece}, which the model has never learned, and it has no unknown token. Leave it out.")
    return replace(window, ids=np.where(strange, unknown, window.ids))


def _name(k: int, texts: tuple[str, ...]) -> str:
    return ("The text",)[k] if len(texts) == 1 else ("The first text", "The second text")[k]


def _starts(texts: tuple[str, ...]) -> tuple[int, ...]:
    """Where each text begins in `Query.joined`."""
    return (0, len(texts[0]) + len(PAIR_BREAK))[: len(texts)]


def _take_tokens(
    classifier: Classifier, texts: tuple[str, ...], windows: list[Window], window: np.ndarray, position: np.ndarray
) -> tuple[Tokens, np.ndarray]:
    """The tokens at the chosen places, and (T) the text each stands in, −1 if special."""
    places = list(zip(window, position))
    part = np.array([windows[b].part[p] for b, p in places], dtype=int)
    spans = np.array([windows[b].spans[p] for b, p in places], dtype=np.int64)
    spans = spans + np.array([*_starts(texts), 0])[part, None]  # the last, 0, is for special tokens: part −1
    names = classifier.tokenizer.convert_ids_to_tokens([int(windows[b].ids[p]) for b, p in places])
    return Tokens(tuple(names), spans, part < 0, *group_texts(texts, _starts(texts), spans, part)), part


def _words_of_windows(windows: list[Window], texts: tuple[str, ...], tokens: Tokens) -> np.ndarray:
    """(B, T) the word of each position. A token in which two windows overlap has one span in both, which tells its word; but
    a byte-level tokenizer leaves the space to the first token of a window: it goes with the first word that ends behind it."""
    content = ~tokens.is_special
    word_at = dict(zip(map(tuple, tokens.spans[content].tolist()), tokens.word_of[content].tolist()))
    starts, ends = (*_starts(texts), 0), tokens.word_spans[:, 1]  # the last start is for special tokens: part −1
    found = np.full((len(windows), max(len(window.ids) for window in windows)), -1)
    for row, window in zip(found, windows):
        for place, ((start, end), part) in enumerate(zip(window.spans.tolist(), window.part.tolist())):
            if part >= 0:
                span = start + starts[part], end + starts[part]
                row[place] = word_at[span] if span in word_at else min(ends.searchsorted(span[0], side="right"), len(ends) - 1)
    return found


def _find_unread(texts: tuple[str, ...], spans: np.ndarray, part: np.ndarray, is_cut: list[bool]) -> tuple[tuple[int, int], ...]:
    """Spans of `Query.joined` behind the last token of each text that was cut."""
    found = []
    for k, (text, start) in enumerate(zip(texts, _starts(texts))):
        low, high = int(spans[part == k].max(initial=start)), start + len(text)
        found += [(low, high)] if is_cut[k] and low < high else []
    return tuple(found)


def _pad(windows: list[Window], classifier: Classifier) -> TokenBatch:
    """Right padding: positions then count from 0 in every family."""
    pad = padding_of(classifier.tokenizer, classifier.model)
    length = max(len(window.ids) for window in windows)

    def stack(rows: list[np.ndarray], filler: int) -> Tensor:  # (B, T)
        padded = [np.pad(row, (0, length - len(row)), constant_values=filler) for row in rows]
        return torch.from_numpy(np.stack(padded)).to(classifier.device)

    ids = stack([window.ids for window in windows], pad)
    mask = stack([np.ones_like(window.ids) for window in windows], 0)
    special = stack([window.part < 0 for window in windows], False)
    told = [window.types for window in windows if window.types is not None]  # of all, or of none
    types = stack(told, 0) if told else None
    is_taken = types is not None and _takes_types(classifier.model, int(types.max()))
    return TokenBatch(ids, mask, special, types if is_taken else None)


def _takes_types(model: PreTrainedModel, largest: int) -> bool:
    """Whether the model is told which text a token stands in, and knows that many: some tokenizers say more than it learned."""
    n_types = getattr(model.config, "type_vocab_size", None)
    return all(_has_types(type(part).forward) for part in (model, model.base_model)) and (n_types is None or largest < n_types)


@cache
def _has_types(forward: Callable[..., object]) -> bool:
    """Whether it takes token types; looking that up takes as long as a short text's tokens do."""
    return "token_type_ids" in inspect.signature(forward).parameters
