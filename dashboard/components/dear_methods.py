"""The methods that are run on demand: a line each, with what it costs and a button."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.cards import WALL, run_at_once
from core.comparison import Comparison
from dashboard import compare_choice, compare_wording, wording
from dashboard.components import under_way


def names(comparison: Comparison) -> list[str]:
    """The methods that wait to be asked for: the dear ones, and the cheap ones too once the person stopped those."""
    come_alone = run_at_once(len(comparison.word_spans)) if under_way.waits_for_cheap(comparison) else ()
    return [name for name in WALL if name not in (*come_alone, *comparison.rows, *comparison.refusals)]


def show(comparison: Comparison) -> DeltaGenerator | None:
    """Draw the list where there is something left to run; returns the place below the one that runs, or was given up."""
    left, place = names(comparison), None
    if not left:
        return place
    waiting = compare_choice.queue()
    title, is_open = f"{compare_wording.DEAR_TITLE} ({len(left)})", compare_choice.uses_dear()
    with st.expander(title, expanded=is_open, key="dear"), st.container(gap="xsmall", key="dear-methods"):
        with _line("all"):
            st.caption(compare_wording.DEAR_NOTE, width="stretch")
            _show_button(compare_wording.RUN_ALL, left, set(left) <= set(waiting), "run-all")
        for name in left:
            card = WALL[name]
            experimental = " · experimental" if card.is_experimental else ""
            below = st.container(gap=None, key=f"dear-row-{name}")  # with it, what is drawn in one row moves no other
            with below, _line(name):
                said = f"**{wording.plain(card.label)}** · {wording.plain(card.cost + experimental)}"
                st.markdown(said, width="stretch", help=wording.plain(card.explanation))
                queued = compare_wording.RUNNING if name in waiting[:1] else compare_wording.QUEUED
                _show_button(compare_wording.run_button(card.label), [name], name in waiting, f"run-{name}", queued)
            if name in waiting[:1] or name == compare_choice.given_up():
                place = below
    return place


def _line(name: str):
    return st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"dear-{name}")


def _show_button(label: str, methods: list[str], is_waiting: bool, key: str, queued: str = compare_wording.QUEUED) -> None:
    label = queued if is_waiting else label
    st.button(label, key=key, on_click=compare_choice.run, args=tuple(methods), disabled=is_waiting)
