"""One view as a picture for a slide: the words at one layer, what the model said, the legend. SVG, made here without a browser.

No font is embedded: FONTS names families of one width, and every word is squeezed or stretched to the room it was given, so that
words don't run into each other whatever font is there.
"""

from math import cos, pi, sin

from core.calibration import name_layer
from core.labels import MULTI_LABEL
from core.markup import AGAINST, FOR, MAX_ALPHA
from core.prediction import Prediction
from core.records import LayerReport
from core.report.look import DARK, LIGHT
from core.report.numerals import percent, value
from core.report.parts import Html, join, tag
from core.report.slide_layout import drawable
from core.report.slide_words import draw_words, place
from core.report.type_widths import FONTS, shorten, width
from core.report.words import strongest, word_scores

SIZE = 1600, 900  # px, the shape of a slide
WIDTH, EDGE = 1600, 88  # of the drawing, whatever the size it is shown at; all sizes below are in its units
TITLE, LEAST_TITLE, SMALL, TINY = 50, 32, 26, 21  # type
ABOVE, BELOW = 250, 206  # room over and under the text
MOST_CLASSES = 3
BAR, LEGEND, THICK = 130, 300, 14  # the bar of a class and that of the legend: how long, how thick
MOST_REVISION = 12  # characters of the fingerprint


def slide_svg(
    report: LayerReport, method: str | None = None, layer: int | None = None, rule: str = "sum", dark: bool = False,
    size: tuple[int, int] = SIZE,
) -> Html:  # fmt: skip
    """An SVG of `size` px. Without `method` and `layer`, the headline method and its recommended layer.

    `rule`: how a word's score comes from its pieces, see `combine.RULES`; `dark`: in the dark theme's colours.
    """
    method = method or report.headline
    saliency, choice = report.maps[method], report.choices[method]
    layer = choice.layer if layer is None else layer
    height, colours = WIDTH * size[1] / size[0], DARK if dark else LIGHT
    scores = word_scores(report, method, rule)[layer if saliency.has_layers else 0]
    words = draw_words(report, scores, WIDTH - 2 * EDGE, height - ABOVE - BELOW, colours)
    where = name_layer(layer) if saliency.has_layers else "the whole model"
    title = f"What {where} used for “{drawable(report.prediction.question)}”"
    return tag(
        "svg",
        tag("title", title),
        tag("desc", f"{saliency.label}, in {saliency.unit}. Model: {report.provenance.model}."),
        _gradient(saliency.signed),
        tag("rect", width=WIDTH, height=place(height), fill=colours["surface"]),
        _heading(report, title, method, layer, colours),
        tag("g", words, transform=f"translate({EDGE} {ABOVE})"),
        _legend(report, method, strongest(scores), height - BELOW + 66, colours),
        _foot(report, height - 52, colours),
        xmlns="http://www.w3.org/2000/svg",
        width=size[0],
        height=size[1],
        viewBox=f"0 0 {WIDTH} {place(height)}",
        font_family=FONTS,
        role="img",
    )


def _write(words: str, x: float, y: float, size: float, colour: str, bold: bool = False, anchor: str | None = None) -> Html:
    weight = "700" if bold else None
    return tag("text", words, x=place(x), y=place(y), font_size=place(size), fill=colour, font_weight=weight, text_anchor=anchor)


def _heading(report: LayerReport, title: str, method: str, layer: int, colours: dict[str, str]) -> Html:
    """The title, the method with what is recommended, and what the model said."""
    room = WIDTH - 2 * EDGE
    size = next((size for size in range(TITLE, LEAST_TITLE, -2) if width(title, size, bold=True) <= room), LEAST_TITLE)
    saliency, choice, about = report.maps[method], report.choices[method], report.maps[method].label.capitalize()
    if saliency.has_layers:
        there = f"layer {layer} of {len(report.layer_outputs) - 1}" if layer else "the embedding, before the first layer"
        best = "the layer recommended" if layer == choice.layer else f"recommended is {name_layer(choice.layer)}"
        about += f" · {there} · {best}"
    about = shorten(about, SMALL, room - 40)
    is_starred = saliency.has_layers and layer == choice.layer
    return join(
        _write(shorten(title, size, room, bold=True), EDGE, 108, size, colours["text"], bold=True),
        _write(about, EDGE, 152, SMALL, colours["muted"]),
        _star(EDGE + width(about, SMALL) + 24, 143, 12, colours["muted"]) if is_starred else "",
        _said(report.prediction, 208, colours),
    )


def _star(x: float, y: float, radius: float, colour: str) -> Html:
    """★, drawn: where a font lacks it, the whole line would be set in another."""
    turns = ((radius * (1 if i % 2 == 0 else 0.42), i * pi / 5) for i in range(10))
    return tag("polygon", points=" ".join(f"{x + r * sin(a):.1f},{y - r * cos(a):.1f}" for r, a in turns), fill=colour)


