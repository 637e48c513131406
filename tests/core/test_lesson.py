"""The lessons' figures are the report's own numbers, and what they claim is true of the model itself."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from core.case import open_case
from core.catalog import find_model
from core.combine import merge_tokens
from core.compare import compare
from core.errors import MethodError, TargetError, TextError
from core.lesson import MOST_PRODUCTS, embedding_slope, lesson_figures, worked_products
from core.lesson_records import MOST_WORDS
from core.models import load_classifier
from core.pipeline import analyse
from core.records import Query, Settings
from tests.families import TEXT

FAMILIES = ("bert", "roberta", "gpt2")
OTHERS = ("t5", "bart", "xlnet", "longformer", "modernbert", "gemma2")  # encoder–decoders, odd layouts, a scaled look-up
PAIR = ("A dull, dreadful plot.", "I can't recommend it: boring.")
LONG = " ".join([TEXT] * 12)  # several windows of the tiny models' 64 tokens
REVIEW = "The cast is wonderful but the plot is dull."


@pytest.fixture(scope="module")
def sentiment():
    return load_classifier(find_model("sentiment"), device="cpu")


def _is_content(report) -> np.ndarray:
    return report.tokens.word_of >= 0


# --- what the layers hold ---


@pytest.mark.parametrize("name", FAMILIES)
def test_sizes_and_likenesses_are_those_of_the_model_s_states(name, classifier_of, family_of):
    """Word by word, from the states that transformers itself hands out."""
    classifier, query = classifier_of(name), Query("tiny", TEXT)
    figures, case = lesson_figures(classifier, query), open_case(classifier, query)
    with torch.no_grad():
        out = family_of(name).classifier()(input_ids=case.reading.batch.input_ids, output_hidden_states=True)
    hidden = torch.stack(out.hidden_states)[:, 0].double().numpy()  # (L, T, D)
    gradient, word_of = case.traces[0].gradient[:, 0].double().numpy(), case.reading.tokens.word_of
    n_words = len(figures.words)
    assert n_words == len(case.reading.tokens.word_spans) == figures.total_words <= MOST_WORDS
    for layer in range(len(hidden)):
        states = [hidden[layer, word_of == w].mean(0) for w in range(n_words)]
        first = [hidden[0, word_of == w].mean(0) for w in range(n_words)]
        for w, state in enumerate(states):
            pieces = word_of == w
            assert figures.hidden_norm[layer, w] == pytest.approx(np.linalg.norm(hidden[layer, pieces], axis=1).mean(), rel=1e-4)
            summed = np.linalg.norm(gradient[layer, pieces].sum(0))
            assert figures.gradient_norm[layer, w] == pytest.approx(summed, rel=1e-4, abs=1e-7)
            assert figures.own_likeness[layer, w] == pytest.approx(_cosine(state, first[w]), abs=1e-4)
            for other in range(n_words):
                assert figures.likeness[layer, w, other] == pytest.approx(_cosine(state, states[other]), abs=1e-4)
    np.testing.assert_allclose(figures.own_likeness[0], 1, atol=1e-5)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_word_is_read_as_the_restricted_softmax_says(name, classifier_of):
    """The head's whole vocabulary, taken at the text's own tokens, brought to 1, merged to words one by one."""
    classifier, query = classifier_of(name), Query("tiny", TEXT)
    figures, case = lesson_figures(classifier, query), open_case(classifier, query)
    trace, word_of = case.traces[0], case.reading.tokens.word_of
    content = np.flatnonzero(word_of >= 0)
    ids = case.reading.batch.input_ids[0].numpy()
    for layer in range(len(trace.hidden)):
        with torch.no_grad():
            logits = classifier.lm_head.logits(trace.hidden[layer, 0], is_last=layer == len(trace.hidden) - 1).double().numpy()
        own = np.exp(logits[:, ids[content]] - logits[:, ids[content]].max(1, keepdims=True))
        own /= own.sum(1, keepdims=True)  # (T, |C|)
        for i in range(len(figures.words)):
            for j in range(len(figures.words)):
                expected = own[word_of == i][:, word_of[content] == j].sum(1).mean()
                assert figures.reads[layer, i, j] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(figures.reads.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(figures.special_reads.sum(-1), 1, atol=1e-5)
    assert figures.reads.min() >= 0


@pytest.mark.parametrize("name", FAMILIES)
def test_shares_are_those_of_the_report(name, classifier_of):
    classifier, query = classifier_of(name), Query("tiny", TEXT)
    figures, report = lesson_figures(classifier, query), analyse(classifier, query)
    magnitude = np.abs(report.maps["undecoded"].scores).astype(float)
    total = magnitude.sum(1)
    np.testing.assert_allclose(figures.special_relevance, 1 - report.profiles["content_share"].values, atol=1e-5)
    np.testing.assert_allclose(figures.word_shares, merge_tokens(magnitude, report.tokens) / total[:, None], atol=1e-5)
    np.testing.assert_allclose(figures.special_shares, magnitude[:, report.tokens.is_special] / total[:, None], atol=1e-5)
    np.testing.assert_allclose(figures.word_shares.sum(1) + figures.special_relevance, 1, atol=1e-5)
    assert figures.specials == tuple(np.array(report.tokens.texts)[report.tokens.is_special])
    np.testing.assert_array_equal(figures.word_of_token, report.tokens.word_of)
    if name == "gpt2":
        assert not figures.specials and not figures.special_relevance.any()


def test_readings_hand_the_relevance_to_words_as_the_report_does(sentiment):
    """Σ r · W over words and special positions is the report's decoded map, where each word is one piece."""
    query = Query("sentiment", REVIEW)
    figures, report = lesson_figures(sentiment, query), analyse(sentiment, query)
    assert np.bincount(report.tokens.word_of[_is_content(report)]).max() == 1
    relevance = report.maps["undecoded"].scores
    of_words, of_specials = relevance[:, _is_content(report)], relevance[:, report.tokens.is_special]
    made = np.einsum("li,lij->lj", of_words, figures.reads) + np.einsum("li,lij->lj", of_specials, figures.special_reads)
    np.testing.assert_allclose(made, merge_tokens(report.maps["decoded"].scores, report.tokens), atol=1e-4)


