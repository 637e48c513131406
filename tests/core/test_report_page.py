"""The report of one text as a file: whole, escaped, and asking nobody for anything."""

import dataclasses
import json
import re

import numpy as np
import pytest

from core.errors import ReportError
from core.export import from_json, to_json
from core.labels import MULTI_LABEL
from core.methods import METHODS, ON_DEMAND
from core.pipeline import analyse
from core.records import LayerReport, Query, Settings
from core.report import look, numerals
from core.report.curves import SHARES, Line, draw_lines, values_scale
from core.report.one_text import to_page
from dashboard import theme
from tests.core.html_page import EVIL, REQUESTING, Page, with_text_everywhere
from tests.families import TEXT

HOSTILE = EVIL + " \x00 \u202edreadful\u2067 \ud800 </style></title><!-- ]]> \x1b[0m"


@pytest.fixture(scope="module")
def report(classifier_of) -> LayerReport:
    return analyse(
        classifier_of("bert"), Query("tiny", TEXT, "positive", "neutral", Settings(methods=ON_DEMAND, expected_embedding=True))
    )


@pytest.fixture(scope="module")
def plain(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", TEXT))


def _harmless(html: str) -> Page:
    """The page taken apart: no script, no request, no handler; it must be storable as UTF-8, too."""
    page = Page(html.encode("utf-8").decode())
    assert not set(page.tags) & {"script", "img", "iframe", "link", "object", "embed", "form", "base", "a", "video", "audio"}
    assert not {name for name, _ in page.attributes} & REQUESTING
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "url(" not in html and "@import" not in html and "http://" not in html
    return page


def test_a_report_is_one_file_that_asks_nobody(report):
    html = to_page(report)
    page = _harmless(html)
    assert html.startswith("<!doctype html>") and ("charset", "utf-8") in page.attributes and page.tags.count("style") == 1
    policy = next(value for name, value in page.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "@media print" in html and "prefers-color-scheme: dark" in html


def test_a_report_says_everything_that_one_needs(report):
    text = Page(to_page(report)).text
    made, settings = report.provenance, report.query.settings
    assert TEXT in text and "What the model says" in text and report.choice.reason in text
    for wanted in (made.model, made.revision, made.lm_head, made.device, made.dtype, *made.versions.values(), *settings.methods):
        assert wanted in text
    for label, share in zip(report.prediction.labels, report.prediction.outputs):
        assert label in text and f"{100 * share:.1f} %" in text
    for name in ("own_top1", "content_share", "embedding_cosine"):
        assert report.profiles[name].label in text
    assert "“positive” rather than “neutral”" in text and "A contrast explains the difference" in text
    assert all(str(one.seed) in text for one in report.maps.values() if one.seed is not None)


def test_every_map_has_its_card_and_those_on_demand_their_words(report, plain):
    page = Page(to_page(report))
    for name, saliency in report.maps.items():
        for wanted in (saliency.label, saliency.formula, saliency.source, METHODS[name].explanation):
            assert wanted in page.text
    assert page.text.count(TEXT) == 1 + len(report.layer_outputs) + len(ON_DEMAND)
    assert Page(to_page(plain)).text.count(TEXT) == 1 + len(plain.layer_outputs)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_layer_makes_a_report(report, method):
    for layer in range(len(report.maps[method].scores)):
        page = _harmless(to_page(report, method, layer))
        where = "the whole model" if not report.maps[method].has_layers else f"layer {layer}" if layer else "the embedding"
        assert f"What {where} used for" in page.text
        is_recommended = layer == report.choices[method].layer
        assert ("★ Recommended." in page.text) == (is_recommended and report.maps[method].has_layers)


def test_without_a_choice_the_recommended_layer_is_shown(report):
    assert (
        to_page(report)
        == to_page(report, "decoded", report.choice.layer)
        != to_page(report, "decoded", (report.choice.layer + 1) % 2)
    )


@pytest.mark.parametrize("pair", [None, "\u0301c Second, <b>superb</b> \ud83d"])
def test_hostile_texts_stay_texts(pair, classifier_of):
    made = analyse(classifier_of("bert"), Query("tiny", HOSTILE, text_pair=pair))
    page = _harmless(to_page(made))
    assert EVIL in page.text and "\x00" not in page.text and "\x1b" not in page.text
    if pair:
        assert "Second, <b>superb</b>" in page.text and page.text.count("First text") == 1 + len(made.layer_outputs)


@pytest.mark.parametrize("label", ["positive", "good\u202e"])
def test_direction_of_hidden_characters_does_not_leak(label, classifier_of):
    made = analyse(classifier_of("bert"), Query("tiny", "a \u202edreadful plot \u2067far too long"))
    labels = tuple(label if name == "positive" else name for name in made.prediction.labels)
    page = Page(to_page(dataclasses.replace(made, prediction=dataclasses.replace(made.prediction, labels=labels))))
    assert label in page.text
    assert not set(page.outside) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_no_field_of_a_hostile_file_reaches_a_report_unescaped(classifier_of):
    state = json.loads(
        to_json(analyse(classifier_of("bert"), Query("tiny", "superb film", settings=Settings(methods=("faithful",)))))
    )
    n_accepted = 0
    for changed in with_text_everywhere(state, "</style><script>alert(1)</script>\"'"):
        try:
            report = from_json(json.dumps(changed))
        except ReportError:
            continue
        n_accepted += 1
        html = to_page(report)
        assert "<script" not in html and html.count("</style>") == 1 and "\"'" not in html.split("</style>")[1]
    assert n_accepted > 20


def test_what_was_not_read_is_said_and_not_shown(variant_of):
    made = analyse(variant_of("bert"), Query("tiny", TEXT * 30, text_pair=TEXT * 20, settings=Settings(max_windows=2)))
    page = Page(to_page(made))
    assert (
        len(made.coverage.unread) == 2
        and f"{made.coverage.characters_read:,} of {made.coverage.characters:,} characters" in page.text
    )
    (first, first_end), (second, second_end) = made.coverage.unread
    shift = made.query.text_spans[1][0]
    assert f"characters {first + 1:,} to {first_end:,} of the first text" in page.text
    assert f"characters {second - shift + 1:,} to {second_end - shift:,} of the second text" in page.text
    assert f"… and {first_end - first:,} characters that were not read." in page.text
    assert made.query.text not in page.text and made.query.text[:first] in page.text
    assert "2 windows" in page.text


def test_a_text_that_was_read_whole_says_so(plain):
    assert f"Nothing was left out: the model read all {len(TEXT)} characters" in Page(to_page(plain)).text


def test_the_strongest_words_are_told_with_their_sums(plain):
    scores = np.zeros_like(plain.maps["decoded"].scores)
    word = plain.word_texts.index("superb")
    scores[:, plain.tokens.word_of == word] = -2.0 / (plain.tokens.word_of == word).sum()
    maps = plain.maps | {"decoded": dataclasses.replace(plain.maps["decoded"], scores=scores)}
    text = Page(to_page(dataclasses.replace(plain, maps=maps))).text
    assert "superb1 ×−2.000100 %" in text.replace("\n", "")


def test_a_word_that_stands_twice_is_one_row(classifier_of):
    made = analyse(classifier_of("bert"), Query("tiny", "superb film, Superb film"))
    text = Page(to_page(made)).text
    assert len(re.findall("superb2 ×", text)) == 1 and "the scores are added up" in text


def test_a_regression_speaks_of_no_probability(variant_of):
    made = analyse(variant_of("bert", ("LABEL_0",), None), Query("tiny", TEXT))
    text = Page(to_page(made)).text
    assert "not probabilities" in text and "raises the value" in text and "Probability" not in text
    assert "logit" not in text.split("The methods")[0].replace("logits", "") or "on the model’s own scale" in text


def test_labels_that_need_not_add_up_say_so(variant_of):
    made = analyse(variant_of("bert", ("joy", "anger", "surprise"), MULTI_LABEL), Query("tiny", TEXT))
    assert "need not add up to 100 %" in Page(to_page(made)).text


def test_a_model_without_a_head_says_what_is_missing(classifier_of):
    made = analyse(classifier_of("bert-headless"), Query("tiny", TEXT))
    page = Page(to_page(made))
    assert "came without a language-model head" in page.text and "words recovered" in page.text and "–" in page.text


def test_a_long_text_shows_the_layer_asked_for_alone(classifier_of, monkeypatch):
    monkeypatch.setattr("core.report.one_text.MOST_WORDS", 3)
    made = analyse(classifier_of("bert"), Query("tiny", TEXT))
    text = Page(to_page(made)).text
    assert text.count(TEXT) == 1 and "up to 3 every layer is drawn" in text


def test_numbers_that_are_none_are_dashes(plain):
    profiles = {name: dataclasses.replace(one, values=np.full_like(one.values, np.nan)) for name, one in plain.profiles.items()}
    html = to_page(dataclasses.replace(plain, profiles=profiles))
    assert "nan" not in html.lower().replace("finance", "")


def test_a_report_is_made_twice_the_same_and_leaves_the_record_alone(report):
    before = to_json(report)
    assert to_page(report) == to_page(from_json(before)) and to_json(report) == before


def test_reports_and_pages_have_the_same_colours_and_type():
    for ours, theirs in ((look.LIGHT, theme.LIGHT), (look.DARK, theme.DARK)):
        assert [ours[name] for name in ("ground", "surface", "text", "muted", "line")] == [
            theirs.background, theirs.surface, theirs.text, theirs.muted, theirs.line,
        ]  # fmt: skip
    assert (look.SANS, look.SERIF) == (theme.SANS, theme.SERIF)


def test_muted_text_can_be_read_in_both_themes():
    for colours in (look.LIGHT, look.DARK):
        for ground in ("ground", "surface"):
            assert theme.contrast(theme.rgb(colours["muted"]), theme.rgb(colours[ground])) >= 4.5


def test_curves_hold_every_value_and_leave_gaps():
    line = Line(
        "one", np.array([0.0, np.nan, 0.5, 1.0]), np.array([0.0, np.nan, 0.4, 0.9]), np.array([0.1, np.nan, 0.6, 1.0]), 0.6
    )
    page = Page(draw_lines([line], ["emb", "1", "2", "3"], SHARES, 2, "a label"))
    assert page.text.count("layer ") == 3 and "layer 2: 50.0 %" in page.text and "2★" in page.text
    assert page.tags.count("polyline") == page.tags.count("polygon") == 2 and page.tags.count("rect") == 1
    assert sum("hollow" in value for name, value in page.attributes if name == "class") == 2


@pytest.mark.parametrize("values", [[0.0, 0.0], [-3e-7, 2e-7], [1e9, -5e12], [np.nan, np.nan], [7.0], [-4.0, -2.0]])
def test_a_scale_holds_all_values_and_zero(values):
    line = Line("one", np.array(values))
    scale = values_scale([line], "points")
    known = [0.0, *(value for value in values if np.isfinite(value))]
    assert scale.low <= min(known) and scale.high >= max(known) and 2 <= len(scale.ticks) <= 8
    assert scale.ticks[0] <= min(known) and scale.ticks[-1] >= max(known)
    draw_lines([line], [str(i) for i in range(len(values))], scale, None, "a label")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (numerals.percent(0.5), "50.0 %"), (numerals.percent(1.0), "100 %"), (numerals.percent(0.0004), "< 0.1 %"), (numerals.percent(None), "–"),
        (numerals.percent(0.9999), "> 99.9 %"), (numerals.value(-1.5, "logits", "+.2f"), "−1.50 logits"), (numerals.value(float("nan")), "–"),
        (numerals.signed_percent(-0.0001), "0.0 %"), (numerals.signed_percent(0.126), "+12.6 %"), (numerals.duration(0.5), "500 ms"),
        (numerals.duration(90), "90 s"), (numerals.duration(600), "10 min"), (numerals.duration(9000), "2.5 h"), (numerals.count(1, "row"), "1 row"),
        (numerals.count(2000, "row"), "2,000 rows"),
    ],
)  # fmt: skip
def test_figures_are_told_with_their_units(told, expected):
    assert told.replace("\xa0", " ") == expected
