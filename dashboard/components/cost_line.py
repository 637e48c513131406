"""One line: what the answer cost."""

import streamlit as st

from core.records import LayerReport
from dashboard import wording


def show(report: LayerReport) -> None:
    """Draw the line."""
    st.caption(wording.cost(report))
