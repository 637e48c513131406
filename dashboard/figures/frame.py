"""What the curves over layers have in common: axes, fonts, room.

A figure is built from plain dicts in one call: Plotly's `add_` and `update_` methods, of which each walks the whole
figure, took two thirds of a page's cached rerun. What was built is kept, as Plotly still takes some milliseconds for each.
"""

import json
from functools import lru_cache

import plotly.graph_objects as go

from core.markup import escape
from dashboard.table import Table
from dashboard.theme import SANS, Palette

SHARE, VALUE = ".1%", ".4g"  # how a point's figure is told


def layer_figure(lines: list[dict], layer_names: list[str], shown: int, palette: Palette, unit: str = "") -> go.Figure:
    """The lines (of `layer_line`) over the layers below, and at the left shares of 100 % or, where a `unit` is given, values in
    it; a bar marks the layer shown."""
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickfont": {"color": palette.muted, "size": 13}}
    layers = list(range(len(layer_names)))
    bar = {"type": "line", "xref": "x", "x0": shown, "x1": shown, "yref": "y domain", "y0": 0, "y1": 1, "layer": "below"}
    shares = {"tickformat": ".0%", "range": [-0.04, 1.08], "tickvals": [0, 0.5, 1]}
    values = {"tickformat": ".3~g", "nticks": 5, "title": {"text": unit, "font": {"color": palette.muted, "size": 13}, "standoff": 6}}
    layout = {
        "template": {},
        "height": 240,
        "margin": {"l": 64 if unit else 44, "r": 12, "t": 48, "b": 30},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "color": palette.text, "size": 13},
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"color": palette.muted, "size": 13},
        },
        "dragmode": False,
        "clickmode": "event+select",
        "hoverlabel": {"bgcolor": palette.surface, "bordercolor": palette.line, "font": {"color": palette.text, "family": SANS}},
        "xaxis": axis | {"tickmode": "array", "tickvals": layers, "ticktext": list(layer_names), "range": [-0.4, len(layers) - 0.6]},
        "yaxis": axis | {"showgrid": True, "gridcolor": palette.line} | (values if unit else shares),
        "shapes": [bar | {"line": {"color": palette.line, "width": 8}, "opacity": 0.6}],
    }
    return _built(json.dumps({"data": lines, "layout": layout}))


@lru_cache(maxsize=256)
def _built(figure: str) -> go.Figure:
    """For all sessions, and to be left as it is: it holds figures and the names of layers and classes, no text."""
    return go.Figure(**json.loads(figure))


def layer_line(
    values: list[float], name: str, palette: Palette, shown: int, dash: str, hollow: list[bool] | None = None, form: str = SHARE
) -> dict:
    """A line with a point for each layer; the layer shown has the large one, hollow points have no fill."""
    hollow = hollow or [False] * len(values)
    is_first = dash == "solid"
    colour = palette.text if is_first else palette.muted
    fill = [palette.surface if empty else colour for empty in hollow]
    point = {
        "size": [14 if layer == shown else 8 for layer in range(len(values))],
        "color": fill,
        "line": {"color": colour, "width": 2},
        "opacity": 1,
    }
    return {
        "type": "scatter",
        "x": list(range(len(values))),
        "y": values,
        "customdata": list(range(len(values))),
        "name": escape(name, quote=False),  # Plotly reads markup in names
        "meta": name,  # as it is, for the files
        "mode": "lines+markers",
        "cliponaxis": False,
        "line": {"color": colour, "width": 2.2 if is_first else 1.6, "dash": dash},
        "marker": point,
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hovertemplate": f"{escape(name, quote=False)}: %{{y:{form}}}<extra></extra>",
    }


def numbers_of(figure: go.Figure) -> tuple[Table, str]:
    """What the lines of such a figure hold, a row a layer, and the form in which the axis tells it."""
    columns = [list(line.y) for line in figure.data]
    rows = tuple((name, *(column[layer] for column in columns)) for layer, name in enumerate(figure.layout.xaxis.ticktext))
    return Table(("layer", *(line.meta for line in figure.data)), rows), figure.layout.yaxis.tickformat
