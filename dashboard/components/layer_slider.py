"""The layer shown: a slider that starts on the recommended layer."""

import streamlit as st

from core.records import LayerReport
from dashboard import layer_choice, wording


def show(report: LayerReport, method: str) -> int:
    """Draw the slider; returns the layer state. Methods with one row for the whole model have nothing to choose."""
    recommended, n_states = report.choices[method].layer, len(report.layer_names)
    if not report.maps[method].has_layers:
        return 0
    shown = layer_choice.settle(recommended, n_states)
    names = wording.starred_names(report, method)
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="large")
    with row:
        layer = st.select_slider(
            wording.LAYER,
            range(n_states),
            shown,
            key=layer_choice.key(),
            on_change=layer_choice.keep,
            args=(layer_choice.key(),),
            format_func=names.__getitem__,
            help=wording.LAYER_HELP,
        )
        if layer != recommended:
            st.button(wording.BACK, on_click=layer_choice.follow_recommendation, type="tertiary")
    return layer
