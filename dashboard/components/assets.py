"""Registers the components: each has a .js and a .css file beside this one, after the parts that all share."""

from pathlib import Path

import streamlit as st

from dashboard.theme import component_css

_FOLDER = Path(__file__).parent / "assets"


def register(name: str):
    """The renderer of the component whose files are assets/<name>.js and assets/<name>.css."""
    css = component_css() + _read("shared.css") + _read(f"{name}.css")
    js = _read("shared.js") + _read(f"{name}.js")
    return st.components.v2.component(f"layer_saliency.{name}", css=css, js=js)


def _read(file: str) -> str:
    return (_FOLDER / file).read_text(encoding="utf-8")