def test_the_last_layer_of_a_shipped_model_has_lost_its_place(sentiment):
    """What the fifth lesson teaches: all relevance lies at [CLS], words are alike, and the head still reads most of them."""
    figures = lesson_figures(sentiment, Query("sentiment", REVIEW))
    assert figures.words == ("The", "cast", "is", "wonderful", "but", "the", "plot", "is", "dull", ".")
    assert figures.special_relevance[-1] == pytest.approx(1) and figures.special_relevance[0] < 0.2
    assert figures.mean_likeness[-1] > 2 * figures.mean_likeness[0]
    assert figures.own_likeness.mean(1)[-1] < 0.6
    read_as_itself = np.diagonal(figures.reads, axis1=1, axis2=2).mean(1)
    assert read_as_itself[0] > read_as_itself[-1] > 0.4
    assert figures.specials == ("[CLS]", "[SEP]")


def test_of_a_long_text_the_first_words_are_held(classifier_of):
    """Each token from its own window; what the rest is read as is missing from the rows, and nothing is above 1."""
    classifier, query = classifier_of("bert"), Query("tiny", LONG, settings=Settings(overlap=8))
    figures, report = lesson_figures(classifier, query), analyse(classifier, query)
    assert report.coverage.windows > 2 and figures.total_words == len(report.word_texts) > MOST_WORDS
    assert figures.words == report.word_texts[:MOST_WORDS]
    for name in ("hidden_norm", "gradient_norm", "own_likeness", "word_shares"):
        assert getattr(figures, name).shape == (4, MOST_WORDS), name
    sums = figures.reads.sum(-1)
    assert figures.reads.shape == (4, MOST_WORDS, MOST_WORDS) and sums.max() <= 1 + 1e-5 and sums.min() < 0.99
    assert set(figures.word_of_token) == set(range(-1, MOST_WORDS))
    magnitude = np.abs(report.maps["undecoded"].scores)
    of_specials = magnitude[:, report.tokens.is_special].sum(1)
    np.testing.assert_allclose(figures.special_relevance, of_specials / magnitude.sum(1), atol=1e-5)


def test_a_pair_is_one_row_of_words(variant_of):
    classifier, query = variant_of("bert"), Query("tiny", PAIR[0], text_pair=PAIR[1])
    figures, report = lesson_figures(classifier, query), analyse(classifier, query)
    assert figures.words == report.word_texts and {"plot", "boring"} <= set(figures.words)
    assert len(figures.specials) == 3 and figures.special_shares.shape == (4, 3)
    np.testing.assert_allclose(figures.reads.sum(-1), 1, atol=1e-5)


def test_without_a_head_nothing_is_read_and_the_rest_stands(classifier_of):
    classifier = classifier_of("bert")
    whole = lesson_figures(classifier, Query("tiny", TEXT))
    headless = lesson_figures(dataclasses.replace(classifier, lm_head=None, lm_source=""), Query("tiny", TEXT))
    assert headless.reads is None and headless.special_reads is None
    np.testing.assert_array_equal(headless.likeness, whole.likeness)
    np.testing.assert_array_equal(headless.special_relevance, whole.special_relevance)


