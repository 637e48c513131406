"""Words on the original string, from character offsets alone."""

import numpy as np

from core.words import group_texts, group_words


def test_pieces_that_cover_several_words_or_none_are_kept_together():
    """One token over “b c” glues the two; a lone space goes with the word that follows, at the end with the last."""
    text = "a b c d "
    spans = np.array([[0, 0], [0, 1], [1, 2], [2, 5], [6, 7], [7, 8], [0, 0]])
    special = np.array([True, False, False, False, False, False, True])
    word_of, word_spans = group_words(text, spans, special)
    assert word_of.tolist() == [-1, 0, 1, 1, 2, 2, -1]
    assert word_spans.tolist() == [[0, 1], [2, 5], [6, 7]]


def test_no_word_lies_in_two_texts():
    """A lone space at the end of the first text goes with its last word, not with the first word of the second."""
    texts, starts = ("a b ", "c d"), (0, 6)
    spans = np.array([[0, 0], [0, 1], [2, 3], [3, 4], [0, 0], [6, 7], [8, 9], [0, 0]])
    part = np.array([-1, 0, 0, 0, -1, 1, 1, -1])
    word_of, words = group_texts(texts, starts, spans, part)
    assert word_of.tolist() == [-1, 0, 1, 1, -1, 2, 3, -1]
    assert words.tolist() == [[0, 1], [2, 3], [6, 7], [8, 9]]


def test_one_text_is_grouped_as_ever():
    text, spans = "It doesn't matter", np.array([[0, 0], [0, 2], [3, 7], [7, 10], [11, 17], [0, 0]])
    special = np.array([True, False, False, False, False, True])
    alone = group_words(text, spans, special)
    within = group_texts((text,), (0,), spans, np.where(special, -1, 0))
    assert all(np.array_equal(a, b) for a, b in zip(alone, within))
