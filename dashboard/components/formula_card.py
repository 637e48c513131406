"""How a map is computed: formula, sign, unit, cost and source, as the engine tells them of this very map."""

import streamlit as st

from core.methods import METHODS
from core.prediction import Prediction
from core.records import LayerReport, SaliencyMap
from dashboard import wording
from dashboard.components.assets import register

_card = register("formula_card")


def show(saliency: SaliencyMap, prediction: Prediction, key: str) -> None:
    """Draw the card."""
    _card(data={"rows": card_rows(saliency, prediction), "explanation": METHODS[saliency.method].explanation}, key=key)


def show_all(report: LayerReport, method: str) -> None:
    """Draw, folded away, the card of the method shown and of those asked for besides."""
    with st.expander(wording.HOW_COMPUTED):
        for name in dict.fromkeys([method, *report.query.settings.methods]):
            show(report.maps[name], report.prediction, f"formula-{name}")


def card_rows(saliency: SaliencyMap, prediction: Prediction) -> list[tuple[str, str]]:
    """(name, value) of each line; all values come from the map itself."""
    rows = [
        ("method", saliency.label),
        ("formula", saliency.formula),
        ("sign", wording.sign_words(prediction, saliency.signed)),
        ("unit", saliency.unit),
        ("cost", wording.method_cost(saliency)),
        ("source", saliency.source),
    ]
    if saliency.seed is not None:
        rows.append(("seed", str(saliency.seed)))
    return rows + [("note", note) for note in saliency.notes]
