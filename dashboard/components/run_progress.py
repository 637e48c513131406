"""A run: how far it is while it runs, why it stands still, or that it is done. Looks again by itself as long as anything changes."""

import streamlit as st

from core.errors import SaliencyError
from dashboard import corpus_choice, corpus_runs, corpus_wording, run_folders, wording
from dashboard.components import corpus_results, notice
from dashboard.run_state import DONE, FAILED, STOPPED, RunState

POLL = 1.0  # seconds between two looks at a run


def show(run_id: str) -> None:
    """Draw the run of this name, or in a sentence that there is none."""
    try:
        state = corpus_runs.runs().state(run_id)
    except run_folders.UnknownRun as error:
        notice.show(str(error), "unknown-run")
        st.button(corpus_wording.OTHER_FILE, on_click=corpus_choice.close_run)
        return
    with st.container(border=True, key="card-run"):
        st.markdown(f"## {corpus_wording.run_title(state)} “{wording.plain(state.order.file)}”")
        if state.is_under_way:
            st.fragment(_watch, run_every=POLL)(run_id)
        elif state.status in (STOPPED, FAILED):
            if state.share:
                _show_how_far(state)
            notice.show(corpus_wording.stood_still(state), "stands-still")
        if corpus_choice.trouble():
            notice.show(corpus_choice.trouble(), "trouble")
        _show_buttons(state)
        st.caption(wording.plain(corpus_wording.about(state)))
    if state.status == DONE or (not state.is_under_way and corpus_results.any_rows(state)):
        corpus_results.show(state)


def _watch(run_id: str) -> None:
    """Part of the page that is drawn again and again while the run is under way, and the whole page once it no longer is."""
    try:
        state = corpus_runs.runs().state(run_id)
    except SaliencyError:
        st.rerun()
    if not state.is_under_way:
        st.rerun()
    _show_how_far(state)


def _show_how_far(state: RunState) -> None:
    st.progress(min(1.0, state.share), text=wording.plain(corpus_wording.pace(state)))
    if meanwhile := corpus_wording.meanwhile(state):
        st.caption(wording.plain(meanwhile))


def _show_buttons(state: RunState) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="run-actions"):
        if state.is_under_way:
            st.button(corpus_wording.STOP, on_click=corpus_choice.stop, args=(state.id,), disabled=state.is_stopping)
        elif state.status != DONE:
            st.button(corpus_wording.GO_ON, type="primary", on_click=corpus_choice.go_on, args=(state.id,))
        st.button(corpus_wording.OTHER_FILE, on_click=corpus_choice.close_run)
        with st.popover(corpus_wording.DELETE):
            st.markdown(corpus_wording.REALLY_DELETE)
            st.button(corpus_wording.DELETE_NOW, on_click=corpus_choice.delete, args=(state.id,))
