"""What the Altair figures have in common: one panel or several, their look, and the picture they make together.

Each panel is a chart of its own on the page, as wide as its place, so that panels beside each other stand below one another
on a telephone; in a file they are one picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from dashboard.table import Table
from dashboard.theme import SANS, Palette

FONT_SIZE = 13
PAGE_PADDING = {"left": 2, "right": 2, "top": 4, "bottom": 4}  # px; of a single number, Streamlit makes an error
WIDTH = 520  # of one panel in a file, px
AXIS_ROOM = 46  # left of every panel for the figures of its vertical axis, px: panels below one another must share their x


@dataclass(frozen=True, eq=False)
class Panels:
    """A figure: its charts, neither with a width nor with a look, and its numbers."""

    charts: tuple[alt.TopLevelMixin, ...]
    """At least one."""
    numbers: Table
    stacked: bool = False
    """Below one another; otherwise side by side."""
    width: int = WIDTH


def on_page(chart: alt.TopLevelMixin, palette: Palette) -> dict:
    """One panel as a Vega-Lite specification, as wide as its place."""
    place = {"width": "container", "autosize": alt.AutoSizeParams(type="fit-x", contains="padding")}
    return _look(chart.properties(**place, background="transparent", padding=PAGE_PADDING), palette).to_dict(validate=False)


def as_picture(panels: Panels, title: str, palette: Palette) -> dict:
    """All panels as one specification, with a title and on the page's own ground."""
    charts = [chart.properties(width=panels.width) for chart in panels.charts]
    joined = alt.vconcat(*charts) if panels.stacked else alt.hconcat(*charts)
    head = alt.TitleParams(title, fontSize=16, fontWeight=600, anchor="start", offset=14, color=palette.text)
    spec = _look(joined.properties(title=head, background=palette.surface, padding=20), palette).to_dict(validate=False)
    return _with_width(spec, panels.width)


def values(rows: Sequence[dict]) -> alt.Data:
    """Rows as a chart's data, written into the specification itself: nothing is fetched."""
    return alt.Data(values=list(rows))


def finite(value: float) -> float | None:
    """A number as JSON can hold it: None for what is none."""
    return None if math.isnan(value) else float(value)


def spread(places: dict[str, float], gap: float, low: float, high: float) -> dict[str, float]:
    """The same names at places at least `gap` apart and, if there is room, between `low` and `high`; in the same order."""
    names = sorted(places, key=places.__getitem__)
    moved: dict[str, float] = {}
    for i, name in enumerate(names):
        least = moved[names[i - 1]] + gap if i else low
        moved[name] = max(places[name], least)
    for i, name in reversed(list(enumerate(names))):
        most = moved[names[i + 1]] - gap if i + 1 < len(names) else high
        moved[name] = min(moved[name], most)
    return moved


def _with_width(node, width: int):
    """The specification with its own width in the place of `width` in expressions: Vega knows none by that name in a joined chart."""
    if isinstance(node, list):
        return [_with_width(part, width) for part in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"expr"}:
        return {"expr": node["expr"].replace("width", str(width))}
    return {name: part if name == "values" else _with_width(part, width) for name, part in node.items()}


def clip(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _look(chart: alt.TopLevelMixin, palette: Palette) -> alt.TopLevelMixin:
    axis = {
        "labelColor": palette.muted,
        "titleColor": palette.muted,
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "titleFontWeight": "normal",
        "gridColor": palette.line,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    }
    title = {"color": palette.text, "fontSize": 14, "fontWeight": 600, "anchor": "start", "frame": "group", "offset": 10}
    return chart.configure(
        font=SANS,
        axis=alt.AxisConfig(**axis),
        title=alt.TitleConfig(**title),
        view=alt.ViewConfig(stroke=None),
        text={"fontSize": FONT_SIZE},
    )
