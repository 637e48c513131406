"""The eight steps: the text at the top, the list of steps beside the one shown, its question, and the way on."""

from contextlib import suppress
from types import ModuleType

import streamlit as st

from core.errors import SaliencyError, TextError
from core.model_spec import ModelSpec
from core.records import Query
from dashboard import engine, learn_choice, learn_wording, lesson_engine, wording
from dashboard.components import lesson_figures, lesson_steps, model_card, navigation, notice, question, quiz
from dashboard.lessons import choosing, gradient, place, product, reading, states, testing, tokens
from dashboard.lessons.lesson import Context, strong
from dashboard.session import lacks_second_text, notices

STEPS: tuple[ModuleType, ...] = (tokens, states, gradient, product, place, reading, choosing, testing)
COLUMNS = (3, 10)


def show(spec: ModelSpec, text: str, second: str | None) -> None:
    """Draw the step chosen, on this text; what can't be shown gets a sentence, and the list of steps stays."""
    waiting = st.container(key="waiting-answer")
    try:
        context = _prepare(spec, text, second, waiting)
        with waiting:
            _ask_ahead(context)
    except SaliencyError as error:
        return question.show_refusal(error)
    number = learn_choice.step()
    steps, lesson = st.columns(COLUMNS, gap="medium")
    with steps, st.container(key="lesson-steps-side"):
        lesson_steps.show([step.TITLE for step in STEPS])
    with lesson:
        _show_step(context, number)
    return None


def _prepare(spec: ModelSpec, text: str, second: str | None, waiting) -> Context:
    """The run that the steps tell of: the class that the model says is explained. How far it is stands in `waiting`, which floats
    over the page; what is to be said of text and address does not. Raises SaliencyError."""
    with waiting:
        facts = engine.facts(spec)
    model_card.show(spec, facts)
    notice.show_all(notices())
    if not text.strip():
        raise TextError(wording.NO_TEXT)
    if lacks_second_text():
        notice.show(wording.PAIR_EXPECTED, "pair-expected")
    query = Query(spec.name, text, text_pair=second)
    with waiting:
        report = engine.recall(query, spec) or engine.explain(query, spec)
        figures = lesson_engine.figures(query, spec)
    if not figures.words:
        raise TextError(learn_wording.NO_WORDS)
    plain = Context(spec, facts, report, figures, 0, report.choice.layer)
    strongest = int(plain.word_scores(report.headline)[report.choice.layer].argmax())
    learn_choice.turn_to((query, spec.name), len(figures.words), strongest, report.choice.layer)
    return Context(spec, facts, report, figures, learn_choice.word(), learn_choice.layer())


def _ask_ahead(context: Context) -> None:
    """Have the model asked what the step needs, while the page shows how far that is; the step then finds it in the caches.
    What goes wrong is told by the step, which asks again."""
    ask = getattr(STEPS[learn_choice.step()], "ask_ahead", None)
    if ask is not None:
        with suppress(SaliencyError):
            ask(context)


def _show_step(context: Context, number: int) -> None:
    step, asked = STEPS[number], None
    with st.container(border=True, key="card-lesson"):
        st.markdown(f"## {number + 1} · {step.TITLE}")
        if context.report.coverage.share < 1:
            notice.show(wording.partly_read(context.report.coverage, context.report.query.text_pair is not None), "coverage")
        try:
            asked = step.show(context)
        except SaliencyError as error:
            question.show_refusal(error)
        papers = " · ".join(f"[{name}]({address})" for name, address in step.PAPERS)
        st.caption(f"{learn_wording.READ_ON} {papers}")
    if asked is not None:
        with st.container(border=True, key="card-quiz"):
            quiz.show(asked, number)
    _show_ways(number)


def _show_ways(number: int) -> None:
    """Draw the buttons: back and on; behind the last step, where to go from here."""
    with st.container(horizontal=True, key="lesson-ways", horizontal_alignment="distribute"):
        st.button(learn_wording.BACK, on_click=learn_choice.go, args=(number - 1,), disabled=not number, key="lesson-back")
        if number + 1 < len(STEPS):
            label = f"{learn_wording.NEXT}: {STEPS[number + 1].TITLE}"
            st.button(label, on_click=learn_choice.go, args=(number + 1,), type="primary", key="lesson-next")
    if number + 1 == len(STEPS):
        lesson_figures.show_prose(
            [f"{learn_wording.DONE} {strong(learn_wording.progress(len(learn_choice.solved()), len(STEPS)))}."], "done"
        )
        with st.container(horizontal=True, key="lesson-after"):
            st.button(learn_wording.GO_WRONG, on_click=learn_choice.show_part, args=(learn_wording.WRONG,))
            navigation.show_compare_button()