def test_one_word_alone(classifier_of):
    figures = lesson_figures(classifier_of("bert"), Query("tiny", "superb"))
    assert figures.words == ("superb",) and np.isnan(figures.mean_likeness).all()
    np.testing.assert_allclose(figures.reads, 1, atol=1e-5)


def test_what_is_asked_wrongly_is_refused(classifier_of):
    classifier = classifier_of("bert")
    with pytest.raises(TextError):
        lesson_figures(classifier, Query("tiny", "   "))
    with pytest.raises(TargetError):
        embedding_slope(classifier, Query("tiny", TEXT, target="nobody"), 0)
    for word in (-1, 4000):
        with pytest.raises(MethodError, match="the text has the words 0 to"):
            worked_products(classifier, Query("tiny", TEXT), word)
        with pytest.raises(MethodError, match="the text has the words 0 to"):
            embedding_slope(classifier, Query("tiny", TEXT), word)


# --- gradient × hidden, number by number ---


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("against", [None, "other"])
def test_the_products_of_a_word_add_up_to_the_report_s_score(name, against, classifier_of):
    classifier = classifier_of(name)
    query = Query("tiny", TEXT, target=classifier.labels[1], against=against and classifier.labels[0])
    report = analyse(classifier, query)
    scores, width = merge_tokens(report.maps["undecoded"].scores, report.tokens), 32
    for word in range(len(report.word_texts)):
        for layer, worked in enumerate(worked_products(classifier, query, word)):
            n_pieces = int((report.tokens.word_of == word).sum())
            assert worked.total == pytest.approx(scores[layer, word], rel=1e-4, abs=1e-5)
            assert worked.product.sum() + worked.rest == pytest.approx(worked.total, abs=1e-5)
            assert worked.width == width and len(worked.pieces) == n_pieces
            assert len(worked.product) == MOST_PRODUCTS and worked.others == n_pieces * width - MOST_PRODUCTS
            np.testing.assert_allclose(worked.hidden * worked.gradient, worked.product, rtol=1e-4, atol=1e-9)
            assert (np.diff(np.abs(worked.product)) <= 0).all()


def test_each_product_is_of_its_own_piece_and_place(classifier_of):
    """The largest of all pieces' products, each where it says; a word of several pieces among them."""
    classifier, query = classifier_of("bert"), Query("tiny", "unforgettable, wonderfully")
    case = open_case(classifier, query)
    pieces = np.bincount(case.reading.tokens.word_of[case.reading.tokens.word_of >= 0])
    word = int(pieces.argmax())
    assert pieces[word] > 1
    places = np.flatnonzero(case.reading.tokens.word_of == word)
    trace = case.traces[0]
    hidden, gradient = (part[2, 0, places].numpy() for part in (trace.hidden, trace.gradient))
    worked = worked_products(classifier, query, word)[2]
    np.testing.assert_allclose(worked.hidden, hidden[worked.piece, worked.dimensions], rtol=1e-6)
    np.testing.assert_allclose(worked.gradient, gradient[worked.piece, worked.dimensions], rtol=1e-6)
    largest = np.sort(np.abs(hidden * gradient).ravel())[::-1][:MOST_PRODUCTS]
    np.testing.assert_allclose(np.abs(worked.product), largest, rtol=1e-5)
    assert worked.pieces == tuple(case.reading.tokens.texts[p] for p in places)


# --- what a gradient is ---


