"""One method more closely: its words hidden one after the other, its curves among all others', its layers; then how methods agree."""

import streamlit as st

from core.comparison import Comparison
from core.errors import SaliencyError
from core.model_spec import ModelSpec
from dashboard import compare_choice, compare_wording, engine, ranking, theme
from dashboard.components import agreement, disagreement, hide_slider, hiding_curves, layer_faithfulness, notice, two_explanations


def show(comparison: Comparison, spec: ModelSpec, order: list[str]) -> None:
    """Draw the choice of a method, and what there is to see of it."""
    methods = [name for name in order if name in comparison.games]
    if not methods:
        return
    palette, best = theme.palette(st.context.theme.type), ranking.best(comparison) or methods[0]
    compare_choice.settle_closer(best, methods)
    chosen = st.selectbox(
        compare_wording.CLOSER,
        methods,
        key="closer",
        on_change=compare_choice.keep_closer,
        format_func=lambda name: comparison.rows[name].card.label,
        help=compare_wording.CLOSER_HELP,
        width=420,
        persist_state="session",
    )
    with st.container(border=True, key="card-hide"):
        _show_hiding(comparison, spec, chosen)
    hiding_curves.show(comparison, chosen, palette)
    layer_faithfulness.show(comparison, chosen, _coherence(comparison, spec), palette)
    agreement.show(comparison, chosen, order, palette)
    disagreement.show(comparison, order, palette)
    two_explanations.show(comparison.query, comparison.prediction, spec)


def _show_hiding(comparison: Comparison, spec: ModelSpec, chosen: str) -> None:
    try:
        floor = engine.hide(comparison, spec, ranking.FLOOR) if ranking.FLOOR in comparison.rows else None
        hide_slider.show(comparison, chosen, engine.hide(comparison, spec, chosen), floor)
    except SaliencyError as error:
        notice.show(str(error), "not-hidden")


def _coherence(comparison: Comparison, spec: ModelSpec):
    """The share of words that the language-model head finds at each layer; None without such a head, or where it can't be had now."""
    try:
        report = engine.recall(comparison.query, spec) or engine.explain(comparison.query, spec)
    except SaliencyError:
        return None
    return report.profiles.get("own_top1")
