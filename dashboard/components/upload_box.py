"""Where files are dropped and tables pasted, with what can be read and how much of it; and what of it can't, file by file."""

import streamlit as st

from core.model_spec import ModelSpec
from dashboard import corpus_choice, corpus_wording, uploads
from dashboard.components import notice, preview_table


def show(spec: ModelSpec) -> None:
    """Draw the drop zone and the ways around it."""
    show_drop_zone()
    show_refused()
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"## {corpus_wording.LOOKS_LIKE}")
        preview_table.show(corpus_wording.SAMPLE, corpus_wording.SAMPLE_ROLES, "sample")
        st.caption(corpus_wording.LOOKS_LIKE_NOTE)
        if n := len(uploads.examples_for(spec)):
            st.button(corpus_wording.examples_button(n), on_click=corpus_choice.take_examples, args=(spec,))
    with right:
        st.markdown(f"## {corpus_wording.PASTE}")
        st.text_area(
            corpus_wording.PASTE_LABEL,
            key=corpus_choice.widget_key("paste"),
            height=148,
            max_chars=uploads.LONGEST_PASTE,
            placeholder=corpus_wording.PASTE_HINT,
            label_visibility="collapsed",
            persist_state="session",
        )
        st.caption(corpus_wording.PASTE_LABEL)
        st.button(corpus_wording.TAKE_PASTE, on_click=corpus_choice.take_pasted)


def show_drop_zone() -> None:
    """Draw the place for files, and what can be read of them."""
    st.file_uploader(
        corpus_wording.DROP,
        accept_multiple_files=True,
        key=corpus_choice.widget_key("drop"),
        on_change=corpus_choice.take_dropped,
    )
    st.caption(corpus_wording.LIMITS)


def show_refused() -> None:
    """Draw why files can't be read, each sentence with the file's name before it."""
    for number, (name, sentence) in enumerate(corpus_choice.refused()):
        notice.show(sentence if name in sentence else f"“{name}”: {sentence}", f"refused-{number}")
