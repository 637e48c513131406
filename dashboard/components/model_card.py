"""What is known of the model in use: two lines in the sidebar, the whole card on request."""

import streamlit as st

from core.capability import Capabilities
from core.model_spec import ModelSpec
from dashboard import model_choice, model_wording, wording
from dashboard.components.assets import register

_card = register("model_card")


def show(spec: ModelSpec, facts: Capabilities) -> None:
    """Draw both in the sidebar; where a language-model head is missing, with a way to add one."""
    with st.sidebar, st.container(gap="small"):
        st.caption(wording.plain(facts.trained_for) + "  \n" + wording.plain(model_wording.summary(facts)))
        if not facts.head_source:
            st.caption(model_wording.NO_HEAD)
        with st.popover(model_wording.ABOUT, width="stretch"):
            rows = model_wording.card(facts, spec.license)
            _card(data={"label": model_wording.ABOUT, "title": facts.label, "rows": rows}, key="model-card")
        if facts.takes_head and not facts.head_source and model_choice.takes_own():
            st.button(model_wording.ADD_HEAD, on_click=model_choice.open_form, args=(spec,), width="stretch")
