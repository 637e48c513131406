"""The curves of one text: how far each layer can be read, and what the model would say if it stopped there."""

from collections.abc import Callable

import numpy as np

from core.labels import MULTI_LABEL
from core.methods import READABLE
from core.records import LayerReport
from core.report.curves import SHARES, Line, draw_lines, keys, values_scale
from core.report.numerals import count, percent, value
from core.report.parts import Html, join, table, tag

COHERENCE, STOPPING = "How far each layer can be read", "What it would say if it stopped at a layer"
SHARE = "How much of the saliency lies on words"  # where there is no head to read with
SHOWN = ("own_top1", "content_share", "embedding_cosine")  # profiles that are shares of 1
MOST_CLASSES = 3  # classes drawn; more lines could not be told apart
OWN_SCALE = "on the model’s own scale"


def coherence_lines(report: LayerReport) -> list[Line]:
    """The profiles that are drawn, the most telling first."""
    profiles = [report.profiles[name] for name in SHOWN if name in report.profiles]
    return [Line(one.label, one.values, hollow_below=READABLE if one.name == "own_top1" else None) for one in profiles]


def stopping_lines(report: LayerReport) -> list[Line]:
    """The class explained, then the others that the last layer finds most likely."""
    outputs, prediction = report.layer_outputs, report.prediction
    others = [c for c in np.argsort(-outputs[-1]).tolist() if c != prediction.target]
    return [Line(prediction.labels[c], outputs[:, c]) for c in [prediction.target, *others][:MOST_CLASSES]]


def coherence_figure(report: LayerReport, star: int | None) -> Html:
    """The curve of coherence with its legend and how to read it."""
    lines = coherence_lines(report)
    meanings = [
        f"{one.label.capitalize()}: {one.meaning}" for one in map(report.profiles.get, SHOWN) if one is not None and one.meaning
    ]
    if "own_top1" in report.profiles:
        how = "The higher the solid line, the more a layer’s words can be trusted; hollow points: fewer than half."
    else:
        how = "This model came without a language-model head, so only the share of the saliency on words is known."
    title = COHERENCE if "own_top1" in report.profiles else SHARE
    return _figure(title, lines, draw_lines(lines, report.layer_names, SHARES, star, title), [how, *meanings], star)


def stopping_figure(report: LayerReport, star: int | None) -> Html:
    """The curve of what the classifier's own head says at each layer, with its legend and how to read it."""
    lines, is_share = stopping_lines(report), report.prediction.is_probability
    scale = SHARES if is_share else values_scale(lines, "")
    kind = "probability of each class" if is_share else f"value {OWN_SCALE}"
    kind = "probability of each label on its own" if report.prediction.problem_type == MULTI_LABEL else kind
    how = f"The classifier’s own output layer put on every layer in turn ({kind}); only the last one is what it was trained for."
    left_out = len(report.prediction.labels) - len(lines)
    how += f" Not drawn: {count(left_out, 'other class', 'other classes')}." if left_out else ""
    return _figure(STOPPING, lines, draw_lines(lines, report.layer_names, scale, star, STOPPING), [how], star)


def _figure(title: str, lines: list[Line], picture: Html, how: list[str], star: int | None) -> Html:
    stripe = [] if star is None else ["★ and the stripe: the layer recommended."]
    caption = tag("figcaption", *(tag("span", sentence) for sentence in [*how, *stripe]))
    return tag("figure", tag("h3", title), keys(lines), picture, caption)


def numbers(report: LayerReport) -> Html:
    """Both curves as a table: a row a layer, a column a line."""
    stopping, is_share = stopping_lines(report), report.prediction.is_probability
    columns: list[tuple[Line, Callable[..., str]]] = [(line, percent) for line in coherence_lines(report)]
    columns += [(line, percent if is_share else value) for line in stopping]
    heads = [line.name for line in coherence_lines(report)]
    heads += [
        join("P(", tag("bdi", line.name), ")") if is_share else join(tag("bdi", line.name), f", {OWN_SCALE}") for line in stopping
    ]
    rows = ([name, *(tell(float(line.values[i])) for line, tell in columns)] for i, name in enumerate(report.layer_names))
    return table(["layer", *heads], rows)
