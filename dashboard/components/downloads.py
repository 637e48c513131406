"""The whole report as a file; it is made when the button is pressed."""

from functools import partial

import streamlit as st

from core.export import to_json, to_page
from core.records import LayerReport
from dashboard import wording


def show(report: LayerReport, method: str, layer: int, rule: str) -> None:
    """Draw the two buttons."""
    page = partial(to_page, report, method=method, layer=layer, rule=rule)
    st.download_button(
        wording.DOWNLOAD_JSON, partial(to_json, report), "layer-saliency.json", "application/json", on_click="ignore"
    )
    st.download_button(wording.DOWNLOAD_HTML, page, "layer-saliency.html", "text/html", on_click="ignore")
