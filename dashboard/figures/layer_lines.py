"""Lines over the layers: the panels of faithfulness and coherence, and the curves of Explore as they go into a file."""

from collections.abc import Mapping, Sequence

import altair as alt

from dashboard.figures.panels import AXIS_ROOM, Panels, as_picture, clip, finite, spread, values
from dashboard.table import Table
from dashboard.theme import Palette

STAR = "★"
DASHES = ([], [7, 3], [2, 3], [8, 3, 2, 3])
MOST_NAMED = 4  # lines that have names and dashes; of more, all but the first are thin, and named under the pointer
LABEL_ROOM = "clamp(0.4 * width, 112, 205)"  # px at the right for the lines' names


def layer_lines(
    title: str,
    lines: Mapping[str, Sequence[float]],
    layer_names: Sequence[str],
    palette: Palette,
    form: str = ".0%",
    domain: tuple[float, float] | None = None,
    star: int | None = None,
    floor: tuple[str, float] | None = None,
    hollow_below: float | None = None,
    ticks: Sequence[float] | None = None,
    x_title: str | None = "layer",
    height: int = 200,
) -> alt.LayerChart:
    """A line for each name → (L) values, the first solid and strong, each named at its end; of more than MOST_NAMED, the first alone.

    `star` is the layer that is recommended; `floor` a (name, value) that the lines are to be above; points of the first line under
    `hollow_below` are hollow.
    """
    low, high = domain or _range(lines, floor)
    names = [f"{name} {STAR}" if layer == star else name for layer, name in enumerate(layer_names)]
    x = alt.X("layer:N").sort(names).scale(alt.Scale(type="point", range=[8, alt.ExprRef(f"width - {LABEL_ROOM}")]))
    x = x.axis(title=x_title, titleAnchor="start", labelAngle=0, labelOverlap="greedy")
    y = alt.Y("value:Q").scale(domain=[low, high], nice=False)
    marks = {"tickCount": 4} if ticks is None else {"values": list(ticks)}
    y = y.axis(format=form, title=None, **marks, minExtent=AXIS_ROOM, maxExtent=AXIS_ROOM)
    parts = [_bar(names[star], x, palette)] if star is not None else []
    parts += _floor(floor, x, y, names, palette) if floor else []
    is_crowded = len(lines) > MOST_NAMED
    for number, (name, line) in reversed(list(enumerate(lines.items()))):
        first = number == 0
        rows = [{"name": name, "layer": layer, "value": finite(value)} for layer, value in zip(names, line)]
        dash = [] if is_crowded else DASHES[number]
        parts.append(_line(rows, x, y, dash, first, is_crowded, hollow_below if first else None, form, palette))
    named = dict(list(lines.items())[: 1 if is_crowded else MOST_NAMED])
    return alt.layer(*parts, *_ends(named, floor, (low, high), x, names, palette)).properties(height=height, title=title)


def layer_picture(title: str, numbers: Table, form: str, palette: Palette) -> dict:
    """The lines of a table, a row a layer and a column a line, as the specification of a picture."""
    names, *columns = zip(*numbers.rows)
    domain = (0.0, 1.08) if form.endswith("%") else None
    chart = layer_lines("", dict(zip(numbers.columns[1:], columns)), names, palette, form, domain)
    return as_picture(Panels((chart,), numbers, width=640), title, palette)


def _line(rows, x, y, dash, first, is_crowded, hollow_below, form, palette) -> alt.LayerChart:
    colour = palette.text if first else palette.muted
    base = alt.Chart().encode(x=x, y=y)
    tooltip = [
        alt.Tooltip("name:N", title="line"),
        alt.Tooltip("layer:N"),
        alt.Tooltip("value:Q", format=form.replace(".0%", ".1%")),
    ]
    fill = alt.value(colour)
    if hollow_below is not None:
        fill = alt.when(alt.datum.value < hollow_below).then(alt.value(palette.surface)).otherwise(alt.value(colour))
    faint = {"strokeWidth": 1.1, "opacity": 0.45} if is_crowded else {"strokeWidth": 1.6}
    line = base.mark_line(color=colour, strokeDash=dash, **({"strokeWidth": 2.6} if first else faint))
    point = base.mark_point(size=52 if first else 30, stroke=colour, strokeWidth=1.8, opacity=1 if first or not is_crowded else 0.45)
    return alt.layer(line, point.encode(fill=fill, tooltip=tooltip), data=values(rows))


def _bar(name: str, x, palette: Palette) -> alt.Chart:
    """The stripe over the recommended layer, the same in every panel."""
    return alt.Chart(values([{"layer": name}])).mark_rule(color=palette.line, strokeWidth=14, opacity=0.6).encode(x=x)


def _floor(floor, x, y, names, palette) -> list[alt.Chart]:
    rows = [{"layer": name, "value": floor[1]} for name in names]
    return [alt.Chart(values(rows)).mark_line(color=palette.muted, strokeDash=[6, 4], strokeWidth=2).encode(x=x, y=y)]


def _ends(lines, floor, domain, x, names, palette) -> list[alt.Chart]:
    """The lines' names at their ends and never on one another."""
    low, high = domain
    ends = {name: float(line[-1]) for name, line in lines.items() if finite(line[-1]) is not None}
    ends |= {floor[0]: float(floor[1])} if floor else {}
    first = next(iter(lines), None)
    return [
        alt.Chart(values([{"layer": names[-1], "value": place, "name": clip(name, 40)}]))
        .mark_text(
            align="left",
            dx=10,
            limit=alt.ExprRef(f"{LABEL_ROOM} - 10"),
            color=palette.text if name == first else palette.muted,
            fontWeight=600 if name == first else 400,
        )
        .encode(x=x, y=alt.Y("value:Q"), text="name:N")
        for name, place in spread(ends, 0.1 * (high - low), low, high).items()
    ]


def _range(lines, floor) -> tuple[float, float]:
    every = [value for line in lines.values() for value in line if finite(value) is not None] + ([floor[1]] if floor else [])
    low, high = min([0.0, *every]), max([0.0, *every])
    room = 0.1 * (high - low) or 1.0
    return low - (room if low < 0 else 0.0), high + room
