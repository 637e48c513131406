"""What the widgets are given to draw."""

import numpy as np
import pytest

from core.methods import METHODS
from dashboard import wording
from dashboard.components import formula_card, layer_map, layer_readings, prediction_bars, token_text
from dashboard.units import units_of
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
    shares = [row["probability"] for row in rows[: prediction_bars.MOST]]
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
    rows = dict(formula_card.card_rows(saliency))
    assert rows["formula"] == METHODS[method].formula and rows["unit"] == saliency.unit and rows["source"] == saliency.source
    assert rows["sign"].startswith("signed") == saliency.signed


def test_scores_are_sent_short_and_exact_enough():
    report = make_report()
    report.maps["decoded"].scores[:] = np.pi / 7
    assert hero(report, by_words=False)["scores"][0] == pytest.approx(np.pi / 7, rel=1e-3)
