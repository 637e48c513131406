"""Any text, or two, through the tokenizers of three kinds → tokens, windows, words, HTML."""

from functools import cache

import numpy as np

from core.errors import TextError
from core.records import PAIR_BREAK, Query, Settings
from core.tokens import Reading, tokenize_windows
from tests.fuzz.checks import REFUSED, refused_or
from tests.fuzz.folders import new_folder
from tests.fuzz.pieces import Pieces
from tests.fuzz.words import HOSTILE, check_markup

KINDS = ("bert", "gpt2", "xlm-roberta")  # WordPiece, bytes, unigrams
CHOICES = (Settings(), Settings(max_windows=2, overlap=3), Settings(max_windows=3, overlap=0))
STARTS = (
    b"A dull, unwatchable film.", b"first\0second text\1", HOSTILE.replace("\0", "").encode("utf-8", "surrogatepass") + b"\2",
    b"one two three four " * 20 + b"\1\1", "ภาษาไทย 映画 \u202e".encode() * 9 + b"\0" + b"short" + b"\1\2",
)  # fmt: skip


def target(data: bytes) -> None:
    """The last bytes choose tokenizer and windows; a NUL parts two texts."""
    pieces = Pieces(data)
    kind, settings = KINDS[pieces.number(2)], CHOICES[pieces.number(2)]
    first, nul, second = pieces.text().partition("\0")
    pair = second if nul else None
    reading = refused_or(TextError, tokenize_windows, _classifier(kind), first, settings, pair)
    if reading is not REFUSED:
        check_reading(reading, Query(kind, first, text_pair=pair))


def check_reading(reading: Reading, query: Query) -> None:
    """AssertionError unless each token stands where it says, in one of the texts, and each word holds its tokens."""
    tokens, batch, joined = reading.tokens, reading.batch, query.joined
    n, spans, words = len(tokens.texts), tokens.spans, tokens.word_spans
    assert len(reading.window) == len(reading.position) == n and (reading.window < len(batch)).all()
    ids = batch.input_ids.numpy()[reading.window, reading.position]
    assert len(ids) == n and (tokens.is_special == batch.is_special.numpy()[reading.window, reading.position]).all()
    content = ~tokens.is_special
    assert (
        content.any()
        and (tokens.word_of[~content] == -1).all()
        and set(tokens.word_of[content].tolist()) == set(range(len(words)))
    )
    assert (spans[content, 0] <= spans[content, 1]).all() and (spans[content, 1] <= len(joined)).all()
    assert (words[:, 0] < words[:, 1]).all() and (words[1:, 0] >= words[:-1, 1]).all() and words[-1, 1] <= len(joined)
    inside = [(start, end) for start, end in query.text_spans]
    assert all(any(low <= a and b <= high for low, high in inside) for a, b in words.tolist()), "a word in two texts"
    assert PAIR_BREAK not in {joined[a:b] for a, b in words.tolist()}
    assert (reading.word_of[~batch.is_content.numpy()] == -1).all() and (reading.word_of[batch.is_content.numpy()] >= 0).all()
    assert (reading.word_of < len(words)).all()
    assert 0 <= reading.coverage.characters_read <= reading.coverage.characters == len(query.text) + len(query.text_pair or "")
    check_markup(joined, words, np.sin(np.arange(len(words))))


@cache
def _classifier(kind: str):
    """A tiny model of a kind, built once."""
    from core.catalog import find_model
    from core.models import load_classifier
    from tests.families import build_folder

    folder = new_folder()
    return load_classifier(find_model(str(build_folder(kind, folder).path)), device="cpu")
