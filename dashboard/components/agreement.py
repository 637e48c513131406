"""How far methods, or the layers of one, agree with each other: a matrix, with a choice of what is compared and how."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.agreement import TOP_SHARE, spearman_matrix, top_overlap_matrix
from core.comparison import Comparison
from dashboard import figure_wording
from dashboard.components import figure
from dashboard.figures.agreement_matrix import agreement_matrix
from dashboard.figures.layer_lines import STAR
from dashboard.ranking import headline
from dashboard.theme import Palette


def show(comparison: Comparison, chosen: str, order: list[str], palette: Palette, key: str = "agreement") -> None:
    """Draw the matrix of the methods in `order`, or of the layers of the `chosen` one (of the layer method, if it has none)."""
    layered = next(
        (
            name
            for name in (chosen, headline(comparison))
            if name in comparison.rows and comparison.rows[name].by_layer is not None
        ),
        None,
    )
    with st.container(border=True, key=f"card-{key}"):
        st.markdown(f"## {figure_wording.AGREEMENT_TITLE}")
        with st.container(horizontal=True, key=f"choices-{key}"):
            between = _choose(
                figure_wording.AGREEMENT_OF, [figure_wording.METHODS, *([figure_wording.LAYERS] if layered else [])], f"{key}-of"
            )
            measure = _choose(figure_wording.MEASURE, [figure_wording.RANKS, figure_wording.TOP_WORDS], f"{key}-by")
        of_layers, by_ranks = between == figure_wording.LAYERS, measure == figure_wording.RANKS
        names, rows, signed = layer_rows(comparison, layered) if of_layers else method_rows(comparison, order)
        matrix = matrix_of(rows, signed, spearman_matrix if by_ranks else top_overlap_matrix)
        note = figure_wording.agreement_note(
            comparison.rows[layered].card.label if of_layers else "",
            by_ranks,
            TOP_SHARE,
            len(set(signed)) > 1,
            bool(np.isnan(matrix).any()),
        )
        about = comparison.query, comparison.removal, tuple(names), layered if of_layers else "", by_ranks
        if np.isnan(matrix).all():
            st.caption(note)
            return
        with st.container(key=f"{'narrow' if of_layers else 'wide'}-{key}"):
            figure.show_bare(
                lambda: agreement_matrix(matrix, names, by_ranks, palette),
                about,
                figure_wording.AGREEMENT_TITLE,
                note,
                palette,
                key,
            )


def method_rows(comparison: Comparison, order: list[str]) -> tuple[list[str], np.ndarray, list[bool]]:
    """Names, scores (M, W) and whether they have a sign, of the methods that ran."""
    rows = [comparison.rows[name] for name in order if name in comparison.rows]
    return [row.card.label for row in rows], np.stack([row.scores for row in rows]), [row.card.signed for row in rows]


def layer_rows(comparison: Comparison, method: str) -> tuple[list[str], np.ndarray, list[bool]]:
    """The same of the layers of one method; the layer that it is read at has a star."""
    row = comparison.rows[method]
    names = ["emb", *map(str, range(1, len(row.by_layer)))]
    names = [f"{name} {STAR}" if layer == row.layer else name for layer, name in enumerate(names)]
    return names, row.by_layer, [row.card.signed] * len(names)


def matrix_of(rows: np.ndarray, signed: list[bool], measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(M, M) agreement of the rows (M, W) by `measure`; of two rows of which one only has a sign, by their magnitudes."""
    has_sign = np.array(signed)
    alike = has_sign[:, None] == has_sign[None, :]
    return np.where(alike, measure(rows), measure(np.abs(rows)))


def _choose(label: str, options: list[str], key: str) -> str:
    return st.segmented_control(label, options, default=options[0], required=True, key=key)
