"""Text → token ids in windows, and tokens → words on the original string by character offsets.

A text longer than the model's limit is read in windows that overlap; each token of the text is then taken from the
window in which it stands farthest from an edge, where it has the most context.
"""

import threading
from dataclasses import dataclass

import numpy as np
import regex
import torch
from torch import Tensor

from core.errors import TextError
from core.models import Classifier
from core.provenance import Coverage
from core.records import Settings, Tokens

# A word: letters, digits and their combining marks, with inner apostrophes ("don't"); else one visible character as a
# reader sees it (\X, Unicode's extended grapheme cluster, UAX 29): an emoji with its modifiers, or a letter of a script
# that puts no spaces between its words.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
WORD = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}_]--[{UNSPACED}]]+(?:['’][\p{{L}}\p{{M}}]+)*|\X")
_TOKENIZING = threading.Lock()  # a fast tokenizer keeps truncation and stride in itself while it is called

LONE_SURROGATE = regex.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Windows of one text, right-padded to one length."""

    input_ids: Tensor
    """(B, T)"""
    attention_mask: Tensor
    """(B, T) 1 at tokens, 0 at padding."""
    is_special: Tensor
    """(B, T) bool: [CLS], [SEP] and their like."""

    @property
    def is_content(self) -> Tensor:
        """(B, T) bool: C, neither special nor padding."""
        return (self.attention_mask == 1) & ~self.is_special

    def window(self, index: int) -> "TokenBatch":
        """One window (1, T) without its padding."""
        n = int(self.attention_mask[index].sum())
        return TokenBatch(*(part[index : index + 1, :n] for part in (self.input_ids, self.attention_mask, self.is_special)))

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

    def stitch(self, by_window: list[Tensor]) -> Tensor:
        """Values (L, T_b, …) of each window b → (L, T, …), each token's taken from its own window."""
        starts = np.cumsum([0, *(part.shape[1] for part in by_window)])
        return torch.cat(by_window, dim=1)[:, torch.from_numpy(starts[self.window] + self.position)]


def tokenize_windows(classifier: Classifier, text: str, settings: Settings) -> Reading:
    """Read `text` in at most `settings.max_windows` windows. Raises TextError where there is nothing to read."""
    if not text.strip():
        raise TextError("The text is empty. Type at least one word.")
    special = classifier.tokenizer.num_special_tokens_to_add()
    overlap = min(settings.overlap, (classifier.max_length - special) // 2)
    read = _readable_part(text, classifier, settings)
    with _TOKENIZING:
        encoded = classifier.tokenizer(
            read,
            truncation=True,
            max_length=classifier.max_length,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
    n = min(len(encoded["input_ids"]), settings.max_windows)
    windows = [_Window(*(np.array(encoded[key][b]) for key in ("input_ids", "special_tokens_mask", "offset_mapping"))) for b in range(n)]
    if all(window.special.all() for window in windows):
        raise TextError("The tokenizer finds nothing it can read in this text (only spaces or control characters). Type at least one word.")
    window, position = _choose_places(windows, overlap)
    texts = tuple(classifier.tokenizer.convert_ids_to_tokens([int(windows[b].ids[p]) for b, p in zip(window, position)]))
    spans = np.array([windows[b].spans[p] for b, p in zip(window, position)], dtype=np.int64)
    is_special = np.array([windows[b].special[p] for b, p in zip(window, position)], dtype=bool)
    word_of, word_spans = group_words(text, spans, is_special)
    end = int(spans[~is_special].max(initial=0))
    truncated = n < len(encoded["input_ids"]) or len(read) < len(text)
    coverage = Coverage(len(text), end if truncated else len(text), n, classifier.max_length)
    tokens = Tokens(texts, spans, is_special, word_of, word_spans)
    return Reading(_pad(windows, classifier), tokens, window, position, coverage)


def _readable_part(text: str, classifier: Classifier, settings: Settings) -> str:
    """As much of the text as the windows can possibly hold (a token covers 64 characters at the very most but for odd texts).

    Halves of characters, which no tokenizer takes, are replaced one for one, so that offsets still hold.
    """
    part = text[: classifier.max_length * settings.max_windows * 64]
    return LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", part)


@dataclass(frozen=True, eq=False)
class _Window:
    ids: np.ndarray
    special: np.ndarray
    spans: np.ndarray


def _choose_places(windows: list[_Window], shared: int) -> tuple[np.ndarray, np.ndarray]:
    """(T) window and (T) position of each token of the text: leading specials of the first window, every content token
    once, trailing specials of the last window. Of the `shared` tokens that two windows overlap in, the first half is taken
    from the earlier window."""
    places: list[tuple[int, int]] = []
    for b, window in enumerate(windows):
        content = np.flatnonzero(window.special == 0)
        first, last = content[0], content[-1]
        if b == 0:
            places += [(0, p) for p in range(first)]
        else:
            del places[len(places) - (shared - shared // 2) :]
            first += shared // 2
        places += [(b, p) for p in range(first, last + 1)]
    b, last = len(windows) - 1, int(np.flatnonzero(windows[-1].special == 0)[-1])
    places += [(b, p) for p in range(last + 1, len(windows[-1].ids))]
    window, position = np.array(places).T
    return window, position


def _pad(windows: list[_Window], classifier: Classifier) -> TokenBatch:
    """Right padding: positions then count from 0 in every family."""
    pad = classifier.tokenizer.pad_token_id or 0
    length = max(len(window.ids) for window in windows)
    ids = torch.full((len(windows), length), pad)  # (B, T)
    mask, special = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    for b, window in enumerate(windows):
        n = len(window.ids)
        ids[b, :n] = torch.from_numpy(window.ids)
        mask[b, :n] = 1
        special[b, :n] = torch.from_numpy(window.special == 1)
    return TokenBatch(*(part.to(classifier.device) for part in (ids, mask, special)))


def group_words(text: str, spans: np.ndarray, is_special: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T) word index of each token (−1: special) and (W, 2) character spans of the words, in the order of the text.

    Words are found on the original string; a token that covers several glues them into one, and a token that covers
    none (a lone space piece) goes with the word that follows it, else with the one before.
    """
    found = [match.span() for match in WORD.finditer(text) if not match.group().isspace()]
    units = np.array(found or [(0, len(text))])  # a text of odd spaces alone is one word
    content = np.flatnonzero(~is_special)
    low = np.searchsorted(units[:, 1], spans[content, 0], side="right")  # first unit that ends after the token starts
    high = np.searchsorted(units[:, 0], spans[content, 1], side="left")  # first unit that starts at or after its end
    low = np.minimum(low, len(units) - 1)
    glued = np.zeros(len(units) + 1, dtype=bool)  # unit u belongs with unit u − 1
    for a, b in zip(low, high):
        glued[a + 1 : b] = True
    group = np.cumsum(~glued[: len(units)]) - 1
    used, word = np.unique(group[low], return_inverse=True)
    word_of = np.full(len(spans), -1)
    word_of[content] = word
    first, last = np.searchsorted(group, used), np.searchsorted(group, used, side="right") - 1
    return word_of, np.stack([units[first, 0], units[last, 1]], axis=1)
