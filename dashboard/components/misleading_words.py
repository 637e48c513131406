"""Among the errors: the words that speak for a class where it is the wrong one."""

import streamlit as st

from dashboard import corpus_figure_wording as said
from dashboard import wording
from dashboard.components import figure
from dashboard.figures.word_points import WordPoint, word_points
from dashboard.run_reading import Found
from dashboard.table import Table
from dashboard.theme import Palette

COLUMNS = (
    said.WORD_COLUMN, "texts among errors", "mean among errors", "95 % low", "95 % high", "texts where right", "mean where right",
)  # fmt: skip
SHOWN = 12


def show(found: Found, name: str, palette: Palette) -> None:
    """Draw those of the class `name`, or in a sentence why there are none."""
    summary = found.summary
    misleading = summary.misleading.get(name, [])
    with st.container(border=True, key="card-misleading", height="stretch" if misleading else "content"):
        st.markdown(f"## {said.MISLEADING_TITLE}")
        if not misleading:
            st.caption(
                said.NO_LABELS
                if summary.accuracy is None
                else said.NO_ERRORS
                if summary.accuracy["mean"] == 1
                else said.NO_MISLEADING
            )
            return
        points = [
            WordPoint(row["word"], row["texts"], row["mean"], row["low"], row["high"], row["right_mean"])
            for row in misleading[:SHOWN]
        ]
        keys = ("word", "texts", "mean", "low", "high", "right_texts", "right_mean")
        numbers = Table(COLUMNS, tuple(tuple(row[key] for key in keys) for row in misleading))
        figure.show_bare(
            lambda: word_points(points, said.IN_ERRORS, said.WHERE_RIGHT, numbers, palette),
            (found.about, name), f"{said.MISLEADING_TITLE}: {wording.clip(name, 40)}", said.MISLEADING_NOTE, palette, "misleading",
        )  # fmt: skip
