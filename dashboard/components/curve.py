"""A curve over the layers; a click on a point goes to its layer. Its files are drawn anew: Plotly makes none without a browser."""

import streamlit as st
from plotly.graph_objects import Figure

from dashboard import layer_choice, session, theme
from dashboard.components import figure as files
from dashboard.figures.frame import numbers_of
from dashboard.figures.layer_lines import layer_picture

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def show(title: str, figure: Figure, note: str, key: str) -> None:
    """Draw the curve in its card with what it means."""

    def go() -> None:
        layer_choice.choose(layer_of(session.event(key, "selection")))

    with st.container(border=True, key=f"card-{key}", height="stretch"):
        st.markdown(f"## {title}")
        st.plotly_chart(
            figure, key=key, on_select=go, selection_mode="points", config=_CONFIG, alt=f"{title}. {note}", theme=None
        )
        st.caption(note)
        numbers, form = numbers_of(figure)
        palette = theme.palette(st.context.theme.type)
        files.show_downloads(lambda: layer_picture(title, numbers, form, palette), numbers.to_csv, key)


def layer_of(selection: object) -> object:
    """What the browser gives as the layer of the point selected; None where it gives none. It can send anything."""
    points = selection.get("points") if isinstance(selection, dict) else None
    point = points[0] if isinstance(points, (list, tuple)) and points else None
    return point.get("customdata", point.get("x")) if isinstance(point, dict) else None
