"""Two methods word by word: where they agree and where they tell two stories."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from core.agreement import disagree
from core.combine import normalise
from core.markup import visible
from dashboard.figures.panels import Panels, clip, values
from dashboard.table import Table
from dashboard.theme import Palette

MOST_WORDS = 40
WORD_ROOM, RANK_ROOM = "clamp(0.3 * width, 92, 130)", 72  # px at the left and at the right of the scores
ROW_HEIGHT = 24


def disagreement(
    words: Sequence[str], one: np.ndarray, other: np.ndarray, one_name: str, other_name: str, signed: bool, palette: Palette
) -> Panels:
    """A row for each word in the order of the text: both methods' scores (W), each divided by its own largest magnitude, with a line
    between them as long as they differ. Of more than MOST_WORDS words, those that are most disputed."""
    found = disagree(one, other)
    shares = normalise(one), normalise(other)
    shown = np.sort(found.most_disputed[:MOST_WORDS])
    rows = [
        {
            "place": place,
            "word": clip(visible(words[at]), 16),
            "one": float(shares[0][at]),
            "other": float(shares[1][at]),
            "ranks": f"{found.one_place[at]:g} · {found.other_place[at]:g}",
        }
        for place, at in enumerate(shown.tolist())
    ]
    columns = {one_name: one, other_name: other}
    columns |= {f"{name}, normalised": share for name, share in zip((one_name, other_name), shares)}
    columns |= {f"{one_name}, place": found.one_place, f"{other_name}, place": found.other_place}
    table = tuple((visible(word), *(float(column[i]) for column in columns.values())) for i, word in enumerate(words))
    return Panels((_dumbbells(rows, (one_name, other_name), signed, palette),), Table(("word", *columns), table), width=620)


def _dumbbells(rows: list[dict], names: tuple[str, str], signed: bool, palette: Palette) -> alt.LayerChart:
    y = alt.Y("place:O").axis(None).scale(type="band", paddingInner=0.2)
    place = {
        "range": [alt.ExprRef(WORD_ROOM), alt.ExprRef(f"width - {RANK_ROOM}")],
        "nice": False,
        "domain": [-1.05, 1.05] if signed else [-0.05, 1.05],
    }
    ticks, form = ([-1, -0.5, 0, 0.5, 1], "+.1f") if signed else ([0, 0.5, 1], ".1f")
    axis = alt.Axis(values=ticks, format=form, orient="top", title=None, labelExpr="datum.value === 0 ? '0' : datum.label")
    x, x2 = alt.X("one:Q").scale(**place).axis(axis), alt.X2("other:Q")
    base = alt.Chart().encode(y=y)
    tooltip = [
        alt.Tooltip("word:N"),
        alt.Tooltip("one:Q", format="+.2f", title=names[0]),
        alt.Tooltip("other:Q", format="+.2f", title=names[1]),
        alt.Tooltip("ranks:N", title="places"),
    ]
    line = base.mark_rule(color=palette.muted, strokeWidth=2, opacity=0.65).encode(x=x, x2=x2, tooltip=tooltip)
    first = base.mark_point(size=78, filled=True, color=palette.text, opacity=1).encode(x=x, tooltip=tooltip)
    second = base.mark_point(
        size=64, shape="diamond", fill=palette.surface, stroke=palette.text, strokeWidth=1.8, opacity=1
    ).encode(x=alt.X("other:Q").scale(**place), tooltip=tooltip)
    word = base.mark_text(align="left", color=palette.text, limit=alt.ExprRef(f"{WORD_ROOM} - 8")).encode(
        x=alt.value(0), text="word:N"
    )
    ranks = base.mark_text(align="right", color=palette.muted).encode(x=alt.value("width"), text="ranks:N")
    zero = alt.Chart(values([{"one": 0}])).mark_rule(color=palette.muted, strokeWidth=1).encode(x=x)
    head = alt.TitleParams(
        [f"● {clip(names[0], 44)}", f"◇ {clip(names[1], 44)}"],
        subtitle="divided by the largest score · at the right, places",
        subtitleColor=palette.muted,
        subtitleFontSize=13,
        fontSize=13,
    )
    of_one_table = alt.layer(line, second, first, word, ranks, data=values(rows))  # given last: every change copies the data
    return alt.layer(zero, of_one_table).properties(height=ROW_HEIGHT * max(len(rows), 1), title=head)
