"""What a visitor does with the results of a run, in a real browser against the real application."""

import csv
import io
import re

import pytest
from playwright.sync_api import Browser, expect

from dashboard import corpus_results_wording as said
from tests.browser.explore_page import ExplorePage
from tests.browser.test_corpus import CorpusPage
from tests.browser.test_frame import WIDE_ELEMENTS

HARMFUL = "=1+1 A wonderful <b onclick=x>film</b>, tender and wise."
TEXTS = ("A wonderful film, tender and wise.", "A dull and tedious film.", "What a wonderful cast!", HARMFUL)
LABELS = ("positive", "negative", "negative", "positive")  # of the third text wrong
ROWS = 64
CSV = "review,stars\n" + "".join(f'"{n}: {TEXTS[n % 4]}",{LABELS[n % 4]}\n' for n in range(ROWS)).replace('"3: =', '"=')
WRONG = [n + 1 for n in range(ROWS) if n % 4 == 2]  # rows are counted from 1


class ResultsPage(CorpusPage):
    """Locators and gestures of the results."""

    @property
    def rows(self):
        """The rows of the table of rows."""
        return self.page.get_by_role("table", name=said.ROWS_TITLE).locator("tbody").get_by_role("row")

    def pick(self, name: str | re.Pattern) -> None:
        """Press the button of a row or word."""
        self.page.get_by_role("button", name=name).first.click()
        self.settle()

    def download(self, name: str) -> tuple[str, bytes]:
        """Press a button; the name and content of the file that comes."""
        with self.page.expect_download() as coming:
            self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()
        return coming.value.suggested_filename, coming.value.path().read_bytes()


@pytest.fixture(scope="module")
def address(browser: Browser, server: str):
    """A finished run, begun in the browser by a visitor who has left."""
    context = browser.new_context(reduced_motion="reduce")
    page = ResultsPage(context.new_page())
    page.page.goto(f"{server}/corpus")
    page.settle()
    page.drop(reviews_csv=CSV)
    page.page.get_by_text(re.compile("^Also test on")).click()  # the long part
    page.settle()
    page.press(f"Analyse {ROWS} rows")
    page.expect_title("Read")
    yield page.page.url.removeprefix(server)
    context.close()


@pytest.fixture
def results(visit, address):
    """`results(…)`: the run's page of a new visitor."""
    return lambda **options: ResultsPage(visit(address, **options).page)


def test_errors_are_filtered_searched_and_turned_over(results):
    page = results()
    expect(page.rows).to_have_count(50)
    page.page.get_by_role("button", name="2", exact=True).or_(page.page.get_by_label("Page 2", exact=True)).first.click()
    page.settle()
    expect(page.rows).to_have_count(ROWS - 50)
    page.page.get_by_role("radio", name="errors", exact=True).click()
    page.settle()
    expect(page.rows).to_have_count(len(WRONG))  # from the first page on
    expect(page.page.get_by_text(f"{len(WRONG)} of {ROWS} rows")).to_be_visible()
    expect(page.rows.first).to_contain_text("wrong")
    page.page.get_by_role("searchbox", name=said.SEARCH).fill("22:")
    page.page.keyboard.press("Enter")
    page.settle()
    expect(page.rows).to_have_count(1)
    expect(page.rows).to_contain_text("22: What a wonderful cast!")


def test_a_row_opens_in_explore_with_its_model(results):
    page = results()
    page.page.get_by_role("radio", name="errors", exact=True).click()
    page.settle()
    page.pick(re.compile(f"^show row {WRONG[0]}:"))
    page.press(said.OPEN_IN_EXPLORE)
    explore = ExplorePage(page.page)
    explore.expect_hero_text("2: What a wonderful cast!")
    expect(page.page.get_by_role("textbox", name="Text", exact=True)).to_have_value("2: What a wonderful cast!")
    expect(page.page.get_by_role("combobox", name="Model")).to_have_value("Film reviews (sentiment)")
    assert "/corpus" not in page.page.url


def test_a_word_of_a_class_is_shown_where_it_stands(results):
    page = results()
    expect(page.page.get_by_role("combobox", name=said.CLASS)).to_have_value("positive")  # of most rows
    page.pick(said.word_button("wonderful"))
    contexts = page.page.get_by_role("table", name=said.CONTEXTS).locator("tbody").get_by_role("row")
    expect(contexts.first).to_contain_text("wonderful")
    expect(contexts.first).to_contain_text("film, tender and wise.")


def test_the_rows_leave_as_csv_that_runs_nothing(results):
    name, content = results().download(said.ROWS_CSV)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert name == "layer-saliency-rows.csv" and len(rows) == ROWS
    assert rows[3]["text"] == "'" + HARMFUL and rows[0]["predicted"] == "positive"
    assert [int(row["number"]) for row in rows if row["correct"] == "false"] == WRONG


def test_the_report_opens_from_disk_without_scripts_or_network(results, browser, tmp_path):
    name, content = results().download(said.REPORT)
    file = tmp_path / name
    file.write_bytes(content)
    context, asked = browser.new_context(java_script_enabled=False, offline=True), []
    try:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_text("reviews.csv").first).to_be_visible()
        expect(page.get_by_text("wonderful").first).to_be_visible()
        expect(page.locator("svg").first).to_be_visible()
    finally:
        context.close()
    assert name == "layer-saliency-report.html" and asked == [file.as_uri()]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_results_are_accessible_and_fit(results, width, scheme):
    page = results(width=width, scheme=scheme)
    page.pick(re.compile("^show row 1:"))
    assert page.violations() == [] and page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
