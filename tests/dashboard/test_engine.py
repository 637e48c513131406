"""What pages ask of the engine: a room of people gets each their own answer, and no more."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.catalog import CATALOG, find_model
from core.errors import ModelError
from core.model_spec import ModelSpec
from core.models import load_classifier
from core.progress import silent
from core.records import Query, Settings
from core.turns import Superseded
from dashboard import engine, serving, wording
from dashboard.serving import Service
from tests.families import SENTENCES

FAMILIES = ("bert", "roberta", "modernbert", "gpt2")


@pytest.fixture
def specs(family_of):
    return {name: find_model(str(family_of(name).path)) for name in FAMILIES}


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("LAYER_SALIENCY_DEVICE", "cpu")
    return Service(max_models=2)


def assert_same(got, expected) -> None:
    """Every number of two reports."""
    assert got.query == expected.query and got.tokens.texts == expected.tokens.texts
    assert set(got.maps) == set(expected.maps)
    for name, saliency in expected.maps.items():
        np.testing.assert_allclose(got.maps[name].scores, saliency.scores, atol=1e-6, rtol=1e-5)
    np.testing.assert_allclose(got.prediction.logits, expected.prediction.logits, atol=1e-6, rtol=1e-5)
    np.testing.assert_array_equal(got.decoding.own_rank, expected.decoding.own_rank)
    np.testing.assert_array_equal(got.decoding.top_ids, expected.decoding.top_ids)


def test_sixteen_sessions_two_models_and_mixed_texts(service, specs):
    """The same numbers as one by one; none crossed, none lost."""
    models = [specs["bert"], specs["roberta"]]

    def questions(person: int) -> list[tuple[Query, ModelSpec]]:
        asked = []
        for number in range(4):
            spec = models[(person + number) % 2]
            text = f"{SENTENCES[(person * 3 + number) % len(SENTENCES)]} {'again ' * (person % 5)}"
            asked.append((Query(spec.name, text, settings=Settings(methods=("fast",) if number == 3 else ())), spec))
        return asked

    def visit(person: int) -> list:
        return [service.analyse(query, spec, person, silent)[0] for query, spec in questions(person)]

    with ThreadPoolExecutor(16) as room:
        answers = list(room.map(visit, range(16)))
    alone = {spec: load_classifier(spec, "cpu") for spec in models}
    assert sum(len(answer) for answer in answers) == 64
    for person in range(16):
        for (query, spec), report in zip(questions(person), answers[person], strict=True):
            assert_same(report, pipeline.analyse(alone[spec], query))
    assert [users for *_, users in service.pool.held()] == [0, 0]


def test_more_models_than_fit(service, specs):
    """Models come and go under the people who use them, and no number changes."""

    def visit(person: int):
        spec = specs[FAMILIES[person % 4]]
        return service.analyse(Query(spec.name, SENTENCES[person]), spec, person, silent)[0]

    with ThreadPoolExecutor(8) as room:
        answers = list(room.map(visit, range(8)))
    for person, report in enumerate(answers):
        spec = specs[FAMILIES[person % 4]]
        assert_same(report, pipeline.analyse(load_classifier(spec, "cpu"), Query(spec.name, SENTENCES[person])))
    assert len(service.pool.held()) == 2


def test_one_analysis_at_a_time(service, specs, monkeypatch):
    inside, most, original = [], [], pipeline.analyse

    def watched(*args):
        inside.append(1)
        most.append(len(inside))
        try:
            return original(*args)
        finally:
            inside.pop()

    monkeypatch.setattr(pipeline, "analyse", watched)
    with ThreadPoolExecutor(6) as room:
        list(room.map(lambda i: service.analyse(Query("m", SENTENCES[i]), specs["bert"], i, silent), range(6)))
    assert len(most) == 6 and max(most) == 1


def test_a_newer_question_stops_the_older_between_its_steps(service, specs):
    spec, began, steps = specs["bert"], threading.Event(), []

    def slow(stage, share):
        steps.append(stage)
        if stage.startswith("Tracing"):
            began.set()
            time.sleep(0.2)

    with ThreadPoolExecutor(2) as room:
        older = room.submit(service.analyse, Query(spec.name, "An older question. " * 20), spec, "a", slow)
        assert began.wait(10)
        newer = room.submit(service.analyse, Query(spec.name, "A newer one."), spec, "a", silent)
        assert newer.result(20)[0].query.text == "A newer one."
        with pytest.raises(Superseded):
            older.result(20)


def test_out_of_memory_moves_one_analysis_to_the_processor(specs, monkeypatch):
    """A device on which every pass runs out of memory hands the work to the CPU; a name stands for the device."""
    places = []

    def load(spec, device, dtype, progress):
        places.append(device)
        classifier = serving.load_for_pages(spec, "cpu", dtype, progress)
        if device == "cpu":
            return classifier

        def full(*_):
            raise torch.OutOfMemoryError("CUDA out of memory.")

        classifier.model.base_model.register_forward_pre_hook(full)
        return classifier

    service, told = Service(load), []
    monkeypatch.setattr(serving, "choose_device", lambda: "full")
    monkeypatch.setattr("core.pool.choose_device", lambda asked="auto": asked)
    query = Query("m", "Some words to explain.")
    report, _ = service.analyse(query, specs["bert"], "a", lambda *step: told.append(step))
    assert places == ["full", "cpu"] and any("using the processor" in stage for stage, _ in told)
    assert_same(report, pipeline.analyse(load_classifier(specs["bert"], "cpu"), query))


# --- through Streamlit ---


@pytest.fixture
def room(family_of, monkeypatch):
    """`room(name)`: a page of the session called so, on the tiny model; `room.calls` counts analyses.

    Streamlit's test runner gives every page the same session id, so that the cache is told the room's own.
    """
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=family_of("bert").path))
    st.cache_data.clear()
    st.cache_resource.clear()
    calls, original, here = [], pipeline.analyse, {"session": ""}
    monkeypatch.setattr(pipeline, "analyse", lambda *a: (calls.append(a[1].text), original(*a))[1])
    monkeypatch.setattr("streamlit.runtime.caching.cache_data_api.get_session_id_or_throw", lambda: here["session"])

    def page_of(session: str) -> AppTest:
        page = AppTest.from_function(_explain_page, default_timeout=30)
        page.session = session
        return page

    def ask(page: AppTest, text: str) -> str:
        here["session"] = page.session
        page.session_state["text"] = text
        page.run()
        assert not page.exception, page.exception
        return page.text[0].value

    page_of.ask, page_of.calls = ask, calls
    return page_of


def _explain_page():
    import streamlit as st

    from core.catalog import CATALOG
    from core.records import Query
    from dashboard import engine

    report = engine.explain(Query("sentiment", st.session_state.text), CATALOG["sentiment"])
    st.text(" ".join(report.word_texts))


def test_a_private_text_is_computed_for_each_session_and_kept_in_it(room):
    anna, ben = room("anna"), room("ben")
    for _ in range(2):
        assert room.ask(anna, "My private words.") == room.ask(ben, "My private words.") == "My private words ."
    assert len(room.calls) == 2
    assert room.ask(anna, "Other words.") == "Other words ." and len(room.calls) == 3


def test_an_example_is_computed_once_for_everyone(room):
    text = CATALOG["sentiment"].gallery[-1]
    assert room.ask(room("anna"), text) == room.ask(room("ben"), text)
    assert room.calls == [text]


def test_each_session_is_a_person_of_its_own(room):
    anna, ben = room("anna"), room("ben")
    room.ask(anna, "Words."), room.ask(ben, "Words.")
    first = anna.session_state["person"]
    room.ask(anna, "More words.")
    assert anna.session_state["person"] == first != ben.session_state["person"]


def test_what_was_given_up_stays_so_until_asked_for_again(room):
    def page():
        import threading

        import streamlit as st

        from core.catalog import CATALOG
        from dashboard import asking, engine

        spec = CATALOG["sentiment"]
        if "asked" not in st.session_state:
            st.session_state.asked, gate = True, threading.Event()
            asking.the_desk().ask(asking.this_person(), ("facts", spec), lambda tell: gate.wait(5))
            asking.cancel()
            gate.set()
        try:
            st.text(engine.facts(spec).label)
        except asking.GivenUp as error:
            st.text(str(error))
            st.button("go on", on_click=asking.retry)

    page = AppTest.from_function(page, default_timeout=30).run()
    assert not page.exception and page.text[0].value == wording.GIVEN_UP
    page.run()
    assert page.text[0].value == wording.GIVEN_UP
    page.button[0].click().run()
    assert not page.exception and page.text[0].value == CATALOG["sentiment"].label


def test_a_load_that_fails_is_tried_again(room, monkeypatch):
    def fail(*_):
        raise ModelError("The weights end too soon.")

    monkeypatch.setattr(serving, "load_classifier", fail)
    page = AppTest.from_function(_facts_page, default_timeout=30).run()
    assert page.text[0].value == "The weights end too soon."
    monkeypatch.setattr(serving, "load_classifier", load_classifier)
    assert page.run().text[0].value == CATALOG["sentiment"].label


def _facts_page():
    import streamlit as st

    from core.catalog import CATALOG
    from core.errors import SaliencyError
    from dashboard import engine

    try:
        st.text(engine.facts(CATALOG["sentiment"]).label)
    except SaliencyError as error:
        st.text(str(error))


def test_the_first_example_is_ready_for_the_first_visitor(room):
    engine.try_first_model()
    assert room.calls == [CATALOG["sentiment"].gallery[0]]
    room.ask(room("anna"), CATALOG["sentiment"].gallery[0])
    assert len(room.calls) == 1


def test_progress_in_words_is_no_markdown():
    assert wording.plain("Reading ![x](https://evil.example) **now**") == (
        r"Reading \!\[x\]\(https\://evil\.example\) \*\*now\*\*"
    )
