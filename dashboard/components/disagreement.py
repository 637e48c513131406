"""Two methods of the wall, word by word."""

import numpy as np
import streamlit as st

from core.comparison import Comparison
from dashboard import figure_wording
from dashboard.components import figure, notice
from dashboard.figures.disagreement import MOST_WORDS, disagreement
from dashboard.theme import Palette


def show(comparison: Comparison, order: list[str], palette: Palette, key: str = "disagreement") -> None:
    """Draw two pickers over the methods in `order`, at first its first two, and the words."""
    methods = [name for name in order if name in comparison.rows]
    with st.container(border=True, key=f"card-{key}"):
        st.markdown(f"## {figure_wording.DISAGREEMENT_TITLE}")
        if len(methods) < 2:
            notice.show(figure_wording.TOO_FEW, f"{key}-few")
            return
        places = st.columns(2)
        one = _pick(places[0], figure_wording.ONE_METHOD, methods, 0, comparison, f"{key}-one")
        other = _pick(places[1], figure_wording.OTHER_METHOD, methods, 1, comparison, f"{key}-other")
        rows = [comparison.rows[name] for name in (one, other)]
        signed = all(row.card.signed for row in rows)
        scores = [row.scores if signed else np.abs(row.scores) for row in rows]
        names = [row.card.label for row in rows]
        note = figure_wording.disagreement_note(len(comparison.word_spans), min(MOST_WORDS, len(comparison.word_spans)))
        note += "" if signed or not any(row.card.signed for row in rows) else figure_wording.MAGNITUDES
        about = comparison.query, comparison.removal, one, other
        figure.show_bare(
            lambda: disagreement(comparison.words, *scores, *names, signed, palette),
            about,
            figure_wording.DISAGREEMENT_TITLE,
            note,
            palette,
            key,
        )


def _pick(place, label: str, methods: list[str], first: int, comparison: Comparison, key: str) -> str:
    with place:
        return st.selectbox(label, methods, index=first, key=key, format_func=lambda name: comparison.rows[name].card.label)
