"""The presenter view: one text in large type, all layers sent at once, so that the arrow keys walk them in the browser."""

import hashlib
import json

import numpy as np

from core.records import LayerReport
from dashboard import cached, layer_choice, present_wording, session, wording
from dashboard.components.assets import register
from dashboard.components.layer_readings import piece_text
from dashboard.units import Units, text_pieces, trusted_layers

_presenter = register("presenter")
MOST_READINGS = 12_000  # words × layers with three readings each; of a longer text one each is sent
KEY = "presenter-stage"


def show(report: LayerReport, method: str, units: Units, strength: float, one_scale: bool) -> bool:
    """Draw it; returns whether the person leaves. Where the walk rests is kept as if it had been chosen on Explore."""
    saliency = report.maps[method]
    shown = layer_choice.settle(report.choices[method].layer, len(report.layer_names))
    layer = shown if saliency.has_layers else 0
    scores = hashlib.sha256(units.scores.tobytes()).hexdigest()  # by which rule they were merged shows in them
    about = ("present", report.query, method, units.texts, scores, strength, one_scale)
    data = cached.drawing(about, lambda: stage_data(report, method, units, strength, one_scale))
    here = {"layer": layer, "selected": session.selected_unit(units, layer), "notices": session.notices()}
    sent = _presenter(
        data=data | here,
        key=KEY,
        height="content",
        on_rest_change=lambda: take(session.event(KEY, "rest"), report, units),
        on_leave_change=lambda: take(session.event(KEY, "leave"), report, units),
    )
    return bool(getattr(sent, "leave", None))


def take(sent: object, report: LayerReport, units: Units) -> None:
    """Keep what the browser says of the walk: a layer, a word, a class. It comes from outside, so it may be anything."""
    if not isinstance(sent, dict):
        return
    layer_choice.choose(sent.get("layer"))
    unit, label = sent.get("word"), sent.get("class")
    if isinstance(unit, (int, float)) and 0 <= unit < len(units):
        session.choose_token(units.tokens[int(unit)][0])
    if label in report.prediction.labels:
        session.choose_class(label)


def stage_data(report: LayerReport, method: str, units: Units, strength: float, one_scale: bool) -> dict:
    """What the component draws, but for where the walk stands: pieces of the text, and everything of every layer."""
    saliency, prediction = report.maps[method], report.prediction
    layers = range(len(units.scores))
    limits = [float(np.abs(units.scores if one_scale else units.at(layer)).max(initial=0.0)) / strength for layer in layers]
    low, high = prediction.sides
    vocabulary, readings = _readings(report, method, units)
    trusted = trusted_layers(report)
    data = {
        "words": _WORDS,
        "pieces": text_pieces(report.query, units, report.coverage.unread),
        "names": (wording.FIRST_TEXT, wording.SECOND_TEXT) if report.query.text_pair is not None else (),
        "texts": [wording.clip(text, 40) for text in units.texts],
        "special": np.flatnonzero(units.is_special).tolist(),
        "question": prediction.question,
        "said": present_wording.said(prediction),
        "notice": wording.partly_read(report.coverage, report.query.text_pair is not None) if report.coverage.share < 1 else "",
        "layers": [
            {
                "title": wording.hero_title(report, saliency, layer),
                "place": present_wording.place(report, method, layer),
                "step": present_wording.step(layer),
                "star": saliency.has_layers and layer == report.choices[method].layer,
                "reads": present_wording.reads(layer, saliency.has_layers, bool(readings)),
                "trusted": trusted is None or not saliency.has_layers or bool(trusted[layer]),
                "low": f"{low} −{limits[layer]:.2g}" if saliency.signed else "0",
                "high": f"{high} +{limits[layer]:.2g}" if saliency.signed else f"{limits[layer]:.2g}",
            }
            for layer in layers
        ],
        "scores": [[float(f"{score:.3g}") for score in units.at(layer)] for layer in layers],
        "limits": limits,
        "signed": saliency.signed,
        "sides": prediction.sides,
        "unit": saliency.unit,
        "method": saliency.label,
        "vocabulary": vocabulary,
        "readings": readings,
        "untrusted": wording.UNTRUSTED,
        "classes": class_rows(report),
    }
    return data | {"about": hashlib.sha256(json.dumps(data).encode()).hexdigest()}


def class_rows(report: LayerReport) -> list[dict]:
    """What can be explained instead, the most probable first; empty where there is no choice."""
    prediction = report.prediction
    order = [c for c in range(len(prediction.labels)) if c != prediction.against]
    if prediction.is_probability:
        order.sort(key=lambda c: -prediction.outputs[c])
    rows = [
        {"name": prediction.labels[c], "figure": wording.output(prediction, c), "explained": c == prediction.target} for c in order
    ]
    return rows if len(rows) > 1 else []


def _readings(report: LayerReport, method: str, units: Units) -> tuple[list[str], list]:
    """(vocabulary, for each layer and unit up to three of (index in it, figure, whether it is the piece itself)).

    A word of several subwords is read at its strongest one. Both are empty where nothing is decoded.
    """
    decoding, saliency = report.decoding, report.maps[method]
    if decoding is None or not saliency.has_layers:
        return [], []
    most = 3 if len(units) * len(units.scores) <= MOST_READINGS else 1
    places: dict[str, int] = {}
    layers = []
    for layer in range(len(units.scores)):
        scores, row = np.abs(saliency.at(layer)), []
        for tokens in units.tokens:
            token = max(tokens, key=scores.__getitem__)
            ids, shares = decoding.top_ids[layer, token], decoding.top_probabilities[layer, token]
            row.append(
                [
                    (
                        places.setdefault(piece_text(decoding.texts[int(i)]), len(places)),
                        present_wording.share(float(share)),
                        decoding.texts[int(i)] == report.tokens.texts[token],
                    )
                    for place, (i, share) in enumerate(zip(ids[:most], shares[:most]))
                    if share >= 0.005 or not place
                ]
            )
        layers.append(row)
    return list(places), layers


_WORDS = {
    "back": present_wording.BACK,
    "full": present_wording.FULL_SCREEN,
    "unfull": present_wording.LEAVE_FULL_SCREEN,
    "keys": present_wording.KEYS,
    "controls": present_wording.CONTROLS,
    "switch": present_wording.SWITCH,
    "previous": present_wording.PREVIOUS,
    "next": present_wording.NEXT,
    "text": present_wording.TEXT,
    "says": present_wording.SAYS,
    "scored": present_wording.NOT_DECODED,
}
