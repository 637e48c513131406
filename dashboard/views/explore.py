"""Explore: one text, every layer."""

import streamlit as st

from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.records import LayerReport
from dashboard import engine, model_choice, permalink, session, theme, what_if, wording
from dashboard.answers import ANSWERS
from dashboard.components import (
    cost_line,
    curve,
    downloads,
    faithful,
    formula_card,
    layer_map,
    layer_readings,
    layer_slider,
    link_box,
    model_card,
    model_loading,
    navigation,
    notice,
    prediction_bars,
    question,
    sidebar,
    text_box,
    token_text,
    tour,
    what_if_bar,
    what_if_result,
)  # fmt: skip
from dashboard.components.sidebar import Options
from dashboard.figures.coherence_curve import coherence_curve
from dashboard.figures.stopping_curve import stopping_curve
from dashboard.units import Units, units_of

COLUMNS = (12, 9)  # words by layer need more room than curves


def explore() -> None:
    """Choose, compute, show. What can't be explained gets a sentence, and the text stays in its box."""
    spec = model_choice.in_use()
    tour.show(spec)
    st.markdown(f"# {wording.TAGLINE}")
    what_if.settle()
    text, second = text_box.show(spec)
    on_its_way = st.container(key="on-its-way")
    if model_choice.must_confirm():
        model_loading.show_offer(spec)
    else:
        show_answer(spec, text, second)
    tour.show_link()
    permalink.write_link(permalink.EXPLORE)
    with on_its_way:
        model_loading.show()


def show_answer(spec: ModelSpec, text: str, second: str | None) -> None:
    """The model's answer and where it comes from, or in a sentence why there is none."""
    waiting = st.container(key="waiting-answer")  # a place of its own: what stands below stays where it is
    try:
        with waiting:
            facts = engine.facts(spec)
        model_card.show(spec, facts)
        options = sidebar.show_options(bool(facts.head_source))
        said = st.container()
        bars, classes = st.columns([5, 6], gap="medium", vertical_alignment="center")
        with classes:
            query = question.show(spec, facts, text, second, session.settings(), said)
        with waiting:
            report = (engine.recall(query, spec) if model_choice.wanted() or what_if.searching(query) else None) or engine.explain(query, spec)
        with bars:
            prediction_bars.show(report.prediction)
    except SaliencyError as error:
        question.show_refusal(error)
    else:
        show_report(report, options)


def show_report(report: LayerReport, options: Options) -> None:
    """The text in colour, and under it what every layer says."""
    method = options.method or report.headline
    permalink.settle(report)
    units = units_of(report, method, options.by_words, options.rule, options.with_special)
    with st.container(border=True, key="card-hero"):
        hero = st.container()
        layer = layer_slider.show(report, method)
    selected = session.selected_unit(units, layer)
    with hero:
        if report.coverage.share < 1:
            notice.show(wording.partly_read(report.coverage, report.query.text_pair is not None), "coverage")
        token_text.show(report, method, units, layer, selected, options.strength, "hero")
    searched = what_if_bar.show(report, model_choice.in_use(), method, units, layer, selected, options.rule)
    what_if_result.show(report, model_choice.in_use(), method, layer, options)
    with st.container(horizontal=True, key="actions"):
        faithful.show_button(report)
        navigation.show_compare_button()
        navigation.show_present_button()
        downloads.show(report, method, layer, options.rule)
        link_box.show(permalink.EXPLORE)
    faithful.show(report, method, selected, options)
    formula_card.show_all(report, method)
    show_layers(report, method, units, layer, selected, options)
    cost_line.show(report)
    what_if_bar.show_search(report, model_choice.in_use(), searched)


def show_layers(report: LayerReport, method: str, units: Units, layer: int, selected: int, options: Options) -> None:
    """All layers: the map, the readings of the selected word, and the two curves."""
    palette, names = theme.palette(st.context.theme.type), wording.starred_names(report, method)
    shares = [report.profiles[name] for name in ("own_top1", "content_share", "embedding_cosine") if name in report.profiles]
    left, right = st.columns(COLUMNS, gap="small")
    with left, st.container(border=True, key="card-map", height="stretch"):
        layer_map.show(report, method, units, layer, selected, options.strength, options.one_scale, "map")
    with right:
        note = wording.COHERENCE_NOTE if "own_top1" in report.profiles else wording.NO_HEAD_NOTE
        curve.show(wording.COHERENCE_TITLE, coherence_curve(shares, names, layer, palette), note, "coherence")
    left, right = st.columns(COLUMNS, gap="small")
    with left, st.container(border=True, key="card-readings", height="stretch"):
        layer_readings.show(report, method, units, layer, selected, "readings")
    with right:
        stopping = stopping_curve(report.layer_outputs, report.prediction, names, layer, palette)
        curve.show(wording.STOPPING_TITLE, stopping, ANSWERS[report.prediction.problem_type].stopping_note, "stopping")


explore()
