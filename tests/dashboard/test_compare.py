"""The Compare page: what its parts draw of a comparison made by hand."""

import dataclasses

import numpy as np
import pytest

from core.cards import WALL
from core.labels import REGRESSION
from dashboard import compare_wording, figure_wording, ranking
from dashboard.components import method_card, wall
from tests.dashboard.comparisons import FAILS_SANITY, LAYER, PHI, REFUSAL, REFUSED, by_method, make_comparison, make_game

LONG = "word " * 150


# --- order ----------------------------------------------------------------------------------------------------------
def test_the_layer_method_is_on_top_and_random_at_the_bottom_whatever_the_order():
    comparison = make_comparison()
    for sort in compare_wording.SORTS:
        order = ranking.in_order(comparison, sort)
        assert order[0] == "decoded" and order[-1] == "random" and order[-2] == REFUSED
        assert sorted(order) == sorted([*PHI, REFUSED])


def test_rows_are_sorted_by_faithfulness_cost_or_name():
    comparison = make_comparison()
    assert ranking.in_order(comparison, "faithfulness")[1:-2] == [
        "faithful",
        "lime",
        "integrated_mask",
        "undecoded",
        "gradient_norm",
        FAILS_SANITY,
    ]
    spent = [
        comparison.rows[name].forwards + comparison.rows[name].backwards for name in ranking.in_order(comparison, "cost")[1:-2]
    ]
    assert spent == sorted(spent) and spent[-1] == 200
    names = [WALL[name].label.casefold() for name in ranking.in_order(comparison, "name")[1:-2]]
    assert names == sorted(names)


def test_without_a_language_model_head_the_undecoded_layers_are_on_top():
    comparison = make_comparison(methods=("undecoded", "lime", "random"))
    assert ranking.in_order(comparison, "name")[0] == "undecoded" and ranking.best(comparison) == "lime"


def test_random_is_never_the_best():
    assert ranking.best(make_comparison(methods=("random",))) is None


# --- the wall -------------------------------------------------------------------------------------------------------
def test_a_row_holds_the_scores_their_scale_and_what_they_are_worth():
    data = wall.wall_data(make_comparison(), "faithfulness", 1)
    assert data["words"] == ["A", "dull", ",", "unwatchable", "film"] and data["total"] == 5
    row = by_method(data)["decoded"]
    np.testing.assert_allclose(row["scores"], [-0.3, 0, 0.3, 0.6, 0.9], atol=1e-6)  # (w − 1) · 0.1 · 3 at layer 2
    assert row["limit"] == pytest.approx(0.9) and row["ranks"] == [3, 5, 3, 2, 1]
    assert row["phi"] == "0.500" and row["bar"] == pytest.approx(0.5 / 0.6, abs=1e-3)  # of the longest
    assert (row["rows"], row["time"], row["where"]) == ("1 row", "10 ms", f"layer {LAYER} ★")
    assert by_method(data)["undecoded"]["where"] == f"layer {LAYER}" and not by_method(data)["lime"]["where"]


def test_a_method_that_refused_shows_its_sentence_and_the_others_stand():
    rows = by_method(wall.wall_data(make_comparison(), "cost", 0))
    assert rows[REFUSED]["refused"] == REFUSAL and "scores" not in rows[REFUSED]
    assert all("scores" in row for name, row in rows.items() if name != REFUSED)


def test_badges_have_a_text_and_a_shape():
    rows = by_method(wall.wall_data(make_comparison(), "name", 0))
    assert [(b["text"], b["kind"]) for b in rows["integrated_mask"]["badges"]] == [("gap 12 %", "poor")]
    assert [(b["text"], b["kind"]) for b in rows["lime"]["badges"]] == [("R² 0.91", "good")]
    assert [(b["text"], b["kind"]) for b in rows["decoded"]["badges"]] == [("coherence 0.8", "plain")]
    (badge,) = rows[FAILS_SANITY]["badges"]
    assert badge["text"] == "failed sanity" and badge["kind"] == "failed" and "random" in badge["title"]


def test_a_map_of_no_clear_sanity_is_neither_blamed_nor_praised():
    comparison = make_comparison()
    unclear = dataclasses.replace(comparison.sanity[FAILS_SANITY], passes=None, sentence="Too few words.")
    (badge,) = wall.badges(comparison.rows[FAILS_SANITY], unclear)
    assert badge == {"text": "sanity unclear", "kind": "plain", "title": "Too few words."}


def test_long_texts_are_paged_around_the_selected_word():
    comparison = make_comparison(LONG)
    data = wall.wall_data(comparison, "faithfulness", 61)
    assert (data["start"], len(data["words"]), data["total"]) == (60, 60, 150)
    row = by_method(data)["decoded"]
    assert len(row["scores"]) == len(row["ranks"]) == 60
    assert row["limit"] == pytest.approx(0.3 * 148)  # of the whole row, so that pages compare
    assert row["ranks"][0] == 150 - 60


def test_a_text_without_words_draws_no_cells():
    data = wall.wall_data(make_comparison("   "), "faithfulness", 0)
    assert data["words"] == [] and all(not row.get("scores") for row in data["rows"])


