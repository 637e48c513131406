"""Tokens and words lie on the original string whatever the tokenizer does to it; windows stitch without seam."""

import numpy as np
import pytest
import regex

from core.combine import merge_tokens
from core.errors import TextError
from core.records import Settings
from core.tokens import Reading, group_words, tokenize_windows
from tests.families import FAMILIES, TEXT

KINDS = ("bert", "roberta", "gpt2", "xlm-roberta")  # WordPiece; bytes, offsets trimmed; bytes, offsets with the space; Unigram
ODD_TEXTS = {
    "plain": TEXT,
    "case": "SUPERB Film, dReAdFuL plot",
    "apostrophes": "I don't, can’t, won't; the director's 'best' work",
    "emoji": "a \N{GRINNING FACE} family \U0001f469\u200d\U0001f469\u200d\U0001f467 says \U0001f44d\U0001f3fd! \U0001f1eb\U0001f1f7 ok",
    "combining": "a cafe\u0301 and re\u0301sume\u0301 nai\u0308ve",
    "composed": "a café and résumé naïve ﬁlm ½ ①",
    "unknown": "the 電影 was 很好 ζξ superb",
    "hebrew": "the סרט טוב was superb",
    "bidi": "a \u202edreadful\u202c plot \u200f!",
    "control": "a\x00dull\x07 plot\x1b[0m \x7fend",
    "breaks": "dull\r\nplot\n\n\tfar\u00a0too\u2003long\u200b \u3000",
    "edges": "  superb  ",
    "punctuation": "wow!!! ... (good)--bad, 3.14 50% a_b #x @y https://a.b/c?d=e",
    "markup": "<b>bold</b> [MASK] [SEP] </s> <mask> &amp; ##ing ▁the Ġthe",
    "one letter": "a",
    "one mark": "!",
    "astral": "\U0001d4d0\U0001d4d1 superb \U00020000",
}


def _read(classifier, text: str, **settings) -> Reading:
    return tokenize_windows(classifier, text, Settings(**settings))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_words_partition_the_tokens_on_the_original_string(kind, text, classifier_of):
    tokens = _read(classifier_of(kind), text).tokens
    words, content = tokens.word_spans, ~tokens.is_special
    assert (tokens.word_of[tokens.is_special] == -1).all()
    assert sorted(set(tokens.word_of[content].tolist())) == list(range(len(words))), "each word has a token, each token a word"
    assert (np.diff(tokens.word_of[content]) >= 0).all(), "words come in the order of the text"
    assert (words[:, 0] < words[:, 1]).all() and (words[:-1, 1] <= words[1:, 0]).all() and words[-1, 1] <= len(text)
    clusters = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    for start, end in words.tolist():
        assert text[start:end].strip() == text[start:end] != ""
        assert {start, end} <= clusters, "no word begins or ends inside a character as a reader sees it"
    for (start, end), word in zip(tokens.spans[content].tolist(), tokens.word_of[content].tolist()):
        assert 0 <= start <= end <= len(text)
        seen = text[start:end].strip()
        first = start + text[start:end].find(seen)
        assert not seen or words[word, 0] <= first and first + len(seen) <= words[word, 1], f"{seen!r} lies outside of its word"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_sum_over_words_is_sum_over_content_tokens(kind, text, classifier_of):
    tokens = _read(classifier_of(kind), text).tokens
    scores = np.random.default_rng(0).normal(size=(3, len(tokens.texts)))
    words = merge_tokens(scores, tokens)
    assert words.shape == (3, len(tokens.word_spans))
    np.testing.assert_allclose(words.sum(-1), scores[:, ~tokens.is_special].sum(-1), rtol=1e-9)


def _words(classifier, text: str) -> list[str]:
    return [text[start:end] for start, end in _read(classifier, text).tokens.word_spans]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text, expected",
    [
        ("I don't, can’t: the director's plot", ["I", "don't", ",", "can’t", ":", "the", "director's", "plot"]),
        ("A cafe\u0301 film", ["A", "cafe\u0301", "film"]),
        ("SUPERB Café", ["SUPERB", "Café"]),
        ("so \U0001f44d\U0001f3fd good", ["so", "\U0001f44d\U0001f3fd", "good"]),
        ("so \U0001f469\u200d\U0001f469\u200d\U0001f467 good", ["so", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "good"]),
        ("the סרט was", ["the", "סרט", "was"]),
        ("dull\r\nplot\u00a0far too", ["dull", "plot", "far", "too"]),
    ],
)
def test_words_are_those_a_reader_sees(kind, text, expected, classifier_of):
    assert _words(classifier_of(kind), text) == expected


