"""What the what-if card asks of the engine: suggestions for a place, and the smallest edit that flips the answer."""

import streamlit as st

from core.edit_records import Flip, Suggestions
from core.model_spec import ModelSpec
from core.progress import Progress
from core.records import Query
from dashboard.asking import find
from dashboard.cached import given, look_up


# Both hold texts that people gave, so that each session has its own.
@st.cache_data(max_entries=64, max_size="8mb", scope="session", show_spinner=False)
def _suggestions(query: Query, spec: ModelSpec, word: int, _found: Suggestions | None = None) -> Suggestions:
    return given(_found)


@st.cache_data(max_entries=32, max_size="8mb", scope="session", show_spinner=False)
def _flips(query: Query, spec: ModelSpec, way: str, _found: Flip | None = None) -> Flip:
    return given(_found)


def suggest(query: Query, spec: ModelSpec, word: int) -> Suggestions:
    """The head's own words for the place of a word, with what the classifier says of each. Raises SaliencyError with a sentence."""

    def work(classifier, step: Progress) -> Suggestions:
        from core.suggest import suggest as find_words  # here, so that the pages start without torch

        return find_words(classifier, query, word, tell=step)

    return find(_suggestions, (query, spec, word), ("suggest", query, word), spec, work)


def recall_suggestions(query: Query, spec: ModelSpec, word: int) -> Suggestions | None:
    """The suggestions where they were asked for before. Asks for nothing, and stops nothing that was asked for."""
    return look_up(_suggestions, query, spec, word)


def find_flip(query: Query, spec: ModelSpec, way: str) -> Flip:
    """The smallest edit found that flips the answer; shows progress, and a button to stop, meanwhile. Raises SaliencyError."""

    def work(classifier, step: Progress) -> Flip:
        from core.flip import find_flip as search

        return search(classifier, query, way, tell=step)

    return find(_flips, (query, spec, way), ("flip", query, way), spec, work, is_long=True)


def recall_flip(query: Query, spec: ModelSpec, way: str) -> Flip | None:
    """The flip where it was searched for before. Asks for nothing, and stops nothing that was asked for."""
    return look_up(_flips, query, spec, way)
