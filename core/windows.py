"""What one window holds: which text the windows slide over, how much of the other stands in each, and from which window each
token is taken. Calls the tokenizer: only for those who hold its lock (`tokens`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import regex

from core.errors import TextError
from core.models import Classifier
from core.records import Settings

LONE_SURROGATE = regex.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class Window:
    """One window of a text or a pair as the tokenizer gives it, without padding."""

    ids: np.ndarray
    """(T)"""
    spans: np.ndarray
    """(T, 2) character offsets into the token's own text."""
    part: np.ndarray
    """(T) which text a token stands in: 0 or 1, −1 if special."""
    types: np.ndarray | None
    """(T) token types, of tokenizers that give them."""

    @classmethod
    def of(cls, encoded: Any, b: int) -> "Window":
        """Window b of what a fast tokenizer returns."""
        ids, special, spans = (np.array(encoded[key][b]) for key in ("input_ids", "special_tokens_mask", "offset_mapping"))
        part = np.array([-1 if is_special else k or 0 for k, is_special in zip(encoded.sequence_ids(b), special)], dtype=int)
        return cls(ids, spans, part, np.array(encoded["token_type_ids"][b]) if "token_type_ids" in encoded else None)


def readable_part(text: str, classifier: Classifier, settings: Settings) -> str:
    """As much of the text as the windows can possibly hold (a token covers 64 characters at the very most but for odd texts).

    Halves of characters, which no tokenizer takes, are replaced one for one, so that offsets still hold.
    """
    part = text[: classifier.max_length * settings.max_windows * 64]
    return LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", part)


def fit_texts(classifier: Classifier, texts: tuple[str, ...]) -> tuple[tuple[str, ...], int, int]:
    """The texts as they go in, which of them the windows slide over, and the tokens of it that one window holds.

    Of a pair that is one token too long or more, the shorter text is cut to half the room if it is longer than that.
    """
    room = classifier.max_length - classifier.tokenizer.num_special_tokens_to_add(pair=len(texts) == 2)
    if len(texts) == 1:
        return texts, 0, room
    if room < 2:
        raise TextError(f"The model reads {classifier.max_length} tokens at once, which leaves no room for two texts. Give one text.")
    counts = [len(_offsets(classifier, text)) for text in texts]
    slid = int(counts[1] > counts[0])
    other = 1 - slid
    if sum(counts) > room and counts[other] > room // 2:
        cut = _cut(classifier, texts[other], room // 2)
        texts, counts[other] = (texts[0], cut) if slid == 0 else (cut, texts[1]), len(_offsets(classifier, cut))
    return texts, slid, room - counts[other]


def _offsets(classifier: Classifier, text: str) -> list[tuple[int, int]]:
    return classifier.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]


def _cut(classifier: Classifier, text: str, n_tokens: int) -> str:
    """The longest beginning of `text` found of at most `n_tokens`: a text cut inside a word may take more pieces than before."""
    while len(offsets := _offsets(classifier, text)) > n_tokens:
        text = text[: min(offsets[n_tokens - 1][1], len(text) - 1)]
    return text


def choose_places(windows: list[Window], slid: int, shared: int) -> tuple[np.ndarray, np.ndarray]:
    """(T) window and (T) position of each token: what stands before the text that the windows slide over from the first
    window, every token of that text once, what stands behind it from the last window. Of the `shared` tokens that two
    windows overlap in, the first half is taken from the earlier window."""
    places: list[tuple[int, int]] = []
    for b, window in enumerate(windows):
        content = np.flatnonzero(window.part == slid)
        first, last = content[0], content[-1]
        if b == 0:
            places += [(0, p) for p in range(first)]
        else:
            del places[len(places) - (shared - shared // 2) :]
            first += shared // 2
        places += [(b, p) for p in range(first, last + 1)]
    b, last = len(windows) - 1, int(np.flatnonzero(windows[-1].part == slid)[-1])
    places += [(b, p) for p in range(last + 1, len(windows[-1].ids))]
    window, position = np.array(places).T
    return window, position
