"""What a session chose on the Compare page: the word and the card shown, and the methods that wait to be run."""

import streamlit as st

from core.cards import WALL
from core.comparison import REMOVALS, Comparison
from core.records import Query
from dashboard import asking, session
from dashboard.compare_wording import SORTS
from dashboard.ranking import in_order

SANITY = "?"  # in the queue: not a method, but the check of all that are there; no method is called so


def settle() -> None:
    """Before any widget of the page is drawn: start values, and what an old link asks for in vain."""
    session.set_defaults(removal=session.DEFAULT_REMOVAL, sort=SORTS[0])
    st.session_state.setdefault("compared", None)
    if st.session_state.compared is None:
        st.session_state.update(word=None, card=None, queue=(), trouble="", stopped_at="", wants_cheap=True)
    if st.session_state.removal not in REMOVALS:
        st.session_state.removal = session.DEFAULT_REMOVAL


def turn_to(query: Query) -> None:
    """Another text, class or operator: what was chosen for the last one doesn't belong to this one."""
    about = query, st.session_state.removal
    if st.session_state.compared != about:
        st.session_state.update(compared=about, word=None, card=None, queue=(), trouble="", stopped_at="", wants_cheap=True)


# --- the wall ---


def selected_word(comparison: Comparison) -> int:
    """Index of the word selected; until one was, that with the largest score in the first row drawn."""
    word, first = st.session_state.word, next(iter(in_order(comparison, SORTS[0])), None)
    if word is not None and word < len(comparison.word_spans):
        return word
    return int(abs(comparison.rows[first].scores).argmax()) if first in comparison.rows else 0


def choose_word(word: object, n_words: int) -> None:
    """Select a word in every row. The value comes from the browser, so it may be anything."""
    if isinstance(word, (int, float)) and 0 <= word < n_words:
        st.session_state.word = int(word)


def open_card(method: object) -> None:
    """Show the card of a method. The name comes from the browser, so it may be anything."""
    st.session_state.card = method if isinstance(method, str) and method in WALL else None


def close_card() -> None:
    """Show no card any more."""
    st.session_state.card = None


def card_shown() -> str | None:
    """The method whose card is open."""
    return st.session_state.card


# --- the method looked at more closely ---


def settle_closer(best: str, methods: list[str]) -> None:
    """Before its widget is drawn: the best one, until the person chose another that is there."""
    state = st.session_state
    if not state.get("closer_is_chosen") or state.get("closer") not in methods:
        state.update(closer=best, closer_is_chosen=False)


def keep_closer() -> None:
    """The person chose a method: it stays, whichever comes first."""
    st.session_state.closer_is_chosen = True


# --- what waits to be run ---


def run(*names: str) -> None:
    """These methods are to be run, after those that wait already; they may have been given up before."""
    asking.retry()
    st.session_state.update(queue=tuple(dict.fromkeys((*st.session_state.queue, *names))), trouble="", stopped_at="")
    st.session_state.uses_dear = uses_dear() or names != (SANITY,)


def queue() -> tuple[str, ...]:
    """What waits to be run: methods, and SANITY."""
    return st.session_state.queue


def done(name: str) -> None:
    """This one need not wait any more."""
    st.session_state.queue = tuple(other for other in st.session_state.queue if other != name)


def give_up(why: str) -> None:
    """What ran was stopped, or failed: nothing of the rest is wanted either. `why` is told until something else is run."""
    stopped_at = next(iter(queue()), "")
    st.session_state.update(queue=(), trouble=why, stopped_at=stopped_at, wants_cheap=False)


def trouble() -> str:
    """Why the last run came to nothing; empty: it didn't."""
    return st.session_state.trouble


def given_up() -> str:
    """The method that ran when the last run came to nothing; empty: none did."""
    return st.session_state.stopped_at


def uses_dear() -> bool:
    """Whether a dear method was ever asked for: then their list stays open, on another page and back too."""
    return st.session_state.get("uses_dear", False)


def wants_cheap() -> bool:
    """Whether the cheap methods run without being asked for."""
    return st.session_state.wants_cheap
