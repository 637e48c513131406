"""The trail of edits: the text as it was, every edit of it, and where the person stands on it.

An edited text is a text like any other: it stands in the boxes. The trail is nothing but a memory of how it came there, and
holds only as long as the boxes show what it remembers: typing, an example or another model ends it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from core.edit_records import Flip
from core.edits import DELETE, MASK, REPLACE, Edit, apply_edit, apply_edits, describe_edit
from core.errors import SaliencyError
from core.records import LayerReport, Query
from dashboard import asking, session
from dashboard import what_if_wording as wording

Texts = tuple[str, str | None]
MOST_STEPS = 40  # edits remembered besides the original, the newest ones: each keeps its whole text
POPOVER, TYPED = "what-if-replace", "what-if-typed"  # keys: whether the popover is open, and the word typed in it


@dataclass(frozen=True)
class Step:
    """A text of the trail, and what made it of the one before."""

    said: str
    """The edit in a few words; empty: the original."""
    texts: Texts
    outputs: tuple[float, ...] = ()
    """(C) what the classifier says of it, as `Prediction.outputs`; empty: not known yet."""
    note: str = ""
    """What a search says of its answer."""


@dataclass(frozen=True)
class Trail:
    """The original, the edits of it in order, and the one that stands in the boxes."""

    model: str
    steps: tuple[Step, ...]
    """The first is the original."""
    at: int

    @property
    def here(self) -> Step:
        """The step that stands in the boxes."""
        return self.steps[self.at]


@dataclass(frozen=True)
class Found:
    """The answer of a search, to be put into the boxes before they are drawn next."""

    report: LayerReport
    steps: tuple[Step, ...]
    token: int | None
    """Where the one word that was changed still has a place: its first token."""


# --- the trail ---


def current() -> Trail | None:
    """The trail, if it is still of what stands in the boxes."""
    trail = st.session_state.get("what_if_trail")
    holds = trail is not None and trail.model == st.session_state.shown and trail.here.texts == session.texts()
    return trail if holds else None


def remember(report: LayerReport) -> Trail | None:
    """Write down what the classifier says of the text in the boxes; returns the trail."""
    trail = current()
    if trail is None or _texts_of(report.query) != trail.here.texts:
        return None
    steps = list(trail.steps)
    steps[trail.at] = replace(trail.here, outputs=_outputs(report))
    st.session_state.what_if_trail = trail = replace(trail, steps=tuple(steps))
    return trail


def go(step: object) -> None:
    """Put a step of the trail into the boxes. The number comes from the browser, so it may be anything."""
    trail = current()
    if trail is not None and isinstance(step, (int, float)) and 0 <= step < len(trail.steps):
        _say("")
        st.session_state.what_if_trail = trail = replace(trail, at=int(step))
        session.put_texts(*trail.here.texts)


def undo() -> None:
    """One step back; the step stays on the trail until another edit takes its place."""
    if (trail := current()) is not None:
        go(trail.at - 1)


def back() -> None:
    """Put the original into the boxes, and forget the trail."""
    go(0)
    st.session_state.what_if_trail = None


def selected_token() -> int | None:
    """The token that the person selected in the text as it stands."""
    return st.session_state.get("token")


def has_chosen_class() -> bool:
    """Whether the person chose what is explained; else it is what the model says."""
    return bool(st.session_state.get("target"))


# --- edits ---


def press(report: LayerReport, edit: Edit, mask: str | None) -> None:
    """Edit the text that the report is of, and put what comes of it into the boxes; says why where that can't be."""
    st.session_state[POPOVER] = False
    try:
        texts = apply_edit(report.query, report.tokens, edit, mask)
    except SaliencyError as error:
        return _say(str(error))
    first = int((report.tokens.word_of == edit.words[0]).argmax())
    if (
        _append(report, [Step(describe_edit(edit, report.word_texts), texts)])
        and edit.kind in (MASK, REPLACE)
        and len(edit.words) == 1
    ):
        session.choose_token(first)  # the place stays selected, to try another word there
    return None


def press_typed(report: LayerReport, word: int) -> None:
    """Put the typed word in the place of a word."""
    press(report, Edit(REPLACE, (word,), str(st.session_state.get(TYPED) or "")), None)


