"""Links: what the address bar and the box of links hold of each page, and what an address opens."""

from urllib.parse import parse_qsl

import pytest

from core.catalog import CATALOG
from dashboard import examples, permalink, show_wording, wording
from tests.dashboard.page import address, components, hero, layer_slider, links, notices, press, retype, text_box

SECRET = "Something private & odd: 100 % + ünï 🍿 <b>?"


def query_of(link: str) -> dict[str, str]:
    """What stands behind the ? of a link."""
    return dict(parse_qsl(link, strict_parsing=True))


def select_word(page, index: int):
    """As a click on a word of the hero does it."""
    page.session_state["token"] = index
    return page.run()


def test_the_bar_never_holds_a_text_and_the_second_link_does(open_page):
    page = retype(open_page(text="From a link."), SECRET)
    layer_slider(page).set_value(1).run()
    assert address(page) == {"model": "sentiment", "layer": "1"} == query_of(links(page)["query"])
    assert query_of(links(page)["queryWithText"]) == {"model": "sentiment", "layer": "1", "text": SECRET}
    assert "private" not in links(page)["about"] and "histor" in links(page)["warning"]


def test_a_link_opened_shows_its_text_and_leaves_the_bar_without_it(open_page):
    page = open_page(text=SECRET, layer="2", **{"class": "positive"})
    assert text_box(page).value == SECRET and not notices(page)
    assert address(page) == {"model": "sentiment", "layer": "2", "class": "positive"}


def test_both_links_lead_back_to_the_same_view(open_page):
    asked = {"layer": "1", "word": "4", "class": "neutral", "against": "positive", "method": "undecoded"}
    page = open_page(text="One film, two endings.", **asked)
    assert not notices(page) and hero(page)["texts"][hero(page)["selected"]] == "two"
    again = open_page(**query_of(links(page)["queryWithText"]))
    assert hero(again) == hero(page) and links(again) == links(page)


def test_the_length_of_a_link_is_told_and_too_long_a_one_refused(open_page):
    page = retype(open_page(), "word " * 100)
    assert f"{len(links(page)['queryWithText']):,} characters" in links(page)["warning"]
    retype(page, "word " * 2000)
    assert links(page)["queryWithText"] is None and f"{permalink.MOST_CHARACTERS:,}" in links(page)["warning"]
    assert links(page)["query"]


def test_an_example_needs_no_text_in_its_link(open_page):
    page = open_page()
    name = list(examples.gallery(CATALOG["sentiment"]))[2]
    page.get("button_group")[0].set_value(name).run()
    select_word(page, 2)
    assert address(page) == {"model": "sentiment", "example": name, "word": "2"}
    again = open_page(**address(page))
    assert hero(again) == hero(page) and again.get("button_group")[0].value == page.get("button_group")[0].value
    assert "an example" in links(page)["about"]


def test_a_word_of_one_s_own_text_is_in_no_link_without_it(open_page):
    page = select_word(retype(open_page(), "A warm little film."), 2)
    assert "word" not in address(page) and query_of(links(page)["queryWithText"])["word"] == "2"


def test_another_text_has_no_selected_word(open_page):
    page = retype(open_page(text="A warm little film.", word="2"), "Cold.")
    assert "word" not in query_of(links(page)["queryWithText"])


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"word": "99"}, "word 99"),
        ({"word": "0"}, "word 0"),
        ({"word": "first"}, "“first”"),
        ({"layer": "55"}, "layer 55"),
        ({"example": "nothing"}, "“nothing”"),
        ({"model": "x"}, "“x”"),
        ({"class": "x"}, "“x”"),
        ({"method": "x"}, "“x”"),
        ({"removal": "x"}, "“x”"),
        ({"closer": "<b>x"}, "“<b>x”"),
        ({"layer": "x"}, "“x”"),
        ({"step": "abc"}, "“abc”"),
        ({"step": "9"}, "“9”"),
    ],
)
def test_a_bad_value_opens_on_a_sane_one_and_is_told(open_page, asked, said):
    page = open_page(**asked)
    (sentence,) = notices(page)
    assert said in sentence and hero(page)["pieces"] and address(page) == {"model": "sentiment"}
    assert text_box(page).value == CATALOG["sentiment"].gallery[0]
    retype(page, "Another text.")
    assert not notices(page)


def test_values_that_no_page_knows_are_left_alone(open_page):
    page = open_page(utm_source="mail", stepped="abc", word="")
    assert not notices(page) and address(page) == {"model": "sentiment"}


def test_the_page_that_compares_has_words_removal_and_method(open_page):
    page = open_page(text="A warm film.", word="2", removal="delete", closer="undecoded").switch_page("views/compare.py").run()
    assert not page.exception and components(page, "wall")[0]["selected"] == 1
    assert address(page) == {"model": "sentiment", "removal": "delete", "closer": "undecoded"}
    assert query_of(links(page)["queryWithText"]) == {**address(page), "text": "A warm film.", "word": "2"}


def test_no_text_no_link_with_one(open_page):
    page = retype(open_page(), " ")
    assert notices(page) == [wording.NO_TEXT] and address(page) == {"model": "sentiment"} and not components(page, "link_box")
    page.switch_page("views/compare.py").run()
    assert not page.exception and address(page) == {"model": "sentiment"}


def test_the_way_to_another_page_takes_what_the_bar_holds(open_page):
    """Else Streamlit would empty the bar first, in an entry of its own of the browser's history."""
    page = open_page(layer="1")
    press(page, "Compare methods")
    assert address(page) == {"model": "sentiment"} and page.query_params["layer"] in ("1", ["1"])


def test_every_kind_of_file_is_on_offer(open_page):
    page = open_page()
    offered = [button.proto.label for button in page.get("download_button")]
    expected = ("PICTURE_PNG", "PICTURE_SVG", "REPORT_HTML", "REPORT_JSON", "SCORES_PARQUET")
    assert {getattr(show_wording, name) for name in expected} <= set(offered)
