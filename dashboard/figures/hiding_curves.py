"""The hiding and the revealing game of every method: the share of the words against what the model still says."""

from collections.abc import Mapping
from textwrap import wrap

import altair as alt
import numpy as np

from core.comparison import Game
from core.prediction import Prediction
from dashboard.figures.panels import AXIS_ROOM, Panels, clip, spread, values
from dashboard.table import Table
from dashboard.theme import Palette

HIDE, REVEAL = "Hide the top words", "Show only the top words"
LABEL_ROOM = "clamp(0.36 * width, 104, 164)"  # px at the right for the names of the two lines that stand out
NAME_WIDTH = 16  # characters in a line of such a name
HEIGHT = 260


def hiding_curves(
    games: Mapping[str, Game], labels: Mapping[str, str], chosen: str, floor: str, prediction: Prediction, palette: Palette
) -> Panels:
    """Two panels, a line for each method of `games` (method → game); `labels` are their names. The `chosen` one is solid, the `floor`
    (random) dashed, both named at their ends; the others are thin, and stand out under the pointer."""
    curves = {HIDE: {}, REVEAL: {}}
    for name, game in games.items():
        curves[HIDE][name] = np.concatenate([[game.whole], game.hide])
        curves[REVEAL][name] = np.concatenate([[game.empty], game.reveal])
    shares = np.concatenate([[0.0], next(iter(games.values())).fractions]) if games else np.zeros(1)
    domain = (0.0, 1.0) if prediction.is_probability else _range(curves)
    charts = [_panel(game, lines, labels, shares, domain, (chosen, floor), prediction, palette) for game, lines in curves.items()]
    return Panels(tuple(charts), _numbers(curves, labels, shares))


def _panel(game, lines, labels, shares, domain, named, prediction, palette) -> alt.LayerChart:
    chosen, floor = named
    kind = {chosen: "chosen", floor: "floor"}
    rows = [
        {"method": labels[name], "kind": kind.get(name, "other"), "share": float(x), "says": float(y)}
        for name, line in lines.items()
        for x, y in zip(shares, line)
    ]
    told = ".1%" if prediction.is_probability else ".4~g"
    width = alt.ExprRef(f"width - {LABEL_ROOM}")
    x = alt.X("share:Q").scale(domain=[0, float(shares[-1])], range=[0, width], nice=False)
    x = x.axis(
        values=shares.tolist(), format=".0%", title="share of the words", labelOverlap="greedy", grid=False, titleAnchor="start"
    )
    y = alt.Y("says:Q").scale(domain=list(domain), nice=False)
    y = y.axis(
        format=".0%" if prediction.is_probability else ".3~g", title=None, tickCount=5, minExtent=AXIS_ROOM, maxExtent=AXIS_ROOM
    )
    over = alt.selection_point(
        name=f"over_{game.split()[0].lower()}", fields=["method"], on="pointerover", clear="pointerout", nearest=True, empty=False
    )
    base = alt.Chart().encode(x=x, y=y, detail="method:N")
    style = _style(over, palette)
    tooltip = [
        alt.Tooltip("method:N", title="method"),
        alt.Tooltip("share:Q", format=".0%", title="share of the words"),
        alt.Tooltip("says:Q", format=told, title=clip(prediction.labels[prediction.target], 40)),
    ]
    points = base.mark_point(filled=True, size=46, color=palette.text).encode(
        opacity=alt.when(over).then(alt.value(1)).otherwise(alt.value(0)), tooltip=tooltip
    )
    head = alt.TitleParams(game, subtitle=_said(prediction), subtitleColor=palette.muted, subtitleFontSize=13)
    drawn = [base.transform_filter(alt.datum.kind == name).mark_line(**mark).encode(**how) for name, (mark, how) in style.items()]
    ends = _end_names(lines, labels, named, float(shares[-1]), domain, x, palette)
    of_one_table = alt.layer(*drawn, points.add_params(over), data=values(rows))  # given last: every change copies the data
    return alt.layer(of_one_table, *ends).properties(height=HEIGHT, title=head)


def _style(over, palette: Palette) -> dict[str, tuple[dict, dict]]:
    """Kind of line → mark and what the pointer changes; what is drawn later lies on top."""
    strong = {"strokeWidth": alt.when(over).then(alt.value(2.6)).otherwise(alt.value(1.1))}
    seen = {"opacity": alt.when(over).then(alt.value(1)).otherwise(alt.value(0.38))}
    return {
        "other": ({"color": palette.muted}, strong | seen),
        "floor": ({"color": palette.muted, "strokeWidth": 2.4, "strokeDash": [6, 4]}, {}),
        "chosen": ({"color": palette.text, "strokeWidth": 3.2}, {}),
    }


def _end_names(lines, labels, named, last, domain, x, palette) -> list[alt.Chart]:
    """The names of the two lines that stand out, at their ends and never on one another."""
    low, high = domain
    ends = {name: float(lines[name][-1]) for name in dict.fromkeys(named) if name in lines}
    room = alt.ExprRef(f"{LABEL_ROOM} - 9")
    places = spread(ends, 0.14 * (high - low), low, high)
    return [
        alt.Chart(values([{"share": last, "says": place, "name": "\n".join(wrap(clip(labels[name], 40), NAME_WIDTH))}]))
        .mark_text(
            align="left",
            dx=9,
            limit=room,
            baseline="middle",
            lineBreak="\n",
            color=palette.text if name == named[0] else palette.muted,
            fontWeight=600 if name == named[0] else 400,
        )
        .encode(x=x, y=alt.Y("says:Q"), text="name:N")
        for name, place in places.items()
    ]


def _said(prediction: Prediction) -> str:
    label = clip(prediction.labels[prediction.target], 40)
    return f"probability of “{label}”" if prediction.is_probability else f"value of “{label}”"


def _range(curves) -> tuple[float, float]:
    every = np.concatenate([line for lines in curves.values() for line in lines.values()] or [np.zeros(1)])
    room = 0.06 * (every.max() - every.min()) or 1.0
    return float(every.min() - room), float(every.max() + room)


def _numbers(curves, labels, shares) -> Table:
    rows = [
        (labels[name], game, float(x), float(y))
        for game, lines in curves.items()
        for name, line in lines.items()
        for x, y in zip(shares, line)
    ]
    return Table(("method", "game", "share of the words", "output of the class"), tuple(rows))