def test_pieces_that_cover_several_words_or_none_are_kept_together():
    """One token over “b c” glues the two; a lone space goes with the word that follows, at the end with the last."""
    text = "a b c d "
    spans = np.array([[0, 0], [0, 1], [1, 2], [2, 5], [6, 7], [7, 8], [0, 0]])
    special = np.array([True, False, False, False, False, False, True])
    word_of, word_spans = group_words(text, spans, special)
    assert word_of.tolist() == [-1, 0, 1, 1, 2, 2, -1]
    assert word_spans.tolist() == [[0, 1], [2, 5], [6, 7]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", " ", "\t\n\u00a0\u3000"])
def test_blank_texts_are_refused(kind, text, classifier_of):
    with pytest.raises(TextError, match="at least one word"):
        _read(classifier_of(kind), text)


def test_a_text_of_control_characters_alone_is_refused(classifier_of):
    with pytest.raises(TextError, match="at least one word"):
        _read(classifier_of("bert"), "\x00\x07\u202e")


# --- windows --------------------------------------------------------------------------------------------------------
LONG = " ".join([TEXT] * 12)
LONG_TEXTS = {
    "words": LONG,
    "emoji": "\U0001f44d\U0001f3fd \U0001f3ac" * 40,  # several byte pieces share one character's offsets
    "letters": "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 8,
    "no spaces": "電影很好" * 60,
}


def _visible(text: str, spans: np.ndarray) -> list[tuple[int, str]]:
    """Where each token's visible part starts, and what it is. Byte-level tokenizers trim a leading space inside a text, not at its start."""
    stripped = [text[start:end].strip() for start, end in spans]
    return [(start + text[start:end].find(seen), seen) if seen else (-1, "") for (start, end), seen in zip(spans.tolist(), stripped)]


@pytest.mark.parametrize("overlap", [0, 1, 8, 64])
@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_stitched_windows_are_the_whole_text_once(kind, text, overlap, classifier_of):
    """Ids and places equal those of the text tokenized in one piece, specials at the two ends included."""
    classifier = classifier_of(kind)
    reading = _read(classifier, text, overlap=overlap, max_windows=500)
    whole = classifier.tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False)
    ids = reading.batch.input_ids.numpy()[reading.window, reading.position]
    assert ids.tolist() == whole["input_ids"]
    content = np.array(whole["special_tokens_mask"]) == 0
    spans = np.array(whole["offset_mapping"])[content]
    assert _visible(text, reading.tokens.spans[content]) == _visible(text, spans)
    assert reading.tokens.is_special.tolist() == (~content).tolist()
    assert reading.tokens.texts == tuple(classifier.tokenizer.convert_ids_to_tokens(whole["input_ids"]))
    assert reading.coverage.share == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_windows_fill_the_limit_and_overlap_as_asked(kind, classifier_of):
    classifier = classifier_of(kind)
    n_special = classifier.tokenizer.num_special_tokens_to_add()
    reading = _read(classifier, LONG, overlap=8, max_windows=500)
    n_content, body = int((~reading.tokens.is_special).sum()), 64 - n_special
    assert reading.coverage.limit == classifier.max_length == 64
    assert reading.coverage.windows == len(reading.batch) == -(-(n_content - 8) // (body - 8))
    rows = reading.batch.input_ids[reading.batch.is_content.clone()]
    assert len(rows) == n_content + 8 * (reading.coverage.windows - 1)
    assert (reading.batch.attention_mask.sum(1)[:-1] == 64).all()
    for row in range(len(reading.batch) - 1):
        here, there = (reading.batch.input_ids[b][reading.batch.is_content[b]] for b in (row, row + 1))
        assert here[-8:].tolist() == there[:8].tolist()


def test_tokens_are_taken_where_they_have_most_context(classifier_of):
    """Of the 8 tokens that two windows share, 4 come from the first and 4 from the second."""
    reading = _read(classifier_of("bert"), LONG, overlap=8, max_windows=2)
    body = 62
    assert (reading.window == 0).sum() == 1 + body - 4
    assert reading.position[reading.window == 1].min() == 1 + 4
    assert reading.position[reading.window == 0].max() == body - 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_within_the_limit_has_one_window_without_padding(kind, classifier_of):
    reading = _read(classifier_of(kind), TEXT)
    assert reading.coverage.windows == len(reading.batch) == 1 and reading.coverage.share == 1.0
    assert (reading.batch.attention_mask == 1).all() and (reading.window == 0).all()
    assert reading.position.tolist() == list(range(len(reading.tokens.texts)))


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_neither_content_nor_special(kind, classifier_of):
    batch = _read(classifier_of(kind), LONG, overlap=8, max_windows=500).batch
    padding = batch.attention_mask == 0
    assert padding.any() and not batch.is_content[padding].any()
    last = batch.window(len(batch) - 1)
    assert (last.attention_mask == 1).all() and last.input_ids.shape[1] == int(batch.attention_mask[-1].sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["superb " * 50_000, "x" * 10_000, "a " + "é" * 10_000], ids=["50,000 words", "one word", "marks"])
def test_endless_texts_are_read_in_part_and_it_says_so(kind, text, classifier_of):
    reading = _read(classifier_of(kind), text, max_windows=3, overlap=8)
    tokens, coverage = reading.tokens, reading.coverage
    assert coverage.windows == len(reading.batch) <= 3
    assert coverage.characters == len(text)
    assert len(tokens.texts) <= 3 * 64
    assert tokens.spans.max() <= len(text) and len(tokens.word_spans) >= 1
    if coverage.windows == 3 and coverage.share < 1:
        assert coverage.characters_read == tokens.spans.max()
    if text.startswith("superb"):
        assert 0 < coverage.share < 0.01


@pytest.mark.parametrize("name", FAMILIES)
def test_the_limit_is_what_positions_allow(name, classifier_of):
    """Two of RoBERTa's 66 positions are never used; GPT-2's and XLM-R's tokenizers here know no limit of their own."""
    assert classifier_of(name).max_length == 64
