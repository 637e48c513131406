"""A report in a real browser: opened from a file, offline and without scripts, on a desk, a telephone and paper."""

import dataclasses

import pytest
from playwright.sync_api import Browser, Page

from core.report import corpus, one_text
from tests.core.corpus_report import make_manifest, make_row, make_summary
from tests.dashboard.reports import make_map, make_report

LONG_WORD = "x" * 400
TEXT = f"A dull,  unwatchable film <script>document.title='no'</script> \u202e{LONG_WORD}"


@pytest.fixture(scope="module", params=["one text", "corpus"])
def file(request, tmp_path_factory):
    """A report with hostile words and long names, as a file."""
    if request.param == "one text":
        report = make_report(TEXT, 26, labels=("negative", "a class with " + LONG_WORD[:60]))
        faithful = make_map("faithful", report.maps["undecoded"].scores)
        html = one_text.to_page(
            dataclasses.replace(
                report,
                maps=report.maps | {"faithful": faithful},
                choices=report.choices | {"faithful": report.choices["undecoded"]},
            )
        )
    else:
        html = corpus.to_page(make_summary(), make_manifest(file=LONG_WORD + ".csv"), [make_row(1, TEXT, 0.9, False)])
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture
def open_file(browser: Browser, file):
    """`open_file(width=…, scheme=…)`: the report in a browser that runs no script and has no network; any further request fails."""
    contexts, asked, refused = [], [], []

    def opened(width: int = 1440, scheme: str = "light", scripts: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: refused.append((request.url, request.failure)))
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    by_policy = {url for url, why in refused if why == "csp"}
    assert set(asked) - by_policy == {file.as_uri()}, "a report asks for nothing"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_report_is_as_wide_as_its_window(open_file, width):
    page = open_file(width, scripts=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title().startswith("Layer Saliency: report of")


def test_a_report_follows_the_theme_of_the_screen_and_is_light_on_paper(open_file):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_file(scheme="light", scripts=True).evaluate(ground) == "rgb(251, 251, 249)"
    dark = open_file(scheme="dark", scripts=True)
    assert dark.evaluate(ground) == "rgb(20, 23, 28)"
    dark.emulate_media(media="print")
    assert dark.evaluate(ground) == "rgb(255, 255, 255)"
    assert dark.evaluate("getComputedStyle(document.body).color") == "rgb(29, 37, 48)"
    strokes = "getComputedStyle(document.querySelector('polyline.first, circle.first')).stroke"
    assert dark.evaluate(strokes) == "rgb(29, 37, 48)"


def test_a_report_prints(open_file):
    pdf = open_file(scheme="dark").pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 1


def test_nothing_in_a_report_could_run_even_if_it_got_in(open_file):
    """The policy in the file itself refuses scripts, pictures and requests."""
    page = open_file(scripts=True)
    with page.expect_event("requestfailed") as failed:
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"https://example.org/x.png\" onerror=\"document.title=1\">')"
        )
    assert failed.value.failure == "csp" and page.title() != "1"
