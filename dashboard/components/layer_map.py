"""Layers × words: every layer's scores at once; a cell selects its layer and its word."""

from collections.abc import Callable

import numpy as np

from core.records import LayerReport
from dashboard import layer_choice, session, wording
from dashboard.components.assets import register
from dashboard.units import Units, trusted_layers, window

_layer_map = register("layer_map")
MOST_WORDS = 60  # drawn at once; longer texts are paged


def show(
    report: LayerReport, method: str, units: Units, layer: int, selected: int, strength: float, one_scale: bool, key: str
) -> None:
    """Draw the map. A click or an arrow key selects a layer and a word."""

    def go() -> None:
        cell = session.event(key, "cell")
        if is_pair(cell) and 0 <= cell[0] < len(report.layer_names) and 0 <= cell[1] < len(units):
            if report.maps[method].has_layers and cell[0] != layer:
                layer_choice.choose(cell[0])
            session.choose_token(units.tokens[int(cell[1])][0])

    draw(map_data(report, method, units, layer, selected, strength, one_scale), key, go)


def draw(data: dict, key: str, go: Callable[[], None]) -> None:
    """Draw what `map_data` gave, or the like of it; `go` is called when a cell was selected."""
    _layer_map(data=data, key=key, on_cell_change=go)


def is_pair(cell: object) -> bool:
    """Whether it is a pair of numbers: the browser can send anything."""
    return isinstance(cell, (list, tuple)) and len(cell) == 2 and all(isinstance(n, (int, float)) for n in cell)


def map_data(
    report: LayerReport, method: str, units: Units, layer: int, selected: int, strength: float = 1.0, one_scale: bool = False
) -> dict:
    """What the component draws: a row for each layer, the deepest first, and the block of words around the selected one."""
    saliency, trusted = report.maps[method], trusted_layers(report)
    start, end = window(selected, len(units), MOST_WORDS)
    limits = np.abs(units.scores).max(axis=1, initial=0.0)
    limits = (np.full_like(limits, limits.max()) if one_scale else limits) / strength
    states = range(len(report.layer_names)) if saliency.has_layers else range(1)
    rows = [
        {
            "layer": state,
            "label": _label(report, method, state),
            "name": wording.layer_name(state) if saliency.has_layers else "the whole model",
            "title": _title(report, state),
            "trusted": trusted is None or not saliency.has_layers or bool(trusted[state]),
            "limit": float(limits[state]),
            "scores": [float(f"{score:.4g}") for score in units.scores[state, start:end]],
        }
        for state in reversed(states)
    ]
    return {
        "title": wording.MAP_TITLE,
        "subtitle": wording.MAP_SUBTITLE,
        "label": f"{saliency.label}: layers by words",
        "question": f"{hash(report.query)}",
        "rows": rows,
        "words": units.texts[start:end],
        "start": start,
        "second": units.second,
        "total": len(units),
        "layer": layer,
        "selected": selected,
        "signed": saliency.signed,
        "unit": saliency.unit,
        "note": wording.map_note(report.prediction, saliency.signed, one_scale, any(not row["trusted"] for row in rows)),
    }


def _label(report: LayerReport, method: str, state: int) -> str:
    if not report.maps[method].has_layers:
        return "all"
    return wording.starred_names(report, method)[state]


def _title(report: LayerReport, state: int) -> str:
    recovered = report.profiles.get("own_top1")
    return "" if recovered is None else f"{recovered.values[state]:.0%} {recovered.label}"
