"""The Explore page in each of its states, run without a browser on a tiny random model."""

import dataclasses

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.catalog import CATALOG
from core.labels import MULTI_LABEL
from core.methods import ONE_PASS
from dashboard import examples, wording
from dashboard.answers import ANSWERS, only_output
from tests.dashboard.page import address, components, everything_said, hero, layer_slider, links, notices, press, retype, text_box


def test_the_default_page_explains_an_example(open_page):
    page = open_page()
    assert not notices(page)
    assert "".join(piece for piece, _ in hero(page)["pieces"]) == CATALOG["sentiment"].gallery[0]
    assert hero(page)["why"].startswith("★ Recommended")
    assert (
        len(components(page, "layer_map"))
        == len(components(page, "layer_readings"))
        == len(components(page, "prediction_bars"))
        == 1
    )
    assert len(page.get("plotly_chart")) == 2
    assert "1 forward and 1 backward pass" in page.main.caption[-1].value


def test_there_are_at_least_eight_examples_and_each_is_explained(open_page):
    page = open_page()
    gallery = examples.gallery(CATALOG["sentiment"])
    assert len(gallery) >= 8
    for name, text in gallery.items():
        page.get("button_group")[0].set_value(name).run()
        assert not page.exception and not [n for n in notices(page) if "model read the first" not in n]
        assert text_box(page).value == text


def test_a_layer_change_makes_no_model_call(open_page):
    page = open_page()
    before, shown = list(open_page.calls), hero(page)["scores"]
    layer_slider(page).set_value(0).run()
    assert hero(page)["scores"] != shown and hero(page)["title"] == "What the embedding used for "
    assert open_page.calls == before


def test_neither_do_method_words_and_options(open_page):
    page = open_page()
    before = list(open_page.calls)
    for method in ONE_PASS[1:]:
        page.selectbox(key="method").set_value(method).run()
        assert not page.exception
    page.toggle(key="special").set_value(True).run()
    page.toggle(key="one_scale").set_value(True).run()
    page.selectbox(key="rule").set_value("max-abs").run()
    page.slider(key="strength").set_value(2.0).run()
    assert not page.exception and open_page.calls == before
    assert hero(page)["special"]


def test_a_new_text_makes_one_call(open_page):
    page = open_page()
    before = len(open_page.calls)
    retype(page, "A new text.")
    assert open_page.calls[before:].count("analyse") == 1


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_blank_text_gets_a_sentence(open_page, text):
    page = retype(open_page(), text)
    assert notices(page) == [wording.NO_TEXT]


def test_text_without_anything_to_read_gets_a_sentence_and_stays(open_page):
    page = retype(open_page(), "\x01\x02")
    assert len(notices(page)) == 1 and text_box(page).value == "\x01\x02"
    retype(page, "Fine again.")
    assert not notices(page) and hero(page)["texts"][0] == "Fine"


@pytest.mark.parametrize(
    "text", ["Zeugma", "!!!", "\u202eabc", "<script>alert(1)</script> **b** $x$ :smile:", "שלום עולם", "a\x00b", "🍿"]
)
def test_odd_texts_are_explained(open_page, text):
    page = retype(open_page(), text)
    assert not notices(page)
    drawn = "".join(piece for piece, _ in hero(page)["pieces"])
    assert drawn == text.replace("\x00", "␀")
    retyped = [element for element in (*page.markdown, *page.caption) if text in element.value]
    assert not retyped  # markdown is no place for anyone's words


def test_a_text_beyond_the_limit_says_what_was_read(open_page):
    page = retype(open_page(), "word " * 50_000)
    assert len(notices(page)) == 1 and "of 250,000 characters" in notices(page)[0]
    assert len(components(page, "layer_map")[0]["words"]) <= 60


def test_an_unknown_model_in_the_address(open_page):
    page = open_page(model="../../etc")
    assert "“../../etc”" in notices(page)[0] and page.selectbox(key="model").value == "sentiment"
    assert hero(page)["pieces"]


def test_a_class_that_the_model_does_not_have(open_page):
    page = open_page(**{"class": "sports"})
    assert "“sports”" in notices(page)[0] and "neutral" in notices(page)[0]
    assert page.selectbox(key="target").value == ""


