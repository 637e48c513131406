"""A report survives JSON unchanged, and reaches HTML escaped and whole."""

import dataclasses
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from core.errors import ReportError
from core.export import from_json, to_html, to_json, to_page
from core.labels import MULTI_LABEL
from core.methods import METHODS, ON_DEMAND
from core.pipeline import analyse
from core.records import LayerReport, Query, Settings
from tests.core.oracles import assert_reports_equal
from tests.families import TEXT

EVIL = '<script>alert("1")</script> & \'quoted\' <img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def report(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", TEXT, "positive", "neutral", Settings(methods=ON_DEMAND, expected_embedding=True)))


@pytest.fixture(scope="module")
def evil(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", EVIL))


class Page(HTMLParser):
    """Tags, attributes and text of a piece of HTML; fails on tags that don't close."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.open, self.outside = [], [], "", [], ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag != "br":
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        if "unicode-bidi:isolate" not in (self.open[-1][1].get("style") or ""):
            self.outside += data


@pytest.mark.parametrize("indent", [None, 1])
def test_json_and_back_is_the_same_report(report, indent):
    assert_reports_equal(from_json(to_json(report, indent)), report)


@pytest.mark.parametrize("name", ["gpt2", "bert-headless", "xlm-roberta"])
def test_json_keeps_odd_texts_and_missing_heads(name, classifier_of):
    text = 'a\x00 \u202e "cafe\u0301" \U0001f469\u200d\U0001f467 </script> \\ \u2028'
    report = analyse(classifier_of(name), Query("tiny", text))
    assert_reports_equal(from_json(to_json(report)), report)


def test_json_is_plain_and_names_its_schema(report):
    state = json.loads(to_json(report), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert state["schema"] == "layer-saliency/report/2"
    assert state["query"]["text"] == TEXT and [word["text"] for word in state["words"]] == list(report.word_texts)
    assert state["chosen_layer"] == report.choice.layer and state["chosen_because"] == report.choice.reason
    np.testing.assert_array_equal(np.array(state["maps"]["decoded"]["scores"], dtype=np.float32), report.maps["decoded"].scores)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", "3", "null", '{"schema": "other/9"}', '{"schema": "layer-saliency/report/1"}', "[" * 100_000])
def test_what_is_no_report_is_refused_in_a_sentence(text):
    with pytest.raises(ReportError) as caught:
        from_json(text)
    assert str(caught.value)[0].isupper() and str(caught.value).endswith(".")


REQUIRED = ("query", "tokens", "words", "prediction", "maps", "coherence", "layer_outputs", "choices", "coverage", "provenance")


@pytest.mark.parametrize("part", REQUIRED)
@pytest.mark.parametrize("damage", ["missing", "text", "number", "null"])
def test_damaged_reports_are_refused_in_a_sentence(report, part, damage):
    state = json.loads(to_json(report))
    del state[part]
    if damage != "missing":
        state[part] = {"text": "damaged", "number": 3, "null": None}[damage]
    with pytest.raises(ReportError, match="damaged"):
        from_json(json.dumps(state))


def test_html_shows_the_text_escaped_and_whole(evil):
    html = to_html(evil)
    page = Page(html)
    assert EVIL in page.text
    assert "<script" not in html.lower() and "<img" not in html.lower()
    assert set(page.tags) <= {"section", "p", "b", "span", "code", "br", "table", "tr", "th", "td"}
    assert not any(name.startswith("on") for name, _ in page.attributes)


@pytest.mark.parametrize("method", METHODS)
def test_html_of_every_method_and_layer_holds_no_external_reference(report, method):
    for layer in range(report.maps[method].scores.shape[0]):
        html = to_html(report, method, layer)
        page = Page(html)
        assert TEXT in page.text and METHODS[method].label in page.text and METHODS[method].formula in page.text
        assert not {name for name, _ in page.attributes} & {"src", "href", "srcset", "data", "action"}
        assert "url(" not in html and "@import" not in html and "<link" not in html


def test_a_page_of_its_own_says_its_encoding(evil):
    page = to_page(evil)
    assert page.startswith("<!doctype html>") and '<meta charset="utf-8">' in page and to_html(evil) in page
    assert "<script" not in page.lower()


def test_html_shows_the_chosen_layer_of_the_headline(report):
    assert to_html(report) == to_html(report, "decoded", report.choice.layer) == report._repr_html_()
    assert to_html(report, "decoded", 0) != to_html(report, "decoded", 1)
    assert "positive rather than neutral" in Page(to_html(report)).text


def _with_text_everywhere(value, text: str, keep: tuple[str, ...] = ()):
    """Each string and number of a saved report by turns replaced by `text`: what a hostile file may hold."""
    if isinstance(value, dict):
        for key in value:
            if key not in ("schema", *keep):
                yield from ({**value, key: changed} for changed in _with_text_everywhere(value[key], text, keep))
    elif isinstance(value, list):
        yield from ([changed, *value[1:]] for changed in _with_text_everywhere(value[0], text, keep)) if value else ()
    else:
        yield text


def test_no_field_of_a_hostile_file_reaches_html_unescaped(classifier_of):
    """A saved report may come from anybody: whatever of it is accepted is escaped."""
    state = json.loads(to_json(analyse(classifier_of("bert"), Query("tiny", "superb film"))))
    n_accepted = 0
    for changed in _with_text_everywhere(state, "<script>alert(1)</script>"):
        try:
            report = from_json(json.dumps(changed))
        except ReportError:
            continue
        n_accepted += 1
        assert "<script" not in to_html(report), "and what is accepted can be drawn"
    assert n_accepted > 20


# --- pairs, other answers, the first schema -----------------------------------------------------------------------
def _first_schema(report: LayerReport) -> str:
    """What the first versions wrote of the same report."""
    state = json.loads(to_json(report))
    state["schema"] = "layer-saliency/report/1"
    del state["query"]["text_pair"], state["prediction"]["problem_type"], state["coverage"]["unread"]
    state["prediction"]["probabilities"] = state["prediction"].pop("outputs")
    state["layer_probabilities"] = state.pop("layer_outputs")
    return json.dumps(state)


@pytest.mark.parametrize("text", [TEXT, " ".join([TEXT] * 40)], ids=["short", "cut"])
def test_reports_of_the_first_schema_are_still_read(text, classifier_of):
    made = analyse(classifier_of("bert"), Query("tiny", text, settings=Settings(max_windows=2)))
    assert made.coverage.share == 1 or made.coverage.unread
    assert_reports_equal(from_json(_first_schema(made)), made)


@pytest.mark.parametrize("part", ["prediction", "coverage", "layer_probabilities"])
def test_damaged_reports_of_the_first_schema_are_refused_in_a_sentence(part, report):
    state = json.loads(_first_schema(report))
    for damaged in ({key: value for key, value in state.items() if key != part}, {**state, part: None}, {**state, part: {}}):
        with pytest.raises(ReportError, match="damaged"):
            from_json(json.dumps(damaged))


@pytest.fixture(scope="module")
def pair(variant_of) -> LayerReport:
    return analyse(variant_of("bert"), Query("tiny", EVIL + " \r", text_pair="\u0301c Second, <b>superb</b>"))


def test_a_pair_and_back_is_the_same_report(pair):
    assert_reports_equal(from_json(to_json(pair)), pair)
    state = json.loads(to_json(pair))
    assert state["query"]["text_pair"] == pair.query.text_pair and state["prediction"]["problem_type"] == "single_label_classification"
    assert [word["text"] for word in state["words"]] == list(pair.word_texts)


def test_a_long_pair_tells_what_was_not_read_of_each_text(variant_of):
    made = analyse(variant_of("bert"), Query("tiny", TEXT * 30, text_pair=TEXT * 20, settings=Settings(max_windows=2)))
    assert len(made.coverage.unread) == 2
    back = from_json(to_json(made))
    assert back.coverage == made.coverage and json.loads(to_json(made))["coverage"]["characters_read"] == made.coverage.characters_read


def test_html_of_a_pair_shows_both_texts_under_their_names(pair):
    html, text = to_html(pair), Page(to_html(pair)).text
    assert html.count("First text") == html.count("Second text") == 1 + len(pair.layer_outputs)
    assert text.index("First text") < text.index(EVIL) < text.index("Second text") < text.index("Second, <b>superb</b>")
    assert "of the two texts" in text and "<script" not in html.lower()


def test_both_texts_of_a_pair_share_one_scale(pair):
    """Only the strongest word of the two has the full colour."""
    head = to_html(pair).split("<table")[0]
    assert head.count(",0.600)\"") + head.count(",0.600);border") == 1


def test_html_of_labels_names_all_that_are_likely(variant_of):
    made = analyse(variant_of("bert", ("joy", "anger", "surprise"), MULTI_LABEL), Query("tiny", TEXT))
    assert_reports_equal(from_json(to_json(made)), made)
    text = Page(to_html(made)).text
    for name, share in zip(made.prediction.labels, made.prediction.outputs):
        assert (f"{name} {share:.1%}" in text) == (share > 0.5 or share == made.prediction.outputs.max())


def test_html_of_a_regression_speaks_of_no_probability(variant_of):
    made = analyse(variant_of("bert", ("LABEL_0",), None), Query("tiny", TEXT))
    assert_reports_equal(from_json(to_json(made)), made)
    text = Page(to_html(made)).text
    assert f"score {made.prediction.outputs[0]:.4g} (on the model’s own scale)" in text
    assert "raises +" in text and "lowers −" in text and "logit" not in text.split("score")[0] and "against −" not in text


def test_direction_of_hidden_characters_does_not_leak(classifier_of):
    """An override that is part of no word must not turn round the words after it."""
    report = analyse(classifier_of("bert"), Query("tiny", "a \u202edreadful plot \u2067far too long"))
    outside = Page(to_html(report)).outside
    assert not set(outside) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_words_are_coloured_by_sign_and_strength():
    from core.markup import words_to_html

    html = words_to_html("good bad so", np.array([[0, 4], [5, 8], [9, 11]]), np.array([2.0, -1.0, 0.0]))
    good, bad, so = (attributes for attributes in [value for name, value in Page(html).attributes if name == "style"][1:])
    assert "214,96,20,0.600" in good and "solid" in good
    assert "38,110,176,0.300" in bad and "dotted" in bad
    assert ",0.000" in so and "border-bottom" not in so
    assert Page(html).text == "good bad so"


def test_reports_are_frozen(report):
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.tokens = None
