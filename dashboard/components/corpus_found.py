"""What a run found, in a sentence; how many rows of each kind, and those that were left out."""

import streamlit as st

from dashboard import corpus_results_wording as said
from dashboard import wording
from dashboard.components import data_table, notice
from dashboard.components.data_table import LONG, Column
from dashboard.corpus_table import Rows
from dashboard.run_reading import Found


def show(found: Found, rows: Rows) -> None:
    """Draw it."""
    summary = found.summary
    with st.container(border=True, key="card-found"):
        st.markdown(f"## {said.FOUND_TITLE}")
        if summary is None:
            notice.show(said.unfinished(len(rows.used) + len(rows.refused), found.manifest.n_rows), "unfinished")
        else:
            notice.show(said.found_sentence(summary, found.is_value), "found")
            st.caption(wording.plain(said.counts(summary, found.is_value)))
            for number, note in enumerate(summary.notes):
                notice.show(note, f"note-{number}")
        if len(rows.refused):
            _show_refused(rows)


def _show_refused(rows: Rows) -> None:
    with st.expander(said.refused_title(len(rows.refused))):
        listed = rows.refused.slice(0, said.MOST_REFUSED).to_pylist()
        columns = (Column(said.ROW), Column(said.REASON, LONG))
        data_table.show(
            said.REFUSED_TITLE, columns, [(f"{row['number']:,}", row["refused"]) for row in listed], "refused-rows", tall=True
        )
        if more := said.refused_more(len(rows.refused)):
            st.caption(more)
