"""What an edit changed, word by word at the layer shown: the words before and now under one another, and the difference."""

import numpy as np

from dashboard import what_if_wording as wording
from dashboard import wording as page_wording
from dashboard.components import side_by_side
from dashboard.edited import Edited


def show(both: Edited, layer: int, column: int, strength: float, key: str = "what-if-words") -> None:
    """Draw the part of the text around a column."""
    side_by_side.draw(words_data(both, layer, column, strength), key)


def words_data(both: Edited, layer: int, column: int, strength: float = 1.0) -> dict:
    """What the component draws: both rows on one colour scale, the row of differences on its own, and the legend."""
    start, end = both.part(column)
    saliency, row = both.now.maps[both.method], layer if both.now.maps[both.method].has_layers else 0
    scores = [both.scores(side)[row, start:end] for side in (0, 1)]
    words = [both.words(side)[start:end] for side in (0, 1)]
    change = both.difference[row, start:end]
    scale = max(float(np.nanmax(np.abs(part), initial=0.0)) for part in scores) / strength
    where = page_wording.layer_name(layer) if saliency.has_layers else "the whole model"
    low, high = both.now.prediction.sides
    return {
        "label": wording.WORDS_TITLE,
        "title": wording.WORDS_TITLE,
        "subtitle": wording.head_of_words(where, saliency.unit),
        "rows": [
            {
                "name": name,
                "short": short,
                "head": "",
                "cells": [_cell(word, score) for word, score in zip(words[side], scores[side])],
            }
            for side, (name, short) in enumerate(wording.ROWS)
        ],
        "difference": {"name": wording.CHANGE[0], "short": wording.CHANGE[1], "cells": [_number(value) for value in change]},
        "scale": scale,
        "limit": float(np.nanmax(np.abs(change), initial=0.0)) / strength,
        "legend": {
            "both": saliency.signed,
            "low": f"{low} −{scale:.2g}" if saliency.signed else "0",
            "high": f"{high} +{scale:.2g}" if saliency.signed else f"{scale:.2g}",
        },
        "note": wording.words_note(
            both.now.prediction.question, saliency.signed, end - start < len(both), bool(np.isnan(change).any())
        ),
    }


def _cell(word: str, score: float) -> dict | None:
    return {"word": word, "score": _number(score)} if word else None


def _number(score: float) -> float | None:
    """Fit for JSON: four digits, None for none."""
    return None if np.isnan(score) else float(f"{score:.4g}")
