"""How far each layer can be read: the shares by layer, with the recommended layer marked."""

import plotly.graph_objects as go

from core.records import LayerProfile
from dashboard.figures.escape import plain
from dashboard.figures.frame import add_line, layer_figure
from dashboard.theme import READABLE, Palette

_DASHES = ("solid", "dash", "dot")


def coherence_curve(profiles: list[LayerProfile], layer_names: tuple[str, ...], shown: int, recommended: int | None, palette: Palette) -> go.Figure:
    """One line for each profile (all shares, 0 to 1); the first is solid, its points below one half hollow."""
    figure = layer_figure(layer_names, palette)
    for profile, dash in zip(profiles, _DASHES):
        hollow = [value < READABLE for value in profile.values] if profile.name == "own_top1" else None
        add_line(figure, profile.values.tolist(), plain(profile.label), palette, shown, dash, hollow)
    if recommended is not None and profiles:
        top = max(profile.values[recommended] for profile in profiles)
        figure.add_annotation(
            x=recommended, y=top, text="recommended", showarrow=False, yshift=15, font={"color": palette.text, "size": 12.5},
            xanchor="right" if recommended > len(layer_names) - 2 else "left" if recommended == 0 else "center",
        )
    return figure
