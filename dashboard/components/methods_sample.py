"""The methods of the Compare page on a sample of the rows: the way to ask, how far it is, and the table."""

from functools import partial

import streamlit as st

from core.corpus.method_table import MethodTable
from core.errors import SaliencyError
from dashboard import corpus_export, corpus_methods, run_reading, wording
from dashboard import corpus_methods_wording as said
from dashboard.components import data_table, file_button, notice
from dashboard.components.data_table import LONG, Column
from dashboard.run_state import RunState

POLL = 1.0  # seconds between two looks


def show(state: RunState, is_value: bool = False) -> None:
    """Draw the table, or what there is before it. `is_value`: the model answers with values."""
    with st.container(border=True, key="card-methods"):
        st.markdown(f"## {said.METHODS_TITLE}")
        asked = corpus_methods.look(state)
        if asked is not None and asked.job is not None:
            st.fragment(_watch, run_every=POLL)(state)
            return
        try:
            table = corpus_methods.table(state)
        except SaliencyError as error:
            notice.show(run_reading.sentence(error, state.folder), "no-methods")
            table = None
        if table is not None:
            _show_table(table, state, is_value)
            return
        if asked is not None and asked.sentence:
            notice.show(asked.sentence, "methods-stopped")
        st.caption(said.offer(corpus_methods.SAMPLE))
        label = said.button(corpus_methods.SAMPLE, corpus_methods.n_kept(state))
        st.button(label, key="compare-methods", on_click=corpus_methods.begin, args=(state,))


def _watch(state: RunState) -> None:
    """Part of the page that is drawn again and again while methods are compared, and the whole page once they are."""
    asked = corpus_methods.look(state)
    if asked is None or asked.job is None:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="methods-under-way"):
        st.progress(asked.job.share, text=wording.plain(said.under_way(asked.job.stage, asked.job.seconds_left)))
        st.button(said.STOP, key="stop-methods", on_click=corpus_methods.stop, args=(state,))


def _show_table(table: MethodTable, state: RunState, is_value: bool) -> None:
    columns = (
        Column(said.METHOD, LONG), Column(said.PHI), Column(said.INTERVAL), Column(said.TEXTS), Column(said.PASSES, help=said.PASSES_HELP),
        Column(said.COST, help=said.COST_HELP),
    )  # fmt: skip
    data_table.show(said.METHODS_TITLE, columns, said.method_rows(table), "methods-table", empty=said.NONE_MEASURED)
    st.caption(wording.plain(said.measured(table, is_value)))
    for number, sentence in enumerate(said.missing(table)):
        notice.show(sentence, f"methods-missing-{number}")
    place = f"methods-{state.id}"
    with st.container(horizontal=True, key="methods-files"):
        for label, make, ending, mime in (
            (said.CSV, corpus_export.methods_csv, "csv", "text/csv"),
            (said.JSON, corpus_export.methods_json, "json", "application/json"),
        ):
            file_button.show(
                label, partial(make, state.folder), f"layer-saliency-methods.{ending}", mime, f"methods-{ending}", place
            )
    file_button.show_trouble(place)
