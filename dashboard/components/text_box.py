"""The text box with its gallery of examples."""

import streamlit as st

from dashboard import session, wording


def show() -> str:
    """Draw the box; returns the text as it stands."""
    box, button = st.columns([9, 1], vertical_alignment="bottom")
    with box:
        text = st.text_area(
            wording.TEXT_LABEL,
            key="text",
            height=76,
            placeholder=wording.TEXT_PLACEHOLDER,
            label_visibility="collapsed",
            on_change=session.edit_text,
            persist_state="session",
        )
    with button:
        st.button(wording.EXPLAIN, width="stretch")  # leaving the box applies the text; the button says so
    st.pills(
        wording.EXAMPLES_LABEL,
        tuple(wording.EXAMPLES),
        key="example",
        label_visibility="collapsed",
        on_change=session.take_example,
        wrap=True,
        width="stretch",
    )
    return text
