"""What is asked of the model: the class explained of a text, checked before anything is computed."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.capability import Capabilities
from core.errors import MethodError, SaliencyError, TargetError, TextError
from core.model_spec import ModelSpec
from core.records import Query, Settings
from dashboard import asking, session, wording
from dashboard.components import class_picker, notice


def show(
    spec: ModelSpec, facts: Capabilities, text: str, second: str | None, settings: Settings, above: DeltaGenerator
) -> Query:  # fmt: skip
    """Draw the pickers of classes, and into `above` what is to be said of the address and the texts; returns the query.

    Raises TextError without a text.
    """
    target, against = class_picker.show(facts.labels, facts.problem_type)
    with above:
        notice.show_all(session.notices())
        if text.strip() and session.lacks_second_text():
            notice.show(wording.PAIR_EXPECTED, "pair-expected")
    if not text.strip():
        raise TextError(wording.NO_TEXT)
    return Query(spec.name, text, target, against, settings, second)


def show_refusal(error: SaliencyError) -> None:
    """Draw, in place of an answer, why there is none."""
    notice.show(str(error), "no-answer")  # not "refusal": the session keeps that of a model under this name
    if not isinstance(error, (TextError, TargetError, MethodError)):  # these wait for other words; anything else may pass
        st.button(wording.RETRY, on_click=asking.retry)
