"""Tokens → words on the original string, by character offsets. numpy and regular expressions only."""

from typing import Any

import numpy as np
import regex

# A word: letters, digits and their combining marks, with inner apostrophes ("don't"); else one visible character as a
# reader sees it (\X, Unicode's extended grapheme cluster, UAX 29): an emoji with its modifiers, or a letter of a script
# that puts no spaces between its words.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
WORD = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}_]--[{UNSPACED}]]+(?:['’][\p{{L}}\p{{M}}]+)*|\X")


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


def group_texts(texts: tuple[str, ...], starts: tuple[int, ...], spans: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`group_words` text by text, so that no word lies in two: spans (T, 2) and words (W, 2) count from the start of the
    joined string, in which text k begins at `starts[k]`; part (T) is the text a token stands in, −1 for special tokens."""
    words: list[Any] = []
    word_of = np.full(len(part), -1)
    for k, (text, start) in enumerate(zip(texts, starts)):
        within, found = group_words(text, spans - start, part != k)
        word_of[part == k] = within[part == k] + sum(map(len, words))
        words.append(found + start)
    return word_of, np.concatenate(words)
