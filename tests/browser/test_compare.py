"""What a visitor can do on the Compare page, in a real browser against the real application."""

import csv
import io
import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from dashboard import compare_wording
from tests.browser.explore_page import ExplorePage
from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

TEXT = "There is nothing in this film that I did not love."  # an example: computed once for all tests
LONG = "The film opens slowly, with a dull shot of the harbour, but soon the warm cast takes over and all is well. " * 2
HARMFUL = "<img src=https://example.org/i.png onerror=window.harmed=1><script>window.harmed=2</script> **b** \u202ereversed"
PATIENT = 90_000  # ms: twenty methods on a busy machine


class ComparePage(ExplorePage):
    """Locators and gestures of the other page."""

    def settle(self) -> None:
        """Wait until nothing runs: the cheap methods come by themselves, in several runs."""
        super().settle()
        expect(self.page.locator(".st-key-card-hide, [data-testid=stMain] .st-key-no-answer").first).to_be_visible(timeout=PATIENT)
        super().settle()

    @property
    def wall(self) -> Locator:
        """The grid of methods and words."""
        return self.page.get_by_role("grid", name="methods by words")

    @property
    def names(self) -> list[str]:
        """The methods from top to bottom."""
        return self.wall.get_by_role("rowheader").get_by_role("button").all_inner_texts()

    def method(self, name: str) -> Locator:
        """The name of a row."""
        return self.wall.get_by_role("button", name=name, exact=True)

    def row(self, name: str) -> Locator:
        """A row."""
        return self.wall.get_by_role("row").filter(has=self.page.get_by_role("button", name=name, exact=True))

    def cell_of(self, word: str, method: str) -> Locator:
        """A cell of the wall."""
        return self.wall.get_by_role("gridcell", name=re.compile(rf"^{re.escape(word)}, {re.escape(method)}, saliency"))

    def open_dear(self) -> None:
        """Unfold the list of methods that take longer."""
        self.page.get_by_text(re.compile(f"^{compare_wording.DEAR_TITLE}")).click()


@pytest.fixture
def compare(visit):
    """`compare(text, address, …)`: the Compare page on a text, all cheap methods there."""

    def open_page(text: str = TEXT, address: str = "", **options) -> ComparePage:
        page = ComparePage(visit(f"/compare?text={quote(text)}{address}", **options).page)
        page.settle()
        return page

    return open_page


def test_the_wall_draws_a_row_a_method(compare):
    page = compare()
    names = page.names
    assert len(names) >= 15 and names[0] == "decoded layer saliency" and names[-1] == "random order"
    words = page.wall.get_by_role("columnheader").all_inner_texts()
    assert [word.strip() for word in words[1:13]] == [*TEXT[:-1].split(), "."]
    assert page.wall.get_by_role("gridcell", name=re.compile("^love, ")).count() == len(names)
    expect(page.page.get_by_text(re.compile("^On this text"))).to_contain_text("One text is one text")
    expect(page.page.get_by_text(re.compile("divided by its largest magnitude"))).to_be_visible()


def test_rows_are_sorted_anew(compare):
    page = compare()
    figures = [float(figure.replace("−", "-")) for figure in page.wall.locator("td.phi b").all_inner_texts()[1:-1]]
    assert figures == sorted(figures, reverse=True)
    page.page.get_by_role("radio", name="name", exact=True).click()
    page.settle()
    names = [name.casefold() for name in page.names]
    assert names[1:-1] == sorted(names[1:-1]) and names[0].startswith("decoded") and names[-1] == "random order"


def test_a_word_is_selected_in_every_row(compare):
    page = compare()
    page.cell_of("nothing", "random order").click()
    expect(page.wall.get_by_role("columnheader", name=re.compile("^score of"))).to_contain_text("nothing")
    selected = page.wall.get_by_role("gridcell", name=re.compile("^nothing, "))
    assert {cell.get_attribute("aria-selected") for cell in selected.all()} == {"true"}
    expect(page.row("decoded layer saliency").locator("td.value")).to_contain_text("of 12")


def test_the_wall_by_keyboard(compare):
    page = compare()
    page.cell_of("nothing", "decoded layer saliency").click()
    page.settle()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")  # faster than the server answers
    expect(page.cell_of("this", "decoded layer saliency")).to_be_focused()
    page.settle()
    page.page.keyboard.press("ArrowDown")
    expect(page.cell_of("this", page.names[1])).to_be_focused()
    page.page.keyboard.press("Home")
    expect(page.method(page.names[1])).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("dialog")).to_contain_text("formula")


def test_the_card_of_a_method(compare):
    page = compare()
    page.method("decoded layer saliency").click()
    card = page.page.get_by_role("dialog")
    for word in ("formula", "a negative score", "source", "cost", "explained", "faithfulness φ"):
        expect(card).to_contain_text(word)
    page.page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.page.get_by_role("radio", name="cost", exact=True).click()
    page.settle()
    expect(card).to_have_count(0)  # it stays closed


