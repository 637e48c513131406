"""What the classifier would say if it stopped at each layer."""

import numpy as np
import plotly.graph_objects as go

from core.markup import escape
from dashboard.figures.frame import layer_figure, layer_line
from dashboard.theme import Palette

MOST = 3  # classes drawn; more lines could not be told apart


def stopping_curve(
    probabilities: np.ndarray, labels: tuple[str, ...], target: int, layer_names: list[str], shown: int, palette: Palette
) -> go.Figure:
    """Probabilities (L, C) by layer: the explained class solid, then the most probable others at the last layer."""
    others = [c for c in np.argsort(-probabilities[-1]).tolist() if c != target]
    lines = [
        layer_line(probabilities[:, c].tolist(), escape(labels[c], quote=False), palette, shown, dash)
        for c, dash in zip([target, *others][:MOST], ("solid", "dash", "dot"))
    ]
    return layer_figure(lines, layer_names, shown, palette)
