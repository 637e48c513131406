"""Methods compared on a sample of a run's rows, for whoever asks: under way while a session looks at it, kept in the run's folder."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.corpus.method_table import MethodTable, n_measured, read_methods
from core.errors import SaliencyError
from core.progress import Progress
from core.turns import Stopped
from dashboard import asking, corpus_methods_wording, corpus_runs, run_reading
from dashboard.run_state import RunState
from dashboard.work import Job

SAMPLE = 20  # rows


@dataclass
class Asked:
    """What this session asked for."""

    run_id: str
    job: Job | None
    """None: it came to an end of some kind."""
    sentence: str = ""
    """Why there is no table; empty where there is nothing to tell."""


def begin(state: RunState) -> None:
    """Compare methods on rows of this run, from where an earlier comparison stopped. Others' questions are served in between."""
    st.session_state.corpus_methods = Asked(state.id, _ask(state))


def stop(state: RunState) -> None:
    """This session waits no longer; what was measured is kept."""
    if (asked := _asked(state)) is not None and asked.job is not None:
        asked.job.leave(asking.this_person())
        asked.job, asked.sentence = None, corpus_methods_wording.STOPPED


def look(state: RunState) -> Asked | None:
    """How it stands with what was asked on this run; None where nothing was. To be called every second or so: work that nobody
    looks at stops."""
    asked = _asked(state)
    if asked is None or asked.job is None:
        return asked
    if not asked.job.future.done():
        asked.job.want(asking.this_person())
        return asked
    try:
        asked.job.future.result()
        asked.job = None
    except Stopped:  # nobody looked for a moment, or this person asked for something else
        asked.job = _ask(state)
    except SaliencyError as error:
        asked.job, asked.sentence = None, run_reading.sentence(error, state.folder)
    except Exception as error:  # noqa: BLE001 — what nobody foresaw ends the comparison, not the page
        asked.job, asked.sentence = None, corpus_methods_wording.unforeseen(error)
    return asked


def table(state: RunState) -> MethodTable | None:
    """The table, once there is one. RunError for one that can't be read."""
    return read_methods(state.folder)


def n_kept(state: RunState) -> int:
    """Rows that a comparison which was stopped has measured."""
    return n_measured(state.folder)


def _asked(state: RunState) -> Asked | None:
    asked = st.session_state.get("corpus_methods")
    return asked if asked is not None and asked.run_id == state.id else None


def _ask(state: RunState) -> Job:
    return asking.the_desk().ask(asking.this_person(), ("methods", state.id), partial(_measure, state))


def _measure(state: RunState, tell: Progress) -> MethodTable:
    """In a thread that belongs to no session."""
    from core.corpus.method_sample import measure_methods  # here, so that the pages start without torch

    def work(classifier, step: Progress) -> MethodTable:
        return measure_methods(state.folder, classifier, SAMPLE, tell=step)

    return asking.the_service().run_corpus(corpus_runs.spec_of(state.order), f"methods-{state.id}", tell, work)