@pytest.mark.parametrize("name", FAMILIES)
def test_the_slope_is_gradient_times_input_and_a_finite_difference(name, classifier_of):
    """The score of “gradient × input” on the Compare page, and, in double precision, the measured change itself."""
    classifier, query = classifier_of(name), Query("tiny", TEXT)
    expected = compare(classifier, query, ["input_x_gradient"]).rows["input_x_gradient"].scores
    exact = dataclasses.replace(classifier, model=copy.deepcopy(classifier.model).double())
    case = open_case(exact, query)
    trace, word_of = case.traces[0], torch.from_numpy(case.reading.tokens.word_of)
    for word in range(len(expected)):
        assert embedding_slope(classifier, query, word).slope == pytest.approx(expected[word], rel=1e-3, abs=1e-5)
        slope, step = embedding_slope(exact, query, word), 1e-4
        y = []
        for alpha in (1 - step, 1 + step):
            words = trace.words * (1 + (alpha - 1) * (word_of == word).double())[None, :, None]
            with torch.no_grad():
                out = exact.model(inputs_embeds=words, attention_mask=trace.batch.attention_mask)
            y.append(float(out.logits[0, case.target]))
        assert slope.slope == pytest.approx((y[1] - y[0]) / 2 / step, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_curve_is_what_the_model_says(name, classifier_of):
    """At every α, by transformers' own forward; at 1 it is the report's logit."""
    classifier = classifier_of(name)
    query = Query("tiny", TEXT, target=classifier.labels[2], against=classifier.labels[0])
    word, case = 3, open_case(classifier, query)
    slope, report = embedding_slope(classifier, query, word), analyse(classifier, query)
    is_word = torch.from_numpy(case.reading.tokens.word_of) == word
    for alpha, y in zip(slope.alphas, slope.logit):
        words = case.traces[0].words * torch.where(is_word, float(alpha), 1.0)[None, :, None]
        with torch.no_grad():
            logits = classifier.model(inputs_embeds=words, attention_mask=case.traces[0].batch.attention_mask).logits[0]
        assert y == pytest.approx(float(logits[2] - logits[0]), abs=1e-4)
    assert slope.alphas[0] == 0 and slope.alphas[-1] == pytest.approx(1.5)
    at_one = int(np.abs(slope.alphas - 1).argmin())
    assert slope.at_one == pytest.approx(slope.logit[at_one], abs=1e-4)
    assert slope.at_one == pytest.approx(report.prediction.logits[2] - report.prediction.logits[0], abs=1e-4)
    assert slope.tangent(1.0) == slope.at_one
    assert slope.tangent(1.2) - slope.at_one == pytest.approx(0.2 * slope.slope)


def test_the_slope_of_a_word_in_a_later_window(classifier_of):
    classifier, query = classifier_of("bert"), Query("tiny", LONG, settings=Settings(overlap=8))
    scores = compare(classifier, query, ["input_x_gradient"]).rows["input_x_gradient"].scores
    case = open_case(classifier, query)
    word = len(scores) - 2
    assert case.reading.window[np.flatnonzero(case.reading.tokens.word_of == word)[0]] == len(case.traces) - 1
    assert embedding_slope(classifier, query, word).slope == pytest.approx(scores[word], rel=1e-3, abs=1e-5)
    _assert_totals(classifier, query, word)


def _assert_totals(classifier, query: Query, word: int) -> None:
    report = analyse(classifier, query)
    expected = merge_tokens(report.maps["undecoded"].scores, report.tokens)[:, word]
    totals = [worked.total for worked in worked_products(classifier, query, word)]
    np.testing.assert_allclose(totals, expected, rtol=1e-3, atol=1e-5)


def test_a_word_of_the_second_text(variant_of):
    classifier, query = variant_of("bert"), Query("tiny", PAIR[0], text_pair=PAIR[1])
    word = analyse(classifier, query).word_texts.index("boring")
    scores = compare(classifier, query, ["input_x_gradient"]).rows["input_x_gradient"].scores
    assert embedding_slope(classifier, query, word).slope == pytest.approx(scores[word], rel=1e-3, abs=1e-5)
    _assert_totals(classifier, query, word)


def test_a_regression_has_a_slope_too(variant_of):
    classifier = variant_of("bert", ("score",), "regression")
    slope = embedding_slope(classifier, Query("tiny", TEXT), 2)
    assert slope.at_one == pytest.approx(analyse(classifier, Query("tiny", TEXT)).prediction.logits[0], abs=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_families_of_other_shapes(name, classifier_of):
    """The slope is the Compare page's score, the products add up, and every share has its place."""
    classifier, query, word = classifier_of(name), Query("tiny", TEXT), 3
    report, figures = analyse(classifier, query), lesson_figures(classifier, query)
    scores = compare(classifier, query, ["input_x_gradient"]).rows["input_x_gradient"].scores
    slope = embedding_slope(classifier, query, word)
    assert slope.slope == pytest.approx(scores[word], rel=1e-3, abs=1e-5)
    assert slope.at_one == pytest.approx(report.prediction.logits[report.prediction.target], abs=1e-3)
    undecoded = merge_tokens(report.maps["undecoded"].scores, report.tokens)
    assert worked_products(classifier, query, word)[2].total == pytest.approx(undecoded[2, word], rel=1e-3, abs=1e-4)
    np.testing.assert_allclose(figures.word_shares.sum(1) + figures.special_relevance, 1, atol=1e-5)
    assert (figures.reads is None) == (classifier.lm_head is None)
