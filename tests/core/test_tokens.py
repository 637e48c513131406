"""Tokens and words lie on the original string whatever the tokenizer does to it; windows stitch without seam."""

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import regex
from tokenizers import Regex, pre_tokenizers

from core import tokens
from core.combine import merge_tokens
from core.errors import TextError
from core.panics import panics_as
from core.pipeline import analyse
from core.records import Query, Settings
from core.tokens import Reading, tokenize_windows
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
        assert not seen or (words[word, 0] <= first and first + len(seen) <= words[word, 1]), f"{seen!r} lies outside of its word"


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


@pytest.mark.parametrize("overlap", [0, 1, 8])
@pytest.mark.parametrize("text", [LONG, LONG_TEXTS["letters"]], ids=["words", "letters"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_place_of_every_window_has_the_word_that_it_shows(kind, text, overlap, classifier_of):
    """RoBERTa's tokenizer leaves the space before a word to the first token of a window: a span that the whole text has not."""
    reading = _read(classifier_of(kind), text, overlap=overlap, max_windows=500)
    assert reading.coverage.windows > 1 and ((reading.word_of >= 0) == reading.batch.is_content.numpy()).all()
    own = reading.word_of[reading.window, reading.position]
    content = ~reading.tokens.is_special
    assert own[content].tolist() == reading.tokens.word_of[content].tolist()
    for row in reading.word_of:
        assert set(np.diff(row[row >= 0]).tolist()) <= {0, 1}, "words in their order, none left out"
    for here, there in zip(reading.word_of, reading.word_of[1:]):  # the tokens that two windows share are of the same words
        assert here[here >= 0][len(here[here >= 0]) - overlap :].tolist() == there[there >= 0][:overlap].tolist()


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


# --- pairs ----------------------------------------------------------------------------------------------------------
PAIR_KINDS = ("bert", "roberta", "deberta-v2", "gpt2", "llama")  # with token types; two separators; types nobody takes; no separator
SECOND = "A dull, unwatchable film "
TWO_LONG = {
    "first shorter": (LONG, LONG + " superb"),
    "second shorter": (LONG + " superb", LONG),
    "odd": ("\U0001f3ac x " * 90, "電 " * 200 + "émoi " * 90),
    "letters": ("a b c d " * 40, "é ! " * 60),
}


def _read_pair(classifier, first: str, second: str, **settings) -> Reading:
    return tokenize_windows(classifier, first, Settings(**settings), second)


def _content_of(classifier, reading: Reading, query: Query) -> list[list[str]]:
    """The visible pieces of each text, in order."""
    joined, spans, content = query.joined, reading.tokens.spans, ~reading.tokens.is_special
    return [
        [joined[a:b].strip() for (a, b), is_content in zip(spans, content) if is_content and start <= a and b <= end]
        for start, end in query.text_spans
    ]


@pytest.mark.parametrize("kind", PAIR_KINDS)
@pytest.mark.parametrize("first, second", [(TEXT, SECOND), (SECOND, TEXT), ("a", "!"), (" superb  ", "\N{GRINNING FACE} café\r"), ("b\r", "\u0301c")])
def test_a_pair_is_read_by_the_tokenizer_s_own_template(kind, first, second, variant_of):
    classifier = variant_of(kind)
    reading, query = _read_pair(classifier, first, second), Query("tiny", first, text_pair=second)
    whole = classifier.tokenizer(first, second, return_offsets_mapping=True, return_special_tokens_mask=True, return_tensors="np")
    batch, tokens = reading.batch, reading.tokens
    assert batch.input_ids.tolist() == whole["input_ids"].tolist()
    assert tokens.is_special.tolist() == (whole["special_tokens_mask"][0] == 1).tolist()
    assert (batch.token_type_ids is None) == (kind != "bert")
    if kind == "bert":
        assert batch.token_type_ids.tolist() == whole["token_type_ids"].tolist() and batch.token_type_ids.max() == 1
    part = np.array([-1 if k is None else k for k in whole.sequence_ids(0)])
    shift = np.where(part == 1, query.text_spans[1][0], 0)[:, None]
    assert tokens.spans.tolist() == (whole["offset_mapping"][0] + shift).tolist()
    assert reading.coverage.share == 1 and reading.coverage.unread == () and reading.coverage.characters == len(first) + len(second)


@pytest.mark.parametrize("kind", PAIR_KINDS)
@pytest.mark.parametrize("second", [TEXT, *ODD_TEXTS.values()], ids=["same", *ODD_TEXTS])
def test_words_of_a_pair_lie_in_one_text_each(kind, second, variant_of):
    """They are the words of the two texts read alone, in order."""
    classifier, query = variant_of(kind), Query("tiny", "  wow! a lone space ", text_pair=second)
    tokens = _read_pair(classifier, query.text, second).tokens
    words = [query.joined[start:end] for start, end in tokens.word_spans]
    assert words == _words(classifier, query.text) + _words(classifier, second)
    assert (np.diff(tokens.word_of[~tokens.is_special]) >= 0).all() and (tokens.word_of[tokens.is_special] == -1).all()
    for start, end in tokens.word_spans.tolist():
        assert any(low <= start and end <= high for low, high in query.text_spans)


@pytest.mark.parametrize("overlap", [0, 8, 64])
@pytest.mark.parametrize("kind", PAIR_KINDS)
@pytest.mark.parametrize("is_first_long", [True, False])
@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
def test_windows_slide_over_the_longer_text_and_repeat_the_shorter(kind, is_first_long, overlap, text, variant_of):
    classifier = variant_of(kind)
    first, second = (text, SECOND) if is_first_long else (SECOND, text)
    reading = _read_pair(classifier, first, second, overlap=overlap, max_windows=500)
    whole = classifier.tokenizer(first, second, return_special_tokens_mask=True, verbose=False)
    assert reading.batch.input_ids.numpy()[reading.window, reading.position].tolist() == whole["input_ids"], "each token once, in order"
    assert reading.tokens.is_special.tolist() == [bool(special) for special in whole["special_tokens_mask"]]
    assert (reading.coverage.windows > 1) == (len(whole["input_ids"]) > 64) and reading.coverage.share == 1
    short = classifier.tokenizer(SECOND, add_special_tokens=False)["input_ids"]
    for ids, mask in zip(reading.batch.input_ids.tolist(), reading.batch.attention_mask.sum(1).tolist()):
        assert any(ids[i : i + len(short)] == short for i in range(mask)), "the shorter text stands whole in every window"
        assert mask <= 64
    lonely = _content_of(classifier, reading, Query("tiny", first, text_pair=second))
    assert [bool(pieces) for pieces in lonely] == [True, True]


@pytest.mark.parametrize("kind", PAIR_KINDS)
@pytest.mark.parametrize("first, second", TWO_LONG.values(), ids=TWO_LONG)
def test_of_two_long_texts_the_shorter_has_half_the_room(kind, first, second, variant_of):
    classifier, query = variant_of(kind), Query("tiny", first, text_pair=second)
    reading = _read_pair(classifier, first, second, overlap=4, max_windows=3)
    room = 64 - classifier.tokenizer.num_special_tokens_to_add(pair=True)
    lengths = [len(classifier.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) for text in (first, second)]
    shorter = int(lengths[1] <= lengths[0])
    start, end = query.text_spans[shorter]
    spans = reading.tokens.spans[~reading.tokens.is_special]
    inside = spans[(spans[:, 0] >= start) & (spans[:, 1] <= end)]
    assert 0 < len(inside) <= room // 2
    coverage = reading.coverage
    assert (inside[:, 1].max(), end) in coverage.unread and coverage.windows == 3 and 0 < coverage.share < 1
    assert coverage.characters_read == coverage.characters - sum(high - low for low, high in coverage.unread)
    assert all(any(low >= a and high == b for a, b in query.text_spans) for low, high in coverage.unread)


@pytest.mark.parametrize("kind", PAIR_KINDS)
@pytest.mark.parametrize("first, second, said", [(TEXT, "", "second text is empty"), ("  ", TEXT, "first text is empty"), (TEXT, "\n", "second text is empty")])
def test_a_blank_text_of_a_pair_is_named(kind, first, second, said, variant_of):
    with pytest.raises(TextError, match=said):
        _read_pair(variant_of(kind), first, second)


def test_a_text_of_a_pair_with_nothing_to_read_is_named(variant_of):
    with pytest.raises(TextError, match="nothing it can read in the second text"):
        _read_pair(variant_of("bert"), TEXT, "\x00\x07\u202e")


def test_token_types_are_cut_repeated_and_padded_with_the_rest(variant_of):
    reading = _read_pair(variant_of("bert"), LONG, SECOND, overlap=8, max_windows=500)
    batch = reading.batch
    assert batch.token_type_ids.shape == batch.input_ids.shape and (batch.token_type_ids[batch.attention_mask == 0] == 0).all()
    last = batch.window(len(batch) - 1)
    assert last.token_type_ids.shape == last.input_ids.shape and last.repeat(5).token_type_ids.shape == (5, last.input_ids.shape[1])
    assert set(batch.side_inputs) == {"attention_mask", "token_type_ids"}
    assert set(_read(variant_of("roberta"), TEXT).batch.side_inputs) == {"attention_mask"}


def test_a_window_too_small_for_two_texts_is_told(variant_of):
    """[CLS] and two [SEP] leave one place of four; with five each text has one."""
    classifier = variant_of("bert")
    with pytest.raises(TextError, match="4 tokens at once.*no room for two texts"):
        _read_pair(dataclasses.replace(classifier, max_length=4), TEXT, SECOND)
    reading = _read_pair(dataclasses.replace(classifier, max_length=5), TEXT, SECOND, max_windows=3)
    assert reading.batch.input_ids.shape == (3, 5) and len(reading.tokens.texts) == 1 + 1 + 1 + 3 + 1


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_windows_come_in_the_order_of_the_text_whichever_side_the_tokenizer_cuts(kind, variant_of):
    """Some checkpoints say truncation_side: left."""
    classifier = variant_of(kind)
    tokenizer = copy.deepcopy(classifier.tokenizer)
    tokenizer.truncation_side = "left"
    left = dataclasses.replace(classifier, tokenizer=tokenizer)
    for second in (None, SECOND):
        got, expected = (tokenize_windows(c, LONG, Settings(overlap=8), second) for c in (left, classifier))
        assert got.tokens.texts == expected.tokens.texts and got.batch.input_ids.tolist() == expected.batch.input_ids.tolist()


# --- tokenizers that don't do as they should ------------------------------------------------------------------------
def _with_tokenizer(classifier, change):
    """The classifier with a tokenizer of its own, which `change` is given."""
    tokenizer = copy.deepcopy(classifier.tokenizer)
    change(tokenizer)
    return dataclasses.replace(classifier, tokenizer=tokenizer)


def _split_slowly(tokenizer) -> None:
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(a+)+$"), "isolated")


@pytest.mark.parametrize("texts", [("a" * 30 + "!",), (TEXT, "a" * 30 + "!")], ids=["one", "pair"])
def test_a_panic_of_the_tokenizer_is_a_sentence_and_frees_its_lock(texts, variant_of):
    """A pattern that tries every way to split; `tokenizers` raises what is no Exception."""
    broken = _with_tokenizer(variant_of("bert"), _split_slowly)
    for _ in range(2):
        with pytest.raises(TextError, match="broke down on this text.*Change the text"):
            tokenize_windows(broken, texts[0], Settings(), *texts[1:])
    assert len(tokenize_windows(broken, "b", Settings()).batch) == 1, "other texts can still be read"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_only_panics_are_told_as_errors(error):
    with pytest.raises(error), panics_as(TextError, "A sentence."):
        raise error


def test_a_busy_tokenizer_keeps_no_other_waiting(classifier_of):
    busy, free = classifier_of("bert"), classifier_of("gpt2")
    with ThreadPoolExecutor(2) as pool:
        with tokens.lock_of(busy.tokenizer):
            held = pool.submit(_read, busy, TEXT)
            assert len(pool.submit(_read, free, TEXT).result(timeout=60).batch) == 1
            assert not held.done()
        assert len(held.result(timeout=60).batch) == 1


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_pieces_added_after_the_model_learned_are_read_as_unknown(kind, classifier_of):
    def grow(tokenizer) -> None:
        tokenizer.add_tokens([f"[FILL{i}]" for i in range(2000)])  # whatever room the table has
        tokenizer.add_special_tokens({"pad_token": "[NEW]"})

    grown = _with_tokenizer(classifier_of(kind), grow)
    size, piece = len(grown.model.get_input_embeddings().weight), "[FILL1999]"
    assert grown.tokenizer.convert_tokens_to_ids(piece) >= size and grown.tokenizer.pad_token_id >= size
    report = analyse(grown, Query("tiny", f"a superb {piece} film"))
    assert piece in report.word_texts and grown.tokenizer.unk_token in report.tokens.texts
    batch = _read(grown, LONG, max_windows=500).batch
    assert (batch.attention_mask == 0).any() and batch.input_ids.max() < size, "nor is padding beyond the table"


def test_a_piece_the_model_never_learned_is_named_where_nothing_stands_for_it(classifier_of):
    def grow(tokenizer) -> None:
        tokenizer.add_tokens([f"[FILL{i}]" for i in range(2000)])
        tokenizer.unk_token = None

    grown = _with_tokenizer(classifier_of("gpt2"), grow)
    assert len(grown.model.get_input_embeddings().weight) < 2000
    with pytest.raises(TextError, match=r"“\[FILL1999\]”.*Leave it out"):
        _read(grown, "a superb [FILL1999] film")