def test_a_dear_method_runs_on_demand(compare):
    page = compare()
    page.open_dear()
    page.page.get_by_role("button", name="Run KernelSHAP").click()
    expect(page.method("KernelSHAP")).to_be_visible(timeout=PATIENT)
    expect(page.row("KernelSHAP")).to_contain_text("rows")
    expect(page.page.get_by_role("button", name="Run KernelSHAP")).to_have_count(0)
    page.settle()
    expect(page.page.get_by_role("button", name="Run LIME")).to_be_visible()  # the list is still unfolded


def test_a_run_is_stopped_and_what_is_finished_stays(compare):
    page = compare(LONG)
    before = page.names
    page.open_dear()
    page.page.get_by_role("button", name="Run LIME").click()  # 600 masked texts: seconds on any machine
    page.page.get_by_test_id("stMain").get_by_role("button", name="Stop").click(timeout=PATIENT)
    expect(page.page.get_by_text(compare_wording.STOPPED)).to_be_visible(timeout=PATIENT)
    page.settle()
    assert page.names == before
    expect(page.page.get_by_role("button", name="Run all")).to_be_enabled()


def test_a_method_that_fails_says_so_and_the_others_stand(visit):
    explore = visit()
    explore.load_own(folder="headless")
    explore.page.get_by_role("button", name=compare_wording.GO_COMPARE).click()
    page = ComparePage(explore.page)
    page.settle()
    expect(page.row("decoded layer saliency")).to_contain_text("language-model head")
    assert page.names[0] == "layer saliency, not decoded" and len(page.names) >= 15
    expect(page.row("decoded layer saliency").locator("td.phi")).to_have_count(0)


def test_the_text_stays_when_the_page_changes(visit):
    explore = visit()
    explore.type_text("Something else, and quite charming.")
    explore.choose("Explain the class", "negative")
    explore.page.get_by_role("button", name=compare_wording.GO_COMPARE).click()
    page = ComparePage(explore.page)
    page.settle()
    expect(page.page.get_by_role("textbox", name="Text", exact=True)).to_have_value("Something else, and quite charming.")
    expect(page.wall.get_by_role("columnheader", name="charming", exact=True)).to_be_visible()
    page.page.wait_for_url(re.compile(r"/compare\?model=sentiment&class=negative$"))
    page.page.get_by_role("link", name="Explore").click()
    explore.expect_hero_text("Something else, and quite charming.")
    expect(explore.title).to_contain_text("“negative”")


def test_an_untouched_example_goes_along_by_the_link(visit):
    explore = visit()
    text = explore.page.get_by_role("textbox", name="Text", exact=True).input_value()
    explore.page.get_by_role("link", name="Compare").click()
    page = ComparePage(explore.page)
    page.settle()
    expect(page.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(text)
    page.page.get_by_role("link", name="Explore").click()
    explore.expect_hero_text(text)


def test_the_address_opens_operator_and_class(compare):
    page = compare(address="&class=negative&removal=delete")
    expect(page.page.get_by_role("radio", name="left out")).to_be_checked()
    expect(page.page.get_by_text(re.compile("^Faithfulness φ: the probability of “negative”"))).to_be_visible()


def test_files(compare):
    page = compare()
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert download.value.suggested_filename == "comparison.csv" and [row["name"] for row in rows] == page.names
    assert float(rows[0]["love"]) and float(rows[0]["faithfulness"])
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download JSON").click()
    assert json.loads(download.value.path().read_text(encoding="utf-8"))["query"]["text"] == TEXT


def test_a_hostile_text_does_nothing(compare):
    page = compare(HARMFUL)
    assert page.page.evaluate("window.harmed") is None
    page.wall.get_by_role("gridcell", name=re.compile("^script, decoded")).first.click()
    page.settle()
    assert page.page.evaluate("window.harmed") is None and page.page.locator("img[src*='example.org']").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violations(compare, scheme):
    page = compare(scheme=scheme)
    page.open_dear()
    page.page.evaluate(AXE)
    assert page.page.evaluate(AXE_RUN, RULES) == []
    page.method("decoded layer saliency").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("formula")
    assert page.page.evaluate(AXE_RUN, RULES) == []


def test_nothing_is_wider_than_a_phone(compare):
    page = compare(
        "Incomprehensibilities " + "x" * 300 + " and a long list of words that goes on and on for a while yet",
        width=390,
        height=844,
    )
    assert page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    expect(page.method("decoded layer saliency")).to_be_visible()
    page.method("decoded layer saliency").scroll_into_view_if_needed()
    page.wall.locator("xpath=..").evaluate("scroll => scroll.scrollTo(400, 0)")
    expect(page.method("decoded layer saliency")).to_be_in_viewport()  # the names stay where they are
