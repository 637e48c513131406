"""An address of anything → what a session begins with → the links that it offers → the same session again."""

from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs

import streamlit as st

from core.catalog import CATALOG
from core.comparison import REMOVALS
from dashboard import compare_choice, layer_choice, learn_choice, permalink, run_folders, session
from dashboard.learn_choice import N_STEPS
from tests.dashboard.reports import make_report
from tests.fuzz.checks import REFUSED, check_sentence, refused_or

PAGES = (permalink.EXPLORE, permalink.COMPARE, permalink.PRESENT, permalink.LEARN, permalink.CORPUS)
REPORT = make_report()
ROOT = Path("runs-that-are-not-there")
STARTS = (
    b"model=sentiment&layer=2&word=3&class=positive&against=negative&method=decoded", b"text=One%20film&text2=%3Cb%3E&word=2&closer=lime&removal=mask",
    b"step=3&example=nothing&model=..%2F..%2Fetc&layer=99&word=0", b"run=..%2F..%2Fetc%2Fpasswd&step=%D9%A3&layer=%C2%B2&word=-1", b"text=%00%ED%A0%80&layer=1e3&text=b",
    b"model=nli&layer=0", b"run=AAAAAAAAAAAAAAAAAAAAAA",
)  # fmt: skip


class Rerun(Exception):
    """The page would begin anew."""


class State(dict):
    """`st.session_state` without a browser."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


class Address(dict):
    """`st.query_params` without a browser."""

    def to_dict(self) -> dict:
        return dict(self)


@contextmanager
def a_session(query: str):
    """A new session at this address, read as Streamlit does: of a name that stands twice, the last value."""

    def rerun() -> None:
        raise Rerun

    address = Address((name, values[-1]) for name, values in parse_qs(query, keep_blank_values=True, errors="replace").items())
    with patch.multiple(st, session_state=State(), query_params=address, rerun=rerun):
        yield st.session_state


def target(data: bytes) -> None:
    """What comes out must be a state that the pages can begin with, whatever the address, and its links must lead back."""
    query = data.decode("utf-8", "replace")
    with a_session(query) as state:
        check_start(state)
        links = {page: permalink.query(page, with_text=True) for page in PAGES[:-1]}
        texts, shown = session.texts(), state.shown
    for page, link in links.items():
        with a_session(link) as state:
            check_start(state)
            assert session.texts() == texts and state.shown == shown, (page, link)
            assert permalink.query(page, with_text=True) == link
    run_ids = parse_qs(query, keep_blank_values=True, errors="replace").get("run", [])
    for run_id in run_ids:
        assert refused_or(run_folders.UnknownRun, run_folders.find_folder, ROOT, run_id) is REFUSED


def check_start(state: State) -> None:
    """AssertionError unless a page can begin with the state."""
    permalink.start()
    permalink.start()  # a second run changes nothing
    for sentence in state.notices:
        check_sentence(sentence)
    assert state.shown in CATALOG and 0 <= state.layer_shown < 1000 and isinstance(state.text, str)
    assert state.asked_word is None or 0 <= state.asked_word < 1000
    learn_choice.settle(("steps", "failures"))
    assert 0 <= learn_choice.step() < N_STEPS
    compare_choice.settle()
    assert state.removal in REMOVALS
    session.settings()
    for page in PAGES:
        permalink.turn_to_page(page)
    check_settled(state)


def check_settled(state: State) -> None:
    """AssertionError where a word or layer that was asked for stays although the text has none such."""
    kept = dict(state)
    try:
        permalink.settle(REPORT)
        layer_choice.settle(REPORT.choice.layer, len(REPORT.layer_outputs))
        assert 0 <= state.layer_shown < len(REPORT.layer_outputs) and state.asked_word is None
        assert state.token is None or 0 <= state.token < len(REPORT.tokens.texts)
    except Rerun:
        check_sentence(state.notices[-1])
    state.clear()
    state.update(kept)
    state.notices = list(kept["notices"])
    try:
        permalink.settle_compared_word(len(REPORT.tokens.word_spans))
    except Rerun:
        check_sentence(state.notices[-1])
    state.clear()
    state.update(kept)
