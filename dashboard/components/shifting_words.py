"""The words of a class whose share of the saliency changes most between early and late layers."""

import streamlit as st

from dashboard import corpus_figure_wording as said
from dashboard import wording
from dashboard.components import figure
from dashboard.figures.word_points import WordPoint, word_points
from dashboard.run_reading import Found
from dashboard.table import Table
from dashboard.theme import Palette

COLUMNS = (said.WORD_COLUMN, said.TEXTS, said.EARLY, said.LATE, said.CHANGE, "change, 95 % low", "change, 95 % high")
SHOWN = 12


def show(found: Found, name: str, palette: Palette) -> None:
    """Draw those of the class `name`."""
    changing = found.summary.changing.get(name, [])
    with st.container(border=True, key="card-changing", height="stretch"):
        st.markdown(f"## {said.CHANGING_TITLE}")
        if not changing:
            st.caption(said.NO_CHANGE)
            return
        points = [WordPoint(row["word"], row["texts"], row["late"], second=row["early"]) for row in changing[:SHOWN]]
        keys = ("word", "texts", "early", "late", "change", "low", "high")
        numbers = Table(COLUMNS, tuple(tuple(row[key] for key in keys) for row in changing))
        note = said.changing_note(found.summary.n_layers)
        about = found.about, name
        figure.show_bare(
            lambda: word_points(points, f"{said.LATE.lower()} layers", f"{said.EARLY.lower()} layers", numbers, palette),
            about, f"{said.CHANGING_TITLE}: {wording.clip(name, 40)}", note, palette, "changing",
        )  # fmt: skip
