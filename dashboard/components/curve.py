"""A curve over the layers; a click on a point goes to its layer."""

import streamlit as st
from plotly.graph_objects import Figure

from dashboard import session

_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def show(title: str, figure: Figure, note: str, key: str) -> None:
    """Draw the curve in its card with what it means."""

    def go() -> None:
        points = (session.event(key, "selection") or {}).get("points", [])
        if points:
            session.choose_layer(points[0].get("customdata", points[0].get("x")))

    with st.container(border=True, key=f"card-{key}", height="stretch"):
        st.markdown(f"## {title}")
        st.plotly_chart(
            figure, key=key, on_select=go, selection_mode="points", config=_CONFIG, alt=f"{title}. {note}", theme=None
        )
        st.caption(note)
