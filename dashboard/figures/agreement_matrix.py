"""How much methods, or layers, agree with one another: a square of figures."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from core.markup import AGAINST, FOR, MAX_ALPHA
from dashboard.figures.panels import Panels, finite, values
from dashboard.table import Table
from dashboard.theme import Palette, blend, rgb

MOST_FIGURES = 14  # rows up to which the figures stand in the cells
ROW_HEIGHT = 30
LEAST_SLANTED = 14  # px: over narrower columns slanted names would lie on one another
NAME_ROOM = 250  # px: a file may be drawn in a wider font than the page
LEAST_CELL = 24  # px: in narrower cells, on a telephone, no figure could be read


def agreement_matrix(matrix: np.ndarray, names: Sequence[str], is_correlation: bool, palette: Palette) -> Panels:
    """The (M, M) `matrix` over M different `names`: a rank correlation (−1 … 1, blue over the ground to orange), or a share of words
    in common (0 … 1, ground to orange). What is no number, because one list has no order, has neither colour nor figure."""
    rows = [
        {"one": names[i], "other": names[j], "agreement": finite(matrix[i, j])}
        for i in range(len(names))
        for j in range(len(names))
    ]
    table = Table(("", *names), tuple((name, *map(finite, line)) for name, line in zip(names, matrix)))
    return Panels((_square(rows, names, is_correlation, palette),), table, width=max(360, 48 * len(names)))


def scale_of(is_correlation: bool, palette: Palette) -> alt.Scale:
    """Colours of the cells, no denser than those of words, so that the figures on them stay legible."""
    against, for_ = (_hex(blend(colour, MAX_ALPHA, rgb(palette.surface))) for colour in (AGAINST, FOR))
    if is_correlation:
        return alt.Scale(domain=[-1, 0, 1], range=[against, palette.surface, for_], interpolate="rgb", clamp=True)
    return alt.Scale(domain=[0, 1], range=[palette.surface, for_], interpolate="rgb", clamp=True)


def _square(rows: list[dict], names: Sequence[str], is_correlation: bool, palette: Palette) -> alt.LayerChart:
    told, ends = ("+.2f", [-1, 0, 1]) if is_correlation else (".0%", [0, 0.5, 1])
    is_short = all(len(name) <= 4 for name in names)
    slanted = {} if is_short else {"labelAngle": -50, "labelAlign": "left"}
    cell = f"width / {max(len(names), 1)}"
    slanted["labelFontSize"] = alt.ExprRef(f"{cell} < {LEAST_SLANTED} ? 0 : 13")  # the rows are named all the same, in the same order
    x = alt.X("other:N").sort(list(names)).scale(paddingInner=0.05)
    x = x.axis(title=None, orient="top", labelLimit=NAME_ROOM, labelOverlap=False, **({"labelAngle": 0} | slanted))
    y = alt.Y("one:N").sort(list(names)).scale(paddingInner=0.06).axis(title=None, labelLimit=NAME_ROOM, labelOverlap=False)
    length = alt.ExprRef("clamp(width - 24, 60, 120)")
    legend = alt.Legend(title=None, orient="bottom", gradientLength=length, gradientThickness=10, format=told, values=ends)
    legend.labelColor, legend.labelFontSize = palette.muted, 13
    legend.labelExpr = "datum.value === 0 ? '0' : datum.label"  # no plus before a zero
    tooltip = ["one:N", "other:N", alt.Tooltip("agreement:Q", format=told)]
    base = alt.Chart().encode(x=x, y=y)
    drawn = base.transform_filter("isValid(datum.agreement)")
    colour = alt.Color("agreement:Q").scale(scale_of(is_correlation, palette)).legend(legend)
    parts = [
        base.mark_rect(cornerRadius=3, fill="transparent", stroke=palette.line),
        drawn.mark_rect(cornerRadius=3).encode(color=colour, tooltip=tooltip),
    ]
    if len(names) <= MOST_FIGURES:
        size, seen = alt.ExprRef(f"clamp({cell} / 3.1, 9, 13)"), alt.ExprRef(f"{cell} < {LEAST_CELL} ? 0 : 1")
        parts.append(
            drawn.mark_text(color=palette.text, fontSize=size, opacity=seen).encode(
                text=alt.Text("agreement:Q", format=told.strip("+"))
            )
        )
    return alt.layer(*parts, data=values(rows)).properties(height=ROW_HEIGHT * len(names))


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)
