"""What a session chose on the Learn page: part, step, word and layer, and which questions it has answered."""

from collections.abc import Hashable

import streamlit as st

from dashboard import asking, session

N_STEPS = 8


def settle(parts: tuple[str, ...]) -> None:
    """Before any widget of the page is drawn: start values, and sane ones for what an old link asks for in vain."""
    state = st.session_state
    session.set_defaults(learn_step="", lesson_answers={}, lesson_solved=(), lesson_about=None)
    state.setdefault("learn_part", parts[0])
    if state.learn_part not in parts:
        state.learn_part = parts[0]
    state.learn_step = str(step() + 1)


# --- steps ---


def step() -> int:
    """The step shown, 0 … N_STEPS − 1. The state may hold what an address asked for: the step's number as text, from 1."""
    asked = str(st.session_state.get("learn_step") or "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else 1
    return min(max(number, 1), N_STEPS) - 1


def go(number: object) -> None:
    """Turn to a step, counted from 0. The value may come from the browser, so it may be anything."""
    if isinstance(number, (int, float)) and 0 <= number < N_STEPS:
        st.session_state.learn_step = str(int(number) + 1)


def show_part(part: str) -> None:
    """Turn to one of the page's parts."""
    st.session_state.learn_part = part


# --- what a step is about ---


def turn_to(about: Hashable, n_words: int, word: int, layer: int) -> None:
    """Another text or model: word and layer begin anew, and what was shown as the answer belongs to another question."""
    state = st.session_state
    if state.lesson_about != about:
        state.update(lesson_about=about, lesson_answers={}, wants_sanity=False, lesson_word=word, lesson_layer=layer)
    if state.get("lesson_word") not in range(n_words):  # Streamlit forgets the value of a widget that isn't drawn
        state.lesson_word = state.get("lesson_word_kept", word) if state.get("lesson_word_kept") in range(n_words) else word
    state.setdefault("lesson_layer", layer)
    state.lesson_word_kept = state.lesson_word


def word() -> int:
    """Index of the word that the steps work on."""
    return st.session_state.lesson_word


def layer() -> int:
    """The layer state that the worked product is of."""
    return st.session_state.lesson_layer


# --- answers ---


def answer(number: int, question: str, option: object, is_right: bool) -> None:
    """The person chose this option of a step's question; a question answered right stays solved for the whole session."""
    state = st.session_state
    state.lesson_answers = state.lesson_answers | {number: (question, option)}
    if is_right:
        state.lesson_solved = tuple(sorted({*state.lesson_solved, number}))


def answered(number: int, question: str) -> int | None:
    """The option chosen of this very question; None: none yet."""
    asked, option = st.session_state.lesson_answers.get(number, ("", None))
    return option if asked == question else None


def solved() -> tuple[int, ...]:
    """The steps whose question was answered right, in order."""
    return st.session_state.lesson_solved


# --- the test on random weights, and the gallery ---


def want_sanity() -> None:
    """The person asked for the test on random weights; it may have been given up before."""
    asking.retry()
    st.session_state.wants_sanity = True


def wants_sanity() -> bool:
    """Whether the test on random weights was asked for."""
    return bool(st.session_state.get("wants_sanity"))


def put_down_sanity() -> None:
    """The test was stopped, or failed: it runs again when it is asked for again."""
    st.session_state.wants_sanity = False


def settle_kind(kinds: list[str]) -> None:
    """Before the choice of a kind is drawn: the first one, until another that is there was chosen."""
    if st.session_state.get("gallery_kind") not in kinds:
        st.session_state.gallery_kind = kinds[0]


def take_text(text: str) -> None:
    """Put a text of the gallery into the box that all pages share, with the predicted class explained."""
    session.put_texts(text, None)
    st.session_state.update(target="", against="", layer_is_chosen=False)
