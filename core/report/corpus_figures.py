"""Curves over the rows of a run, each with its band."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.corpus.summary import Curve, Interval, Summary
from core.methods import READABLE
from core.report.curves import SHARES, Line, draw_lines, keys, values_scale
from core.report.numerals import count, percent, value
from core.report.parts import Html, join, table, tag

COHERENCE, FAITHFULNESS = "How far each layer can be read", "Which layer’s order of the words holds up"
RECOVERED, SHARE, PHI, RANDOM = "words recovered", "saliency on words", "faithfulness φ", "random order"


def layer_names(summary: Summary) -> list[str]:
    """(L) `emb`, `1`, `2`, …"""
    return ["emb", *map(str, range(1, summary.n_layers))]


def coherence_figure(summary: Summary) -> Html:
    """Words recovered on the sample, and the share of the saliency on words over all rows."""
    lines = _lines(summary, {RECOVERED: summary.coherence, SHARE: summary.content_share})
    if not lines:
        return Html("")
    how = []
    if summary.coherence is not None:
        lines[0] = Line(lines[0].name, lines[0].values, lines[0].low, lines[0].high, READABLE)
        sample = count(summary.coherence["n"], "text")
        how.append(
            f"Words recovered, on a sample of {sample}: the share of the tokens that the language-model head, reading this layer, names first at "
            f"their own place; the higher, the more a layer’s words can be trusted; hollow points: fewer than half."
        )
    if summary.content_share is not None:
        texts = count(summary.content_share["n"], "text")
        how.append(
            f"Saliency on words, over {texts}: the share of the layer’s saliency that lies on words, not on special tokens such as [CLS]."
        )
    return _figure(COHERENCE, lines, draw_lines(lines, layer_names(summary), SHARES, summary.layer, COHERENCE), how)


def faithfulness_figure(summary: Summary) -> Html:
    """φ of the headline method by layer on the sample, with a random order of the same words."""
    lines = _lines(summary, {PHI: summary.faithfulness, RANDOM: summary.faithfulness_random})
    if summary.faithfulness is None:
        return Html("")
    how = (
        f"On a sample of {count(summary.faithfulness['n'], 'text')}: φ is the probability of the class with only the top words shown, less that "
        "with them hidden, in points from −1 to 1; higher is better, and a layer should be well above the random order."
    )
    picture = draw_lines(lines, layer_names(summary), values_scale(lines, ""), summary.layer, FAITHFULNESS)
    return _figure(FAITHFULNESS, lines, picture, [how])


def numbers(summary: Summary) -> Html:
    """All curves as a table, a row a layer, with their 95 % intervals."""
    shares = [(RECOVERED, summary.coherence), (SHARE, summary.content_share)]
    columns: list[tuple[str, Interval | Curve, Callable[[Any], str]]]
    columns = [(name, found, percent) for name, found in shares if found is not None]
    if summary.log_probability is not None:
        columns.append(("own log-probability, nats", summary.log_probability, lambda number: value(number, "", ".2f")))
    for name, found in ((PHI, summary.faithfulness), (f"φ, {RANDOM}", summary.faithfulness_random)):
        if found is not None:
            columns.append((name, found, lambda number: value(number, "", "+.3f")))
    rows = ([name, *(_told(found, layer, tell) for _, found, tell in columns)] for layer, name in enumerate(layer_names(summary)))
    return table(["layer", *(name for name, _, _ in columns)], rows)


def at(part: float | list[float] | None, layer: int) -> float | None:
    """The value at a layer, of what may be one for all layers."""
    return part[layer] if isinstance(part, list) else part


def _told(found: Interval | Curve, layer: int, tell: Callable[..., str]) -> Html:
    low, high = at(found["low"], layer), at(found["high"], layer)
    ends = "" if low is None else tag("span", f"{tell(low)} to {tell(high)}", class_="ends")
    return join(tell(at(found["mean"], layer)), ends)


def _lines(summary: Summary, found: dict[str, Interval | Curve | None]) -> list[Line]:
    lines = []
    for name, interval in found.items():
        if interval is not None:
            mean, ends = _by_layer(interval["mean"], summary.n_layers), (interval["low"], interval["high"])
            low, high = (None if end is None else _by_layer(end, summary.n_layers) for end in ends)
            lines.append(Line(name, mean, low, high))
    return lines


def _by_layer(values: float | list[float], n_layers: int) -> np.ndarray:
    return np.broadcast_to(np.asarray(values, dtype=float), n_layers)


def _figure(title: str, lines: list[Line], picture: Html, how: list[str]) -> Html:
    caption = tag(
        "figcaption",
        *(tag("span", line) for line in [*how, "Bands: 95 %. ★ and the stripe: the layer recommended for most rows."]),
    )
    return tag("figure", tag("h3", title), keys(lines), picture, caption)
