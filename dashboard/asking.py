"""Asking the engine from a page: whose turn it is, and waiting with progress shown.

The work runs in threads of its own. A page's own thread polls, for it must keep calling Streamlit: only there can a newer
run of the same session take over.
"""

import secrets
import time
from collections.abc import Callable, Hashable
from concurrent.futures import wait

import streamlit as st

from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.progress import Progress
from core.turns import Stopped
from dashboard import wording
from dashboard.cached import look_up
from dashboard.work import Desk, Job

POLL = 0.15  # seconds between two looks whether an answer has come
CALM_POLL = 0.5  # the same for one that takes longer: each look draws the page's progress anew
PATIENCE = 1.0  # seconds before a page that waits offers to stop: most answers come sooner


class GivenUp(SaliencyError):
    """The person stopped waiting for this; `retry` asks again."""


@st.cache_resource(show_spinner=False)
def the_service():
    """What all sessions share: the models, and turns at the device."""
    from dashboard.serving import Service  # here, so that the pages start without torch

    return Service()


@st.cache_resource(show_spinner=False)
def the_desk() -> Desk:
    """Where all sessions' questions are asked."""
    return Desk()


def this_person() -> str:
    """Whose turn it is: one name a session, drawn at random."""
    return st.session_state.setdefault("person", secrets.token_hex(8))


def cancel() -> None:
    """This person stops waiting: for a model to load, or for a report. Asking for the same raises GivenUp until `retry`."""
    st.session_state.given_up = the_desk().leave(this_person())


def retry() -> None:
    """Ask again for what was given up."""
    st.session_state.given_up = []


def ask(question: Hashable, compute: Callable[[Progress], object]):
    """The answer to a question; its progress is shown where the page stands until it has come.

    Raises GivenUp, and whatever the work raises.
    """
    if question in st.session_state.get("given_up", ()):
        raise GivenUp(wording.GIVEN_UP)
    place = st.empty()
    while True:
        try:
            return _await(the_desk().ask(this_person(), question, compute), place)
        except Stopped:  # given up a moment before this run joined it, so ask again; unless this run is itself replaced,
            continue  # which Streamlit tells by ending it at the next line
        finally:
            place.empty()


def find(cache: Callable, key: tuple, what: tuple, spec: ModelSpec, work: Callable, is_everyones: bool = False, is_long: bool = False):
    """What a cache (see `cached`) holds for a key, or what `work(classifier, step)` makes in this person's turn. Raises as `ask`.

    `what` names the question: which work, on what. What `is_long` gives way to what is not.
    """
    if (known := look_up(cache, *key)) is not None:
        return known
    person, service = this_person(), the_service()
    question: Hashable = (*what, "everyone" if is_everyones else person, spec)
    whose_turn = question if is_everyones else person  # one person's newer question must not stop what others wait for
    return cache(*key, ask(question, lambda tell: service.run(spec, whose_turn, tell, work, is_long)))


def _await(job: Job, place):
    start, bar = time.monotonic(), None
    while not wait([job.future], POLL if bar is None else CALM_POLL).done:
        if bar is None and time.monotonic() - start > PATIENCE:
            with place.container(horizontal=True, vertical_alignment="center"):
                bar = st.empty()
                st.button(wording.STOP, on_click=cancel, key=f"stop-{secrets.token_hex(4)}")
        said = wording.plain(wording.under_way(job.stage, job.seconds_left))
        (place if bar is None else bar).progress(job.share, text=said)  # ends this run here if it is replaced
        job.want(this_person())
    return job.future.result()
