"""What it means to hide a word, and how the wall is sorted."""

import streamlit as st

from core.comparison import REMOVALS
from dashboard import compare_wording, wording


def show() -> tuple[str, str]:
    """Draw the two choices; returns the operator and the order."""
    with st.container(horizontal=True, gap="medium", key="wall-options"):
        removal = st.segmented_control(
            compare_wording.REMOVAL,
            tuple(REMOVALS),
            key="removal",
            required=True,
            format_func=lambda name: wording.plain(compare_wording.REMOVAL_NAMES[name]),
            help=wording.plain(compare_wording.REMOVAL_HELP),
            persist_state="session",
        )
        sort = st.segmented_control(
            compare_wording.SORT, compare_wording.SORTS, key="sort", required=True, persist_state="session"
        )
    return removal, sort
