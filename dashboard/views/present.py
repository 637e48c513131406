"""Present: one text in large type for a room, no sidebar; the arrow keys walk its layers."""

import streamlit as st

from core.capability import Capabilities
from core.errors import SaliencyError, TextError
from core.model_spec import ModelSpec
from core.records import Query
from dashboard import engine, model_choice, permalink, present_wording, session, wording
from dashboard.components import model_loading, navigation, presenter, question
from dashboard.components.class_picker import NOBODY
from dashboard.units import units_of


def present() -> None:
    """The text as it stands on Explore, explained as it is there. What can't be explained gets a sentence, and a way back."""
    spec = model_choice.in_use()
    with st.container(key="presenter"):
        waiting = st.container(key="present-waiting")
        if model_choice.must_confirm():
            show_way_back()
            model_loading.show_offer(spec)
        else:
            show_answer(spec, waiting)
    permalink.write_link(permalink.PRESENT)


def show_answer(spec: ModelSpec, waiting) -> None:
    """The stage, or in a sentence why it stays empty; what is computed first shows its progress in `waiting`."""
    try:
        with waiting:
            facts = engine.facts(spec)
            report = engine.explain(asked(spec, facts), spec)
    except SaliencyError as error:
        show_way_back()
        question.show_refusal(error)
        return
    permalink.settle(report)
    method = session.chosen("method", "")
    method = method if method in report.maps else report.headline
    by_words = session.chosen("units", wording.BY_WORDS) == wording.BY_WORDS
    units = units_of(report, method, by_words, session.chosen("rule", "sum"), bool(session.chosen("special", False)))
    if presenter.show(report, method, units, session.chosen("strength", 1.0), bool(session.chosen("one_scale", False))):
        navigation.go_to_explore()


def asked(spec: ModelSpec, facts: Capabilities) -> Query:
    """What is asked of the model, as on Explore; classes that it doesn't have give way to the predicted one. Raises TextError."""
    for key in ("target", "against"):
        session.check_choice(key, (NOBODY, *facts.labels), lambda name: wording.unknown_class(name, facts.labels))
    target, against = (session.chosen(key, NOBODY) or None for key in ("target", "against"))
    if len(facts.labels) == 1:
        target = against = None
    text, second = session.texts()
    if not text.strip():
        raise TextError(wording.NO_TEXT)
    return Query(spec.name, text, target, against, session.settings(), second)


def show_way_back() -> None:
    """Draw the heading and the way back of a stage without a text on it."""
    st.markdown(f"# {present_wording.TITLE}")
    if st.button(f"← {present_wording.BACK}"):
        navigation.go_to_explore()


present()
