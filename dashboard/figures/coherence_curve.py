"""How far each layer can be read: the shares by layer."""

import plotly.graph_objects as go

from core.methods import READABLE
from core.records import LayerProfile
from dashboard.figures.frame import layer_figure, layer_line
from dashboard.theme import Palette

_DASHES = ("solid", "dash", "dot")


def coherence_curve(profiles: list[LayerProfile], layer_names: list[str], shown: int, palette: Palette) -> go.Figure:
    """One line for each profile (all shares, 0 to 1); the first is solid, points below READABLE are hollow on it."""
    lines = []
    for profile, dash in zip(profiles, _DASHES):
        hollow = [value < READABLE for value in profile.values] if profile.name == "own_top1" else None
        lines.append(layer_line(profile.values.tolist(), profile.label, palette, shown, dash, hollow))
    return layer_figure(lines, layer_names, shown, palette)
