"""What the classifier would say if it stopped at each layer."""

import numpy as np
import plotly.graph_objects as go

from core.prediction import Prediction
from dashboard.answers import OWN_SCALE_AXIS
from dashboard.figures.frame import SHARE, VALUE, layer_figure, layer_line
from dashboard.theme import Palette

MOST = 3  # classes drawn; more lines could not be told apart


def stopping_curve(
    outputs: np.ndarray, prediction: Prediction, layer_names: list[str], shown: int, palette: Palette
) -> go.Figure:
    """Outputs (L, C) by layer: the explained one solid, then the largest others at the last layer; shares of 100 %, or the
    values of a regression on an axis of their own."""
    labels, target, is_share = prediction.labels, prediction.target, prediction.is_probability
    others = [c for c in np.argsort(-outputs[-1]).tolist() if c != target]
    form = SHARE if is_share else VALUE
    lines = [
        layer_line(outputs[:, c].tolist(), labels[c], palette, shown, dash, form=form)
        for c, dash in zip([target, *others][:MOST], ("solid", "dash", "dot"))
    ]
    return layer_figure(lines, layer_names, shown, palette, "" if is_share else OWN_SCALE_AXIS)
