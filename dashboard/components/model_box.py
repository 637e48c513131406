"""Which model: the catalog, what this person loaded besides, and the way to a model of one's own."""

import streamlit as st

from core.errors import ModelError
from core.policy import Policy
from dashboard import model_choice, model_wording, wording
from dashboard.components import notice, own_model


def show() -> None:
    """Draw the box in the sidebar, and under it the form where the own model is chosen."""
    models, policy, error = model_choice.models(), None, ""
    try:
        policy = Policy.from_environment()
    except ModelError as refused:  # whoever runs the server set a variable wrongly; what needs none of them goes on
        error = str(refused)
    takes_own = policy is not None and not policy.catalog_only
    with st.sidebar:
        st.selectbox(
            model_wording.MODEL,
            (*models, *([model_choice.OWN] if takes_own else [])),
            key="model",
            format_func=lambda name: model_wording.OWN if name == model_choice.OWN else model_wording.choice(models[name]),
            on_change=model_choice.pick,
            help=model_wording.MODEL_HELP,
            persist_state="session",
        )
        if error:
            notice.show(error, "policy")
        if takes_own and model_choice.form_is_shown():
            own_model.show(policy)
        if model_choice.wanted() is not None:
            st.caption(wording.plain(model_wording.until_then(model_choice.in_use())))
