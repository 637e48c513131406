"""Where explanations go wrong: texts written for this project, run on the model in use when somebody looks."""

import re

import numpy as np
import streamlit as st

from core.combine import merge_tokens, normalise
from core.embedded.failures import KINDS
from core.errors import SaliencyError
from core.lesson_records import Failure
from core.model_spec import ModelSpec
from dashboard import learn_choice, learn_wording, lesson_engine, wording
from dashboard.components import lesson_figures, navigation, notice, question
from dashboard.components.assets import register
from dashboard.lessons.lesson import signed, strong

_case = register("failure_case")


def show(spec: ModelSpec) -> None:
    """Draw the choice of a kind, and a card for each text of that kind."""
    lesson_figures.show_prose([learn_wording.GALLERY_LEAD], "gallery")
    cases = lesson_engine.failure_texts(spec)
    kinds = [kind for kind in KINDS if any(case.kind == kind for case in cases)]
    if not kinds:
        return notice.show(learn_wording.NO_GALLERY, "no-gallery")
    learn_choice.settle_kind(kinds)
    kind = st.segmented_control(
        learn_wording.GALLERY_KIND,
        kinds,
        key="gallery_kind",
        required=True,
        wrap=True,
        format_func=lambda name: name[0].upper() + name[1:],
        persist_state="session",
    )
    lesson_figures.show_prose([KINDS[kind]], "kind")
    for number, case in enumerate(case for case in cases if case.kind == kind):
        with st.container(border=True, key=f"card-failure-{number}"):
            try:
                failure = lesson_engine.failure(spec, case)
            except SaliencyError as error:
                return question.show_refusal(error)
            _case(data=case_data(failure), key=f"failure-{number}")
            if not failure.holds:
                notice.show(learn_wording.NO_LONGER, f"no-longer-{number}")
            pressed = st.button(
                learn_wording.TRY_IT,
                help=learn_wording.TRY_HELP,
                on_click=learn_choice.take_text,
                args=(case.text,),
                key=f"try-failure-{number}",
            )
            if pressed:
                navigation.go_to_explore()
    return None


def case_data(failure: Failure) -> dict:
    """What the component draws."""
    prediction, (low, high) = failure.report.prediction, failure.report.prediction.sides
    label = prediction.labels[prediction.target]
    rows = [_row(title, words, scores) for title, words, scores in _maps(failure)]
    return {
        "text": failure.case.text,
        "facts": [
            ("A person reads", failure.case.label),
            ("the model says", f"{label}, {wording.output(prediction, prediction.target)}"),
        ],
        "says": [re.sub(r"(?<=\d)%", "\xa0%", failure.finding), f"{strong('What to look at.')} {failure.case.look_at}"],
        "rows": rows,
        "legend": [low, f"{high} “{label}”; each row on its own scale"],
        "read": [
            f"{learn_wording.READ}:",
            (
                "Each row is one map of the same words: orange speaks for the class, blue against it, the deeper the more. A"
                " map without a sign is orange only."
            ),
        ],
    }


def _maps(failure: Failure) -> list[tuple[str, tuple[str, ...], np.ndarray]]:
    """(title, words, scores) of each map that is set side by side; the page's own map where none is."""
    report, comparison = failure.report, failure.comparison
    if comparison is None or not failure.case.methods:
        saliency, layer = report.maps[report.headline], report.choice.layer
        title = f"{saliency.label}, {wording.layer_name(layer)}"
        return [(title, report.word_texts, merge_tokens(saliency.at(layer), report.tokens))]
    found = []
    for name in failure.case.methods:
        row = comparison.rows[name]
        title = row.card.label if row.layer is None else f"{row.card.label}, {wording.layer_name(row.layer)}"
        if name in comparison.sanity:
            title += ": stays on random weights" if comparison.sanity[name].passes is False else ": changes on random weights"
        found.append((title, comparison.words, row.scores))
    return found


def _row(title: str, words: tuple[str, ...], scores: np.ndarray) -> dict:
    return {
        "title": title[0].upper() + title[1:],
        "chips": list(words),
        "shares": np.round(normalise(scores.astype(float)), 3).tolist(),
        "figures": [signed(float(score)) for score in scores],
    }
