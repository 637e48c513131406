"""Two explanations side by side: which words stand for one another, and what their difference is."""

import dataclasses

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.catalog import CATALOG
from core.combine import normalise
from dashboard import figure_wording
from dashboard.alignment import align_spans, align_words
from dashboard.components.side_by_side import MOST_WORDS, side_data
from dashboard.units import units_of
from tests.dashboard.reports import make_report


def words_of(row):
    return [cell and cell["word"] for cell in row["cells"]]


def another_class(report):
    """The same text, explained for the other class by scores of the opposite sign."""
    maps = {name: dataclasses.replace(saliency, scores=-saliency.scores) for name, saliency in report.maps.items()}
    return dataclasses.replace(report, maps=maps, prediction=dataclasses.replace(report.prediction, target=0))


# --- alignment ---


def test_equal_spans_share_columns():
    spans = np.array([[0, 1], [2, 6]])
    assert align_spans(spans, spans) == [((0,), (0,)), ((1,), (1,))]


def test_words_cut_otherwise_meet_where_they_share_a_character():
    one, other = np.array([[0, 4], [5, 9], [10, 12]]), np.array([[0, 2], [2, 9], [10, 12]])
    assert align_spans(one, other) == [((0, 1), (0, 1)), ((2,), (2,))]


def test_what_the_other_did_not_read_stands_alone():
    assert align_spans(np.array([[0, 2], [3, 5]]), np.array([[0, 2]])) == [((0,), (0,)), ((1,), ())]
    assert align_spans(np.zeros((0, 2), int), np.array([[0, 2]])) == [((), (0,))]


def test_two_texts_meet_in_their_equal_words():
    one, other = ["The", "cast", "is", "wonderful", "."], ["the", "plot", "is", "dull", "."]
    assert align_words(one, other) == [((0,), (0,)), ((1,), ()), ((), (1,)), ((2,), (2,)), ((3,), ()), ((), (3,)), ((4,), (4,))]


def test_every_word_is_in_one_column_and_in_order():
    rng = np.random.default_rng(3)
    one, other = (rng.choice(list("abcde"), 40).tolist() for _ in range(2))
    columns = align_words(one, other)
    for side, words in enumerate((one, other)):
        assert [i for column in columns for i in column[side]] == list(range(len(words)))
    assert all(one[a[0]] == other[b[0]] for a, b in columns if a and b)


# --- what is drawn ---


def test_another_class_has_the_words_twice_and_twice_the_score_between():
    report = make_report()
    data = side_data(report, another_class(report))
    units = units_of(report, "decoded", True)
    shares = normalise(units.at(report.choice.layer))
    first, second = data["rows"]
    assert words_of(first) == words_of(second) == list(units.texts)
    assert [cell["score"] for cell in first["cells"]] == pytest.approx(shares, abs=1e-4)
    assert data["difference"]["cells"] == pytest.approx(2 * shares, abs=2e-4) and data["limit"] == pytest.approx(2)
    assert (first["head"], second["head"]) == ("words for “positive”", "words for “negative”")


def test_the_prediction_stands_with_each():
    report = make_report()
    first, second = side_data(report, another_class(report))["rows"]
    assert first["said"] == "positive 66.7 % · decoded layer saliency, layer 2"
    assert second["said"].startswith("negative 33.3 %, positive 66.7 %")


def test_words_without_a_partner_are_blank_and_have_no_difference():
    data = side_data(make_report("A dull film"), make_report("A bright film"))
    assert words_of(data["rows"][0]) == ["A", "dull", None, "film"] and words_of(data["rows"][1]) == ["A", None, "bright", "film"]
    assert [value is None for value in data["difference"]["cells"]] == [False, True, True, False]
    assert figure_wording.UNMATCHED_NOTE in data["note"] and "A dull film" in data["rows"][0]["head"]


def test_another_model_is_named():
    report = make_report()
    other = dataclasses.replace(report, query=dataclasses.replace(report.query, model="news"))
    first, second = side_data(report, other)["rows"]
    assert first["head"].startswith(CATALOG["sentiment"].label) and second["head"].startswith(CATALOG["news"].label)
    assert set(side_data(report, other)["difference"]["cells"]) == {0.0}


def test_long_texts_are_cut_and_it_is_said():
    data = side_data(make_report("word " * 300), make_report("word " * 299))
    assert len(data["difference"]["cells"]) == MOST_WORDS and str(MOST_WORDS) in data["note"]


def test_scores_of_nothing_have_no_difference():
    report = make_report()
    for saliency in report.maps.values():
        saliency.scores[:] = 0
    assert side_data(report, report)["limit"] == 0


# --- the picker ---


def picker():
    import streamlit as st

    from core.catalog import CATALOG as MODELS
    from dashboard.components import side_by_side
    from tests.dashboard.reports import make_report as report_of

    report = report_of()
    found = side_by_side.pick(report.query, report.prediction, {name: MODELS[name] for name in ("sentiment", "news")})
    st.text("nothing" if found is None else f"{found.model}|{found.target}|{found.text}")


@pytest.fixture
def page():
    page = AppTest.from_function(picker, default_timeout=30).run()
    assert not page.exception and page.text[0].value == "nothing"
    return page


def choose(page, way):
    page.segmented_control(key="side-way").set_value(way).run()
    assert not page.exception and page.text[0].value == "nothing"
    return page


def test_another_class_is_asked_for(page):
    box = choose(page, figure_wording.ANOTHER_CLASS).selectbox(key="side-class")
    assert box.options == ["negative"]
    box.set_value("negative").run()
    assert page.text[0].value.startswith("sentiment|negative|A dull")


def test_another_model_is_asked_for_its_own_answer(page):
    choose(page, figure_wording.ANOTHER_MODEL).selectbox(key="side-model").set_value("news").run()
    assert page.text[0].value.startswith("news|None|A dull")


def test_another_text_is_asked_for_the_same_class(page):
    choose(page, figure_wording.ANOTHER_TEXT).text_area(key="side-text").set_value("A bright film").run()
    assert page.text[0].value == "sentiment|positive|A bright film"
