"""What the labels say against what the model says: a table of counts, the deeper the larger the share of its row."""

from collections.abc import Sequence

import altair as alt

from core.markup import visible
from dashboard.figures.panels import Panels, clip, values
from dashboard.table import Table
from dashboard.theme import Palette

MOST_FIGURES = 14  # classes up to which numbers stand in the cells
ROW_HEIGHT, LEAST_HEIGHT = 46, 26
LEAST_CELL = 34  # px: in narrower cells no count could be read
DENSEST = 0.42  # opacity of the deepest cell: the text on it stays legible


def confusion(
    counts: Sequence[Sequence[int]], labels: Sequence[str], classes: Sequence[str], right: Sequence[int | None], palette: Palette
) -> Panels:
    """`counts` (R, C) of rows by label (R) and predicted class (C). `right` (R): the column that is right for a label, None: in none.
    Right cells have a frame."""
    y_names, x_names = _distinct(labels), _distinct(classes)
    rows = []
    for at, line in enumerate(counts):
        total = sum(line)
        for column, n in enumerate(line):
            share = n / total if total else 0.0
            told = f"{n:,}" if not n else f"{n:,} · {100 * share:.0f} %"
            rows.append(
                {
                    "label": y_names[at],
                    "class": x_names[column],
                    "n": n,
                    "share": share,
                    "told": told,
                    "right": right[at] == column,
                }
            )
    table = Table(
        ("label", *map(str, classes), "rows"),
        tuple((label, *map(int, line), int(sum(line))) for label, line in zip(labels, counts)),
    )
    return Panels((_square(rows, y_names, x_names, palette),), table, width=max(360, 110 * len(classes)))


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as they can be drawn, each unlike the others."""
    found: list[str] = []
    for name in names:
        shown = base = clip(visible(name), 28) or "(empty)"
        number = 2
        while shown in found:
            shown, number = f"{base} ({number})", number + 1
        found.append(shown)
    return found


def _square(rows: list[dict], labels: list[str], classes: list[str], palette: Palette) -> alt.LayerChart:
    x = alt.X("class:N").sort(classes).scale(paddingInner=0.05)
    slant = {"labelAngle": 0} if len(classes) <= 6 else {"labelAngle": -50, "labelAlign": "left"}
    x = x.axis(title="the model says", titleAnchor="start", orient="top", labelLimit=180, labelOverlap=False, **slant)
    y = alt.Y("label:N").sort(labels).scale(paddingInner=0.06).axis(title=None, labelLimit=150, labelOverlap=False)
    tooltip = [
        alt.Tooltip("label:N"),
        alt.Tooltip("class:N", title="the model says"),
        alt.Tooltip("n:Q", format=",", title="rows"),
        alt.Tooltip("share:Q", format=".1%", title="of this label"),
    ]
    base = alt.Chart().encode(x=x, y=y)
    depth = alt.Opacity("share:Q").scale(domain=[0, 1], range=[0, DENSEST]).legend(None)
    frame = alt.when(alt.datum.right).then(alt.value(palette.text)).otherwise(alt.value(palette.line))
    wide = alt.when(alt.datum.right).then(alt.value(1.6)).otherwise(alt.value(1))
    parts = [
        base.mark_rect(cornerRadius=4, color=palette.muted).encode(opacity=depth),
        base.mark_rect(cornerRadius=4, fill="transparent").encode(stroke=frame, strokeWidth=wide, tooltip=tooltip),
    ]
    if len(classes) <= MOST_FIGURES:
        cell = f"width / {max(len(classes), 1)}"
        size, seen = alt.ExprRef(f"clamp({cell} / 6, 10, 14)"), alt.ExprRef(f"{cell} < {LEAST_CELL} ? 0 : 1")
        parts.append(base.mark_text(color=palette.text, fontSize=size, opacity=seen).encode(text="told:N"))
    height = ROW_HEIGHT if len(labels) <= MOST_FIGURES else LEAST_HEIGHT
    return alt.layer(*parts, data=values(rows)).properties(height=height * max(1, len(labels)))
