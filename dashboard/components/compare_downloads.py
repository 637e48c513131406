"""The comparison as files; each is made when its button is pressed."""

from functools import partial

import streamlit as st

from core.comparison import Comparison
from dashboard import compare_export, compare_wording


def show(comparison: Comparison) -> None:
    """Draw the two buttons."""
    table, everything = partial(compare_export.to_csv, comparison), partial(compare_export.to_json, comparison)
    st.download_button(compare_wording.DOWNLOAD_CSV, table, "comparison.csv", "text/csv", on_click="ignore")
    st.download_button(compare_wording.DOWNLOAD_JSON, everything, "comparison.json", "application/json", on_click="ignore")
