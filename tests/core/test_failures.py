"""The gallery of failures: every text still shows on the real model what the gallery claims, and no figure is written down."""

import re

import numpy as np
import pytest

from core.agreement import spearman_matrix
from core.case import open_case
from core.catalog import CATALOG
from core.combine import merge_tokens
from core.embedded.failures import CONFIDENT_ERROR, DISAGREE, FAILURES, KINDS, STOP_WORD, STOP_WORDS, SURVIVES, FailureText
from core.embedded.gallery import GALLERIES
from core.errors import MethodError
from core.failing import show_failure
from core.models import load_classifier

CASES = [(name, case) for name, cases in FAILURES.items() for case in cases]
IDS = [f"{name}: {case.kind}: {case.text[:24]}" for name, case in CASES]
GOOD = {"decoded", "integrated_mask"}  # φ of 0.48 and 0.60 in the study (METHOD), random −0.2


def of_kind(kind: str) -> list:
    """The cases of one kind, for parametrize."""
    return [pytest.param(name, case, id=id_) for (name, case), id_ in zip(CASES, IDS) if case.kind == kind]


@pytest.fixture(scope="module")
def shown():
    """`shown(model, case)`: what the real model does on it, each run once."""
    loaded, found = {}, {}

    def show(name: str, case: FailureText):
        if name not in loaded:
            loaded[name] = load_classifier(CATALOG[name], device="cpu")
        if case not in found:
            found[case] = show_failure(loaded[name], case)
        return found[case]

    show.classifiers = loaded
    return show


def _top(report, method: str) -> str:
    scores = merge_tokens(report.maps[method].at(report.choices[method].layer), report.tokens)
    return report.word_texts[int(scores.argmax())]


def test_each_embedded_model_has_every_kind():
    for name in GALLERIES:
        assert {case.kind for case in FAILURES[name]} == set(KINDS), name
    texts = [case.text for _, case in CASES]
    assert len(texts) == len(set(texts)) >= 10
    assert not set(texts) & {text for gallery in GALLERIES.values() for text in gallery.values()}


@pytest.mark.parametrize("name, case", CASES, ids=IDS)
def test_the_gallery_holds_no_figure(name, case):
    """Figures are computed by running the model; the plain data must not promise any."""
    assert case.kind in KINDS and not re.search(r"\d", case.look_at + KINDS[case.kind])
    assert case.look_at.endswith((".", "?")) and case.text == case.text.strip()


@pytest.mark.parametrize("name, case", CASES, ids=IDS)
def test_it_still_shows_what_it_claims(name, case, shown):
    failure = shown(name, case)
    assert failure.holds, failure.finding
    assert case.label in failure.report.prediction.labels
    assert failure.query == failure.report.query and failure.query.text == case.text and failure.query.model == name
    top_words = [failure.report.word_texts[word] for word in failure.top_words]
    if case.kind != SURVIVES:
        assert all(f"“{word}”" in failure.finding for word in top_words)


@pytest.mark.parametrize("name, case", of_kind(CONFIDENT_ERROR))
def test_a_confident_error_is_wrong_and_sure(name, case, shown):
    failure = shown(name, case)
    prediction = failure.report.prediction
    assert prediction.labels[prediction.predicted] != case.label
    assert failure.figure == pytest.approx(prediction.outputs.max()) and failure.figure > 0.9
    assert prediction.tell(prediction.predicted) in failure.finding
    assert failure.report.word_texts[failure.top_words[0]] == _top(failure.report, "decoded")


@pytest.mark.parametrize("name, case", of_kind(DISAGREE))
def test_two_good_methods_name_different_words(name, case, shown):
    failure = shown(name, case)
    assert set(case.methods) <= GOOD and len(case.methods) == 2
    one, other = (failure.comparison.rows[method].scores for method in case.methods)
    assert failure.comparison.words[one.argmax()] != failure.comparison.words[other.argmax()]
    assert failure.figure == pytest.approx(spearman_matrix(np.stack([one, other]))[0, 1]) and failure.figure < 0.2
    np.testing.assert_allclose(one, merge_tokens(_map(failure.report), failure.report.tokens), rtol=1e-3, atol=1e-5)


