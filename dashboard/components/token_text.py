"""The hero: the original text, each word coloured by its score at the layer shown."""

from collections.abc import Callable

import numpy as np

from core.records import LayerReport
from dashboard import session, wording
from dashboard.components.assets import register
from dashboard.units import Units, text_pieces, trusted_layers

_token_text = register("token_text")


def show(report: LayerReport, method: str, units: Units, layer: int, selected: int | None, strength: float, key: str) -> None:
    """Draw the text. A click or Enter on a word selects it."""

    def pick() -> None:
        unit = session.event(key, "pick")
        if isinstance(unit, (int, float)) and 0 <= unit < len(units):
            session.choose_token(units.tokens[int(unit)][0])

    draw(text_data(report, method, units, layer, selected, strength), key, pick)


def draw(data: dict, key: str, pick: Callable[[], None] = lambda: None) -> None:
    """Draw what `text_data` gave, or the like of it; `pick` is called after a click on a word."""
    _token_text(data=data, key=key, on_pick_change=pick)


def text_data(report: LayerReport, method: str, units: Units, layer: int, selected: int | None, strength: float) -> dict:
    """What the component draws: pieces of the text, scores, legend and reason."""
    saliency, choice, scores = report.maps[method], report.choices[method], units.at(layer)
    limit = float(np.abs(scores).max(initial=0.0)) / strength
    pieces = text_pieces(report.query, units, report.coverage.unread)
    low, high = report.prediction.sides
    title = wording.hero_title(report, saliency, layer)
    return {
        "title": title,
        "question": report.prediction.question,
        "subtitle": f"{saliency.label}, in {saliency.unit}",
        "label": f"{title}{report.prediction.question}",
        "pieces": pieces,
        "names": (wording.FIRST_TEXT, wording.SECOND_TEXT) if report.query.text_pair is not None else (),
        "texts": units.texts,
        "scores": [float(f"{score:.4g}") for score in scores],
        "special": np.flatnonzero(units.is_special).tolist(),
        "selected": selected,
        "limit": limit,
        "signed": saliency.signed,
        "unit": saliency.unit,
        "low": f"{low} −{limit:.2g}" if saliency.signed else "0",
        "high": f"{high} +{limit:.2g}" if saliency.signed else f"{limit:.2g}",
        "why": wording.hero_why(layer, choice.layer, choice.reason, _is_trusted(report, layer))
        if saliency.has_layers
        else choice.reason,
        "size": _size(sum(len(piece) for piece, _ in pieces)),
    }


def _is_trusted(report: LayerReport, layer: int) -> bool:
    trusted = trusted_layers(report)
    return trusted is None or bool(trusted[layer])


def _size(n_characters: int) -> str:
    if n_characters <= 420:
        return "large"
    return "medium" if n_characters <= 1300 else "small long"
