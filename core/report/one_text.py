"""The report of one text as a file of its own."""

from collections import Counter, defaultdict

import numpy as np

from core.calibration import name_layer
from core.combine import RULES
from core.labels import MULTI_LABEL
from core.methods import METHODS
from core.prediction import Prediction
from core.records import LayerReport
from core.report.curves import STAR
from core.report.figures import coherence_figure, numbers, stopping_figure
from core.report.limits import limits_of
from core.report.making import how_made, what_was_read
from core.report.method_cards import method_cards, sign_of
from core.report.numerals import count, duration, percent, value
from core.report.page import page
from core.report.parts import Html, bullets, facts, join, note, section, table, tag
from core.report.words import MOST_WORDS, coloured_texts, layer_rows, legend, strongest, word_scores

KICKER = "Layer Saliency · report of one text"
MOST_CLASSES = 12  # of the answer, most likely first
MOST_RANKED = 10  # words in the list of the strongest
LONGEST_WORD = 80  # characters of one there


def to_page(report: LayerReport, method: str | None = None, layer: int | None = None, rule: str = "sum") -> Html:
    """A file: answer, words at one layer and at every layer, curves, method cards, limits, and how it was made.

    `method` and `layer` are shown first; without them the headline method and its recommended layer. `rule`: see `combine.RULES`.
    """
    method = method or report.headline
    layer = report.choices[method].layer if layer is None else layer
    star = report.choices[method].layer if report.maps[method].has_layers else None
    others = [name for name in report.maps if METHODS[name].on_demand and name != method]
    title = join("What ", _where(report, method, layer), " used for ", _question(report.prediction))
    return page(
        "Layer Saliency: report of one text",
        KICKER,
        tag("h1", title),
        _hero(report, method, layer, rule),
        tag("section", tag("div", _answer(report), _strongest_words(report, method, layer, rule), class_="columns")),
        _every_layer(report, method, layer, rule),
        section(
            "Layer by layer",
            tag("div", coherence_figure(report, star), stopping_figure(report, star), class_="columns"),
            tag("h3", "The same in numbers"),
            numbers(report),
        ),
        *(_other_map(report, name, rule) for name in others),
        section("What was not read", what_was_read(report)),
        section("What this can’t tell", bullets(limits_of(report, method, layer))),
        section("How this was made", how_made(report)),
        section("The methods", _methods_note(report, [method, *others], rule), method_cards(report, method), class_="new-page"),
    )


def _question(prediction: Prediction) -> Html:
    """What is explained; names of classes are isolated, as they may hold characters that turn the direction."""
    target, against = prediction.target, prediction.against
    rather = [] if against is None else [" rather than “", tag("bdi", prediction.labels[against]), "”"]
    return join("“", tag("bdi", prediction.labels[target]), "”", *rather)


def _where(report: LayerReport, method: str, layer: int) -> str:
    return name_layer(layer) if report.maps[method].has_layers else "the whole model"


def _hero(report: LayerReport, method: str, layer: int, rule: str) -> Html:
    """The words at the layer shown, the legend, and why this layer."""
    saliency, choice = report.maps[method], report.choices[method]
    scores = word_scores(report, method, rule)[layer if saliency.has_layers else 0]
    lead = f"{STAR} Recommended. " if layer == choice.layer else f"Recommended is {name_layer(choice.layer)}, not this one. "
    return join(
        tag("div", coloured_texts(report, scores, strongest(scores)), class_="words"),
        tag("div", legend(report, method, strongest(scores)), class_="legend"),
        note(f"{saliency.label.capitalize()}. {_colours(report.prediction, saliency.signed)} {_not_read(report)}"),
        tag("p", f"{lead if saliency.has_layers else ''}{choice.reason}", class_="lead"),
    )


def _colours(prediction: Prediction, signed: bool) -> str:
    """How coloured words are to be read."""
    if not signed:
        return "The deeper the colour of a word, the more it matters; the map does not tell which way."
    for_it, against = ("speaks for the class", "against it") if prediction.is_probability else ("raises the value", "lowers it")
    return f"Orange with a solid line {for_it}, blue with a dotted line {against}; the deeper the colour, the more."


def _not_read(report: LayerReport) -> str:
    return "" if not report.coverage.unread else f"Only {percent(report.coverage.share)} of it was read; see “What was not read”."


def _strongest_words(report: LayerReport, method: str, layer: int, rule: str) -> Html:
    """The words of the largest magnitude at the layer shown, with their scores; the same word at several places is one row."""
    saliency = report.maps[method]
    scores = word_scores(report, method, rule)[layer if saliency.has_layers else 0].astype(float)
    sums: defaultdict[str, float] = defaultdict(float)
    times: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for word, score in zip(report.word_texts, scores.tolist()):
        sums[word.casefold()] += score
        times[word.casefold()] += 1
        spelled.setdefault(word.casefold(), word)
    total, is_repeated = sum(map(abs, sums.values())), any(n > 1 for n in times.values())
    rows = []
    for word in sorted(sums, key=lambda word: -abs(sums[word]))[:MOST_RANKED]:
        often = [f"{times[word]} ×"] if is_repeated else []
        share = percent(abs(sums[word]) / total if total else 0.0)
        rows.append(
            (
                tag("bdi", _clipped(spelled[word]), class_="word"),
                *often,
                value(sums[word], "", "+.3f" if saliency.signed else ".3f"),
                share,
            )
        )
    columns = ("word", *(["times"] if is_repeated else []), f"score, {saliency.unit}", "share of all")
    how = f"{len(rows)} of {count(len(sums), 'different word')}, by magnitude. Share of all: of the sum of all words’ magnitudes."
    how += " Of a word that stands several times, the scores are added up." if is_repeated else ""
    return tag("div", tag("h2", "The strongest words"), table(columns, rows), note(how))


