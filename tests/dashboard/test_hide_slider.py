"""The slider that hides the top words: the steps it is given are what it tells."""

import numpy as np
import pytest

from core.comparison import HidingSteps
from core.labels import MULTI_LABEL, REGRESSION
from dashboard import figure_wording
from dashboard.components.hide_slider import MOST_LABELS, slider_data
from dashboard.units import BREAK
from tests.dashboard.comparisons import TEXT, make_comparison

SAYS = np.array([0.973, 0.6, 0.121, 0.02])


def steps(says=SAYS, order=(2, 1, 4)) -> HidingSteps:
    return HidingSteps(np.array(order), says, np.stack([1 - says, says], axis=1))


def test_each_step_tells_before_after_and_the_points_between():
    (line,) = slider_data(make_comparison(), "decoded", steps())["lines"]
    assert line["before"] == "97.3 %" and line["after"] == ["97.3 %", "60.0 %", "12.1 %", "2.0 %"]
    assert line["change"] == ["±0 points", "−37 points", "−85 points", "−95 points"] and line["label"] == "positive"


def test_random_is_the_second_line():
    floor = steps(np.array([0.973, 0.97, 0.96, 0.99]), (0, 1, 2))
    first, second = slider_data(make_comparison(), "decoded", steps(), floor)["lines"]
    assert first["name"] == "decoded layer saliency" and second["change"] == ["±0 points", "±0 points", "−1 points", "+2 points"]
    assert len(slider_data(make_comparison(), "random", floor, floor)["lines"]) == 1


def test_the_order_is_of_the_words_in_the_text():
    data = slider_data(make_comparison(), "decoded", steps())
    words = [piece for piece, word in data["pieces"] if word >= 0]
    assert [words[i] for i in data["order"]] == [",", "dull", "film"]
    assert "".join(piece for piece, _ in data["pieces"]) == TEXT


def test_the_answer_flips_where_another_class_is_ahead():
    flips = slider_data(make_comparison(), "decoded", steps())["flips"]
    assert flips == ["", "", "The answer is now “negative”.", "The answer is now “negative”."]


def test_bars_hold_the_shares_of_every_step():
    data = slider_data(make_comparison(), "decoded", steps())
    assert [bar["name"] for bar in data["bars"]] == ["positive", "negative"]
    assert data["bars"][0]["shares"] == SAYS.tolist() and data["bars"][0]["explained"]
    assert data["bars"][1]["figures"][3] == "98.0 %"


def test_of_many_classes_the_explained_one_is_among_the_few_drawn():
    n = 30
    comparison = make_comparison(labels=tuple(f"c{i}" for i in range(n)))
    outputs = np.tile(np.linspace(0.9, 0.01, n), (4, 1))
    found = slider_data(comparison, "decoded", HidingSteps(np.array([0, 1, 2]), outputs[:, -1], outputs))
    assert len(found["bars"]) == MOST_LABELS and [bar["name"] for bar in found["bars"] if bar["explained"]] == [f"c{n - 1}"]


def test_a_regression_has_values_and_no_bars():
    comparison = make_comparison(labels=("score",), problem_type=REGRESSION)
    says = np.array([2.5, 2.5, -1.0, 2.499])
    data = slider_data(comparison, "decoded", HidingSteps(np.array([0, 1, 2]), says, says[:, None]))
    assert data["bars"] == [] and data["lines"][0]["after"][2] == "−1" and data["lines"][0]["change"] == ["±0", "±0", "−3.5", "−0.001"]
    assert set(data["flips"]) == {""} and "bar" not in data["note"]


def test_several_labels_have_no_one_answer_to_flip():
    comparison = make_comparison(problem_type=MULTI_LABEL)
    assert set(slider_data(comparison, "decoded", steps())["flips"]) == {""}


@pytest.mark.parametrize(("removal", "chip", "left_out"), [("mask", "[MASK]", False), ("delete", "left out", True), ("unknown", "[UNK]", False)])
def test_a_hidden_word_looks_as_what_hides_it(removal, chip, left_out):
    data = slider_data(make_comparison(removal=removal), "decoded", steps())
    assert (data["chip"], data["is_left_out"]) == (chip, left_out)


def test_two_texts_stand_apart():
    data = slider_data(make_comparison("A dull film", text_pair="A film"), "decoded", steps())
    assert ["", BREAK] in [list(piece) for piece in data["pieces"]] and len(data["names"]) == 2
    words = [piece for piece, word in data["pieces"] if word >= 0]
    assert words == ["A", "dull", "film", "A", "film"]


def test_it_starts_at_a_fifth_of_the_words_and_says_where_it_ends():
    data = slider_data(make_comparison("word " * 50), "decoded", steps(np.linspace(0.9, 0.1, 41), tuple(range(40))))
    assert data["start"] == 10 and data["counts"][0] == "no word hidden of 50" and data["counts"][40] == "40 of 50 words hidden"
    assert "The first 40 of 50 words" in data["note"]


def test_one_word_can_be_hidden():
    data = slider_data(make_comparison("film"), "decoded", steps(np.array([0.9, 0.4]), (0,)))
    assert data["start"] == 1 and len(data["lines"][0]["after"]) == 2


@pytest.mark.parametrize(("before", "after", "said"), [(0.5, 0.504, "±0 points"), (0.5, 0.494, "−1 points"), (0.1, 0.95, "+85 points")])
def test_points_are_rounded_and_nothing_has_no_sign(before, after, said):
    assert figure_wording.change(make_comparison().prediction, before, after) == said
