"""Words with their mean share of the saliency: a point each, the 95 % interval as a bar, or a line to a second point."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from core.markup import visible
from dashboard.figures.panels import Panels, clip, values
from dashboard.table import Table
from dashboard.theme import Palette

WORD_ROOM, TEXTS_ROOM = "clamp(0.3 * width, 92, 130)", 44  # px at the left and at the right of the points
ROW_HEIGHT = 24
LEAST_REACH = 0.02  # share on each side of zero that the axis shows at least


@dataclass(frozen=True)
class WordPoint:
    """A word with its figures, shares of a text's saliency with their sign."""

    word: str
    texts: int
    first: float
    """The filled point."""
    low: float | None = None
    """Ends of the bar; None: there is no bar, but a line to `second` if that is there."""
    high: float | None = None
    second: float | None = None
    """The hollow point."""


def word_points(points: Sequence[WordPoint], first: str, second: str | None, numbers: Table, palette: Palette) -> Panels:
    """A row a word, in the order given; `first` and `second` name the filled and the hollow points. `numbers` is what the file holds."""
    rows = [
        {
            "place": place,
            "word": clip(visible(point.word), 16),
            "texts": f"{point.texts:,}",
            "first": point.first,
            "second": point.second,
            "low": point.low if point.low is not None else point.first,
            "high": point.high if point.high is not None else (point.first if point.second is None else point.second),
            "told": _told(point),
        }
        for place, point in enumerate(points)
    ]
    return Panels((_chart(rows, first, second, palette),), numbers, width=620)


def _told(point: WordPoint) -> str:
    return "" if point.low is None else f"{100 * point.low:+.1f} to {100 * point.high:+.1f} %".replace("-", "−")


def _chart(rows: list[dict], first: str, second: str | None, palette: Palette) -> alt.LayerChart:
    y = alt.Y("place:O").axis(None).scale(type="band", paddingInner=0.2)
    ends = [row[name] for row in rows for name in ("first", "second", "low", "high") if row[name] is not None]
    low, high = min([-LEAST_REACH, *ends]), max([LEAST_REACH, *ends])
    room = 0.04 * (high - low)
    place = {
        "range": [alt.ExprRef(WORD_ROOM), alt.ExprRef(f"width - {TEXTS_ROOM}")],
        "nice": False,
        "domain": [low - room, high + room],
    }
    axis = alt.Axis(
        format="+.0%" if high - low > 0.15 else "+.1%",
        tickCount=5,
        orient="top",
        title=None,
        labelExpr="datum.value === 0 ? '0' : datum.label",
    )
    x = alt.X("first:Q").scale(**place).axis(axis)
    tooltip = [alt.Tooltip("word:N"), alt.Tooltip("first:Q", format="+.1%", title=first)]
    tooltip += [] if second is None else [alt.Tooltip("second:Q", format="+.1%", title=second)]
    tooltip += [alt.Tooltip("told:N", title="95 % interval")] if any(row["told"] for row in rows) else []
    tooltip += [alt.Tooltip("texts:N", title="texts")]
    base = alt.Chart().encode(y=y)
    bar = base.mark_rule(color=palette.muted, strokeWidth=3, opacity=0.55, strokeCap="round").encode(
        x=alt.X("low:Q").scale(**place).axis(axis), x2="high:Q", tooltip=tooltip
    )
    point = base.mark_point(size=78, filled=True, color=palette.text, opacity=1).encode(x=x, tooltip=tooltip)
    word = base.mark_text(align="left", color=palette.text, limit=alt.ExprRef(f"{WORD_ROOM} - 8")).encode(
        x=alt.value(0), text="word:N"
    )
    texts = base.mark_text(align="right", color=palette.muted).encode(x=alt.value("width"), text="texts:N")
    parts = [bar]
    if second is not None:
        hollow = base.transform_filter("isValid(datum.second)").mark_point(
            size=64, shape="diamond", fill=palette.surface, stroke=palette.text, strokeWidth=1.8, opacity=1
        )
        parts.append(hollow.encode(x=alt.X("second:Q").scale(**place), tooltip=tooltip))
    zero = alt.Chart(values([{"first": 0}])).mark_rule(color=palette.muted, strokeWidth=1, strokeDash=[3, 3]).encode(x=x)
    names = [f"● {first}", *([] if second is None else [f"◇ {second}"])]
    head = alt.TitleParams(
        names,
        subtitle="share of a text’s saliency · at the right, texts",
        subtitleColor=palette.muted,
        subtitleFontSize=13,
        fontSize=13,
    )
    of_one_table = alt.layer(*parts, point, word, texts, data=values(rows))  # given last: every change copies the data
    return alt.layer(zero, of_one_table).properties(height=ROW_HEIGHT * max(len(rows), 1), title=head)
