"""The what-if card: what the classifier says of the edited text, beside what it said of the original, and what moved."""

from dataclasses import replace

import numpy as np
import streamlit as st

from core.errors import SaliencyError
from core.markup import visible
from core.model_spec import ModelSpec
from core.prediction import Prediction
from core.records import LayerReport, Query
from dashboard import engine, figure_wording, session, what_if
from dashboard import what_if_wording as wording
from dashboard import wording as page_wording
from dashboard.components import notice, what_if_map, what_if_words
from dashboard.components.assets import register
from dashboard.components.sidebar import Options
from dashboard.edited import edited
from dashboard.what_if import Trail

_trail = register("what_if_trail")
_bars = register("what_if_bars")
TRAIL = "what-if-trail"  # key
MOST_LABELS = 4  # drawn as bars; the explained one and what is said before and now are always among them


def show(report: LayerReport, spec: ModelSpec, method: str, layer: int, options: Options) -> None:
    """Draw the card while the text in the box is an edited one."""
    trail = what_if.remember(report)
    if trail is None:
        return
    with st.container(border=True, key="card-what-if"):
        _show_trail(trail, report.prediction)
        if trail.at == 0:
            st.caption(wording.ORIGINAL_SHOWN)
            return
        try:
            before, now = _both(report, trail, spec)
        except SaliencyError as error:
            notice.show(str(error), "no-original")
            return
        _bars(data=bars_data(before.prediction, now.prediction, trail.here.note, _last(trail)), key="what-if-bars")
        if method in before.maps and method in now.maps:
            both = edited(before, now, method, options.rule)
            column = both.column_of(what_if.selected_token())
            what_if_words.show(both, layer, column, options.strength)
            if now.maps[method].has_layers and not np.isnan(both.difference).all():
                what_if_map.show(both, layer, column, options.strength, options.one_scale)


def _show_trail(trail: Trail, prediction: Prediction) -> None:
    """The edits in order, each a way back, and the two buttons that undo."""
    with st.container(horizontal=True, vertical_alignment="top", key="what-if-trail-row"):
        _trail(data=trail_data(trail, prediction), key=TRAIL, on_step_change=lambda: what_if.go(session.event(TRAIL, "step")))
        st.button(wording.UNDO, on_click=what_if.undo, disabled=trail.at == 0)
        st.button(wording.BACK, on_click=what_if.back, help=wording.BACK_HELP)


def _both(report: LayerReport, trail: Trail, spec: ModelSpec) -> tuple[LayerReport, LayerReport]:
    """The reports on the original and on the text as it stands, on one class: the one that the original is explained for."""
    text, second = trail.steps[0].texts
    before = _report(replace(report.query, text=text, text_pair=second), spec)
    target = before.prediction.target
    if report.prediction.target == target:
        return before, report
    return before, _report(replace(report.query, target=before.prediction.labels[target]), spec)


def _report(query: Query, spec: ModelSpec) -> LayerReport:
    return engine.recall(query, spec) or engine.explain(
        query, spec
    )  # what is known must not stop what else this person waits for


def trail_data(trail: Trail, prediction: Prediction) -> dict:
    """What the component draws of the trail: for each step what was done, and what the classifier says then."""
    label = _explained(trail, prediction)
    name = page_wording.clip(visible(prediction.labels[label]), 24)
    return {
        "title": wording.card_title(visible(trail.here.said)) if trail.at else wording.CARD_OF_ORIGINAL,
        "label": wording.TRAIL,
        "at": trail.at,
        "steps": [
            {
                "said": visible(step.said) or wording.ORIGINAL,
                "figure": f"{name} {figure_wording.told(prediction, step.outputs[label])}" if step.outputs else "",
            }
            for step in trail.steps
        ],
    }


def _explained(trail: Trail, prediction: Prediction) -> int:
    """Index of the output that the trail tells of: the one explained, or what was said of the original, if nothing was chosen."""
    outputs = trail.steps[0].outputs
    if what_if.has_chosen_class() or not outputs or not prediction.is_probability:
        return prediction.target
    return int(np.argmax(outputs))


def spoken(report: LayerReport) -> str:
    """What those who hear the page are told after an edit; empty as long as there is none."""
    trail = what_if.remember(report)
    if trail is None:
        return ""
    before, prediction = trail.steps[0].outputs, report.prediction
    label = _explained(trail, prediction)
    return wording.spoken(visible(trail.here.said), prediction, before, trail.here.outputs, label, _last(trail))


def _last(trail: Trail) -> tuple[float, ...]:
    """What the classifier said one edit ago."""
    return trail.steps[trail.at - 1].outputs if trail.at else ()


def bars_data(before: Prediction, now: Prediction, note: str = "", last: tuple[float, ...] = ()) -> dict:
    """What the component draws of the answers: for each label its share on both texts, and by how many points it moved."""
    was, is_now = tuple(map(float, before.outputs)), tuple(map(float, now.outputs))
    return {
        "label": wording.BARS_LABEL,
        "verdict": wording.verdict(before, was, is_now, last),
        "found": note,
        "note": wording.BARS_NOTE if before.is_probability else wording.VALUES_NOTE,
        "rows": [
            {
                "name": visible(before.labels[c]),
                "explained": c == before.target,
                "shares": [was[c], is_now[c]] if before.is_probability else None,
                "figures": [figure_wording.told(before, was[c]), figure_wording.told(before, is_now[c])],
                "change": wording.points(before, was[c], is_now[c]),
            }
            for c in _drawn(before, now)
        ],
    }


def _drawn(before: Prediction, now: Prediction) -> list[int]:
    """The labels with the largest shares on either text, in falling order of what was said before."""
    if not before.is_probability:
        return list(range(len(before.labels)))[: 2 * MOST_LABELS]
    most = np.argsort(-np.maximum(before.outputs, now.outputs), kind="stable")[:MOST_LABELS].tolist()
    chosen = {before.target, *([] if before.against is None else [before.against]), *most}
    return sorted(chosen, key=lambda c: -before.outputs[c])
