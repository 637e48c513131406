"""Words for a place: against transformers' own language model, asked with the place masked by hand."""

import numpy as np
import pytest
import torch

from core.catalog import CATALOG
from core.edited_texts import EditedTexts
from core.errors import MethodError, TextError
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from core.suggest import suggest
from core.tokens import tokenize_windows
from core.turns import Cancelled
from tests.core.oracles import Frozen
from tests.families import TEXT

PAIR = Query("tiny", "A quiet, unhurried film.", text_pair="Nobody enjoyed the ending.")


def _words(classifier, query: Query) -> list[str]:
    spans = tokenize_windows(classifier, query.text, query.settings, query.text_pair).tokens.word_spans
    return [query.joined[start:end] for start, end in spans]


def _read_by_hand(family, tokenizer, query: Query, span: tuple[int, int], part: int, types: bool) -> np.ndarray:
    """(V) the whole language model's probabilities at a place whose pieces became one mask; a decoder's, for the place before it."""
    texts = (query.text,) if query.text_pair is None else (query.text, query.text_pair)
    encoded = tokenizer(*texts, return_offsets_mapping=True)
    inside = [
        i
        for i, (a, b) in enumerate(encoded["offset_mapping"])
        if encoded.sequence_ids()[i] == part and a < span[1] and b > span[0]
    ]
    names = ("input_ids", "token_type_ids") if types else ("input_ids",)
    rows = {name: list(encoded[name]) for name in names}
    model, place = family.language_model(), inside[0]
    if tokenizer.mask_token_id is None:
        place -= 1
    else:
        rows = {name: [*row[: place + 1], *row[inside[-1] + 1 :]] for name, row in rows.items()}
        rows["input_ids"][place] = tokenizer.mask_token_id
    with torch.no_grad():
        logits = model(**{name: torch.tensor([row]) for name, row in rows.items()}).logits[0, place]
    return logits.softmax(-1).numpy()


def _check_against(said: np.ndarray, classifier, query: Query, word: str, index: int, starts: str, joins: str) -> None:
    """The fills are the first pieces that begin with `starts`, not with `joins`, hold a letter or digit, and are not the word."""
    tokenizer = classifier.tokenizer
    got = suggest(classifier, query, index, n=5)
    expected = []
    for piece in np.argsort(-said)[:64].tolist():
        name = tokenizer.convert_ids_to_tokens(piece)
        text = name.removeprefix(starts)
        is_whole = name.startswith(starts) and not (joins and name.startswith(joins)) and piece not in tokenizer.all_special_ids
        if is_whole and text.isalnum() and text.isascii() and text.casefold() != word.casefold():
            expected.append((text, said[piece]))
    assert len(got.fills) == 5 and got.word == index
    assert [fill.text.casefold() for fill in got.fills] == [text.casefold() for text, _ in expected[:5]]
    np.testing.assert_allclose([fill.probability for fill in got.fills], [p for _, p in expected[:5]], atol=1e-6)
    start, end = (int(place) for place in tokenize_windows(classifier, query.text, query.settings, query.text_pair).tokens.word_spans[index])
    for fill in got.fills:
        text = query.joined[:start] + fill.text + query.joined[end:]
        first, second = (text, None) if query.text_pair is None else text.split("\n\n")
        report = analyse(classifier, Query(query.model, first, text_pair=second))
        np.testing.assert_allclose(fill.outputs, report.prediction.outputs, atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "distilbert"])
def test_fills_are_those_of_the_whole_language_model(name, classifier_of, family_of):
    """One piece, several pieces, and the first word, written with a capital as the word in its place."""
    classifier, query = classifier_of(name), Query("tiny", TEXT)
    words = _words(classifier, query)
    pieces = tokenize_windows(classifier, TEXT, Settings()).tokens.word_of
    several = int(np.bincount(pieces[pieces >= 0]).argmax())
    assert (pieces == several).sum() > 1
    for index in (several, 0, len(words) - 2):
        start = TEXT.index(words[index])
        span = start, start + len(words[index])
        said = _read_by_hand(family_of(name), classifier.tokenizer, query, span, 0, False)
        with Frozen(classifier.model, classifier.lm_head):
            _check_against(said, classifier, query, words[index], index, "", "##")
    assert all(fill.text[0].isupper() or not fill.text[0].isalpha() for fill in suggest(classifier, query, 0).fills)


@pytest.mark.parametrize("part", [0, 1])
def test_of_a_pair_the_other_text_is_read_along(part, variant_of, variant_folder, family_of):
    classifier = variant_of("bert")
    words, word = _words(classifier, PAIR), ("unhurried", "enjoyed")[part]
    start = (PAIR.text, PAIR.text_pair)[part].index(word)
    said = _read_by_hand(family_of("bert"), classifier.tokenizer, PAIR, (start, start + len(word)), part, True)
    _check_against(said, classifier, PAIR, word, words.index(word), "", "##")


