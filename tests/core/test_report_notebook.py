"""What a notebook shows of a report: escaped and whole."""

import json

import numpy as np
import pytest

from core.errors import ReportError
from core.export import from_json, to_json
from core.labels import MULTI_LABEL
from core.markup import words_to_html
from core.methods import METHODS, ON_DEMAND
from core.pipeline import analyse
from core.records import LayerReport, Query, Settings
from core.report.notebook import to_html
from tests.core.html_page import EVIL, Page, with_text_everywhere
from tests.families import TEXT


@pytest.fixture(scope="module")
def report(classifier_of) -> LayerReport:
    return analyse(
        classifier_of("bert"), Query("tiny", TEXT, "positive", "neutral", Settings(methods=ON_DEMAND, expected_embedding=True))
    )


@pytest.fixture(scope="module")
def evil(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", EVIL))


@pytest.fixture(scope="module")
def pair(variant_of) -> LayerReport:
    return analyse(variant_of("bert"), Query("tiny", EVIL + " \r", text_pair="\u0301c Second, <b>superb</b>"))


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


def test_html_shows_the_chosen_layer_of_the_headline(report):
    assert to_html(report) == to_html(report, "decoded", report.choice.layer) == report._repr_html_()
    assert to_html(report, "decoded", 0) != to_html(report, "decoded", 1)
    assert "positive rather than neutral" in Page(to_html(report)).text


def test_no_field_of_a_hostile_file_reaches_html_unescaped(classifier_of):
    """A saved report may come from anybody: whatever of it is accepted is escaped."""
    state = json.loads(to_json(analyse(classifier_of("bert"), Query("tiny", "superb film"))))
    n_accepted = 0
    for changed in with_text_everywhere(state, "<script>alert(1)</script>"):
        try:
            report = from_json(json.dumps(changed))
        except ReportError:
            continue
        n_accepted += 1
        assert "<script" not in to_html(report), "and what is accepted can be drawn"
    assert n_accepted > 20


def test_html_of_a_pair_shows_both_texts_under_their_names(pair):
    html, text = to_html(pair), Page(to_html(pair)).text
    assert html.count("First text") == html.count("Second text") == 1 + len(pair.layer_outputs)
    assert text.index("First text") < text.index(EVIL) < text.index("Second text") < text.index("Second, <b>superb</b>")
    assert "of the two texts" in text and "<script" not in html.lower()


def test_both_texts_of_a_pair_share_one_scale(pair):
    """Only the strongest word of the two has the full colour."""
    head = to_html(pair).split("<table")[0]
    assert head.count(',0.600)"') + head.count(",0.600);border") == 1


def test_direction_of_hidden_characters_does_not_leak(classifier_of):
    """An override that is part of no word must not turn round the words after it."""
    report = analyse(classifier_of("bert"), Query("tiny", "a \u202edreadful plot \u2067far too long"))
    outside = Page(to_html(report)).outside
    assert not set(outside) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_words_are_coloured_by_sign_and_strength():
    html = words_to_html("good bad so", np.array([[0, 4], [5, 8], [9, 11]]), np.array([2.0, -1.0, 0.0]))
    good, bad, so = (attributes for attributes in [value for name, value in Page(html).attributes if name == "style"][1:])
    assert "214,96,20,0.600" in good and "solid" in good
    assert "38,110,176,0.300" in bad and "dotted" in bad
    assert ",0.000" in so and "border-bottom" not in so
    assert Page(html).text == "good bad so"


def test_html_of_labels_names_all_that_are_likely(variant_of):
    made = analyse(variant_of("bert", ("joy", "anger", "surprise"), MULTI_LABEL), Query("tiny", TEXT))
    text = Page(to_html(made)).text
    for name, share in zip(made.prediction.labels, made.prediction.outputs):
        assert (f"{name} {share:.1%}" in text) == (share > 0.5 or share == made.prediction.outputs.max())


def test_html_of_a_regression_speaks_of_no_probability(variant_of):
    made = analyse(variant_of("bert", ("LABEL_0",), None), Query("tiny", TEXT))
    text = Page(to_html(made)).text
    assert f"score {made.prediction.outputs[0]:.4g} (on the model’s own scale)" in text
    assert "raises +" in text and "lowers −" in text and "logit" not in text.split("score")[0] and "against −" not in text


def test_html_holds_every_map_on_demand_that_the_report_holds(report, classifier_of):
    """What the footer counts, the page shows."""
    text = Page(to_html(report, "undecoded")).text
    assert all(text.count(METHODS[name].label) >= 1 for name in (*ON_DEMAND, "undecoded"))
    plain = analyse(classifier_of("bert"), Query("tiny", TEXT))
    assert not any(METHODS[name].formula in Page(to_html(plain)).text for name in ON_DEMAND)