def _map(report) -> np.ndarray:
    return report.maps["decoded"].at(report.choices["decoded"].layer)


@pytest.mark.parametrize("name, case", of_kind(STOP_WORD))
def test_a_word_without_meaning_comes_first(name, case, shown):
    failure = shown(name, case)
    assert _top(failure.report, "decoded").lower() in STOP_WORDS
    scores = merge_tokens(_map(failure.report), failure.report.tokens)
    assert failure.figure == pytest.approx(scores.max() / np.abs(scores).sum(), rel=1e-4)


@pytest.mark.parametrize("name, case", [*of_kind(STOP_WORD), *of_kind(DISAGREE)])
def test_what_hiding_does_is_what_the_model_says(name, case, shown):
    """The percentages of the sentence, asked of the masked text itself."""
    failure = shown(name, case)
    masked = open_case(shown.classifiers[name], failure.query).masked
    for word in failure.top_words:
        keep = np.ones((1, masked.n_words), dtype=bool)
        keep[0, word] = False
        assert f" to {masked.says(keep)[0]:.1%}" in failure.finding


@pytest.mark.parametrize(
    "model, begin, words",
    [
        ("sentiment", "It is impossible", ("impossible", "to", "hate")),
        ("sentiment", "The trailer", ("brilliant",)),
        ("news", "Java", ("Java",)),
        ("news", "The oldest", ("sprinters",)),
        ("news", "The cyclist", ("he",)),
    ],
)
def test_the_words_that_the_gallery_blames_do_decide(model, begin, words, shown):
    """Each of them hidden alone, and the model no longer says what it said."""
    case = next(case for case in FAILURES[model] if case.text.startswith(begin))
    failure = shown(model, case)
    masked, report = open_case(shown.classifiers[model], failure.query).masked, failure.report
    for word in words:
        keep = np.ones((1, masked.n_words), dtype=bool)
        keep[0, report.word_texts.index(word)] = False
        assert masked.says(keep)[0] < 0.5, word


@pytest.mark.parametrize("name, case", of_kind(SURVIVES))
def test_one_map_survives_random_weights_and_the_other_does_not(name, case, shown):
    failure = shown(name, case)
    survivor, other = (failure.comparison.sanity[method] for method in case.methods)
    assert survivor.passes is False and other.passes is True
    assert failure.figure == survivor.likeness[-1] > 0.5 > other.likeness[-1]
    assert f"{survivor.likeness[-1]:.2f}" in failure.finding and f"{other.likeness[-1]:.2f}" in failure.finding
    tokens = failure.report.tokens  # what its `look_at` says of it: it follows the number of pieces
    pieces = np.bincount(tokens.word_of[tokens.word_of >= 0]).astype(float)
    assert spearman_matrix(np.stack([pieces, failure.comparison.rows[case.methods[0]].scores]))[0, 1] > 0.7


def test_on_another_model_nothing_is_claimed(classifier_of):
    """A random model of the same labels' number runs, and says that it does not hold; progress only grows, and stops it."""
    case = FailureText(CONFIDENT_ERROR, "The trailer is brilliant.", "no such label", "Look.")
    told = []
    failure = show_failure(classifier_of("bert"), case, lambda stage, share: told.append(share))
    assert failure.holds == (failure.figure > 0.9)
    assert told == sorted(told) and told[-1] <= 1

    def stop(stage: str, share: float):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        show_failure(classifier_of("bert"), case, stop)


def test_a_method_that_can_not_run_says_why(classifier_of):
    case = FailureText(DISAGREE, "The trailer is brilliant.", "positive", "Look.", ("decompx", "undecoded"))
    with pytest.raises(MethodError):
        show_failure(classifier_of("gpt2"), case)
