"""The form for a model of one's own. What was typed stays; what is wrong with it is said in the form."""

import streamlit as st

from core.policy import Policy
from dashboard import model_choice, model_wording
from dashboard.components import notice


def show(policy: Policy) -> None:
    """Draw the form."""
    folders = model_choice.folders(policy)
    with st.form("own-model", border=False):
        if folders:
            st.selectbox(
                model_wording.FOLDER,
                ("", *folders),
                key="own_folder",
                format_func=lambda folder: folder.removeprefix("./") or model_wording.NO_FOLDER,
                persist_state="session",
            )
        st.text_input(
            model_wording.REFERENCE, key="own_reference", placeholder=model_wording.REFERENCE_HINT, persist_state="session"
        )
        if model_choice.form_error():
            notice.show(model_choice.form_error(), "own-error")
        with st.expander(model_wording.MORE, expanded=model_choice.form_is_open()), st.container(gap="small"):
            _show_more()
        st.form_submit_button(model_wording.LOAD, on_click=model_choice.submit, args=(policy,), width="stretch")


def _show_more() -> None:
    st.text_input(
        model_wording.REVISION,
        key="own_revision",
        placeholder=model_wording.REVISION_HINT,
        help=model_wording.REVISION_HELP,
        persist_state="session",
    )
    st.text_input(model_wording.HEAD, key="own_head", placeholder=model_wording.HEAD_HINT, persist_state="session")
    st.caption(model_wording.HEAD_NOTE)
    st.checkbox(model_wording.TRUST, key="own_trust", persist_state="session")
    st.caption(model_wording.TRUST_NOTE)
