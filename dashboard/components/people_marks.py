"""Whether the words that carry the predictions are those that people marked, where the file has marks."""

import streamlit as st

from dashboard import corpus_methods_wording as said
from dashboard import wording
from dashboard.components import data_table
from dashboard.components.data_table import LONG, Column
from dashboard.run_reading import Found


def show(found: Found) -> None:
    """Draw the figures; nothing where no row has marks that count."""
    summary = found.summary
    if summary.plausibility is None:
        return
    with st.container(border=True, key="card-people"):
        st.markdown(f"## {said.PEOPLE_TITLE}")
        st.caption(wording.plain(said.people_sentence(summary)))
        columns = (
            Column(said.FIGURE, LONG),
            Column(said.MEAN),
            Column(said.INTERVAL),
            Column(said.CHANCE),
            Column(said.WHAT, LONG),
        )
        data_table.show(said.PEOPLE_TITLE, columns, said.people_rows(summary), "people-marks")