def test_words_keep_their_characters_and_controls_are_seen():
    assert wall.wall_data(make_comparison("<b> \u202eabc \x07x"), "name", 0)["words"] == [
        "<",
        "b",
        ">",
        "\u202e",
        "abc",
        "␇",
        "x",
    ]


def test_the_second_text_of_a_pair_is_marked():
    data = wall.wall_data(make_comparison("One two", text_pair="three"), "name", 0)
    assert data["words"] == ["One", "two", "three"] and data["second"] == 2


def test_every_figure_is_named_with_its_unit():
    said = " ".join(wall.wall_data(make_comparison(), "name", 0)["notes"])
    assert "divided by its largest magnitude" in said and "probability, −1 to 1" in said and "5, 10, 20, 30, 50 %" in said
    value = make_comparison(labels=("score",), problem_type=REGRESSION)
    said = " ".join(wall.wall_data(value, "name", 0)["notes"])
    assert "probability" not in said and "own scale" in said and "raises the value" in said


# --- the sentence ---------------------------------------------------------------------------------------------------
def test_the_verdict_tells_the_best_method_and_the_floor():
    said = compare_wording.verdict(make_comparison(), "faithful")
    assert "“stratified, faithful” held up best" in said and "its top word takes “positive” from 90.0 % to 20.0 %" in said
    assert "random order take it to 45.0 %" in said  # each game's p(hidden) at 20 % is (1 − φ) / 2


def test_the_verdict_tells_how_many_did_as_well():
    comparison = make_comparison()
    assert "as well" not in compare_wording.verdict(comparison, "faithful")
    comparison.games["decoded"] = make_game(0.597)
    assert compare_wording.verdict(comparison, "faithful").endswith("1 other method did as well (faithfulness within 0.005).")


def test_the_verdict_counts_the_words_that_were_hidden():
    assert "its top 30 words" in compare_wording.verdict(make_comparison(LONG), "faithful")


def test_the_verdict_is_marked_as_passing_while_more_is_on_its_way():
    assert compare_wording.verdict(make_comparison(), "faithful", is_all=False).startswith("So far, on this text, the words")


def test_where_nothing_beats_chance_no_ranking_is_praised():
    comparison = make_comparison()
    comparison.games["random"] = make_game(0.6)
    assert "no method’s words held up better" in compare_wording.verdict(comparison, "faithful")
    assert compare_wording.verdict(comparison, None) == ""
    assert "one order" in compare_wording.verdict(make_comparison("Superb"), "faithful")


def test_a_value_is_told_as_a_value():
    said = compare_wording.verdict(make_comparison(labels=("score",), problem_type=REGRESSION), "faithful")
    assert "%" not in said and "from 0.9 to 0.2" in said


def test_a_fall_below_zero_is_a_rise():
    assert compare_wording.moves(0.25) == "falls by 0.250" and compare_wording.moves(-0.026) == "rises by 0.026"
    assert compare_wording.moves(-0.0001) == "falls by 0.000"


def test_one_word_is_counted_as_one():
    assert figure_wording.hidden_words(1, 1) == "1 of 1 word hidden" and figure_wording.hidden_words(0, 2) == "no word hidden of 2"


def test_figures_for_people():
    assert compare_wording.number(-0.0001) == "0.000" and compare_wording.number(-0.25, 2) == "−0.25"
    assert (
        compare_wording.duration(0.0002) == "< 1 ms"
        and compare_wording.duration(0.02) == "20 ms"
        and compare_wording.duration(2.34) == "2.3 s"
    )


# --- the card -------------------------------------------------------------------------------------------------------
def test_the_card_says_what_the_method_is_and_did():
    parts = {part["title"]: dict(part["lines"]) for part in method_card.card_parts(make_comparison(), "lime")}
    assert parts[""]["formula"] == WALL["lime"].formula and parts[""]["source"] == WALL["lime"].source
    assert parts[""]["a negative score"] == WALL["lime"].negative
    assert parts["On this text"] | {"explained": "the logit", "seed": "1"} == parts["On this text"]
    assert parts["On this text"]["cost"].startswith("200 rows of forward passes, 0 of forward and backward")
    assert "0.91 share. Good." in parts["How far to trust it"]["R²"] and parts["Notes"] == {"": "A note of this run."}
    assert parts["When its words are hidden and shown"]["faithfulness φ"].startswith("0.550")


def test_the_card_of_a_method_that_refused_says_why():
    parts = method_card.card_parts(make_comparison(), REFUSED)
    assert parts[-1] == {"title": "On this text", "lines": [("couldn’t run", REFUSAL)]}
    sanity = {part["title"]: dict(part["lines"]) for part in method_card.card_parts(make_comparison(), FAILS_SANITY)}
    assert "hardly changes" in sanity["How far to trust it"]["sanity"]


@pytest.mark.parametrize("name", WALL)
def test_every_method_of_the_wall_has_a_card(name):
    lines = dict(method_card.card_parts(make_comparison(methods=("random",), refusals={}), name)[0]["lines"])
    assert all(lines.values()) and WALL[name].explanation