@pytest.mark.parametrize("layer", ["999", "-1", "nan", "٣", "1" * 40])
def test_an_impossible_layer_in_the_address_gives_the_recommended_one(open_page, layer):
    assert hero(open_page(layer=layer))["why"].startswith("★ Recommended")


def test_an_unknown_method_in_the_address(open_page):
    page = open_page(method="magic")
    assert "“magic”" in notices(page)[0] and "decoded" in hero(page)["subtitle"]


def test_the_address_opens_what_it_names(open_page):
    page = open_page(**{"class": "neutral", "against": "positive", "layer": "1", "method": "undecoded", "text": "A link."})
    assert not notices(page)
    assert hero(page)["question"] == "neutral rather than positive" and hero(page)["title"] == "What layer 1 used for "
    assert "not decoded" in hero(page)["subtitle"] and text_box(page).value == "A link."


def test_the_address_follows_but_keeps_the_text_to_itself(open_page):
    page = retype(open_page(), "Something private.")
    layer_slider(page).set_value(1).run()
    page.selectbox(key="target").set_value("neutral").run()
    assert address(page) == {"model": "sentiment", "layer": "1", "class": "neutral"}
    assert "private" not in links(page)["query"] and "Something+private." in links(page)["queryWithText"]


def test_the_same_class_on_both_sides(open_page):
    page = open_page()
    page.selectbox(key="target").set_value("neutral")
    page.selectbox(key="against").set_value("neutral").run()
    assert not page.exception and len(notices(page)) == 1 and "both the class" in notices(page)[0]
    page.selectbox(key="against").set_value("positive").run()
    assert not notices(page) and hero(page)["question"] == "neutral rather than positive"


def test_a_blank_text_in_between_loses_no_choice(open_page):
    page = open_page()
    layer_slider(page).set_value(1).run()
    page.selectbox(key="target").set_value("neutral").run()
    retype(page, " ")
    retype(page, "Back again.")
    assert hero(page)["question"] == "neutral" and layer_slider(page).value == 1


def test_the_faithful_map_stands_beside_the_first(open_page):
    page = open_page()
    button = next(button for button in page.button if button.label == wording.FAITHFUL)
    button.click().run()
    assert not page.exception
    first, second = components(page, "token_text")
    assert "stratified" in second["subtitle"] and "stratified" not in first["subtitle"]
    assert open_page.calls.count("analyse") == 1
    assert next(button for button in page.button if button.label == wording.FAITHFUL).disabled
    assert "11 rows" in page.main.caption[-1].value


def test_the_faithful_map_can_be_the_one_shown(open_page):
    page = open_page(method="faithful")
    assert not notices(page)
    assert len(components(page, "token_text")) == 1 and "stratified" in hero(page)["subtitle"]
    assert len(components(page, "layer_map")[0]["rows"]) == 4


def test_both_maps_select_the_same_word(open_page):
    page = open_page()
    next(button for button in page.button if button.label == wording.FAITHFUL).click().run()
    first, second = components(page, "token_text")
    assert first["selected"] == second["selected"]


def test_the_slider_follows_the_recommendation_until_it_is_moved(open_page):
    page = open_page()
    layer_slider(page).set_value(0).run()
    retype(page, "Another text of some words.")
    assert layer_slider(page).value == 0
    next(button for button in page.button if button.label == wording.BACK).click().run()
    assert hero(page)["why"].startswith("★ Recommended")


def test_a_model_that_cannot_be_loaded_gets_a_sentence(open_page, monkeypatch, tmp_path):
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=tmp_path))
    st.cache_resource.clear()
    page = open_page()
    assert notices(page) and "config.json" in notices(page)[0]


def test_every_method_can_be_picked_and_costs_rows_of_its_own_only_once(open_page):
    page = open_page()
    page.selectbox(key="method").set_value("path").run()
    assert not page.exception and hero(page)["subtitle"].startswith("path-integrated, 5 rows")
    run = list(open_page.calls)
    assert run.count("analyse") == 1  # the one pass was not repeated
    page.selectbox(key="method").set_value("").run()
    page.selectbox(key="method").set_value("path").run()
    assert open_page.calls == run


