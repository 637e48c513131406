"""Two explanations side by side, and their difference: another class, another model or another text."""

from dataclasses import replace

import numpy as np
import streamlit as st

from core.catalog import CATALOG
from core.combine import normalise
from core.markup import visible
from core.model_spec import ModelSpec
from core.prediction import Prediction
from core.records import LayerReport, Query
from dashboard import figure_wording, wording
from dashboard.alignment import align_spans, align_words
from dashboard.components.assets import register
from dashboard.units import Units, units_of

_side_by_side = register("side_by_side")
MOST_WORDS = 240  # of each text; matching more would take long, and nobody reads them


def pick(query: Query, prediction: Prediction, models: dict[str, ModelSpec], key: str = "side") -> Query | None:
    """Draw the picker of what varies; returns the second query, or None as long as nothing was chosen.

    `models` are those to choose from besides the one in use: such as need no download. The same class is asked for, but of another
    model, which need not have it.
    """
    shown = prediction.labels[prediction.target]
    classes = [label for label in prediction.labels if label != shown]
    others = {name: spec for name, spec in models.items() if name != query.model}
    ways = [figure_wording.ANOTHER_TEXT]
    ways = ([figure_wording.ANOTHER_MODEL] if others else []) + ways
    ways = ([figure_wording.ANOTHER_CLASS] if classes else []) + ways
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"choices-{key}"):
        way = st.segmented_control(figure_wording.VARY, ways, key=f"{key}-way")
        if way == figure_wording.ANOTHER_CLASS:
            label = st.selectbox(
                figure_wording.CLASS_LABEL, classes, index=None, placeholder=figure_wording.CLASS_HINT, key=f"{key}-class"
            )
            return None if label is None else replace(query, target=label, against=None)
        if way == figure_wording.ANOTHER_MODEL:
            name = st.selectbox(
                figure_wording.MODEL_LABEL, list(others), index=None, placeholder=figure_wording.MODEL_HINT, key=f"{key}-model",
                format_func=lambda name: others[name].label,
            )  # fmt: skip
            return None if name is None else replace(query, model=name, target=None, against=None)
    if way == figure_wording.ANOTHER_TEXT:
        text = st.text_area(figure_wording.TEXT_LABEL, value=query.text, height=80, key=f"{key}-text", max_chars=20_000)
        return None if not text.strip() or text == query.text else replace(query, text=text, target=shown, against=None)
    return None


def show(one: LayerReport, other: LayerReport, key: str = "side-by-side") -> None:
    """Draw both reports at their recommended layers, word under word, and the difference."""
    draw(side_data(one, other), key)


def draw(data: dict, key: str) -> None:
    """Draw what `side_data` gave, or the like of it: with a title and a legend where it has them, and scores up to its `scale`."""
    _side_by_side(data=data, key=key)


def side_data(one: LayerReport, other: LayerReport) -> dict:
    """What the component draws: two headed rows of words in common columns, and the row of their differences."""
    units = [units_of(report, report.headline, by_words=True) for report in (one, other)]
    same_text = one.query.joined == other.query.joined
    cut = [min(len(words), MOST_WORDS) for words in units]
    if same_text:
        columns = align_spans(*(words.spans[:n] for words, n in zip(units, cut)))
    else:
        columns = align_words(*(words.texts[:n] for words, n in zip(units, cut)))
    shares = [_shares(report, words) for report, words in zip((one, other), units)]
    cells = [
        [_cell(words, share, members[side]) for members in columns] for side, (words, share) in enumerate(zip(units, shares))
    ]
    difference = [None if a is None or b is None else round(a["score"] - b["score"], 4) for a, b in zip(*cells)]
    note = figure_wording.SIDE_NOTE + ("" if same_text else figure_wording.UNMATCHED_NOTE)
    if any(n < len(words) for words, n in zip(units, cut)):
        note += figure_wording.CUT_NOTE.format(MOST_WORDS)
    return {
        "label": figure_wording.SIDE_TITLE,
        "rows": [
            {"name": name, "head": head, "said": said, "cells": line}
            for name, (head, said), line in zip(("A", "B"), (_head(one, other), _head(other, one)), cells)
        ],
        "difference": {"name": figure_wording.DIFFERENCE, "cells": difference},
        "limit": max([abs(value) for value in difference if value is not None], default=0.0),
        "note": note,
    }


def _shares(report: LayerReport, units: Units) -> np.ndarray:
    """(W) scores at the recommended layer, divided by the largest magnitude."""
    return normalise(units.at(report.choice.layer))


def _cell(units: Units, shares: np.ndarray, members: tuple[int, ...]) -> dict | None:
    """A column's words of one side and their score; words that the other side reads as one are added up."""
    if not members:
        return None
    return {"word": " ".join(units.texts[i] for i in members), "score": round(float(shares[list(members)].sum()), 4)}


def _head(report: LayerReport, beside: LayerReport) -> tuple[str, str]:
    """What a row is of, and what the model said: the part that differs is named first."""
    saliency, layer = report.maps[report.headline], wording.layer_name(report.choice.layer)
    where = f"{saliency.label}, {layer}" if saliency.has_layers else saliency.label
    head = f"words for “{report.prediction.question}”"
    if report.query.joined != beside.query.joined:
        head = f"{head} in “{wording.clip(visible(report.query.joined), 80)}”"
    if report.query.model != beside.query.model:
        spec = CATALOG.get(report.query.model)
        head = f"{wording.clip(report.query.model if spec is None else spec.label, 60)}: {head}"
    said = ", ".join(f"{report.prediction.labels[i]} {wording.output(report.prediction, i)}" for i in _told(report.prediction))
    return head, f"{said} · {where}"


def _told(prediction: Prediction) -> list[int]:
    """The explained output, and after it what the model says if that is another."""
    return list(dict.fromkeys([prediction.target, *prediction.said[:1]]))
