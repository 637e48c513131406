"""A report survives JSON unchanged."""

import dataclasses
import json

import numpy as np
import pytest

from core.errors import ReportError
from core.export import from_json, to_json
from core.labels import MULTI_LABEL
from core.methods import ON_DEMAND
from core.pipeline import analyse
from core.records import LayerReport, Query, Settings
from tests.core.oracles import assert_reports_equal
from tests.families import TEXT

EVIL = '<script>alert("1")</script> & \'quoted\' <img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def report(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", TEXT, "positive", "neutral", Settings(methods=ON_DEMAND, expected_embedding=True)))


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


@pytest.mark.parametrize("variant", [(("joy", "anger", "surprise"), MULTI_LABEL), (("LABEL_0",), None)], ids=["labels", "regression"])
def test_other_answers_and_back_are_the_same_report(variant, variant_of):
    made = analyse(variant_of("bert", *variant), Query("tiny", TEXT))
    assert_reports_equal(from_json(to_json(made)), made)


def test_reports_are_frozen(report):
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.tokens = None
