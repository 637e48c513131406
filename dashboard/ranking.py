"""In which order the methods of a comparison stand, and which of them came first. Plain data, no Streamlit."""

import numpy as np

from core.comparison import Comparison
from core.records import HEADLESS, HEADLINE

FLOOR = "random"


def in_order(comparison: Comparison, sort: str) -> list[str]:
    """The methods that ran, by faithfulness, cost or name, the layer method first; then those that refused; Random last."""
    rows = comparison.rows
    keys = {
        "faithfulness": lambda name: -comparison.games[name].faithfulness if name in comparison.games else np.inf,
        "cost": lambda name: (rows[name].forwards + rows[name].backwards, rows[name].seconds),
        "name": lambda name: rows[name].card.label.casefold(),
    }
    top = headline(comparison)
    middle = sorted((name for name in rows if name not in (top, FLOOR)), key=keys[sort])
    return [*([top] if top else []), *middle, *comparison.refusals, *([FLOOR] if FLOOR in rows else [])]


def headline(comparison: Comparison) -> str | None:
    """The layer method: decoded where there is a language-model head."""
    return next((name for name in (HEADLINE, HEADLESS) if name in comparison.rows), None)


def best(comparison: Comparison) -> str | None:
    """The method whose words held up best, Random apart."""
    return max(
        (name for name in comparison.games if name != FLOOR), key=lambda name: comparison.games[name].faithfulness, default=None
    )
