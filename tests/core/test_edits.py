"""Edits of single words: the text that comes out, and that the model reads it as it reads hidden words."""

import copy
import dataclasses
import json

import numpy as np
import pytest
from tokenizers import Tokenizer

from core.case import open_case
from core.edits import DELETE, KEEP, MASK, REPLACE, Edit, apply_edit, apply_edits, describe_edit
from core.errors import MethodError, TextError
from core.models import describe
from core.pipeline import analyse
from core.records import Query, Settings, Tokens
from core.tokens import tokenize_windows
from core.words import group_texts
from tests.families import TEXT

HEBREW = "סרט נפלא, באמת נפלא"
EMOJI = "What a ride 👏🏽👨‍👩‍👧 today"


def _tokens(text: str, pair: str | None = None) -> Tokens:
    """One token a word, by the project's own rule of what a word is."""
    query = Query("m", text, text_pair=pair)
    texts = (text,) if pair is None else (text, pair)
    starts = tuple(start for start, _ in query.text_spans)
    spans, part = [], []
    for k, (each, start) in enumerate(zip(texts, starts)):
        for place, sign in enumerate(each):
            if not sign.isspace():
                spans.append((start + place, start + place + 1))
                part.append(k)
    word_of, words = group_texts(texts, starts, np.array(spans), np.array(part))
    first = [int(np.flatnonzero(word_of == w)[0]) for w in range(len(words))]
    n = len(words)
    return Tokens(("t",) * n, np.array(spans)[first], np.zeros(n, bool), np.arange(n), words)


def _edit(text: str, kind: str, *words: str, replacement: str = "", pair: str | None = None, mask: str | None = "[M]"):
    """The edited text, words by what they say, the first that says so."""
    query, tokens = Query("m", text, text_pair=pair), _tokens(text, pair)
    said = [query.joined[start:end] for start, end in tokens.word_spans]
    out = apply_edit(query, tokens, Edit(kind, tuple(said.index(word) for word in words), replacement), mask)
    return out if pair is not None else out[0]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("a good film", "a", "good film"),
        ("a good film", "good", "a film"),
        ("a good film", "film", "a good"),
        ("a good film.", "film", "a good."),
        ("a good film.", ".", "a good film"),
        ("good, bad", ",", "good bad"),  # a space that keeps two words apart stays
        ("good (bad)", "(", "good bad)"),
        ("see (good film)", "good", "see (film)"),
        ("a well-made film", "well", "a -made film"),  # nor does a sign grow onto a word
        ("one\ntwo three", "two", "one\nthree"),  # a line break tells more than a space
        ("one two\nthree", "two", "one\nthree"),
        ("one\ntwo\nthree", "two", "one\n\nthree"),
        ("very  good", "very", " good"),  # one space, not all
        ("I don't know", "don't", "I know"),
        (EMOJI, "👏🏽", "What a ride 👨‍👩‍👧 today"),
        (EMOJI, "👨‍👩‍👧", "What a ride 👏🏽 today"),
        (HEBREW, "נפלא", "סרט, באמת נפלא"),
        ("很好看", "好", "很看"),
    ],
)
def test_a_word_left_out_takes_one_space_along(text, word, expected):
    assert _edit(text, DELETE, word) == expected


def test_other_edits_leave_all_else_alone():
    assert _edit("a good film.", MASK, "good") == "a [M] film."
    assert _edit("a good film.", REPLACE, "good", replacement=" dull ") == "a dull film."
    assert _edit(EMOJI, REPLACE, "👨‍👩‍👧", replacement="🎉") == "What a ride 👏🏽🎉 today"
    assert _edit(HEBREW, MASK, "באמת") == "סרט נפלא, [M] נפלא"
    assert _edit("a good film", DELETE, "a", "film") == "good"
    assert _edit("a good old film", DELETE, "good", "old") == "a film"
    assert _edit("Nothing.", MASK, "Nothing") == "[M]."


def test_keeping_only_some_words():
    assert _edit("a good film.", KEEP, "good") == "good"
    assert _edit("a good, long film.", KEEP, "film", "a") == "a film"
    assert _edit("well-made film", KEEP, "well", "-") == "well-"  # what stood side by side still does
    assert _edit("很好看", KEEP, "很", "好") == "很好"
    assert _edit(HEBREW, KEEP, "נפלא") == "נפלא"
    unread = Query("m", "one two three four")
    few = _tokens("one two")  # a text cut at what was read: what was not is not kept either
    assert apply_edit(unread, few, Edit(KEEP, (1,)), None) == ("two", None)


def test_pairs_are_edited_in_the_text_where_the_word_stands():
    pair = "Nobody liked it."
    assert _edit("A good film.", DELETE, "liked", pair=pair) == ("A good film.", "Nobody it.")
    assert _edit("A good film.", MASK, "good", "Nobody", pair=pair) == ("A [M] film.", "[M] liked it.")
    assert _edit("A good film.", KEEP, "good", pair=pair) == ("good", pair)
    assert _edit("A good film.", KEEP, "good", "it", pair=pair) == ("good", "it")
    with pytest.raises(TextError, match="nothing of the second text"):
        _edit("A good film.", DELETE, "Bad", pair="Bad")
    with pytest.raises(TextError, match="nothing of the first text"):
        _edit("Bad", DELETE, "Bad", pair="A good film.")