def _clipped(word: str) -> str:
    return word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD - 1] + "…"


def _answer(report: LayerReport) -> Html:
    """A bar for each output, then what was asked and what it cost."""
    prediction, made = report.prediction, report.provenance
    shown = (
        np.argsort(-prediction.outputs, kind="stable")[:MOST_CLASSES].tolist()
        if prediction.is_probability
        else range(len(prediction.labels))
    )
    bars = tag("div", *(_bar(prediction, i) for i in shown), class_="bars")
    left = len(prediction.labels) - len(shown)
    rest = note(f"{count(left, 'less likely class', 'less likely classes')} not shown.") if left else ""
    spent = duration(sum(made.seconds.values()))
    about = facts((
        ("Explained", _question(prediction)),
        ("Model", made.model),
        ("Weights", tag("code", made.revision)),
        ("Read", f"{count(len(report.word_texts), 'word')}, {'all of the text' if not report.coverage.unread else f'{percent(report.coverage.share)} of the text'}"),
        ("Cost", f"{count(made.rows, 'row')} of forward and backward passes, {spent}"),
    ))  # fmt: skip
    return tag("div", tag("h2", "What the model says"), bars, rest, note(_about_outputs(prediction)), about)


def _bar(prediction: Prediction, i: int) -> Html:
    is_share = prediction.is_probability
    amount = percent(float(prediction.outputs[i])) if is_share else value(float(prediction.outputs[i]))
    width = 100 * float(prediction.outputs[i]) if is_share else 0.0
    bar = tag("span", tag("i", style=f"width:{width:.1f}%"), class_="bar") if is_share else tag("span")
    return join(
        tag("bdi", prediction.labels[i], class_="said" if i in prediction.said else None),
        bar,
        tag("span", amount, class_="amount"),
    )


def _about_outputs(prediction: Prediction) -> str:
    if not prediction.is_probability:
        return "Values on the model’s own scale, not probabilities."
    if prediction.problem_type == MULTI_LABEL:
        return "Probability of each label on its own: they need not add up to 100 %. In bold: what the model says."
    return "Probability of each class; together 100 %. In bold: what the model says."


def _every_layer(report: LayerReport, method: str, layer: int, rule: str) -> Html:
    """The words at all layer states, or why they aren't drawn."""
    saliency, title = report.maps[method], "Every layer at once"
    if not saliency.has_layers:
        return section(title, note("This method has one row for the whole model, shown above."))
    if len(report.word_texts) > MOST_WORDS:
        return section(
            title,
            note(
                f"The text has {len(report.word_texts):,} words; up to {MOST_WORDS} every layer is drawn. The JSON holds them all."
            ),
        )
    how = f"{sign_of(report.prediction, saliency)} The deepest layer stands at the top; the embedding, which only knows single words, at the bottom."
    scores = word_scores(report, method, rule)
    return section(
        title, note(f"{how} {STAR} marks the layer recommended."), layer_rows(report, scores, layer, report.choices[method].layer)
    )


def _other_map(report: LayerReport, name: str, rule: str) -> Html:
    """A map on demand that the report holds besides, at its own recommended layer."""
    saliency, choice = report.maps[name], report.choices[name]
    scores = word_scores(report, name, rule)[choice.layer if saliency.has_layers else 0]
    return section(
        f"{saliency.label.capitalize()}, {_where(report, name, choice.layer)}",
        tag("div", coloured_texts(report, scores, strongest(scores)), class_="words"),
        tag("div", legend(report, name, strongest(scores)), class_="legend"),
        note(f"{METHODS[name].explanation} {_colours(report.prediction, saliency.signed)}"),
        tag("p", choice.reason),
    )


def _methods_note(report: LayerReport, drawn: list[str], rule: str) -> Html:
    names = ", ".join(report.maps[name].label for name in drawn)
    rest = " The others come with the same pass; their scores stand in the report’s JSON and Parquet."
    return join(
        note(f"Drawn above: {names}.{rest if len(report.maps) > len(drawn) else ''}"),
        note(
            "y is the logit explained (of a regression, the value), h_i^l the state of layer l at position i, g_i^l = ∂y/∂h_i^l, "
            "r_i^l = ⟨g_i^l, h_i^l⟩, W what the language-model head reads at i of the text’s own tokens, e word embeddings. "
            f"{RULES[rule]}"
        ),
    )
