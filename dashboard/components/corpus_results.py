"""What a run found: a sentence, its rows, words by class, layers, confusion, and files. Of a run that isn't finished, its rows."""

import streamlit as st

from core.corpus.store import chunks_done
from core.errors import SaliencyError
from dashboard import corpus_results_wording as said
from dashboard import run_reading, theme
from dashboard.components import (
    confusion_table,
    corpus_downloads,
    corpus_found,
    corpus_layers,
    methods_sample,
    misleading_words,
    notice,
    people_marks,
    rows_table,
    shifting_words,
    words_by_class,
)
from dashboard.run_reading import Found
from dashboard.run_state import RunState


def show(state: RunState) -> None:
    """Draw them, or in a sentence why there is nothing to see."""
    try:
        found = run_reading.look(state.folder)
        rows = run_reading.rows(found)
    except SaliencyError as error:
        notice.show(run_reading.sentence(error, state.folder), "no-results")
        return
    corpus_found.show(found, rows)
    st.fragment(rows_table.show)(found, state)  # a page turned over draws no figure anew
    if found.summary is not None:
        _show_summary(found)
        methods_sample.show(state, found.is_value)
    corpus_downloads.show(found)


def any_rows(state: RunState) -> bool:
    """Whether a run that isn't finished has rows to look at; why it has none stands above."""
    try:
        return bool(chunks_done(state.folder))
    except OSError:
        return False


def _show_summary(found: Found) -> None:
    palette = theme.palette(st.context.theme.type)
    if found.summary.words:
        st.fragment(_show_words)(found, palette)
    corpus_layers.show(found, palette)
    confusion_table.show(found, palette)
    people_marks.show(found)


def _show_words(found: Found, palette: theme.Palette) -> None:
    classes = sorted(found.summary.words, key=lambda name: -found.summary.predicted[name])
    name = classes[0]
    if not found.is_value:
        name = st.selectbox(said.CLASS, classes, key=f"class-{found.tag}", width=420)
    words_by_class.show(found, name, palette)
    if found.is_value:
        shifting_words.show(found, name, palette)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        shifting_words.show(found, name, palette)
    with right:
        misleading_words.show(found, name, palette)
