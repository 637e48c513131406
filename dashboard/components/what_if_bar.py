"""The what-if bar: what can be done to the selected word, to a layer's top words, and to the answer."""

import streamlit as st

from core.capability import Capabilities
from core.edit_records import FLIP_WAYS, Suggestions
from core.edits import DELETE, KEEP, MASK, REPLACE, Edit
from core.errors import SaliencyError
from core.markup import visible
from core.model_spec import ModelSpec
from core.records import LayerReport
from dashboard import asking, engine, figure_wording, session, what_if, what_if_engine
from dashboard import what_if_wording as wording
from dashboard import wording as page_wording
from dashboard.components import notice
from dashboard.components.assets import register
from dashboard.components.what_if_result import spoken
from dashboard.units import Units, units_of

_label = register("what_if_label")
_fills = register("what_if_fills")
TOP, FLIP, FILLS, LABEL = "what-if-top", "what-if-flip", "what-if-fills", "what-if-label"  # keys


def show(report: LayerReport, spec: ModelSpec, method: str, units: Units, layer: int, selected: int | None, rule: str):
    """Draw the bar; returns the place for `show_search`, which is to be called once the rest of the page stands."""
    facts = engine.facts(spec)
    word = None if selected is None else int(report.tokens.word_of[units.tokens[selected][0]])
    word = None if word is None or word < 0 else word
    named = "" if word is None else visible(report.word_texts[word])
    with st.container(key="what-if-bar"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="what-if-row"):
            _label(data={"text": wording.EDIT, "word": named, "spoken": spoken(report)}, key=LABEL)
            _show_edits(report, spec, facts, word)
            _show_top(report, method, layer, rule, facts.mask_token)
            _show_flip(report, facts)
        if sentence := what_if.said():
            notice.show(sentence, "what-if-said")
        return st.container(key="waiting-what-if")


def _show_edits(report: LayerReport, spec: ModelSpec, facts: Capabilities, word: int | None) -> None:
    """A button for each edit of the one word."""
    mask, off = facts.mask_token, word is None
    offered = [(wording.DELETE_IT, DELETE, wording.DELETE_HELP)]
    if mask is not None:
        offered.insert(0, (wording.MASK_IT, MASK, wording.MASK_HELP))
    for label, kind, help in offered:
        _button(report, label, kind, word, mask, help)
    help = wording.NO_WORD if off else wording.REPLACE_HELP
    with st.popover(wording.REPLACE_IT, help=help, disabled=off, key=what_if.POPOVER, on_change="rerun") as box:
        if box.open and word is not None:
            _show_replacements(report, spec, facts, word)
    help = wording.KEEP_HELP if report.query.text_pair is None else wording.KEEP_PAIR_HELP
    _button(report, wording.KEEP_IT, KEEP, word, mask, help)


def _button(report: LayerReport, label: str, kind: str, word: int | None, mask: str | None, help: str) -> None:
    edit = None if word is None else Edit(kind, (word,))
    is_masked = kind == MASK and word is not None and report.word_texts[word] == mask
    why_not = wording.NO_WORD if word is None else wording.IS_MASKED if is_masked else ""
    st.button(label, key=f"what-if-{kind}", help=why_not or help, disabled=bool(why_not), on_click=what_if.press, args=(report, edit, mask))


def _show_replacements(report: LayerReport, spec: ModelSpec, facts: Capabilities, word: int) -> None:
    """A field for a word of one's own, and the head's suggestions, each with what would come of it."""
    with st.form("what-if-own", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(wording.TYPED, key=what_if.TYPED, placeholder=wording.TYPED_HINT, max_chars=200)
        st.form_submit_button(wording.PUT_IN, on_click=what_if.press_typed, args=(report, word))
    if not facts.head_source:
        st.caption(wording.NO_HEAD)
        return
    try:
        found = what_if_engine.suggest(report.query, spec, word)
    except SaliencyError as error:
        notice.show(str(error), "no-suggestions")
        return
    show_fills(report, found, facts.mask_token)


def show_fills(report: LayerReport, found: Suggestions, mask: str | None) -> None:
    """The head's suggestions; one that is picked is put into the text."""

    def take() -> None:
        picked = session.event(FILLS, "pick")
        if isinstance(picked, (int, float)) and 0 <= picked < len(found.fills):
            what_if.press(report, Edit(REPLACE, (found.word,), found.fills[int(picked)].text), mask)

    _fills(data=fills_data(report, found), key=FILLS, on_pick_change=take)


def fills_data(report: LayerReport, found: Suggestions) -> dict:
    """What the list of suggestions draws: each with the head's probability, what the classifier would say, and how far that is
    from what it says now."""
    prediction = report.prediction
    target, now = prediction.target, float(prediction.outputs[prediction.target])
    label = page_wording.clip(visible(prediction.labels[target]), 24)
    return {
        "title": wording.FILLS_TITLE,
        "columns": wording.FILLS_COLUMNS,
        "rows": [
            {
                "word": visible(fill.text),
                "probability": page_wording.percent(fill.probability),
                "label": label,
                "output": figure_wording.told(prediction, fill.outputs[target]),
                "change": wording.points(prediction, now, float(fill.outputs[target])),
            }
            for fill in found.fills
        ],
        "note": found.how if found.fills else wording.NO_FILLS,
    }


def _show_top(report: LayerReport, method: str, layer: int, rule: str, mask: str | None) -> None:
    """The menu that hides the words a layer ranks highest."""
    words = units_of(report, method, by_words=True, rule=rule)
    ranked = sorted(range(len(words)), key=lambda i: -words.at(layer)[i])
    order = tuple(int(report.tokens.word_of[words.tokens[i][0]]) for i in ranked)
    counts = [k for k in wording.TOPS if k < len(order) or (mask is not None and k <= len(order))]
    where = page_wording.layer_name(layer) if report.maps[method].has_layers else "this method"
    st.menu_button(
        wording.top_title(where, mask is not None), counts, key=TOP, format_func=wording.top,
        help=wording.top_help(mask is not None), disabled=not counts, on_click=what_if.hide_top, args=(report, order, TOP, mask),
    )  # fmt: skip


def _show_flip(report: LayerReport, facts: Capabilities) -> None:
    """The menu that starts the search; a regression has no answer that could flip."""
    if not report.prediction.is_probability:
        return
    ways = [way for way in FLIP_WAYS if (way != MASK or facts.mask_token) and (way != REPLACE or facts.head_source)]
    st.menu_button(
        wording.FLIP, ways, key=FLIP, format_func=wording.FLIP_WAYS.__getitem__, help=wording.FLIP_HELP,
        on_click=what_if.search, args=(report.query, FLIP),
    )  # fmt: skip


def show_search(report: LayerReport, spec: ModelSpec, place) -> None:
    """Go on with the search that was begun on this text, with progress and a button to stop; then show what it found."""
    if (way := what_if.searching(report.query)) is None:
        return
    try:
        with place:
            flip = what_if_engine.find_flip(report.query, spec, way)
    except asking.GivenUp as stopped:
        what_if.end_search(str(stopped))
    except SaliencyError as error:
        what_if.end_search(str(error))
    else:
        what_if.take(report, flip, engine.facts(spec).mask_token)
    st.rerun()
