"""Compare: one text, every method, and a test of each."""

import streamlit as st

from core.comparison import Comparison
from core.errors import SaliencyError
from core.model_spec import ModelSpec
from core.records import Settings
from dashboard import compare_choice, compare_wording, engine, model_choice, permalink, ranking
from dashboard.components import (
    closer_look,
    compare_downloads,
    dear_methods,
    link_box,
    method_card,
    model_card,
    model_loading,
    notice,
    prediction_bars,
    question,
    text_box,
    under_way,
    wall,
    wall_options,
)  # fmt: skip

FIRST = ("decoded", "undecoded", "random")  # what the wall begins with: two that the model has answered already, and the floor


def compare() -> None:
    """Choose, compute, show; then run what was asked for besides, the page being of use meanwhile."""
    st.markdown(f"# {compare_wording.TITLE}")
    with st.container(key="tagline"):
        st.markdown(compare_wording.TAGLINE)
    compare_choice.settle()
    spec = model_choice.in_use()
    text, second = text_box.show(spec)
    on_its_way = st.container(key="on-its-way")
    if model_choice.must_confirm():
        model_loading.show_offer(spec)
        permalink.write_link(permalink.COMPARE)
    else:
        show_answer(spec, text, second)
    with on_its_way:
        model_loading.show()


def show_answer(spec: ModelSpec, text: str, second: str | None) -> None:
    """The methods side by side, or in a sentence why there is nothing to compare."""
    waiting = st.container(key="waiting-answer")  # a place of its own: what stands below stays where it is
    try:
        with waiting:
            facts = engine.facts(spec)
        model_card.show(spec, facts)
        said = st.container()
        bars, classes = st.columns([5, 6], gap="medium", vertical_alignment="center")
        with classes:
            query = question.show(spec, facts, text, second, Settings(), said)
        removal, sort = wall_options.show()
        compare_choice.turn_to(query)
        with waiting:
            comparison = engine.compare(query, spec, FIRST, removal)
        with bars:
            prediction_bars.show(comparison.prediction)
    except SaliencyError as error:
        question.show_refusal(error)
        permalink.write_link(permalink.COMPARE)
    else:
        show_comparison(comparison, spec, sort)


def show_comparison(comparison: Comparison, spec: ModelSpec, sort: str) -> None:
    """The answer in a sentence, the wall that it comes from, and below it the figures."""
    is_all = not under_way.waits_for_cheap(comparison)
    if verdict := compare_wording.verdict(comparison, ranking.best(comparison), is_all):
        notice.show(f"{verdict} {compare_wording.CAVEAT}", "verdict")
    permalink.settle_compared_word(len(comparison.word_spans))
    selected = compare_choice.selected_word(comparison)
    with st.container(border=True, key="card-wall"):
        wall.show(comparison, sort, selected, n_to_come=under_way.n_to_come(comparison))
        with st.container(horizontal=True, key="wall-actions"):
            under_way.show_sanity_button(comparison)
            compare_downloads.show(comparison)
            link_box.show(permalink.COMPARE)
        running = st.container(key="under-way")
        running = dear_methods.show(comparison) or running
    if is_all:  # a figure that changes under one's eyes tells nothing
        closer_look.show(comparison, spec, ranking.in_order(comparison, sort))
    st.caption(compare_wording.cost(comparison))
    method_card.show(comparison)
    permalink.write_link(permalink.COMPARE)
    with running:
        under_way.run_next(comparison, spec)


compare()
