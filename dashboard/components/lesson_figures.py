"""The pieces that the eight steps are made of: sentences, and figures to play with, each from the data that it draws."""

from collections.abc import Sequence

import streamlit as st

from dashboard import learn_choice, learn_wording
from dashboard.components.assets import register
from dashboard.lessons.lesson import Context

_prose = register("lesson_prose")
_FIGURES = {name: register(name) for name in ("layer_strips", "lesson_tokens", "lesson_slope", "lesson_product")}


def show_prose(sentences: Sequence[str], key: str) -> None:
    """Draw sentences, in which `lesson.strong` marks what is bold."""
    _prose(data={"says": list(sentences)}, key=f"prose-{key}")


def show_figure(name: str, data: dict, key: str) -> None:
    """Draw a figure of a kind: `layer_strips`, `lesson_tokens`, `lesson_slope` or `lesson_product`."""
    with st.container(key=f"lesson-figure-{key}"):
        _FIGURES[name](data=data, key=f"figure-{key}")


def show_pickers(context: Context, with_layer: bool = False) -> None:
    """Draw the choice of the word that a step works on, and of its layer."""
    with st.container(horizontal=True, gap="large", key="lesson-pickers"):
        st.selectbox(
            learn_wording.WORD,
            range(len(context.words)),
            key="lesson_word",
            format_func=context.named.__getitem__,
            width=260,
            persist_state="session",
        )
        if with_layer:
            st.select_slider(
                learn_wording.LAYER,
                range(context.n_states),
                key="lesson_layer",
                format_func=context.names.__getitem__,
                width=300,
                persist_state="session",
            )


def show_sanity_button(label: str) -> None:
    """Draw the button that asks for the test on random weights."""
    st.button(label, on_click=learn_choice.want_sanity, key="lesson-sanity")
