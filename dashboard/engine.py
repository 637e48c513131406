"""What pages ask of the engine: reports and facts, from caches or computed, with progress shown while they wait.

The work runs in threads of its own. A page's own thread polls, for it must keep calling Streamlit: only there can a newer
run of the same session take over.
"""

import secrets
import time
from collections.abc import Callable, Hashable
from concurrent.futures import wait

import streamlit as st

from core.capability import Capabilities
from core.catalog import CATALOG
from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.progress import Progress, silent
from core.records import LayerReport, Query
from core.turns import Stopped
from dashboard import wording
from dashboard.work import Desk, Job

DEFAULT_MODEL = next(iter(CATALOG))
POLL = 0.15  # seconds between two looks whether an answer has come
PATIENCE = 1.0  # seconds before a page that waits offers to stop: most answers come sooner


class GivenUp(SaliencyError):
    """The person stopped waiting for this; `retry` asks again."""


# --- what all sessions share ---


@st.cache_resource(show_spinner=False)
def _service():
    from dashboard.serving import Service  # here, so that the pages start without torch

    return Service()


@st.cache_resource(show_spinner=False)
def _desk() -> Desk:
    return Desk()


class _NotCached(Exception):
    """A cache was asked for what it doesn't hold. Streamlit's caches can't be asked otherwise, and keep no errors."""


def _given(value):
    if value is None:
        raise _NotCached
    return value


@st.cache_data(max_entries=256, max_size="64mb", show_spinner=False)
def _shared_report(query: Query, _report: LayerReport | None = None) -> LayerReport:
    return _given(_report)


@st.cache_data(max_entries=64, max_size="32mb", scope="session", show_spinner=False)  # this one nobody else's session sees
def _private_report(query: Query, _report: LayerReport | None = None) -> LayerReport:
    return _given(_report)


@st.cache_data(max_entries=256, show_spinner=False)
def _facts(spec: ModelSpec, _known: Capabilities | None = None) -> Capabilities:
    return _given(_known)


def _look_up(cache: Callable, key: object):
    """What a cache holds for a key, or None."""
    try:
        return cache(key)
    except _NotCached:
        return None


def _cache_of(query: Query, spec: ModelSpec) -> Callable:
    """Only reports on a model's own examples are everyone's; those on any other text stay with the session that asked."""
    return _shared_report if query.joined in spec.gallery else _private_report


# --- what pages ask ---


def explain(query: Query, spec: ModelSpec) -> LayerReport:
    """The report, from the cache or computed; shows progress meanwhile. Raises SaliencyError with a sentence for the user."""
    cache, person = _cache_of(query, spec), _person()
    if (report := _look_up(cache, query)) is not None:
        _desk().leave(person)  # whatever was asked before is of no interest any more
        return report
    from dashboard.serving import without_methods

    plain, service = without_methods(query), _service()
    known = _look_up(cache, plain)
    question = ("report", "everyone" if cache is _shared_report else person, query, spec)
    whose_turn = question if cache is _shared_report else person  # one person's newer question must not stop what others wait for
    report, known = _ask(question, lambda tell: service.analyse(query, spec, whose_turn, tell, known))
    cache(plain, known)
    return cache(query, report)


def recall(query: Query, spec: ModelSpec) -> LayerReport | None:
    """The report where there is one already. Asks for nothing, and stops nothing that was asked for."""
    return _look_up(_cache_of(query, spec), query)


def facts(spec: ModelSpec) -> Capabilities:
    """What is known of a model; loads it if that was never done. Raises SaliencyError with a sentence for the user."""
    if (known := recall_facts(spec)) is not None:
        return known
    service = _service()
    return _facts(spec, _ask(("facts", spec), lambda tell: service.inspect(spec, tell)))


def recall_facts(spec: ModelSpec) -> Capabilities | None:
    """What is known of a model that was loaded before; nothing is loaded for it."""
    return _look_up(_facts, spec)


def cancel() -> None:
    """This person stops waiting: for a model to load, or for a report. Asking for the same raises GivenUp until `retry`."""
    st.session_state.given_up = _desk().leave(_person())


def retry() -> None:
    """Ask again for what was given up."""
    st.session_state.given_up = []


def try_first_model() -> None:
    """Load the first model and explain its first example, so that the first visitor finds everything warm."""
    spec, service = CATALOG[DEFAULT_MODEL], _service()
    query = Query(spec.name, spec.gallery[0])
    _facts(spec, service.inspect(spec, silent))
    _shared_report(query, service.analyse(query, spec, "launcher", silent)[0])


# --- in the page's own thread ---


def _person() -> str:
    """Whose turn it is: one name a session, drawn at random."""
    return st.session_state.setdefault("person", secrets.token_hex(8))


def _ask(question: Hashable, compute: Callable[[Progress], object]):
    """The answer to a question; its progress is shown where the page stands until it has come."""
    if question in st.session_state.get("given_up", ()):
        raise GivenUp(wording.GIVEN_UP)
    place = st.empty()
    while True:
        try:
            return _await(_desk().ask(_person(), question, compute), place)
        except Stopped:  # given up a moment before this run joined it, so ask again; unless this run is itself replaced,
            continue  # which Streamlit tells by ending it at the next line
        finally:
            place.empty()


def _await(job: Job, place):
    start, bar = time.monotonic(), None
    while not wait([job.future], POLL).done:
        if bar is None and time.monotonic() - start > PATIENCE:
            with place.container(horizontal=True, vertical_alignment="center"):
                bar = st.empty()
                st.button(wording.STOP, on_click=cancel, key=f"stop-{secrets.token_hex(4)}")
        (place if bar is None else bar).progress(job.share, text=wording.plain(job.stage))  # ends this run here if it is replaced
        job.want(_person())
    return job.future.result()
