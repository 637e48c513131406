"""Learn: how it works in eight steps on one's own text, where it goes wrong, and what the words and formulas mean."""

import streamlit as st

from core.model_spec import ModelSpec
from dashboard import engine, learn_choice, learn_wording, model_choice, permalink
from dashboard.components import (
    failure_gallery,
    formula_cards,
    glossary,
    learn_steps,
    lesson_figures,
    link_box,
    model_card,
    model_loading,
    text_box,
)


def learn() -> None:
    """Draw the part chosen; only the steps and the gallery ask the model."""
    st.markdown(f"# {learn_wording.TITLE}")
    learn_choice.settle(learn_wording.PARTS)
    head, link = st.columns([10, 1], vertical_alignment="center")
    with head, st.container(key="tagline"):
        st.markdown(learn_wording.TAGLINE)
    spec = model_choice.in_use()
    on_its_way = st.container(key="on-its-way")
    shows = (show_steps, show_gallery, show_terms, show_formulas)
    for tab, show in zip(st.tabs(learn_wording.PARTS, key="learn_part", on_change="rerun"), shows):
        if tab.open:
            with tab:
                show(spec)
    permalink.write_link(permalink.LEARN)
    with link:
        link_box.show(permalink.LEARN)
    with on_its_way:
        model_loading.show()


def show_steps(spec: ModelSpec) -> None:
    """The eight steps, on the text of all pages."""
    with st.container(key="lesson-text"):
        text, second = text_box.show(spec)
    if model_choice.must_confirm():
        model_loading.show_offer(spec)
    else:
        learn_steps.show(spec, text, second)


def show_gallery(spec: ModelSpec) -> None:
    """Where explanations go wrong."""
    if model_choice.must_confirm():
        return model_loading.show_offer(spec)
    _show_model(spec)
    return failure_gallery.show(spec)


def show_terms(spec: ModelSpec) -> None:
    """The glossary."""
    _show_model(spec)
    lesson_figures.show_prose([learn_wording.TERMS_LEAD], "terms")
    glossary.show()


def show_formulas(spec: ModelSpec) -> None:
    """A card for every method."""
    _show_model(spec)
    lesson_figures.show_prose([learn_wording.FORMULAS_LEAD], "formulas")
    formula_cards.show()


def _show_model(spec: ModelSpec) -> None:
    """The model's card at the left, where it is known already; nothing is loaded for it."""
    if (facts := engine.recall_facts(spec)) is not None:
        model_card.show(spec, facts)


learn()
