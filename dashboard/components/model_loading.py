"""The model asked for on its way: progress with a way to stop, or why it did not come with a way to try again."""

import streamlit as st

from core.errors import SaliencyError
from core.model_spec import ModelSpec
from dashboard import asking, engine, model_choice, model_wording, wording
from dashboard.components import notice


def show() -> None:
    """Draw it, and wait for the model; the page starts anew when it has come, or when it can't be had.

    Called when all else is drawn, so that the model in use stays usable meanwhile.
    """
    if (refused := model_choice.refusal()) is not None:
        spec, reason = refused
        notice.show(reason, "not-loaded")
        st.button(wording.RETRY, on_click=model_choice.ask_for, args=(spec,), key="ask-again")
    spec = model_choice.wanted()
    if spec is None:
        return
    st.caption(wording.plain(model_wording.loading(spec)))
    try:
        facts = engine.facts(spec)
    except asking.GivenUp:
        model_choice.refuse(spec, model_wording.stopped(spec))
    except SaliencyError as error:
        model_choice.refuse(spec, str(error))
    else:
        model_choice.arrive(spec, facts.expects_pair)
    st.rerun()


def show_offer(spec: ModelSpec) -> None:
    """Draw the question whether the model that the address names is to be loaded."""
    notice.show(model_wording.offer(spec), "offer")
    st.button(model_wording.load_it(spec), on_click=model_choice.confirm, type="primary")
