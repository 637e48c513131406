"""Explore: one text, every layer."""

import streamlit as st

from core.errors import SaliencyError
from core.records import LayerReport, Query
from dashboard import session, theme, wording
from dashboard.components import (
    class_picker,
    cost_line,
    curve,
    downloads,
    faithful,
    formula_card,
    layer_map,
    layer_readings,
    layer_slider,
    notice,
    prediction_bars,
    sidebar,
    text_box,
    token_text,
)  # fmt: skip
from dashboard.components.sidebar import Options
from dashboard.figures.coherence_curve import coherence_curve
from dashboard.figures.stopping_curve import stopping_curve
from dashboard.units import Units, units_of

COLUMNS = (12, 9)  # the map is the widest thing; the curves below keep its gutter


def explore() -> None:
    """Choose, compute, show. What can't be explained gets a sentence, and the text stays in its box."""
    st.markdown(f"# {wording.TAGLINE}")
    text = text_box.show()
    try:
        facts = session.model_facts(session.chosen_model())
        options = sidebar.show_options(facts.has_head)
        bars, classes = st.columns([5, 6], gap="medium", vertical_alignment="center")
        with classes:
            target, against = class_picker.show(facts.labels)
        notice.show_all(session.notices())
        if not text.strip():
            raise SaliencyError(wording.NO_TEXT)
        report = session.explain(Query(facts.name, text, target, against, session.settings()))
        with bars:
            prediction_bars.show(report.prediction)
    except SaliencyError as error:
        notice.show(str(error), "refusal")
    else:
        show_report(report, options)
    session.write_link()


def show_report(report: LayerReport, options: Options) -> None:
    """The text in colour, and under it what every layer says."""
    method = options.method or report.headline
    units = units_of(report, method, options.by_words, options.rule, options.with_special)
    with st.container(border=True, key="card-hero"):
        hero = st.container()
        layer = layer_slider.show(report, method)
    selected = session.selected_unit(units, layer)
    with hero:
        if report.coverage.share < 1:
            notice.show(wording.partly_read(report.coverage), "coverage")
        token_text.show(report, method, units, layer, selected, options.strength, "hero")
    with st.container(horizontal=True, key="actions"):
        faithful.show_button(report)
        downloads.show(report, method, layer, options.rule)
    faithful.show(report, method, selected, options)
    formula_card.show_all(report, method)
    show_layers(report, method, units, layer, selected, options)
    cost_line.show(report)


def show_layers(report: LayerReport, method: str, units: Units, layer: int, selected: int, options: Options) -> None:
    """All layers: the map, the readings of the selected word, and the two curves."""
    palette, names = theme.palette(st.context.theme.type), wording.starred_names(report, method)
    left, right = st.columns(COLUMNS, gap="medium")
    with left, st.container(border=True, key="card-map", height="stretch"):
        layer_map.show(report, method, units, layer, selected, options.strength, options.one_scale, "map")
    with right, st.container(border=True, key="card-readings", height="stretch"):
        layer_readings.show(report, method, units, layer, selected, "readings")
    shares = [report.profiles[name] for name in ("own_top1", "content_share", "embedding_cosine") if name in report.profiles]
    left, right = st.columns(COLUMNS, gap="medium")
    with left:
        note = wording.COHERENCE_NOTE if "own_top1" in report.profiles else wording.NO_HEAD_NOTE
        curve.show(wording.COHERENCE_TITLE, coherence_curve(shares, names, layer, palette), note, "coherence")
    with right:
        stopping = stopping_curve(
            report.layer_probabilities, report.prediction.labels, report.prediction.target, names, layer, palette
        )
        curve.show(wording.STOPPING_TITLE, stopping, wording.STOPPING_NOTE, "stopping")


explore()
