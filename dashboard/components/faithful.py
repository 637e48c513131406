"""The stratified map, on demand: a button, and once it was pressed the map beside the one-pass one."""

import streamlit as st

from core.records import LayerReport
from dashboard import session, wording
from dashboard.components import token_text
from dashboard.components.sidebar import Options
from dashboard.units import units_of

METHOD = wording.FAITHFUL_METHOD


def show_button(report: LayerReport) -> None:
    """Draw the button; once the map is there it rests in its place, so that a second press doesn't hit its neighbour."""
    is_there = METHOD in report.maps
    st.button(wording.FAITHFUL, help=wording.FAITHFUL_HELP, on_click=session.add_method, args=(METHOD,), disabled=is_there)


def show(report: LayerReport, shown_method: str, selected: int, options: Options) -> None:
    """Draw the map at its own recommended layer, unless it is not there or is the one shown already."""
    if METHOD not in report.maps or shown_method == METHOD:
        return
    units = units_of(report, METHOD, options.by_words, options.rule, options.with_special)
    with st.container(border=True, key="card-faithful"):
        token_text.show(report, METHOD, units, report.choices[METHOD].layer, selected, options.strength, "faithful")
