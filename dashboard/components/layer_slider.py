"""The layer shown: a slider that starts on the recommended layer."""

import streamlit as st

from core.records import LayerReport
from dashboard import session, wording


def show(report: LayerReport, method: str) -> int:
    """Draw the slider; returns the layer state. Methods with one row for the whole model have nothing to choose."""
    recommended, n_states = report.choices[method].layer, len(report.layer_names)
    if not report.maps[method].has_layers:
        return 0
    session.settle_layer(recommended, n_states)
    slider, back = st.columns([5, 2], vertical_alignment="bottom")
    with slider:
        layer = st.select_slider(
            wording.LAYER, range(n_states), key="layer", on_change=session.keep_layer,
            format_func=lambda l: report.layer_names[l] + (" ★" if l == recommended else ""),
        )
    with back:
        st.button(wording.BACK, on_click=session.follow_recommendation, disabled=layer == recommended, type="tertiary")
    return layer
