"""The text box with its gallery of examples."""

import streamlit as st

from dashboard import session, wording


def show() -> str:
    """Draw the box; returns the text as it stands."""
    text = st.text_area(
        wording.TEXT_LABEL, key="text", height=96, placeholder=wording.TEXT_PLACEHOLDER, label_visibility="collapsed",
        on_change=session.edit_text, persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="center", key="gallery"):
        st.button(wording.EXPLAIN, type="primary")  # leaving the box applies the text; the button says so
        st.pills(
            wording.EXAMPLES_LABEL, tuple(wording.EXAMPLES), key="example", label_visibility="collapsed", on_change=session.take_example,
        )
    return text
