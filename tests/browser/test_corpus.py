"""What a visitor can do on the Corpus page, in a real browser against the real application."""

import re

import pytest
from playwright.sync_api import expect

from dashboard import corpus_wording
from tests.browser.explore_page import ExplorePage
from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

HARMFUL = "<img src=https:x onerror=window.harmed=1>"
ROWS = (
    "A film to remember, tender and wise.",
    "Two hours that I will not get back.",
    "",
    "The cast is wonderful, the plot is not.",
    HARMFUL,
)
CSV = "key;review;stars\n" + "".join(f'{n};"{ROWS[n % 5]}";{("pos", "neg")[n % 2]}\n' for n in range(60))
PATIENT = 120_000  # ms: a busy machine is slow, not wrong


class CorpusPage(ExplorePage):
    """Locators and gestures of the page of files."""

    def drop(self, **files: str | bytes) -> None:
        """Drop files; `_` in a name stands for its dot."""
        given = [
            {
                "name": name.replace("_", "."),
                "mimeType": "text/plain",
                "buffer": content if isinstance(content, bytes) else content.encode(),
            }
            for name, content in files.items()
        ]
        self.page.locator("input[type=file]").first.set_input_files(given)
        self.page.wait_for_timeout(600)  # the bytes go first, the news of them after
        self.settle()

    def press(self, name: str | re.Pattern) -> None:
        """Press a button of the page."""
        self.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=isinstance(name, str)).click()
        self.settle()

    def expect_title(self, words: str, timeout: int = PATIENT) -> None:
        """Wait for the heading of the run."""
        expect(self.page.get_by_role("heading", name=re.compile(f"^{words} ")).first).to_be_visible(timeout=timeout)

    @property
    def table(self):
        """The first rows."""
        return self.page.get_by_role("table", name=corpus_wording.PREVIEW)

    def violations(self) -> list:
        """What axe finds, but for the drop zone: Streamlit gives it a name, and the role of something that has none."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(AXE_RUN, RULES)
        return [one for one in found if one[0] != "presentation-role-conflict"]


@pytest.fixture
def corpus(visit):
    """`corpus(address, …)`: the page of a new visitor."""

    def open_page(address: str = "", **options) -> CorpusPage:
        return CorpusPage(visit(f"/corpus{address}", **options).page)

    return open_page


def test_a_file_is_dropped_mapped_watched_stopped_and_goes_on(corpus, visit):
    page = corpus()
    page.drop(reviews_csv=CSV)
    expect(page.table.get_by_role("row")).to_have_count(6)
    expect(page.table.get_by_role("row").nth(5)).to_contain_text(HARMFUL)
    page.choose("^Label", "stars")
    expect(page.page.get_by_text(re.compile("60 rows, 12 of which can’t be used"))).to_be_visible()
    page.page.get_by_text(re.compile("^Also test on")).click()  # the long part of it
    page.settle()
    page.press("Analyse 48 rows")
    assert re.search(r"/corpus\?run=[\w-]{22}$", page.page.url)
    expect(page.page.get_by_text(re.compile(r"\d+ of 60 rows"))).to_be_visible(timeout=PATIENT)
    page.press(corpus_wording.STOP)
    expect(page.page.get_by_text(re.compile("^You stopped this run"))).to_be_visible(timeout=PATIENT)
    other = CorpusPage(visit("/corpus?" + page.page.url.partition("?")[2]).page)
    other.expect_title("Stopped in")  # the address opens it anywhere
    page.press(corpus_wording.GO_ON)
    page.expect_title("Read")
    assert page.page.evaluate("window.harmed") is None


def test_a_run_goes_on_while_the_visitor_looks_elsewhere(corpus):
    page = corpus()
    page.press(corpus_wording.examples_button(20))
    page.press("Analyse 20 rows")
    page.page.get_by_test_id("stSidebar").get_by_role("link", name="Explore").click()
    expect(page.word("wonderful")).to_be_visible(timeout=PATIENT)  # served between two steps of the run
    page.page.wait_for_timeout(2500)
    expect(page.page.get_by_role("progressbar")).to_have_count(0)  # and nothing of the run is drawn here
    page.page.get_by_test_id("stSidebar").get_by_role("link", name="Corpus").click()
    page.expect_title("Read")
    page.press(re.compile(f"^{corpus_wording.DELETE}"))
    page.page.get_by_role("button", name=corpus_wording.DELETE_NOW).click()
    expect(page.page.get_by_text(corpus_wording.DROP)).to_be_visible()
    assert "run=" not in page.page.url


def test_an_encoding_is_chosen_by_what_reads_right(corpus):
    page = corpus()
    page.drop(avis_csv="texte;note\nTrès bon, et naïf;1\nRien à voir;0\n".encode("latin-1"))
    expect(page.table).to_have_count(0)
    assert page.violations() == []
    page.page.get_by_text("Western (cp1252)").click()
    page.settle()
    expect(page.table).to_contain_text("Très bon, et naïf")


def test_what_cannot_be_read_is_named(corpus):
    page = corpus()
    page.drop(book_pdf=b"%PDF-1.4", empty_csv=b"")
    expect(page.page.get_by_text("“book.pdf” is a PDF. Save its text as .txt.")).to_be_visible()
    expect(page.page.get_by_text(re.compile("^“empty.csv” is empty"))).to_be_visible()
    expect(page.page.get_by_text(corpus_wording.DROP)).to_be_visible()


def test_an_address_that_names_no_run(corpus):
    page = corpus("?run=..%2F..%2Fetc%2Fpasswd")
    expect(page.page.get_by_text(re.compile("^There is no such run here"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_state_is_accessible_and_fits(corpus, scheme, width):
    page = corpus(scheme=scheme, width=width)
    assert page.violations() == [] and page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    page.drop(reviews_csv=CSV)
    page.page.get_by_text(corpus_wording.FORMAT).click()
    page.settle()
    assert page.violations() == [] and page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    page.press("Analyse 48 rows")
    assert page.violations() == [] and page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    page.press(corpus_wording.STOP)
    page.expect_title("Stopped in")
    page.settle()
    assert page.violations() == [] and page.page.evaluate(WIDE_ELEMENTS) == [0, 0]
