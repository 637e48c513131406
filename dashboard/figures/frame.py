"""What the curves over layers have in common: axes, fonts, room."""

import plotly.graph_objects as go

from dashboard.theme import SANS, Palette


def layer_figure(layer_names: list[str], shown: int, palette: Palette) -> go.Figure:
    """An empty figure with the layers below and shares of 100 % at the left."""
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickfont": {"color": palette.muted, "size": 13}}
    layers = list(range(len(layer_names)))
    figure = go.Figure()
    figure.update_layout(
        height=240,
        margin={"l": 44, "r": 12, "t": 48, "b": 30},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": SANS, "color": palette.text, "size": 13},
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"color": palette.muted, "size": 13},
        },
        dragmode=False,
        clickmode="event+select",
        hoverlabel={"bgcolor": palette.surface, "bordercolor": palette.line, "font": {"color": palette.text, "family": SANS}},
        xaxis=axis | {"tickmode": "array", "tickvals": layers, "ticktext": list(layer_names), "range": [-0.4, len(layers) - 0.6]},
        yaxis=axis
        | {"tickformat": ".0%", "showgrid": True, "gridcolor": palette.line, "range": [-0.04, 1.08], "tickvals": [0, 0.5, 1]},
    )
    figure.add_vline(x=shown, line={"color": palette.line, "width": 8}, opacity=0.6, layer="below")
    return figure


def add_line(
    figure: go.Figure, values: list[float], name: str, palette: Palette, shown: int, dash: str, hollow: list[bool] | None = None
) -> None:
    """A line with a point for each layer; the layer shown has the large ring, hollow points have no fill."""
    hollow = hollow or [False] * len(values)
    is_first = dash == "solid"
    colour = palette.text if is_first else palette.muted
    fill = [palette.surface if empty or layer == shown else colour for layer, empty in enumerate(hollow)]
    point = {
        "size": [14 if layer == shown else 8 for layer in range(len(values))],
        "color": fill,
        "line": {"color": colour, "width": 2},
        "opacity": 1,
    }
    figure.add_scatter(
        x=list(range(len(values))),
        y=values,
        customdata=list(range(len(values))),
        name=name,
        mode="lines+markers",
        cliponaxis=False,
        line={"color": colour, "width": 2.2 if is_first else 1.6, "dash": dash},
        marker=point,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate=f"{name}: %{{y:.1%}}<extra></extra>",
    )