def test_a_decoder_reads_what_stands_before_the_place(classifier_of, family_of):
    classifier, query = classifier_of("gpt2"), Query("tiny", TEXT)
    words = _words(classifier, query)
    for word in ("plot", "superb"):
        start = TEXT.index(word) - 1  # with its space
        said = _read_by_hand(family_of("gpt2"), classifier.tokenizer, query, (start, start + len(word) + 1), 0, False)
        _check_against(said, classifier, query, word, words.index(word), "Ġ", "")
    assert "next word" in suggest(classifier, query, 3).how
    with pytest.raises(MethodError, match="Nothing stands before “The”"):
        suggest(classifier, query, 0)
    assert suggest(classifier_of("llama"), query, 0).how  # its tokenizer puts a token before all words


def test_a_long_text_is_read_in_the_window_of_the_word(classifier_of, family_of):
    """The mask is put into that window alone, and what the classifier says is of the whole text."""
    classifier = classifier_of("bert")
    query = Query("tiny", " ".join([TEXT] * 7), settings=Settings(overlap=20))
    reading = tokenize_windows(classifier, query.text, query.settings)
    last = len(reading.tokens.word_spans) - 3
    assert len(reading.batch) >= 3
    places = np.flatnonzero(reading.word_of[-1] == last)
    ids = reading.batch.window(len(reading.batch) - 1).input_ids[0].tolist()
    ids = [*ids[: places[0]], classifier.tokenizer.mask_token_id, *ids[places[-1] + 1 :]]
    with torch.no_grad():
        said = family_of("bert").language_model()(torch.tensor([ids])).logits[0, places[0]].softmax(-1)
    fill = suggest(classifier, query, last, n=1).fills[0]
    index = classifier.tokenizer.convert_tokens_to_ids(fill.text)
    assert abs(fill.probability - float(said[index])) < 1e-6
    start, end = reading.tokens.word_spans[last]
    text = query.text[:start] + fill.text + query.text[end:]
    expected = analyse(classifier, Query("tiny", text, settings=query.settings)).prediction.outputs
    np.testing.assert_allclose(fill.outputs, expected, atol=1e-5)


@pytest.mark.parametrize("text", ["Wonderful", "wonderful 👏🏽", "סרט נפלא", "很好看", "a\u200bb"])
@pytest.mark.parametrize("name", ["bert", "roberta", "deberta-v2", "albert", "modernbert"])
def test_any_text_has_an_answer_and_every_fill_stands_as_one_word(name, text, classifier_of):
    classifier = classifier_of(name)
    for index, word in enumerate(_words(classifier, Query("tiny", text))):
        found = suggest(classifier, Query("tiny", text), index)
        assert len({fill.text.casefold() for fill in found.fills}) == len(found.fills) <= 8
        for fill in found.fills:
            assert fill.text.casefold() != word.casefold() and any(map(str.isalnum, fill.text))
            assert 0 < fill.probability < 1 and not any(map(str.isspace, fill.text))
            assert fill.outputs.shape == (len(classifier.labels),)
        assert sorted((fill.probability for fill in found.fills), reverse=True) == [fill.probability for fill in found.fills]


@pytest.mark.parametrize(
    ("labels", "problem"), [(("score",), None), (("a", "b", "c"), "multi_label_classification"), (("a",), "multi_label_classification")]
)
def test_other_kinds_of_outputs(labels, problem, variant_of):
    classifier = variant_of("bert", labels, problem)
    fill = suggest(classifier, Query("tiny", TEXT), 3, n=1).fills[0]
    text = TEXT.replace("superb", fill.text)
    np.testing.assert_allclose(fill.outputs, analyse(classifier, Query("tiny", text)).prediction.outputs, atol=1e-5)


def test_what_can_not_be_suggested_is_said(classifier_of):
    for name, said in (("bert-headless", "language-model head"), ("xlnet", "order of its own"), ("t5", "language-model head")):
        with pytest.raises(MethodError, match=said):
            suggest(classifier_of(name), Query("tiny", TEXT), 0)
    with pytest.raises(TextError, match="There is no word 100"):
        suggest(classifier_of("bert"), Query("tiny", TEXT), 99)
    with pytest.raises(TextError, match="empty"):
        suggest(classifier_of("bert"), Query("tiny", "  "), 0)


def test_it_stops_when_it_is_told(classifier_of):
    def stop(stage: str, share: float) -> None:
        if share >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        suggest(classifier_of("bert"), Query("tiny", TEXT), 3, tell=stop)


def test_no_edited_text_is_run_twice(classifier_of):
    classifier, told = classifier_of("bert"), []
    edited = EditedTexts(classifier, Settings(), lambda stage, share: told.append(share))
    texts = [("a film", None), ("a quiet film", None), ("a film", None), ("\u200b", None)]
    logits = edited.logits(texts)
    assert edited.forwards == 2 and np.isnan(logits[3]).all() and told and 0 <= min(told) <= max(told) < 1
    np.testing.assert_array_equal(logits[0], logits[2])
    edited.logits(texts)
    assert edited.forwards == 2
    np.testing.assert_allclose(logits[1], analyse(classifier, Query("tiny", "a quiet film")).prediction.logits, atol=1e-5)


def test_the_embedded_model_suggests_sensible_words():
    """Of the places tried: a film is called a movie, and an article stands where one was."""
    classifier = load_classifier(CATALOG["news"], "cpu")
    query = Query("news", "The acting in this film is wonderful.")
    words = _words(classifier, query)
    assert "movie" in [fill.text for fill in suggest(classifier, query, words.index("film")).fills]
