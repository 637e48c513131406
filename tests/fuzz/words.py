"""Any text, cut into any tokens → words → HTML, without a tokenizer."""

import re

import numpy as np

from core.markup import escape, visible, words_to_html
from core.records import Query
from core.report.parts import tag
from core.words import WORD, group_words
from dashboard.units import Units, text_pieces
from tests.core.html_page import EVIL
from tests.fuzz.checks import check_harmless, shown
from tests.fuzz.pieces import Pieces

STYLE = re.compile(
    r"background:rgba\(\d+,\d+,\d+,[01]\.\d{3}\);(border-bottom:2px (solid|dotted) rgba\(\d+,\d+,\d+,1\.000\);)?border-radius:3px;padding:0 2px;unicode-bidi:isolate"
)
HOSTILE = "don’t — e\u0301 \u202edreadful \U0001f469\u200d\U0001f467 ภาษาไทย 映画 \ud800\0\x85\u2028 &amp; </span> \xa0½ 🇩🇪🇫"
STARTS = (
    b"A dull, unwatchable film.\0\1\2\5\x07\x09\x0c\x10", EVIL.encode() + bytes(range(1, 90, 5)), HOSTILE.encode("utf-8", "surrogatepass") + bytes(range(3, 60, 4)),
)  # fmt: skip


def target(data: bytes) -> None:
    """The last byte is how many numbers come before it; they cut the text, and tell what lies between two cuts."""
    pieces = Pieces(data)
    numbers = pieces.numbers(pieces.number(40))
    text = pieces.text()
    if not text.strip():
        return
    spans, special = _tokens(text, numbers)
    word_of, words = group_words(text, spans, special)
    check_words(text, spans, special, word_of, words)
    check_markup(text, words, np.cos(np.arange(len(words)) + len(numbers)))


def _tokens(text: str, numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Spans (T, 2) in order as tokenizers give them: some empty, some the same twice, some special, but not all."""
    places, spans, special = sorted(number % (len(text) + 1) for number in numbers), [], []
    for a, b, kind in zip([0, *places], [*places, len(text)], [*numbers, 1]):
        spans += [(0, 0)] if kind % 7 == 0 else [(a, b)] * (2 if kind % 11 == 0 else 1)
        special += [kind % 7 == 0] * (2 if kind % 11 == 0 and kind % 7 else 1)
    return np.array(spans).reshape(-1, 2), np.array(special)


def check_words(text: str, spans: np.ndarray, special: np.ndarray, word_of: np.ndarray, words: np.ndarray) -> None:
    """AssertionError unless every token has a word, every word a token, and the words stand in order and apart."""
    assert ((word_of < 0) == special).all()
    assert set(word_of[~special].tolist()) == set(range(len(words)))
    assert (np.diff(word_of[~special]) >= 0).all()
    assert (words[:, 0] < words[:, 1]).all() and (words[1:, 0] >= words[:-1, 1]).all()
    assert not len(words) or (words[0, 0] >= 0 and words[-1, 1] <= len(text))
    visible_units = [match.span() for match in WORD.finditer(text) if not match.group().isspace()]
    for (start, end), word in zip(spans[~special].tolist(), word_of[~special].tolist()):
        covered = [unit for unit in visible_units if unit[0] < end and start < unit[1]]
        assert not covered or (words[word][0] <= covered[0][0] and covered[-1][1] <= words[word][1]), (start, end, word)


def check_markup(text: str, words: np.ndarray, scores: np.ndarray) -> None:
    """AssertionError unless the text stands in every form of HTML as it is, with nothing in it that a browser would act on."""
    page = check_harmless(words_to_html(text, words, scores))
    assert set(page.tags) <= {"p", "span"} and {name for name, _ in page.attributes} <= {"style", "title"}
    assert page.text == shown(text)
    styles = [value for name, value in page.attributes if name == "style"]
    assert sum(bool(STYLE.fullmatch(style)) for style in styles) == len(words)
    assert not page.outside.replace("\N{REPLACEMENT CHARACTER}", "").strip()  # stands for control characters that are spaces
    assert check_harmless(f"<p>{escape(text)}</p>").text == shown(text)
    assert check_harmless(tag("bdi", text, title=text)).attributes[0][1].replace("\xa0", " ") == shown(text)
    assert len(visible(text)) == len(text) and visible(text).encode() is not None
    n = len(words)
    units = Units(("",) * n, words, tuple((i,) for i in range(n)), np.zeros(n, bool), np.zeros(n, int), scores[None])
    assert "".join(piece for piece, _ in text_pieces(Query("m", text), units)) == visible(text)
