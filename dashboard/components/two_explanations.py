"""A second explanation asked for and set beside the first: of another class, by another model, or of another text."""

from dataclasses import replace

import streamlit as st

from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.prediction import Prediction
from core.records import LayerReport, Query
from dashboard import engine, figure_wording, model_choice
from dashboard.components import notice, side_by_side


def show(query: Query, prediction: Prediction, spec: ModelSpec) -> None:
    """Draw the card: what is to be set beside the answer to `query`, and both once that was chosen."""
    with st.container(border=True, key="card-side"):
        st.markdown(f"## {figure_wording.SIDE_TITLE}")
        beside = side_by_side.pick(query, prediction, _at_hand())
        if beside is None:
            st.caption(figure_wording.SIDE_HINT)
            return
        try:
            other_spec = model_choice.models()[beside.model]
            if beside.model != query.model and (shown := prediction.labels[prediction.target]) in engine.facts(other_spec).labels:
                beside = replace(beside, target=shown)
            side_by_side.show(_report(query, spec), _report(beside, other_spec))
        except SaliencyError as error:
            notice.show(str(error), "not-beside")


def _at_hand() -> dict[str, ModelSpec]:
    """The models that need no download: those in folders, and those that were loaded before."""
    return {
        name: spec
        for name, spec in model_choice.models().items()
        if spec.path is not None or engine.recall_facts(spec) is not None
    }


def _report(query: Query, spec: ModelSpec) -> LayerReport:
    return engine.recall(query, spec) or engine.explain(
        query, spec
    )  # what is known must not stop what else this person waits for
