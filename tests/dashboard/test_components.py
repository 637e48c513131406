"""What the widgets are given to draw."""

import dataclasses

import numpy as np
import pytest

from core.capability import Capabilities, HeadFitness
from core.labels import MULTI_LABEL, PROBLEM_TYPES, REGRESSION
from core.methods import METHODS
from core.provenance import Coverage
from dashboard import model_wording, wording
from dashboard.answers import ANSWERS
from dashboard.components import formula_card, layer_map, layer_readings, prediction_bars, token_text
from dashboard.units import BREAK, units_of
from tests.dashboard.reports import make_report


def hero(report, method="decoded", layer=1, strength=1.0, by_words=True):
    return token_text.text_data(report, method, units_of(report, method, by_words), layer, None, strength)


def test_the_legend_ends_at_the_largest_score():
    data = hero(make_report(), layer=1)
    assert data["limit"] == pytest.approx(1.0)  # 0.5 · 2 at “unwatchable”
    assert (data["low"], data["high"]) == ("against −1", "for +1")


def test_strength_moves_the_ends_of_the_legend():
    assert hero(make_report(), strength=2.0)["limit"] == pytest.approx(0.5)


def test_a_magnitude_has_no_side_against():
    data = hero(make_report(), "gradient_norm")
    assert not data["signed"] and data["low"] == "0" and "for" not in data["high"]


def test_title_unit_and_reason_come_from_the_report():
    report = make_report()
    data = hero(report, layer=2)
    assert data["title"] == "What layer 2 used for " and data["question"] == "positive"
    assert report.maps["decoded"].unit in data["subtitle"]
    assert data["why"] == f"★ Recommended. {report.choice.reason}"
    assert "not this one" in hero(report, layer=0)["why"]


def test_all_zero_scores_have_an_empty_scale():
    report = make_report("one")
    report.maps["decoded"].scores[:] = 0
    assert hero(report)["limit"] == 0


def test_the_map_has_the_deepest_layer_on_top_and_own_scales():
    report = make_report()
    data = layer_map.map_data(report, "decoded", units_of(report, "decoded", True), 2, 0)
    assert [row["layer"] for row in data["rows"]] == [3, 2, 1, 0]
    assert [row["limit"] for row in data["rows"]] == pytest.approx([2.0, 1.5, 1.0, 0.5])
    assert [row["trusted"] for row in data["rows"]] == [False, True, True, True]
    assert data["rows"][1]["label"] == "2 ★"
    assert "fewer than half" in data["note"]


def test_one_scale_for_all_layers():
    report = make_report()
    data = layer_map.map_data(report, "decoded", units_of(report, "decoded", True), 2, 0, one_scale=True)
    assert {row["limit"] for row in data["rows"]} == {2.0}


def test_the_map_of_a_long_text_is_bounded_and_holds_the_selected_word():
    report = make_report("word " * 1000)
    data = layer_map.map_data(report, "decoded", units_of(report, "decoded", True), 0, 130)
    assert data["start"] == 120 and len(data["words"]) == layer_map.MOST_WORDS and data["total"] == 1000
    assert all(len(row["scores"]) == layer_map.MOST_WORDS for row in data["rows"])


def test_a_method_without_layers_has_one_row():
    report = make_report()
    data = layer_map.map_data(report, "layer_mean", units_of(report, "layer_mean", True), 0, 0)
    assert [row["label"] for row in data["rows"]] == ["all"]


def test_readings_show_words_probabilities_and_the_own_word():
    report = make_report()
    data = layer_readings.reading_data(report, "decoded", units_of(report, "decoded", True), 1, 0)
    assert data["word"] == "A"
    assert data["rows"][0]["words"][0] == ("A", "0.70", True)
    assert len(data["rows"][0]["words"]) == 2  # the third has 0.001: not worth a chip
    assert [row["score"] for row in data["rows"]] == pytest.approx([-0.4, -0.3, -0.2, -0.1])


def test_a_word_of_two_pieces_is_read_at_its_strongest():
    report = make_report()
    data = layer_readings.reading_data(report, "decoded", units_of(report, "decoded", True), 1, 3)
    assert data["subtitle"] == "at its piece ##watchable"


def test_without_a_head_the_readings_are_scores_alone():
    report = make_report(has_head=False)
    data = layer_readings.reading_data(report, "undecoded", units_of(report, "undecoded", True), 1, 0)
    assert not data["decoded"] and data["columns"] == ["layer", "saliency"] and data["note"] == wording.NO_READINGS


@pytest.mark.parametrize("piece, shown", [("Ġfilm", "film"), ("▁film", "film"), ("##ful", "##ful"), ("Ġ", "Ġ"), ("\x00", "␀")])
def test_pieces_for_people(piece, shown):
    assert layer_readings.piece_text(piece) == shown


def test_bars_are_sorted_and_keep_the_explained_class():
    report = make_report(labels=tuple("abcdefghij"))
    object.__setattr__(report.prediction, "target", 0)  # the least probable
    rows = prediction_bars.bar_rows(report.prediction)
    shares = [row["share"] for row in rows[: prediction_bars.MOST]]
    assert shares == sorted(shares, reverse=True)
    assert [row["name"] for row in rows if row["explained"]] == ["a"]


@pytest.mark.parametrize(
    "share, text", [(0.5, "50.0 %"), (0.99999, "> 99.9 %"), (0.00001, "< 0.1 %"), (1.0, "100.0 %"), (0.0, "0.0 %")]
)
def test_probabilities_are_never_rounded_to_certainty(share, text):
    assert wording.percent(share) == text