def test_what_can_not_be_done_is_said():
    with pytest.raises(TextError, match="nothing of the text to read"):
        _edit("Unforgettable", DELETE, "Unforgettable")
    with pytest.raises(TextError, match="replacement is empty"):
        _edit("a film", REPLACE, "film", replacement="  ")
    with pytest.raises(MethodError, match="no token that masks"):
        _edit("a film", MASK, "film", mask=None)
    query, tokens = Query("m", "a film"), _tokens("a film")
    for words in ((2,), (-1,)):
        with pytest.raises(TextError, match="2 words of this text were read"):
            apply_edit(query, tokens, Edit(DELETE, words), None)
    with pytest.raises(TextError, match="No word was chosen"):
        apply_edit(query, tokens, Edit(DELETE, ()), None)
    with pytest.raises(MethodError, match="mask, delete, replace, keep only"):
        Edit("shuffle", (0,))
    with pytest.raises(MethodError, match="together with other edits"):
        apply_edits(query, tokens, (Edit(KEEP, (0,)), Edit(DELETE, (1,))), None)


def test_several_edits_count_in_the_same_words():
    text = "a very good film, really"
    edits = Edit(DELETE, (1,)), Edit(REPLACE, (2,), "dull"), Edit(MASK, (5,)), Edit(REPLACE, (0,), "the most")
    assert apply_edits(Query("m", text), _tokens(text), edits, "[M]") == ("the most dull film, [M]", None)
    again = Edit(MASK, (2,)), Edit(REPLACE, (2,), "dull")
    assert apply_edits(Query("m", text), _tokens(text), again, "[M]")[0] == "a very dull film, really"


def test_edits_in_words():
    words = ("a", "wonderful", "film")
    assert describe_edit(Edit(MASK, (1,)), words) == "“wonderful” masked"
    assert describe_edit(Edit(DELETE, (0, 2)), words) == "“a”, “film” left out"
    assert describe_edit(Edit(REPLACE, (1,), "dull"), words) == "“wonderful” → “dull”"
    assert describe_edit(Edit(KEEP, (1,)), words) == "only “wonderful” kept"


def _strips(classifier):
    """The classifier with a mask that swallows the space before it, as those of real byte-level tokenizers do."""
    tokenizer = copy.deepcopy(classifier.tokenizer)
    inner = json.loads(tokenizer.backend_tokenizer.to_str())
    for token in inner["added_tokens"]:
        token["lstrip"] = token["content"] == tokenizer.mask_token
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(inner))
    return dataclasses.replace(classifier, tokenizer=tokenizer)


def _compare(classifier, how: str, query: Query, words, tolerance: float) -> None:
    """The report on the edited text says what the operator that hides the same words among the ids says."""
    case = open_case(classifier, query, how)
    kind = {"mask": MASK, "delete": DELETE}[how]
    for word in words:
        keep = np.ones((1, case.n_words), bool)
        keep[0, word] = False
        text, pair = apply_edit(query, case.reading.tokens, Edit(kind, (word,)), classifier.mask_token)
        edited = analyse(classifier, Query(query.model, text, settings=query.settings, text_pair=pair))
        np.testing.assert_allclose(edited.prediction.logits, case.masked.logits(keep)[0], atol=tolerance)


BYTE_LEVEL = ("roberta", "modernbert")


@pytest.mark.parametrize("name", ["bert", "distilbert", "electra", "mpnet", *BYTE_LEVEL])
def test_a_masked_word_is_read_as_the_removal_operator_hides_it(name, classifier_of):
    """Subwords as many masks as pieces, punctuation, the first and the last word."""
    classifier = _strips(classifier_of(name)) if name in BYTE_LEVEL else classifier_of(name)
    query = Query("tiny", TEXT)
    words = range(len(tokenize_windows(classifier, TEXT, Settings()).tokens.word_spans))
    assert max(np.bincount(tokenize_windows(classifier, TEXT, Settings()).tokens.word_of + 1)[1:]) > 1
    _compare(classifier, "mask", query, words, 1e-5)


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_so_it_is_of_a_pair_and_of_a_long_text_in_windows(name, variant_of, classifier_of):
    pair = Query("tiny", "A quiet, unhurried film.", text_pair="Nobody enjoyed the ending.")
    two, one = (_strips(each) if name in BYTE_LEVEL else each for each in (variant_of(name), classifier_of(name)))
    _compare(two, "mask", pair, range(9), 1e-5)
    long = Query("tiny", " ".join([TEXT] * 7), settings=Settings(overlap=20))
    reading = tokenize_windows(one, long.text, long.settings)
    assert len(reading.batch) >= 3
    in_two = [w for w in range(len(reading.tokens.word_spans)) if (reading.word_of == w).any(1).sum() > 1]
    _compare(one, "mask", long, (0, in_two[0], len(reading.tokens.word_spans) - 1), 1e-5)


def test_a_word_left_out_is_read_as_the_removal_operator_leaves_it_out(classifier_of):
    """Of a family whose pieces hold no spaces: others read the first word of a text otherwise than one inside it."""
    n_words = len(tokenize_windows(classifier_of("bert"), TEXT, Settings()).tokens.word_spans)
    _compare(classifier_of("bert"), "delete", Query("tiny", TEXT), range(n_words), 1e-5)


@pytest.mark.parametrize(
    ("name", "mask"), [("bert", "[MASK]"), ("roberta", "<mask>"), ("xlnet", "[MASK]"), ("gpt2", None), ("llama", None), ("t5", None)]
)
def test_the_card_says_what_masks_a_word(name, mask, classifier_of):
    assert classifier_of(name).mask_token == describe(classifier_of(name)).mask_token == mask
