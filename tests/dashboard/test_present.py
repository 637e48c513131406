"""The presenter view and the tour, run without a browser on a tiny random model."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from core.catalog import CATALOG
from core.labels import MULTI_LABEL, REGRESSION
from dashboard import present_wording, wording
from dashboard.components import presenter
from dashboard.units import units_of
from tests.dashboard.page import components, hero, notices, press, retype, text_box
from tests.dashboard.reports import make_report

TEXT = "A warm and wonderful little film."


@pytest.fixture
def open_stage(open_page):
    """`open_stage(text, **address)`: the presenter view of a text that was typed on Explore."""

    def open_with(text=TEXT, **address):
        return retype(open_page(**address), text).switch_page("views/present.py").run()

    return open_with


def stage(page) -> dict:
    """What fills the screen."""
    assert not page.exception, page.exception
    return components(page, "presenter")[0]


def test_the_stage_shows_the_text_of_explore_and_nothing_else(open_stage):
    page = open_stage()
    assert "".join(piece for piece, _ in stage(page)["pieces"]) == TEXT
    assert not len(page.sidebar) and not page.main.markdown and not page.text_area


def test_all_layers_are_sent_at_once(open_stage):
    data = stage(open_stage())
    n_layers, n_words = len(data["layers"]), len(data["texts"])
    assert np.shape(data["scores"]) == (n_layers, n_words) and len(data["limits"]) == n_layers
    assert [len(row) for row in data["readings"]] == [n_words] * n_layers
    assert all(0 < len(chips) <= 3 for row in data["readings"] for chips in row)
    assert [layer["star"] for layer in data["layers"]].count(True) == 1
    assert data["layers"][0]["step"] == "embedding" and data["layers"][1]["place"].startswith(f"layer 1 of {n_layers - 1}")


def test_it_opens_on_the_layer_and_class_of_its_link(open_page):
    page = open_page(layer="1", **{"class": "negative"}).switch_page("views/present.py").run()
    assert stage(page)["layer"] == 1 and stage(page)["question"] == "negative"
    assert page.query_params["layer"] == "1" and page.query_params["class"] == "negative"


def test_it_opens_on_the_recommended_layer_without_one(open_stage):
    data = stage(open_stage())
    assert data["layers"][data["layer"]]["star"]


def test_a_link_with_bad_values_opens_on_sane_ones_and_says_so(open_page):
    page = open_page(layer="999", **{"class": "<b>"}).switch_page("views/present.py").run()
    data = stage(page)
    assert data["layers"][data["layer"]]["star"] and "“<b>”" in " ".join(data["notices"])


def test_the_same_stage_is_made_once_and_told_apart_from_another(open_stage):
    page = open_stage()
    before = stage(page)["about"]
    assert stage(page.run())["about"] == before
    page.session_state["target"] = "negative" if stage(page)["question"] == "positive" else "positive"
    assert stage(page.run())["about"] != before


def test_no_text_leaves_a_sentence_and_a_way_back(open_stage):
    page = open_stage(text="  ")
    assert notices(page) == [wording.NO_TEXT] and not components(page, "presenter")
    press(page, f"← {present_wording.BACK}")
    assert text_box(page).value == "  "


def test_two_texts_stand_under_their_names(open_page):
    page = open_page()
    page.toggle(key="two_texts").set_value(True).run()
    retype(retype(page, "One film."), "Another film.", "text_pair").switch_page("views/present.py").run()
    assert stage(page)["names"] == [wording.FIRST_TEXT, wording.SECOND_TEXT]


def test_a_long_text_sends_one_reading_a_word_and_says_what_was_read(open_stage, monkeypatch):
    monkeypatch.setattr(presenter, "MOST_READINGS", 100)
    data = stage(open_stage("word " * 5000))
    assert {len(chips) for row in data["readings"] for chips in row} == {1}
    assert data["notice"].startswith("The model read the first")


def test_options_of_explore_hold_here(open_page):
    page = retype(open_page(), TEXT)
    page.toggle(key="special").set_value(True).run()
    page.toggle(key="one_scale").set_value(True).run()
    data = stage(page.switch_page("views/present.py").run())
    assert data["special"] and len(set(data["limits"])) == 1


def drawn(report, method=None) -> dict:
    """What the stage of a report made by hand is given."""
    method = method or report.headline
    return presenter.stage_data(report, method, units_of(report, method, True), 1.0, False)


def test_a_model_without_a_head_shows_scores_instead():
    data = drawn(make_report(has_head=False))
    assert data["readings"] == [] and data["layers"][1]["reads"] == "Layer 1"


def test_a_regression_has_a_value_and_no_share():
    data = drawn(make_report(problem_type=REGRESSION))
    assert all("%" not in figure for _, figure in data["said"])


def test_of_several_labels_two_are_said():
    assert 1 <= len(drawn(make_report(problem_type=MULTI_LABEL))["said"]) <= 2


def test_classes_fall_and_leave_out_the_contrasted_one():
    report = make_report()
    names = [row["name"] for row in presenter.class_rows(report)]
    assert sorted(names) == sorted(report.prediction.labels)
    contrasted = dataclasses.replace(report, prediction=dataclasses.replace(report.prediction, against=1 - report.prediction.target))
    assert len(presenter.class_rows(contrasted)) == len(names) - 1 or presenter.class_rows(contrasted) == []


@pytest.mark.parametrize(
    "sent, kept",
    [
        ({"layer": 2, "word": 1, "class": None}, {"layer": 2, "word": 1}),
        ({"layer": None, "word": 0, "class": "negative"}, {"word": 0, "class": "negative"}),
        ({"layer": "x", "word": 10**9, "class": "<i>"}, {}),
        ({"layer": float("nan"), "word": -1, "class": ["a"]}, {}),
        ("nonsense", {}),
        (None, {}),
    ],
)
def test_what_the_browser_sends_is_checked(monkeypatch, sent, kept):
    report = make_report()
    units, got = units_of(report, report.headline, True), {}
    state = SimpleNamespace(layer_shown=None, token=None, target=None)
    monkeypatch.setattr("streamlit.session_state", state)
    presenter.take(sent, report, units)
    got = {"layer": state.layer_shown, "class": state.target}
    got = {name: value for name, value in got.items() if value is not None}
    if state.token is not None:
        got["word"] = units.holding(state.token)
    assert got == {name: value for name, value in kept.items() if name != "class" or value in report.prediction.labels}


@pytest.mark.parametrize("probability, said", [(0.264, "26 %"), (0.004, "< 1 %"), (1.0, "100 %")])
def test_shares_for_the_back_of_the_room(probability, said):
    assert present_wording.share(probability) == said


# --- the tour ---


def tour(page) -> dict:
    """What the tour was given."""
    return components(page, "tour")[0]


def test_the_tour_is_for_those_who_come_with_a_plain_address(open_page):
    assert tour(open_page())["first"] is True
    assert tour(open_page(layer="1"))["first"] is False


def test_it_stays_so_after_the_address_was_written_to(open_page):
    page = open_page()
    assert tour(retype(page, TEXT))["first"] is True


def test_it_can_be_asked_for(open_page):
    page = open_page(layer="1")
    assert tour(page)["asked"] == 0
    assert tour(press(page, present_wording.SHOW_TOUR))["asked"] == 1


def test_its_three_hints_use_the_words_of_the_model(open_page):
    steps = tour(open_page())["steps"]
    assert len(steps) == 3 and "Orange speaks for the class, blue against it" in steps[0]["words"]
    assert "raises the value" in present_wording.tour_hints(REGRESSION)[0][1]


def test_other_pages_have_no_tour(open_page):
    page = open_page()
    for view in ("views/present.py", "views/compare.py"):
        assert not components(page.switch_page(view).run(), "tour")


def test_the_first_visit_finds_an_example_explained(open_page):
    page = open_page()
    assert text_box(page).value == CATALOG["sentiment"].gallery[0]
    assert "".join(piece for piece, _ in hero(page)["pieces"]) == CATALOG["sentiment"].gallery[0]
