"""What an edit changed at every layer: layers × words, each cell a word's saliency now less before."""

import numpy as np

from dashboard import layer_choice, session
from dashboard import what_if_wording as wording
from dashboard import wording as page_wording
from dashboard.components import layer_map
from dashboard.edited import Edited
from dashboard.units import trusted_layers


def show(both: Edited, layer: int, column: int, strength: float, one_scale: bool, key: str = "what-if-map") -> None:
    """Draw the map. A click or an arrow key selects a layer and, where the word still stands in the text, the word."""

    def go() -> None:
        cell = session.event(key, "cell")
        if layer_map.is_pair(cell) and 0 <= cell[0] < len(both.now.layer_names) and 0 <= cell[1] < len(both):
            if cell[0] != layer:
                layer_choice.choose(cell[0])
            if there := both.columns[int(cell[1])][1]:
                session.choose_token(both.units[1].tokens[there[0]][0])

    layer_map.draw(map_data(both, layer, column, strength, one_scale), key, go)


def map_data(both: Edited, layer: int, column: int, strength: float = 1.0, one_scale: bool = False) -> dict:
    """What the component draws: a row for each layer, the deepest first, and the columns around the selected one."""
    start, end = both.part(column)
    difference, saliency = both.difference, both.now.maps[both.method]
    limits = np.nanmax(np.abs(difference), axis=1, initial=0.0)
    limits = (np.full_like(limits, limits.max()) if one_scale else limits) / strength
    trusted = [trusted_layers(report) for report in (both.before, both.now)]
    second = both.units[1].second
    words = [now or old for old, now in zip(both.words(0), both.words(1))]
    return {
        "title": wording.MAP_TITLE,
        "subtitle": wording.MAP_SUBTITLE,
        "label": f"{wording.MAP_TITLE}: layers by words",
        "question": f"{hash((both.before.query, both.now.query))}",
        "small": True,
        "what": "change",
        "none": wording.NO_PARTNER,
        "rows": [
            {
                "layer": state,
                "label": page_wording.starred_names(both.now, both.method)[state],
                "name": page_wording.layer_name(state),
                "title": "",
                "trusted": all(known is None or bool(known[state]) for known in trusted),
                "limit": float(limits[state]),
                "scores": [None if np.isnan(value) else float(f"{value:.4g}") for value in difference[state, start:end]],
            }
            for state in reversed(range(len(difference)))
        ],
        "words": words[start:end],
        "start": start,
        "second": next((i for i, (_, there) in enumerate(both.columns) if second is not None and second in there), None),
        "total": len(both),
        "layer": layer,
        "selected": column,
        "signed": True,
        "unit": saliency.unit,
        "note": wording.map_note(saliency.signed, one_scale),
    }
