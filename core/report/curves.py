"""Lines over the layers as SVG, drawn here: it follows the page's theme by its style sheet, and no text that a person or a file
supplied stands in it; lines are told apart by their dashes, and named in the legend beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

from core.report.numerals import percent, value
from core.report.parts import Html, join, tag

WIDTH, HEIGHT = 470, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 40  # room around the lines: figures at the left, layers below
DASHES = (None, "7 4", "2 4", "9 4 2 4")
MOST_LINES = len(DASHES)
MOST_NAMES = 13  # layers named along the axis
CROWDED = 16  # layers above which points are smaller
STAR = "★"


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a figure: a value for each layer state."""

    name: str
    values: np.ndarray
    """(L); NaN where there is none."""
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    """(L) the ends of the band, where there is one."""
    hollow_below: float | None = None
    """Points under this value are hollow."""


@dataclass(frozen=True)
class Scale:
    """The axis at the left."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_share: bool
    unit: str = ""

    def y(self, number: float) -> float:
        """Where a number lies in the picture."""
        return TOP + (self.high - number) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def told(self, number: float) -> str:
        """A number at a point."""
        return percent(number) if self.is_share else value(number, self.unit, ".3g")

    def tick(self, number: float) -> str:
        """A number at the axis."""
        return f"{100 * number:.0f} %" if self.is_share else value(number, "", ".4g")


SHARES = Scale(-0.03, 1.05, (0.0, 0.25, 0.5, 0.75, 1.0), True)


def values_scale(lines: Sequence[Line], unit: str) -> Scale:
    """A scale that holds every line with its band, and 0."""
    every = np.concatenate([[0.0], *(part for line in lines for part in (line.values, line.low, line.high) if part is not None)])
    every = every[np.isfinite(every)].astype(float)
    low, high = float(every.min()), float(every.max())
    high = high if high > low else low + 1.0
    step = _round_step((high - low) / 4)
    ticks = tuple(step * i for i in range(floor(low / step), ceil(high / step) + 1))
    room = 0.04 * (ticks[-1] - ticks[0])
    return Scale(ticks[0] - room, ticks[-1] + room, ticks, False, unit)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is at least so large."""
    power = 10.0 ** floor(log10(least))
    return next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= least * (1 - 1e-9))


def draw_lines(lines: Sequence[Line], layer_names: Sequence[str], scale: Scale, star: int | None, label: str) -> Html:
    """The picture: one line for each of up to MOST_LINES, the first the strongest; a stripe lies behind the layer `star`."""
    xs = np.linspace(LEFT + 12, WIDTH - RIGHT - 8, len(layer_names)) if len(layer_names) > 1 else np.array([(LEFT + WIDTH) / 2])
    pieces = [_grid(scale), _layers(layer_names, xs, star)]
    for number, line in reversed(list(enumerate(lines[:MOST_LINES]))):
        pieces += [
            _band(line, xs, scale, number),
            _stroke(line, xs, scale, number),
            _points(line, layer_names, xs, scale, number),
        ]
    return tag("svg", *pieces, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)


def keys(lines: Sequence[Line]) -> Html:
    """The legend: each line's dash, then its name."""
    return tag(
        "ul",
        *(tag("li", _sample(number), tag("bdi", line.name)) for number, line in enumerate(lines[:MOST_LINES])),
        class_="keys",
    )


def _sample(number: int) -> Html:
    stroke = tag("line", x1=0, y1=5, x2=34, y2=5, class_=_kind("line", number), stroke_dasharray=DASHES[number])
    dot = tag("circle", cx=17, cy=5, r=3.4 if number == 0 else 2.6, class_=_kind("point", number))
    return tag("svg", stroke, dot, viewBox="0 0 34 10", aria_hidden="true")


def _kind(name: str, number: int, *more: str) -> str:
    return " ".join([name, *(["first"] if number == 0 else []), *more])


def _grid(scale: Scale) -> Html:
    pieces = []
    for tick in scale.ticks:
        y = round(scale.y(tick), 1)
        pieces.append(tag("line", x1=LEFT, y1=y, x2=WIDTH - RIGHT, y2=y, class_="grid"))
        pieces.append(tag("text", scale.tick(tick), x=LEFT - 8, y=y + 4.5, text_anchor="end"))
    return join(*pieces)


def _layers(names: Sequence[str], xs: np.ndarray, star: int | None) -> Html:
    bar: dict[str, Any] = {"y": TOP, "width": 14, "height": HEIGHT - TOP - BOTTOM, "class_": "stripe"}
    pieces = [] if star is None else [tag("rect", x=round(xs[star] - 7, 1), **bar)]
    for i in _named(len(names), star):
        name = f"{names[i]}{STAR}" if i == star else names[i]
        pieces.append(tag("text", name, x=round(xs[i], 1), y=HEIGHT - BOTTOM + 19, text_anchor="middle"))
    pieces.append(tag("text", "layer", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 4, text_anchor="middle"))
    return join(*pieces)


def _named(n_layers: int, star: int | None) -> list[int]:
    """The layers whose names stand along the axis: as many as there is room for, and `star` always."""
    step = ceil(n_layers / MOST_NAMES)
    named = range(0, n_layers, step)
    return list(named) if star is None else sorted({star, *(i for i in named if abs(i - star) >= step)})


def _runs(values: np.ndarray) -> list[np.ndarray]:
    """Indices of the finite values, cut where some are missing."""
    known = np.flatnonzero(np.isfinite(values))
    return np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if len(known) else []


def _path(indices: np.ndarray, values: np.ndarray, xs: np.ndarray, scale: Scale) -> str:
    return " ".join(f"{xs[i]:.1f},{scale.y(float(values[i])):.1f}" for i in indices)


def _stroke(line: Line, xs: np.ndarray, scale: Scale, number: int) -> Html:
    style = {"class_": _kind("line", number), "stroke_dasharray": DASHES[number]}
    return join(*(tag("polyline", points=_path(run, line.values, xs, scale), **style) for run in _runs(line.values)))


def _band(line: Line, xs: np.ndarray, scale: Scale, number: int) -> Html:
    if line.low is None or line.high is None:
        return Html("")
    corners = (
        f"{_path(run, line.high, xs, scale)} {_path(run[::-1], line.low, xs, scale)}" for run in _runs(line.low + line.high)
    )
    return join(*(tag("polygon", points=points, class_=_kind("band", number)) for points in corners))


def _points(line: Line, names: Sequence[str], xs: np.ndarray, scale: Scale, number: int) -> Html:
    pieces = []
    for i, (name, number_there) in enumerate(zip(names, line.values.tolist())):
        if isfinite(number_there):
            hollow = ["hollow"] if line.hollow_below is not None and number_there < line.hollow_below else []
            place = {
                "cx": round(xs[i], 1),
                "cy": round(scale.y(number_there), 1),
                "r": (4.4 if number == 0 else 3.2) * (0.7 if len(names) > CROWDED else 1),
            }
            pieces.append(
                tag(
                    "circle",
                    tag("title", f"layer {name}: {scale.told(number_there)}"),
                    **place,
                    class_=_kind("point", number, *hollow),
                )
            )
    return join(*pieces)