def _said(prediction: Prediction, y: float, colours: dict[str, str]) -> Html:
    """The answer in one line: what the model says in bold, each probability with its bar."""
    kind = {True: "The model says", False: "The model’s value"}[prediction.is_probability]
    x, parts = EDGE + width(kind, SMALL) + 26, [_write(kind, EDGE, y, SMALL, colours["muted"])]
    for index in _told(prediction):
        is_said, share = index in prediction.said, float(prediction.outputs[index])
        name = shorten(drawable(prediction.labels[index]), SMALL, 300, is_said)
        amount = percent(share) if prediction.is_probability else value(share)
        bar = BAR + 14 if prediction.is_probability else 0
        needed = width(name, SMALL, is_said) + width(amount, SMALL) + bar + 12
        if x + needed > WIDTH - EDGE:
            break
        parts.append(_write(name, x, y, SMALL, colours["text"], is_said))
        x += width(name, SMALL, is_said) + 12
        if prediction.is_probability:
            for long, colour in ((BAR, colours["line"]), (max(THICK, BAR * share), colours["muted"])):
                parts.append(tag("rect", x=place(x), y=place(y - 16), width=place(long), height=THICK, rx=7, fill=colour))
            x += bar
        parts.append(_write(amount, x, y, SMALL, colours["text"], is_said))
        x += width(amount, SMALL, is_said) + 40
    return join(*parts)


def _told(prediction: Prediction) -> list[int]:
    """The outputs named: of classes the most probable ones, and the one explained in any case; of values all that have room."""
    if not prediction.is_probability:
        return list(range(len(prediction.labels)))
    ranked = sorted(range(len(prediction.labels)), key=lambda i: -float(prediction.outputs[i]))
    first = ranked[:MOST_CLASSES]
    return first if prediction.target in first else [*first[:-1], prediction.target]


def _gradient(signed: bool) -> Html:
    """The colours of the legend, from its left end to its right one."""
    both = (0, AGAINST, MAX_ALPHA), (0.5, AGAINST, 0), (0.5, FOR, 0), (1, FOR, MAX_ALPHA)
    ends = both if signed else ((0, FOR, 0), (1, FOR, MAX_ALPHA))
    stops = (tag("stop", offset=at, stop_color="rgb({},{},{})".format(*colour), stop_opacity=alpha) for at, colour, alpha in ends)
    return tag("defs", tag("linearGradient", *stops, id="scale"))


def _legend(report: LayerReport, method: str, largest: float, y: float, colours: dict[str, str]) -> Html:
    """The colour bar between its two ends, the unit, and how the colours are read."""
    saliency, (low, high) = report.maps[method], report.prediction.sides
    left, right = (f"{low} −{largest:.2g}", f"{high} +{largest:.2g}") if saliency.signed else ("0", f"{largest:.2g}")
    x = EDGE + width(left, SMALL) + 18
    after = x + LEGEND + 18
    scale = f"{right}, in {saliency.unit}"
    return join(
        tag("line", x1=EDGE, x2=WIDTH - EDGE, y1=place(y - 50), y2=place(y - 50), stroke=colours["line"], stroke_width=2),
        _write(left, EDGE, y, SMALL, colours["text"]),
        tag("rect", x=place(x), y=place(y - 19), width=LEGEND, height=22, rx=6, fill="url(#scale)", stroke=colours["line"]),
        _write(scale, after, y, SMALL, colours["text"]),
        _write(_reading(report.prediction, saliency.signed), EDGE, y + 42, TINY, colours["muted"]),
    )


def _reading(prediction: Prediction, signed: bool) -> str:
    """How the colours are read, in a line."""
    if not signed:
        return "The deeper the colour of a word, the more it matters; this method does not tell which way."
    noun = "label" if prediction.problem_type == MULTI_LABEL else "class"
    does = (f"speaks for the {noun}", "against it") if prediction.is_probability else ("raises the value", "lowers it")
    return f"Orange, solid line: the word {does[0]}. Blue, dotted line: {does[1]}. The deeper the colour, the more."


def _foot(report: LayerReport, y: float, colours: dict[str, str]) -> Html:
    """Which model said it, and which tool drew it."""
    made, tool = report.provenance, "Layer Saliency"
    model = f"Model: {drawable(made.model)} · weights {made.revision[:MOST_REVISION]}"
    model = shorten(model, TINY, WIDTH - 2 * EDGE - width(tool, TINY) - 40)
    return join(
        _write(model, EDGE, y, TINY, colours["muted"]), _write(tool, WIDTH - EDGE, y, TINY, colours["muted"], anchor="end")
    )
