"""What the Learn page asks of the engine besides reports and comparisons: the lessons' figures, and the gallery of failures.

Figures of a person's text stay with the session that asked; the gallery is the project's own, so it is run once for everyone.
"""

import streamlit as st

from core.embedded.failures import FAILURES, FailureText
from core.errors import MethodError
from core.lesson_records import Failure, LessonFigures, Slope, WorkedProduct
from core.model_spec import ModelSpec
from core.progress import Progress
from core.records import Query
from dashboard.asking import find
from dashboard.cached import given


@st.cache_data(max_entries=32, max_size="16mb", scope="session", show_spinner=False)
def _figures(query: Query, _found: LessonFigures | None = None) -> LessonFigures:
    return given(_found)


@st.cache_data(max_entries=128, max_size="8mb", scope="session", show_spinner=False)
def _worked(query: Query, word: int, _found: tuple[WorkedProduct, ...] | None = None) -> tuple[WorkedProduct, ...]:
    return given(_found)


@st.cache_data(max_entries=128, max_size="8mb", scope="session", show_spinner=False)
def _slope(query: Query, word: int, _found: Slope | None = None) -> Slope:
    return given(_found)


@st.cache_data(max_entries=64, max_size="32mb", show_spinner=False)
def _failure(spec: ModelSpec, case: FailureText, _found: Failure | None = None) -> Failure:
    return given(_found)


def figures(query: Query, spec: ModelSpec) -> LessonFigures:
    """What the layers hold of the text's first words. Raises SaliencyError with a sentence for the user."""

    def work(classifier, step: Progress) -> LessonFigures:
        from core.lesson import lesson_figures  # here, so that the pages start without torch

        return lesson_figures(classifier, query, step)

    return find(_figures, (query,), ("figures", query), spec, work)


def worked(query: Query, spec: ModelSpec, layer: int, word: int) -> WorkedProduct:
    """Gradient × hidden state of one word (index in the report's words) at one layer, number by number. Raises SaliencyError.

    All layers are worked out at once, so that walking through them costs nothing.
    """

    def work(classifier, step: Progress) -> tuple[WorkedProduct, ...]:
        from core.lesson import worked_products

        return worked_products(classifier, query, word, step)

    products = find(_worked, (query, word), ("worked", query, word), spec, work)
    if layer not in range(len(products)):
        states = f"0 (the embedding) to {len(products) - 1}"
        raise MethodError(f"The layer is {layer}; this model has the states {states}. Choose one of them.")
    return products[layer]


def slope(query: Query, spec: ModelSpec, word: int) -> Slope:
    """What the model says as one word's embedding is turned down and up. Raises SaliencyError."""

    def work(classifier, step: Progress) -> Slope:
        from core.lesson import embedding_slope

        return embedding_slope(classifier, query, word, step)

    return find(_slope, (query, word), ("slope", query, word), spec, work)


def failure_texts(spec: ModelSpec) -> tuple[FailureText, ...]:
    """The model's gallery of failures before anything is run; empty for models that have none of their own."""
    return FAILURES.get(spec.name, ())


def failure(spec: ModelSpec, case: FailureText) -> Failure:
    """What the model does on one text of its gallery: run now, or kept since somebody asked. Raises SaliencyError."""

    def work(classifier, step: Progress) -> Failure:
        from core.failing import show_failure

        return show_failure(classifier, case, step)

    return find(_failure, (spec, case), ("failure", case), spec, work, is_everyones=True, is_long=True)
