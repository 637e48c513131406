"""The words of a text in colour: at one layer, and at every layer. Shared by the report and by what a notebook shows."""

import numpy as np

from core.combine import merge_tokens
from core.markup import legend_to_html, words_to_html
from core.records import LayerReport
from core.report.curves import STAR
from core.report.numerals import count, percent
from core.report.parts import Html, join, tag

MOST_WORDS = 400  # of a text whose every layer is drawn; a longer one shows the layer asked for
TEXT_NAMES = ("First text", "Second text")


def word_scores(report: LayerReport, method: str, rule: str) -> np.ndarray:
    """(L, W) or (1, W) scores of the words."""
    return merge_tokens(report.maps[method].scores, report.tokens, rule)


def strongest(scores: np.ndarray) -> float:
    """The largest magnitude: what has the full colour."""
    return float(np.abs(scores).max(initial=0.0))


def legend(report: LayerReport, method: str, largest: float) -> Html:
    """The colour bar of one map, with its unit at both ends."""
    saliency = report.maps[method]
    return Html(legend_to_html(largest, saliency.unit, saliency.signed, report.prediction.sides))


def coloured_texts(report: LayerReport, scores: np.ndarray, largest: float) -> Html:
    """The words of the text coloured by their scores (W); of a pair, each text under its name, on one scale. An end that was not
    read is left out, and said to be."""
    query, spans = report.query, report.tokens.word_spans
    parts = []
    for name, (start, whole_end) in zip(TEXT_NAMES, query.text_spans):
        end = min([whole_end, *(first for first, last in report.coverage.unread if start <= first and last == whole_end)])
        inside = (spans[:, 0] >= start) & (spans[:, 1] <= end)
        head = "" if query.text_pair is None else tag("p", name, style="margin-bottom:0;font-size:.8em;opacity:.75")
        words = words_to_html(query.joined[start:end], spans[inside] - start, scores[inside], largest or None)
        rest = tag("p", f"… and {count(whole_end - end, 'character')} that were not read.") if end < whole_end else ""
        parts += [head, Html(words), rest]
    return join(*parts)


def recovered_by_layer(report: LayerReport) -> list[float | None]:
    """(L) share of the words that the language-model head names first at their own places; None where there is no head."""
    profile = report.profiles.get("own_top1")
    return [None] * len(report.layer_outputs) if profile is None else profile.values.tolist()


def layer_rows(report: LayerReport, scores: np.ndarray, shown: int, starred: int) -> Html:
    """A table of every layer, deepest first: its name, how many words are recovered there, its words on their own scale. The layer
    `shown` above stands out; a star marks the one recommended."""
    columns = ("layer", "words recovered", "words, each layer on its own scale")
    rows, recovered = [], recovered_by_layer(report)
    for layer in reversed(range(len(scores))):
        name = f"{report.layer_names[layer]}{f' {STAR}' if layer == starred else ''}"
        words = coloured_texts(report, scores[layer], strongest(scores[layer]))
        place = tag("td", tag("span", "layer ", class_="narrow"), name, class_="place")
        read = tag("td", percent(recovered[layer]), tag("span", " of the words recovered", class_="narrow"), class_="read")
        rows.append(tag("tr", place, read, tag("td", words), class_="shown" if layer == shown else None))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in columns)))
    return tag("table", head, tag("tbody", *rows), class_="layers")