@pytest.mark.parametrize("method", ["decoded", "gradient_norm", "layer_mean"])
def test_the_formula_card_says_what_the_map_says(method):
    saliency = make_report().maps[method]
    rows = dict(formula_card.card_rows(saliency, make_report().prediction))
    assert rows["formula"] == METHODS[method].formula and rows["unit"] == saliency.unit and rows["source"] == saliency.source
    assert rows["sign"].startswith("signed") == saliency.signed


def test_scores_are_sent_short_and_exact_enough():
    report = make_report()
    report.maps["decoded"].scores[:] = np.pi / 7
    assert hero(report, by_words=False)["scores"][0] == pytest.approx(np.pi / 7, rel=1e-3)


# --- other answers, and pairs ---------------------------------------------------------------------------------------
def test_labels_on_their_own_have_bars_of_their_own():
    prediction = make_report(labels=("joy", "anger", "surprise"), problem_type=MULTI_LABEL).prediction
    rows = prediction_bars.bar_rows(prediction)
    assert [(row["name"], row["figure"]) for row in rows] == [("surprise", "90.0 %"), ("anger", "60.0 %"), ("joy", "30.0 %")]
    assert [row["share"] for row in rows] == pytest.approx([0.9, 0.6, 0.3])
    assert "need not add up to 100 %" in ANSWERS[MULTI_LABEL].note


def test_the_value_of_a_regression_has_no_bar_and_no_percent():
    prediction = make_report(labels=("score",), problem_type=REGRESSION).prediction
    assert prediction_bars.bar_rows(prediction) == [{"name": "score", "share": None, "figure": "1", "explained": True}]
    object.__setattr__(prediction, "outputs", np.array([-0.12345]))
    assert prediction_bars.bar_rows(prediction)[0]["figure"] == "−0.1235"


def test_values_stand_in_the_model_s_order():
    prediction = make_report(labels=("valence", "arousal"), problem_type=REGRESSION).prediction
    assert [row["name"] for row in prediction_bars.bar_rows(prediction)] == ["valence", "arousal"]


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES)
def test_every_kind_of_answer_has_its_words(problem_type):
    report = make_report(problem_type=problem_type)
    data, card = hero(report), dict(formula_card.card_rows(report.maps["decoded"], report.prediction))
    note = layer_map.map_data(report, "decoded", units_of(report, "decoded", True), 1, 0)["note"]
    said = " ".join((data["low"], data["high"], card["sign"], note, *map(str, dataclasses.astuple(ANSWERS[problem_type]))))
    is_value = problem_type == REGRESSION
    assert ("against" not in said) == is_value and ("raises" in said) == is_value
    assert "{" not in card["sign"] + note
    assert not is_value or "class" not in said.replace("classifier", "")


def test_a_pair_is_drawn_as_two_texts_under_their_names():
    report = make_report("One  text.", text_pair=" Another, unwatchable one")
    data = hero(report)
    assert data["names"] == ("First text", "Second text") and data["pieces"].count(("", BREAK)) == 1
    cut = data["pieces"].index(("", BREAK))
    assert "".join(piece for piece, _ in data["pieces"][:cut]) == "One  text."
    assert "".join(piece for piece, _ in data["pieces"][cut:]) == " Another, unwatchable one"
    assert hero(make_report())["names"] == ()


def test_the_map_marks_where_the_second_text_begins():
    report = make_report("One text.", text_pair="Another one")
    units = units_of(report, "decoded", True)
    data = layer_map.map_data(report, "decoded", units, 2, 0)
    assert data["words"][data["second"]] == "Another" and data["words"][data["second"] - 1] == "."
    assert layer_map.map_data(make_report(), "decoded", units_of(make_report(), "decoded", True), 2, 0)["second"] is None


def test_what_was_read_of_two_texts_is_told():
    coverage = Coverage(1000, 3, 64, ((100, 400), (502, 702)))
    assert wording.partly_read(coverage, is_pair=True).startswith("The model read 50 % of the two texts (500 of 1,000 characters, in 3 windows")
    assert "a hundredth, or less, of the two texts" in wording.partly_read(Coverage(1000, 3, 64, ((1, 999),)), is_pair=True)
    assert wording.partly_read(Coverage(1000, 3, 64, ((500, 1000),))).startswith("The model read the first 50 % of the text (")


def test_the_card_of_a_large_model_has_units_and_stays_short():
    fitness = HeadFitness(0.99, 12, 9, "org/base", "The head reads well.")
    facts = Capabilities(
        "org/emotions", "Emotions", "Comments.", "roberta", "RobertaForSequenceClassification", 124_667_164, 12, 768, 50_265,
        tuple(f"emotion {i}" for i in range(28)), MULTI_LABEL, False, 512, "cuda", "bf16", 499_000_000, "abc", "org/base", "", True, fitness,
    )  # fmt: skip
    rows = {name: value for name, value, _ in model_wording.card(facts, "mit")}
    assert rows["parameters"] == "124.7 million" and rows["memory"] == "499 MB" and rows["runs on"] == "the graphics card, 16-bit numbers (bf16)"
    assert rows["answers"].startswith("each of 28 labels on its own: emotion 0") and rows["answers"].endswith("and 22 more")
    assert rows["how well it reads"] == fitness.sentence and "what is missing" not in rows
    assert model_wording.summary(facts) == "124.7 million parameters · 12 layers · on the graphics card"
