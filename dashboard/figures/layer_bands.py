"""Curves over the layers with their 95 % bands: what a whole corpus says of each layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from dashboard.figures.layer_lines import STAR
from dashboard.figures.panels import AXIS_ROOM, Panels, values
from dashboard.table import Table
from dashboard.theme import Palette

HEIGHT = 190


@dataclass(frozen=True)
class Band:
    """A mean by layer with its interval."""

    title: str
    mean: tuple[float, ...]
    """(L)"""
    low: tuple[float, ...] | None
    """(L) ends of the 95 % interval; None with fewer than two texts."""
    high: tuple[float, ...] | None
    is_share: bool
    """A share of 100 %; otherwise a plain number."""
    floor: tuple[float, float | None, float | None] | None = None
    """Mean, low and high of what the curve is to be above, the same at every layer."""


def layer_bands(bands: Sequence[Band], layer_names: Sequence[str], star: int | None, palette: Palette) -> Panels:
    """A panel for each; a star marks the layer `star`."""
    names = [f"{name} {STAR}" if layer == star else name for layer, name in enumerate(layer_names)]
    charts = tuple(_chart(band, names, star, palette) for band in bands)
    return Panels(charts, _numbers(bands, layer_names), width=360)


def _chart(band: Band, names: list[str], star: int | None, palette: Palette) -> alt.LayerChart:
    lows, highs = band.low or band.mean, band.high or band.mean
    rows = [
        {"layer": name, "mean": mean, "low": low, "high": high} for name, mean, low, high in zip(names, band.mean, lows, highs)
    ]
    form, told = (".0%", ".1%") if band.is_share else (".2~f", ".3f")
    low, high = (0.0, 1.05) if band.is_share else _range([*lows, *highs, *(end for end in band.floor or () if end is not None)])
    x = (
        alt.X("layer:N")
        .sort(names)
        .scale(type="point", padding=0.3)
        .axis(title="layer", titleAnchor="start", labelAngle=0, labelOverlap="greedy")
    )
    scale = {"domain": [low, high], "nice": False}
    ticks = {"values": [0, 0.5, 1]} if band.is_share else {"tickCount": 4}
    y = alt.Y("mean:Q").scale(**scale).axis(format=form, title=None, minExtent=AXIS_ROOM, maxExtent=AXIS_ROOM, **ticks)
    tooltip = [alt.Tooltip("layer:N"), alt.Tooltip("mean:Q", format=told)]
    tooltip += (
        [alt.Tooltip("low:Q", format=told, title="95 % from"), alt.Tooltip("high:Q", format=told, title="to")] if band.low else []
    )
    base = alt.Chart(values(rows)).encode(x=x)
    parts = [] if star is None else [
        alt.Chart(values([{"layer": names[star]}])).mark_rule(color=palette.line, strokeWidth=14, opacity=0.6).encode(x=x)
    ]  # fmt: skip
    if band.low:
        parts.append(base.mark_area(color=palette.muted, opacity=0.28).encode(y=alt.Y("low:Q").scale(**scale), y2="high:Q"))
    if band.floor is not None:
        parts += _floor(band.floor, names, x, scale, palette)
    parts.append(base.mark_line(color=palette.text, strokeWidth=2.4).encode(y=y))
    parts.append(base.mark_point(size=48, filled=True, color=palette.text, opacity=1).encode(y=y, tooltip=tooltip))
    return alt.layer(*parts).properties(height=HEIGHT, title=band.title)


def _floor(floor, names: list[str], x, scale: dict, palette: Palette) -> list[alt.Chart]:
    mean, low, high = floor
    rows = [{"layer": name, "mean": mean, "low": low, "high": high} for name in names]
    base = alt.Chart(values(rows)).encode(x=x)
    line = base.mark_line(color=palette.muted, strokeDash=[6, 4], strokeWidth=2).encode(y=alt.Y("mean:Q").scale(**scale))
    if low is None:
        return [line]
    return [base.mark_area(color=palette.muted, opacity=0.16).encode(y=alt.Y("low:Q").scale(**scale), y2="high:Q"), line]


def _range(ends: list[float]) -> tuple[float, float]:
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.1 * (high - low) or 1.0
    return low - (room if low < 0 else 0.0), high + room


def _numbers(bands: Sequence[Band], layer_names: Sequence[str]) -> Table:
    columns: dict[str, Sequence[float | None]] = {}
    for band in bands:
        none = [None] * len(layer_names)
        columns |= {
            band.title: band.mean,
            f"{band.title}, 95 % low": band.low or none,
            f"{band.title}, 95 % high": band.high or none,
        }
        if band.floor is not None:
            for name, end in zip(("", ", 95 % low", ", 95 % high"), band.floor):
                columns[f"{band.title}, random order{name}"] = [end] * len(layer_names)
    rows = tuple((name, *(column[layer] for column in columns.values())) for layer, name in enumerate(layer_names))
    return Table(("layer", *columns), rows)
