"""Explore: one text, every layer."""

import streamlit as st

from core.errors import MethodError, SaliencyError, TargetError, TextError
from core.model_spec import ModelSpec
from core.records import LayerReport, Query
from dashboard import engine, model_choice, session, theme, wording
from dashboard.answers import ANSWERS
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
    model_card,
    model_loading,
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
    spec = model_choice.in_use()
    text, second = text_box.show(spec)
    on_its_way = st.container(key="on-its-way")
    if model_choice.must_confirm():
        model_loading.show_offer(spec)
    else:
        show_answer(spec, text, second)
    session.write_link()
    with on_its_way:
        model_loading.show()


def show_answer(spec: ModelSpec, text: str, second: str | None) -> None:
    """The model's answer and where it comes from, or in a sentence why there is none."""
    try:
        facts = engine.facts(spec)
        model_card.show(spec, facts)
        options = sidebar.show_options(bool(facts.head_source))
        bars, classes = st.columns([5, 6], gap="medium", vertical_alignment="center")
        with classes:
            target, against = class_picker.show(facts.labels, facts.problem_type)
        notice.show_all(session.notices())
        if not text.strip():
            raise TextError(wording.NO_TEXT)
        if session.lacks_second_text():
            notice.show(wording.PAIR_EXPECTED, "pair-expected")
        query = Query(spec.name, text, target, against, session.settings(), second)
        report = (engine.recall(query, spec) if model_choice.wanted() else None) or engine.explain(query, spec)
        with bars:
            prediction_bars.show(report.prediction)
    except SaliencyError as error:
        notice.show(str(error), "refusal")
        if not isinstance(error, (TextError, TargetError, MethodError)):  # these wait for other words; anything else may pass
            st.button(wording.RETRY, on_click=engine.retry)
    else:
        show_report(report, options)


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
            notice.show(wording.partly_read(report.coverage, report.query.text_pair is not None), "coverage")
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
        stopping = stopping_curve(report.layer_outputs, report.prediction, names, layer, palette)
        curve.show(wording.STOPPING_TITLE, stopping, ANSWERS[report.prediction.problem_type].stopping_note, "stopping")


explore()
