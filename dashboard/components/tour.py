"""The first-visit tour: three hints that float in a corner while a ring marks what they explain, until dismissed for good."""

import streamlit as st

from core.labels import SINGLE_LABEL
from core.model_spec import ModelSpec
from dashboard import engine, present_wording, session
from dashboard.components.assets import register

_tour = register("tour")
# The elements explained, in the order of `present_wording.tour_hints`; a hint whose element the page doesn't have is left out.
TARGETS = (".st-key-card-hero", ".st-key-card-hero [class*='st-key-layer-']", ".st-key-card-map")
_WORDS = {
    "name": present_wording.TOUR,
    "of": present_wording.TOUR_OF,
    "next": present_wording.TOUR_NEXT,
    "skip": present_wording.TOUR_SKIP,
    "done": present_wording.TOUR_DONE,
    "forGood": present_wording.TOUR_FOR_GOOD,
    "invitation": present_wording.TOUR_INVITATION,
    "start": present_wording.TOUR_START,
}


def note_arrival() -> None:
    """On a session's first run, before anything is written to the address: whether the visitor came with a plain one."""
    session.set_defaults(came_plainly=not st.query_params, tours_asked_for=0)


def show(spec: ModelSpec) -> None:
    """Draw the tour: on a first visit with a plain address, and whenever it is asked for.

    Whether it was dismissed the browser alone knows. Whoever follows a link came for what it shows, not for a tour. Drawn before
    all else, so that the keyboard reaches it first; the component waits until what it explains is there.
    """
    facts = engine.recall_facts(spec)
    hints = present_wording.tour_hints(SINGLE_LABEL if facts is None else facts.problem_type)
    steps = [{"at": at, "title": title, "words": words} for at, (title, words) in zip(TARGETS, hints, strict=True)]
    came, asked = session.chosen("came_plainly", False), session.chosen("tours_asked_for", 0)
    _tour(data={"words": _WORDS, "steps": steps, "first": came, "asked": asked}, key="tour", height="content")


def show_link() -> None:
    """Draw the way to bring it back, in the sidebar."""
    with st.sidebar:
        st.button(
            present_wording.SHOW_TOUR,
            help=present_wording.SHOW_TOUR_HELP,
            type="tertiary",
            on_click=session.count,
            args=("tours_asked_for",),
        )
