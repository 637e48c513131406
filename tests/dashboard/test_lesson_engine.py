"""What the Learn page asks for: computed once, kept to the session that asked, the gallery shared, and refused in sentences."""

import dataclasses

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import failing, lesson
from core.catalog import CATALOG, find_model
from core.embedded.failures import FAILURES
from dashboard import lesson_engine
from tests.families import TEXT


@pytest.fixture
def calls(family_of, monkeypatch):
    """The engine's calls, on the tiny model."""
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=family_of("bert").path))
    st.cache_data.clear()
    st.cache_resource.clear()
    made = []
    for module, name in (
        (lesson, "lesson_figures"),
        (lesson, "worked_products"),
        (lesson, "embedding_slope"),
        (failing, "show_failure"),
    ):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _run=original, _name=name: (made.append(_name), _run(*a))[1])
    return made


def _lessons(text: str):
    """A page that asks for everything of one text, twice."""
    import streamlit as st

    from core.catalog import CATALOG
    from core.errors import SaliencyError
    from core.records import Query
    from dashboard import lesson_engine

    spec, query = CATALOG["sentiment"], Query("sentiment", text)
    try:
        for _ in range(2):
            figures = lesson_engine.figures(query, spec)
            worked = [lesson_engine.worked(query, spec, layer, 1) for layer in range(4)][2]
            slope = lesson_engine.slope(query, spec, 1)
        st.session_state.found = figures, worked, slope
    except SaliencyError as error:
        st.text(str(error))


def _open(function, *args) -> AppTest:
    page = AppTest.from_function(function, args=args, default_timeout=60).run()
    assert not page.exception, page.exception
    return page


def test_each_is_computed_once(calls):
    page = _open(_lessons, TEXT)
    figures, worked, slope = page.session_state["found"]
    assert figures.query.text == TEXT and (worked.layer, worked.word, slope.word) == (2, 1, 1)
    page.run()
    assert calls == ["lesson_figures", "worked_products", "embedding_slope"]


def test_a_newer_text_is_computed_anew(calls):
    _open(_lessons, TEXT)
    page = _open(_lessons, "Another text of words.")
    assert page.session_state["found"][0].words[:2] == ("Another", "text")


@pytest.mark.parametrize("text, said", [(" ", "Type at least one word"), ("superb", "the text has the words 0 to 0")])
def test_refusals_are_sentences(calls, text, said):
    page = _open(_lessons, text)
    assert said in page.text[0].value


def _beyond():
    import streamlit as st

    from core.catalog import CATALOG
    from core.errors import MethodError
    from core.records import Query
    from dashboard import lesson_engine

    for layer in (-1, 4):
        try:
            lesson_engine.worked(Query("sentiment", "A few words."), CATALOG["sentiment"], layer, 1)
        except MethodError as error:
            st.text(str(error))


def test_a_layer_that_is_not_there_is_refused(calls):
    assert all("the states 0 (the embedding) to 3" in text.value for text in _open(_beyond).text)
    assert calls == ["worked_products"]


def _gallery():
    import streamlit as st

    from core.catalog import CATALOG
    from dashboard import lesson_engine

    spec = CATALOG["sentiment"]
    st.session_state.found = [lesson_engine.failure(spec, case) for case in lesson_engine.failure_texts(spec)]


def test_the_gallery_is_run_once_for_everyone(calls):
    cases = FAILURES["sentiment"]
    found = _open(_gallery).session_state["found"]
    assert [failure.case for failure in found] == list(cases)
    assert all(failure.finding and failure.query.text == failure.case.text for failure in found)
    again = _open(_gallery).session_state["found"]  # another session
    assert [failure.finding for failure in again] == [failure.finding for failure in found]
    assert calls == ["show_failure"] * len(cases)


def test_models_without_failures_of_their_own_have_none(family_of):
    spec = find_model(str(family_of("bert").path))
    assert lesson_engine.failure_texts(spec) == ()
    assert lesson_engine.failure_texts(CATALOG["news"]) == FAILURES["news"]