def test_the_card_of_a_method_asked_for_is_shown(open_page):
    """With its seed: the map can be made again."""
    page = open_page()
    page.button[[button.label for button in page.button].index(wording.FAITHFUL)].click().run()
    cards = [dict(data["rows"]) for data in components(page, "formula_card")]
    assert [card["method"] for card in cards] == ["decoded layer saliency", "stratified, faithful"]
    assert cards[1]["seed"].isdigit() and cards[1]["cost"].startswith("10 rows")


def test_meaning_kept_is_a_third_line_on_demand(open_page):
    page = open_page()
    page.toggle(key="meaning").set_value(True).run()
    assert not page.exception and "meaning kept" in page.get("plotly_chart")[0].proto.spec


def test_a_layer_that_is_no_number_is_told(open_page):
    assert any("“last”" in sentence for sentence in notices(open_page(layer="last")))


# --- other kinds of answers -----------------------------------------------------------------------------------------
@pytest.fixture
def open_variant(open_page, variant_folder, monkeypatch):
    """`open_variant(labels, problem_type, **query)`: the page with a model of another kind of answer."""

    def open_with(labels, problem_type, **query):
        folder = variant_folder("bert", labels, problem_type)
        monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=folder))
        st.cache_resource.clear()
        return open_page(**query)

    return open_with


def test_labels_on_their_own(open_variant):
    page = open_variant(("joy", "anger", "surprise"), MULTI_LABEL)
    (bars,) = components(page, "prediction_bars")
    assert bars["note"] == ANSWERS[MULTI_LABEL].note and sum(row["share"] for row in bars["rows"]) != pytest.approx(1, abs=0.01)
    assert page.selectbox(key="target").label == "Explain the label" and not notices(page)
    page.selectbox(key="target").set_value("joy").run()
    page.selectbox(key="against").set_value("anger").run()
    assert hero(page)["question"] == "joy rather than anger" and "Each label on its own." in everything_said(page)


def test_a_value_is_never_called_a_probability(open_variant):
    page = open_variant(("LABEL_0",), None)
    (bars,) = components(page, "prediction_bars")
    (row,) = bars["rows"]
    assert row["name"] == "score" and row["share"] is None and "%" not in row["figure"]
    assert "raises" in hero(page)["high"] and "model's own scale" in hero(page)["subtitle"]
    assert "model's own scale" in page.get("plotly_chart")[1].proto.spec
    assert notices(page) == [only_output("score")] and not [box for box in page.selectbox if box.key in ("target", "against")]
    said = (
        everything_said(page).replace("not a probability", "").replace("reads it as (probability)", "")
    )  # that of decoded words
    assert "probab" not in said.lower() and "logits" not in said


def test_an_address_for_another_model_s_classes_is_told_on_one_of_values(open_variant):
    page = open_variant(("LABEL_0",), None, **{"class": "positive", "against": "score"})
    assert any("“positive”" in sentence for sentence in notices(page))
    assert hero(page)["question"] == "score"


def test_a_layer_chosen_elsewhere_outlives_what_an_older_slider_says():
    def draw():
        import streamlit as st

        from dashboard import layer_choice, session, wording

        session.set_defaults(layer_is_chosen=False, layer_shown=0)
        st.button("map", on_click=layer_choice.choose, args=(2,))
        st.button("an older slider", on_click=layer_choice.keep, args=("layer-1",))
        shown = layer_choice.settle(recommended=3, n_states=5)
        key = layer_choice.key()
        st.select_slider(wording.LAYER, range(5), shown, key=key, on_change=layer_choice.keep, args=(key,))
        st.text(st.session_state.layer_shown)

    page = AppTest.from_function(draw, default_timeout=30).run()
    assert page.text[0].value == "3" and layer_slider(page).key == "layer-1"
    press(page, "map")
    assert page.text[0].value == "2" and layer_slider(page).value == 2 and layer_slider(page).key == "layer-2"
    press(page, "an older slider")
    assert page.text[0].value == "2"
    layer_slider(page).set_value(4).run()
    assert page.text[0].value == "4" and layer_slider(page).key == "layer-2", "a slider that moves stays the same one"