def hide_top(report: LayerReport, order: tuple[int, ...], key: str, mask: str | None) -> None:
    """Hide the first words of `order`, as many as the menu of this key says: masked, or left out where nothing masks."""
    k = st.session_state.get(key)
    if isinstance(k, int) and 0 < k <= len(order):
        press(report, Edit(DELETE if mask is None else MASK, tuple(sorted(order[:k]))), mask)


def _append(report: LayerReport, steps: Iterable[Step]) -> bool:
    """Add steps behind where the person stands; what they undid is forgotten. False, with a sentence said: the text is another
    one by now, or would stay as it is."""
    texts, steps = _texts_of(report.query), tuple(steps)
    if texts != session.texts() or report.query.model != st.session_state.shown:
        _say(wording.STALE)  # typed, and pressed before the page had caught up
        return False
    if steps[-1].texts == texts:
        _say(wording.NOTHING_CHANGED)
        return False
    _say("")
    trail = current() or Trail(report.query.model, (Step("", texts),), 0)
    kept = (*trail.steps[: trail.at], replace(trail.here, outputs=_outputs(report)), *steps)
    kept = (kept[0], *kept[1:][-MOST_STEPS:])
    st.session_state.what_if_trail = Trail(trail.model, kept, len(kept) - 1)
    if st.session_state.get("against") and not st.session_state.get("target"):
        # else the edited text could come to be predicted as the very class that it is contrasted with
        session.choose_class(report.prediction.labels[report.prediction.target])
    session.put_texts(*steps[-1].texts)
    return True


def _texts_of(query: Query) -> Texts:
    return query.text, query.text_pair


def _outputs(report: LayerReport) -> tuple[float, ...]:
    return tuple(map(float, report.prediction.outputs))


# --- the search for the smallest edit that flips the answer ---


def search(query: Query, key: str) -> None:
    """Search from now on, in the way that the menu of this key says."""
    asking.retry()  # what was stopped may be asked for again
    _say("")
    st.session_state.what_if_search = query, st.session_state.get(key)


def searching(query: Query) -> str | None:
    """The way in which a search on this query is under way; None: there is none. One on another query is over: nobody who comes
    back to the text later expects it to be edited by itself."""
    asked, way = st.session_state.get("what_if_search") or (None, None)
    if asked == query:
        return way
    st.session_state.what_if_search = None
    return None


def end_search(sentence: str = "") -> None:
    """No search is under way any more, and this is to be said of it."""
    st.session_state.what_if_search = None
    _say(sentence)


def take(report: LayerReport, flip: Flip, mask: str | None) -> None:
    """A search has ended: its edits go into the boxes one by one on the next run, or a sentence says that nothing was found."""
    trail = current()
    found = wording.searched(f"{flip.sentence()} {flip.is_smallest_of}", trail.at if trail else 0)
    end_search("" if flip.flipped else found)
    if not flip.flipped:
        return
    edits, words = flip.edits, report.word_texts
    steps = [
        Step(
            describe_edit(edit, words),
            apply_edits(report.query, report.tokens, edits[: n + 1], mask),
            tuple(map(float, step.outputs)),
        )
        for n, (edit, step) in enumerate(zip(edits, flip.steps))
    ]
    steps[-1] = replace(steps[-1], note=found)
    place = int((report.tokens.word_of == edits[0].words[0]).argmax()) if len(edits) == 1 and flip.way != DELETE else None
    st.session_state.what_if_found = Found(report, tuple(steps), place)


def settle() -> None:
    """Before the boxes are drawn: put into them what a search found."""
    found, st.session_state.what_if_found = st.session_state.get("what_if_found"), None
    if found is not None and _append(found.report, found.steps) and found.token is not None:
        session.choose_token(found.token)


# --- what the bar says ---


def _say(sentence: str) -> None:
    st.session_state.what_if_said = session.texts(), sentence


def said() -> str:
    """Why the last press did nothing, as long as the text is the same."""
    texts, sentence = st.session_state.get("what_if_said") or (None, "")
    return sentence if texts == session.texts() else ""
