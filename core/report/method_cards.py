"""What each map of a report is: its formula, sign, unit, cost and source."""

import numpy as np

from core.cards import WALL
from core.methods import METHODS
from core.prediction import Prediction
from core.records import LayerReport, SaliencyMap
from core.report.numerals import count, duration, value
from core.report.parts import Html, facts, tag


def method_cards(report: LayerReport, first: str) -> Html:
    """A card for each map that the report holds, the `first` first."""
    names = [first, *(name for name in report.maps if name != first)]
    return tag("div", *(_card(report, name) for name in names), class_="cards")


def static_card(name: str, unit: str) -> Html:
    """The card of a method that was run on many texts, in this unit."""
    card = WALL[name]
    sign = "Above 0 speaks for what is explained, below 0 against it." if card.signed else card.negative
    pairs = (
        ("Formula", tag("code", card.formula)),
        ("Sign", sign),
        ("Unit", unit),
        ("Cost", f"{card.cost}, for each row of the file"),
        ("Source", card.source),
    )
    return tag("div", tag("h3", card.label), tag("p", card.explanation), facts(pairs), class_="card")


def sign_of(prediction: Prediction, saliency: SaliencyMap) -> str:
    """What the two signs of its scores say."""
    if not saliency.signed:
        return WALL[saliency.method].negative
    if prediction.is_probability:
        return "Above 0 speaks for the class, below 0 against it."
    return "Above 0 raises the value, below 0 lowers it."


def _card(report: LayerReport, name: str) -> Html:
    saliency, card = report.maps[name], WALL[name]
    spent = f"; {duration(saliency.seconds)} here" + ("" if METHODS[name].on_demand else ", all one-pass methods together")
    layers = report.layer_names[report.choices[name].layer] if saliency.has_layers else "one row for the whole model"
    gap = (
        None
        if saliency.gap is None
        else f"at most {value(float(np.abs(saliency.gap).max()), saliency.unit, '.3g')} over the layers"
    )
    return tag(
        "div",
        tag("h3", saliency.label),
        tag("p", card.explanation),
        facts((
            ("Formula", tag("code", saliency.formula)),
            ("Sign", sign_of(report.prediction, saliency)),
            ("Unit", saliency.unit),
            ("Layer", f"{layers} recommended" if saliency.has_layers else layers),
            ("Cost", f"{card.cost}{spent}; {count(saliency.rows, 'row')}" if saliency.rows != METHODS[name].rows else f"{card.cost}{spent}"),
            ("Seed", "" if saliency.seed is None else str(saliency.seed)),
            ("Gap", gap or ""),
            ("Source", saliency.source),
            ("Note", " ".join(saliency.notes)),
        )),
        class_="card",
    )  # fmt: skip
