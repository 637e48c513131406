"""A report as the small piece of HTML that a notebook shows: its styles stand in the elements, for a notebook brings its own."""

import numpy as np

from core.methods import METHODS
from core.prediction import Prediction
from core.records import LayerReport
from core.report.parts import Html, join, tag
from core.report.words import MOST_WORDS, coloured_texts, legend, recovered_by_layer, strongest, word_scores


def to_html(report: LayerReport, method: str | None = None, layer: int | None = None, rule: str = "sum") -> Html:
    """Prediction, one method's words at one layer and at every layer, then each map on demand that the report holds besides,
    at its own recommended layer; and how it was all made."""
    method = method or report.headline
    made, prediction = report.provenance, report.prediction
    layer = report.choices[method].layer if layer is None else layer
    read = "text" if report.query.text_pair is None else "two texts"
    rows = f"{made.rows} forward and backward rows, {sum(made.seconds.values()) * 1000:.0f} ms"
    others = [name for name in report.maps if METHODS[name].on_demand and name != method]
    return tag(
        "section",
        tag("p", _said(prediction), " · words for ", tag("b", prediction.question)),
        _map(report, method, layer, rule),
        *(_map(report, name, report.choices[name].layer, rule) for name in others),
        tag(
            "p",
            f"Read: {report.coverage.share:.0%} of the {read}. Model {made.model}, revision {made.revision}, ",
            f"{made.dtype} on {made.device}, {rows}.",
        ),
        style="font-family:Georgia,serif;max-width:60em",
    )


def _map(report: LayerReport, method: str, layer: int, rule: str) -> Html:
    """One method: its words at one layer, its legend, every layer, and how it is computed."""
    saliency = report.maps[method]
    scores = word_scores(report, method, rule)
    shown = scores[layer if saliency.has_layers else 0]
    where = f"layer {report.layer_names[layer]}, " if saliency.has_layers else ""
    return join(
        tag("p", where, saliency.label),
        coloured_texts(report, shown, strongest(shown)),
        legend(report, method, strongest(shown)),
        _layers(report, scores) if saliency.has_layers and len(report.word_texts) <= MOST_WORDS else "",
        tag(
            "p",
            METHODS[method].explanation,
            " ",
            tag("code", saliency.formula),
            f", {saliency.source}.",
            tag("br"),
            report.choices[method].reason,
        ),
    )


def _said(prediction: Prediction) -> Html:
    """What the classifier says, in bold with its figures."""
    said = join(*(join(tag("b", prediction.labels[i]), " ", prediction.tell(i)) for i in prediction.said), between=", ")
    return said if prediction.is_probability else join(said, " (on the model’s own scale)")


def _layers(report: LayerReport, scores: np.ndarray) -> Html:
    """A table of every layer, deepest first: its name, how many words are recovered there, its words on their own scale."""
    rows, recovered = [], recovered_by_layer(report)
    for layer in reversed(range(len(scores))):
        read = "–" if recovered[layer] is None else f"{recovered[layer]:.0%}"
        words = coloured_texts(report, scores[layer], strongest(scores[layer]))
        rows.append(tag("tr", tag("td", report.layer_names[layer]), tag("td", read), tag("td", words)))
    head = tag("tr", tag("th", "layer"), tag("th", "words recovered"), tag("th", "words, each layer on its own scale"))
    return tag("table", head, *rows, style="font-size:.85em;text-align:left")
