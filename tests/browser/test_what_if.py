"""What-if on the Explore page: every edit by mouse and by keyboard, the trail, the search, in a real browser on the shipped model."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

EXAMPLE = "I expected a dull, predictable sequel, but the cast is wonderful and I left the cinema smiling."
HARM = "<img src=x onerror=window.harmed=1> **b** :smile: $x$"


class WhatIf:
    """The bar and the card, on a visit of the Explore page."""

    def __init__(self, explore):
        self.explore, self.page = explore, explore.page
        self.bar, self.card = self.page.locator(".st-key-what-if-bar"), self.page.locator(".st-key-card-what-if")

    def select(self, word: str):
        """Click a word, and wait until the bar is about it."""
        self.explore.word(word).click()
        expect(self.bar.get_by_text(f"“{word}”", exact=True)).to_be_visible()
        self.explore.settle()
        return self

    def button(self, name: str):
        """A button of the bar."""
        return self.bar.get_by_role("button", name=name, exact=True)

    def press(self, name: str):
        """Press a button of the bar."""
        self.button(name).click()
        return self

    def from_menu(self, menu: str, item: str):
        """Choose from one of the two menus of the bar, which is opened by keyboard."""
        opener = self.bar.get_by_role("button", name=re.compile(menu))
        opener.focus()
        self.page.keyboard.press("Enter")
        choice = self.page.get_by_text(item, exact=True)
        expect(choice).to_be_visible()
        choice.click()
        return self

    def expect_text(self, text: str) -> None:
        """Wait until box and hero show this text, and nothing runs any more."""
        expect(self.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(text)
        self.explore.expect_hero_text(text)
        self.explore.settle()

    def step(self, number: int):
        """A step of the trail, 0 the original."""
        return self.card.get_by_role("list", name="Edits of the text, in order").get_by_role("button").nth(number)

    @property
    def said(self):
        """What those who hear the page are told."""
        return self.bar.get_by_role("status")


@pytest.fixture
def what_if(visit):
    return lambda word="wonderful", **window: WhatIf(visit(**window)).select(word)


def test_masking_a_word_shows_the_new_answer_beside_the_old(what_if):
    page = what_if().press("Mask")
    page.expect_text(EXAMPLE.replace("wonderful", "[MASK]"))
    expect(page.card.get_by_role("heading", name="What if: “wonderful” masked")).to_be_visible()
    expect(page.card.get_by_role("list", name="What the classifier says, before and now")).to_contain_text(
        re.compile(r"positive.*9\d\.\d % → \d+\.\d %.*−\d+\.\d points")
    )
    expect(page.card.get_by_text("The answer is now “negative”.")).to_be_visible()
    expect(page.said).to_have_text(
        re.compile(r"^“wonderful” masked\. positive: 9\d\.\d % to \d+\.\d %, −\d+\.\d points\. The answer is now “negative”\.$")
    )
    rows = page.card.get_by_role("table", name="What it changed, word by word").first.get_by_role("row")
    expect(rows.nth(0)).to_contain_text("wonderful")
    expect(rows.nth(1)).to_contain_text("[MASK]")


@pytest.mark.parametrize(("name", "text"), [("Leave out", EXAMPLE.replace("wonderful ", "")), ("Keep only it", "wonderful")])
def test_leaving_out_and_keeping(what_if, name, text):
    what_if().press(name).expect_text(text)


def test_a_suggestion_of_the_head(what_if):
    page = what_if().press("Replace …")
    fills = page.page.get_by_role("list", name="What the language-model head would put there").get_by_role("button")
    expect(fills.first).to_have_accessible_name(re.compile(r": the head's probability \d.* %; the classifier then says positive"))
    word = fills.first.get_attribute("aria-label").split(":")[0]
    page.explore.settle()
    fills.first.focus()
    page.page.keyboard.press("Enter")
    page.expect_text(EXAMPLE.replace("wonderful", word))
    expect(fills).to_have_count(0)  # the box has closed
    expect(page.card.get_by_role("heading", name=f"What if: “wonderful” → “{word}”")).to_be_visible()


def test_a_typed_word_by_keyboard(what_if):
    page = what_if()
    page.button("Replace …").focus()
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_label("Another word for it")).to_be_focused()
    page.explore.settle()
    page.page.keyboard.type("wooden")
    page.page.keyboard.press("Enter")
    page.expect_text(EXAMPLE.replace("wonderful", "wooden"))
    expect(page.bar.get_by_text("“wooden”", exact=True)).to_be_visible()  # the place stays selected, for another try


@pytest.mark.parametrize("width", [1280, 390])
def test_the_box_of_words_gives_the_focus_back(what_if, width):
    page = what_if(width=width)
    page.button("Replace …").focus()
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_label("Another word for it")).to_be_focused()
    page.explore.settle()
    assert page.page.locator("[data-testid=stPopoverBody]").bounding_box()["height"] > 300  # on the side where there is room for it
    page.page.keyboard.press("Escape")
    expect(page.page.get_by_label("Another word for it")).to_have_count(0)
    expect(page.button("Replace …")).to_be_focused()


def test_a_hostile_word_is_a_word(what_if):
    page = what_if().press("Replace …")
    page.explore.settle()
    page.page.get_by_label("Another word for it").fill(HARM)
    page.page.get_by_role("button", name="Replace", exact=True).click()
    page.expect_text(EXAMPLE.replace("wonderful", HARM))
    expect(page.card.get_by_role("heading", name=re.compile("^What if: “wonderful” → “<img"))).to_be_visible()
    assert page.page.evaluate("window.harmed") is None


def test_the_top_words_of_the_layer(what_if):
    page = what_if().from_menu("^Mask the top words of layer", "the top 3 words")
    expect(page.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(re.compile(r"(.*\[MASK\]){3}"))
    expect(page.card.get_by_role("heading", name=re.compile("^What if: (“.*”, ){2}“.*” masked"))).to_be_visible()


def test_the_smallest_edit_that_flips_the_answer(what_if):
    page = what_if().from_menu("^Smallest edit", "by leaving words out")
    expect(page.card.get_by_text("The answer is now “negative”.")).to_be_visible(timeout=60_000)
    expect(page.card.get_by_text(re.compile("^Leave out .* instead of “positive”"))).to_be_visible()
    page.explore.settle()
    page.step(0).click()
    page.expect_text(EXAMPLE)


def test_the_trail_by_keyboard(what_if):
    page = what_if()
    masked = EXAMPLE.replace("wonderful", "[MASK]")
    page.press("Mask").expect_text(masked)
    page.select("dull").press("Leave out").expect_text(masked.replace("a dull,", "a,"))
    expect(page.step(2)).to_have_attribute("aria-current", "step")
    page.step(1).focus()
    page.page.keyboard.press("Enter")
    page.expect_text(masked)
    expect(page.step(1)).to_be_focused()
    page.card.get_by_role("button", name="Undo").focus()
    page.page.keyboard.press("Enter")
    page.expect_text(EXAMPLE)
    page.step(2).click()
    page.expect_text(masked.replace("a dull,", "a,"))
    page.card.get_by_role("button", name="Back to the original").click()
    page.expect_text(EXAMPLE)
    expect(page.card).to_have_count(0)


def test_typing_ends_the_trail(what_if):
    page = what_if()
    page.press("Mask").expect_text(EXAMPLE.replace("wonderful", "[MASK]"))
    page.explore.type_text("A fresh start.")
    expect(page.card).to_have_count(0)


def test_a_cell_of_the_map_of_changes_goes_to_its_layer(what_if):
    page = what_if()
    page.press("Mask").expect_text(EXAMPLE.replace("wonderful", "[MASK]"))
    page.card.get_by_role("gridcell", name=re.compile("^cast, layer 5, change (plus|minus)")).click()
    expect(page.explore.title).to_contain_text("What layer 5 used")
    expect(page.card.get_by_text("saliency at layer 5, in logits")).to_be_visible()
    expect(page.bar.get_by_text("“cast”", exact=True)).to_be_visible()


def test_an_edited_text_is_a_text_like_any_other(what_if):
    page = what_if()
    page.press("Leave out").expect_text(EXAMPLE.replace("wonderful ", ""))
    page.page.get_by_role("button", name="Compare methods").click()
    expect(page.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(EXAMPLE.replace("wonderful ", ""))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_card_is_accessible_and_fits(what_if, width, scheme):
    page = what_if(width=width, scheme=scheme)
    page.press("Mask").expect_text(EXAMPLE.replace("wonderful", "[MASK]"))
    page.select("dull").press("Leave out")
    expect(page.step(2)).to_be_visible()
    page.page.mouse.move(1, 1)  # off the button, whose hint hangs outside of every landmark
    expect(page.page.get_by_role("tooltip")).to_have_count(0)
    page.explore.settle()
    page.page.evaluate(AXE)
    assert page.page.evaluate(AXE_RUN, RULES) == []
    assert max(page.page.evaluate(WIDE_ELEMENTS)) <= 0
    page.press("Replace …")
    expect(page.page.get_by_text("the classifier then says")).to_be_visible()
    page.explore.settle()
    found = page.page.evaluate(AXE_RUN, RULES)
    assert [rule for rule, *_ in found if rule != "region"] == []  # Streamlit hangs an open box outside of every landmark
