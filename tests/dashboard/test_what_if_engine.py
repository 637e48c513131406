"""Suggestions and flips as pages ask for them: computed once a session, kept from all others, and found again without asking."""

import dataclasses

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import flip as flip_module
from core import suggest as suggest_module
from core.catalog import CATALOG

TEXT = "My quiet, wonderful words."


def _page():
    import streamlit as st

    from core.catalog import CATALOG
    from core.errors import SaliencyError
    from core.records import Query
    from dashboard import what_if_engine

    spec, query = CATALOG["sentiment"], Query("sentiment", st.session_state.text)
    known = what_if_engine.recall_flip(query, spec, "mask"), what_if_engine.recall_suggestions(query, spec, 1)
    st.text(" ".join("known" if each is not None else "new" for each in known))
    try:
        flip = what_if_engine.find_flip(query, spec, "mask")
        found = what_if_engine.suggest(query, spec, 1)
        st.text(f"{flip.way} {len(found.fills)} {found.word}")
        again = what_if_engine.recall_flip(query, spec, "mask")
        st.text(str(again.text == flip.text and len(again.steps) == len(flip.steps)))
        st.text(str(what_if_engine.recall_flip(query, spec, "delete")))
        what_if_engine.suggest(query, spec, 99)
    except SaliencyError as error:
        st.text(str(error))


@pytest.fixture
def visit(family_of, monkeypatch):
    """`visit(session)`: what its page says; `visit.calls` counts the engine's work."""
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=family_of("bert").path))
    st.cache_data.clear()
    st.cache_resource.clear()
    here, calls = {"session": ""}, []
    monkeypatch.setattr("streamlit.runtime.caching.cache_data_api.get_session_id_or_throw", lambda: here["session"])
    for module, name in ((flip_module, "find_flip"), (suggest_module, "suggest")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _run=original, _name=name, **k: (calls.append(_name), _run(*a, **k))[1])

    def run(session: str, text: str = TEXT) -> list[str]:
        here["session"] = session
        page = AppTest.from_function(_page, default_timeout=120)
        page.session_state["text"] = text
        page.run()
        assert not page.exception, page.exception
        return [each.value for each in page.text]

    run.calls = calls
    return run


def test_each_session_computes_and_keeps_its_own(visit):
    said = visit("anna")
    assert said[:4] == ["new new", "mask 8 1", "True", "None"]
    assert said[4].startswith("There is no word 100") and visit.calls == ["find_flip", "suggest", "suggest"]
    assert visit("anna")[0] == "known known" and visit.calls[3:] == ["suggest"]  # the refusal is asked again, nothing else
    assert visit("ben")[0] == "new new" and visit.calls.count("find_flip") == 2
    assert visit("anna", "Other words.")[0] == "new new"


def test_what_can_not_be_done_reaches_the_page_as_a_sentence(visit):
    assert "empty" in visit("anna", "  ")[1]
