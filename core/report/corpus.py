"""The report of a corpus run as a file of its own."""

from collections.abc import Sequence

from core.calibration import name_layer
from core.corpus.method_table import MethodTable
from core.corpus.records import RowResult
from core.corpus.store import Manifest
from core.corpus.summary import Summary
from core.labels import REGRESSION
from core.methods import LOGITS, METHODS, OWN_SCALE
from core.report.answers import confusion, is_wide, what_it_said
from core.report.corpus_figures import at, coherence_figure, faithfulness_figure, numbers
from core.report.corpus_limits import limits_of
from core.report.corpus_making import how_made, refused_rows
from core.report.corpus_methods import method_table
from core.report.corpus_people import agreement
from core.report.corpus_words import changing_words, misleading_words, words_by_class, words_by_layer
from core.report.examples import examples
from core.report.method_cards import static_card
from core.report.numerals import count, percent, value
from core.report.page import page
from core.report.parts import Html, bullets, join, note, section, tag

KICKER = "Layer Saliency · report of a corpus"


def to_page(
    summary: Summary, manifest: Manifest, rows: Sequence[RowResult] = (), methods: MethodTable | None = None
) -> Html:
    """A file: counts and accuracy, words by class and layer, curves, refused rows, limits and how it was made.

    `rows`: examples whose words are shown in colour (`examples.pick_rows`). `methods`: their table, where they were compared.
    """
    unit = METHODS[summary.method].unit.replace(LOGITS, OWN_SCALE if manifest.problem_type == REGRESSION else LOGITS)
    return page(
        "Layer Saliency: report of a corpus",
        KICKER,
        tag("h1", "What “", tag("bdi", manifest.model), "” used in ", tag("bdi", manifest.file)),
        _tiles(summary),
        tag(
            "section",
            tag("div", what_it_said(summary), confusion(summary, manifest), class_=None if is_wide(manifest) else "columns"),
        ),
        section("Words by class", words_by_class(summary, summary.layer)),
        section("The same at every layer", words_by_layer(summary)),
        section("Words that change between early and late layers", changing_words(summary)),
        section("Words towards the wrong class", misleading_words(summary)) if summary.misleading else "",
        examples(rows, unit),
        _layers(summary),
        section("Do its words agree with people’s?", agreement(summary)) if summary.plausibility else "",
        section("Methods on a sample", method_table(methods, manifest.problem_type == REGRESSION)) if methods else "",
        section("Rows that could not be used", refused_rows(summary)),
        section("What this can’t tell", bullets(limits_of(summary, manifest))),
        section("How this was made", how_made(summary, manifest)),
        section("The method", tag("div", static_card(summary.method, unit), class_="cards"), class_="whole"),
    )


def _tiles(summary: Summary) -> Html:
    """The figures that one asks for first."""
    right, recovered, phi = summary.accuracy, summary.coherence, summary.faithfulness
    layer, share = summary.layer, {int(layer): rows for layer, rows in summary.layers}.get(summary.layer, 0) / (summary.n_used or 1)
    shown = [
        ("rows analysed", f"{summary.n_used:,}", _of_all(summary)),
        ("right", percent(right["mean"]), f"95 %: {percent(right['low'])} to {percent(right['high'])}") if right else None,
        ("recommended", name_layer(layer), f"for {percent(share)} of the rows"),
        ("words recovered there", percent(at(recovered["mean"], layer)), f"sample of {count(recovered['n'], 'text')}")
        if recovered
        else None,
        ("faithfulness φ there", value(at(phi["mean"], layer), "", "+.2f"), _random(summary)) if phi else None,
    ]
    tiles = (
        tag("div", tag("dt", name), tag("dd", figure), tag("dd", more, class_="note"))
        for name, figure, more in filter(None, shown)
    )
    return tag("dl", *tiles, class_="tiles")


def _of_all(summary: Summary) -> str:
    return f"of {summary.n_rows:,}; {summary.n_refused:,} could not be used" if summary.n_refused else "all that the file has"


def _random(summary: Summary) -> str:
    found = summary.faithfulness_random
    return f"a random order: {value(at(found['mean'], 0), '', '+.2f')}" if found else "points of probability"


def _layers(summary: Summary) -> Html:
    """The curves and their numbers."""
    curves = tag("div", coherence_figure(summary), faithfulness_figure(summary), class_="columns")
    spread = ", ".join(f"{name_layer(layer)} {rows:,}" for layer, rows in summary.layers)
    recommended = note(f"Recommended layer by rows: {spread}.") if len(summary.layers) > 1 else ""
    return section(
        "Layer by layer", curves, recommended, join(tag("h3", "The same in numbers, with 95 % intervals"), numbers(summary))
    )
