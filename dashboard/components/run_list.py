"""The runs that this session began or opened."""

import streamlit as st

from dashboard import corpus_choice, corpus_wording, wording


def show() -> None:
    """Draw them, if there are any."""
    states = corpus_choice.states()
    if not states:
        return
    st.markdown(f"## {corpus_wording.RUNS_TITLE}")
    for state in states:
        with st.container(horizontal=True, vertical_alignment="center", key=f"run-line-{state.id}"):
            st.markdown(wording.plain(state.order.file), width="content")
            st.caption(corpus_wording.in_list(state), width="stretch")
            st.button(corpus_wording.SHOW, key=f"open-{state.id}", on_click=corpus_choice.open_run, args=(state.id,))
