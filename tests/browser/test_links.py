"""Links and files in a real browser: what is copied, what the address bar and the browser's history hold, what is saved."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from dashboard import compare_wording, show_wording
from tests.browser.test_frame import AXE, AXE_RUN, RULES

SECRET = "A secret & truly wonderful film: 100 % 🍿"


def query_of(address: str) -> dict[str, str]:
    """What stands behind the ? of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def open_box(explore):
    """Open the box of links; returns what it holds."""
    explore.page.get_by_test_id("stMain").get_by_role("button", name=show_wording.LINK, exact=True).click()
    box = explore.page.locator("[data-testid=stPopoverBody]")
    expect(box.get_by_role("button", name=show_wording.COPY, exact=True)).to_be_visible()
    return box


def wait_for_query(explore, **wanted: str) -> None:
    """Wait until the address bar holds exactly this."""
    for _ in range(100):
        if query_of(explore.page.url) == wanted:
            return
        explore.page.wait_for_timeout(100)
    assert query_of(explore.page.url) == wanted


def test_a_link_with_text_is_copied_opens_and_is_gone_from_the_bar(visit):
    explore = visit("/?layer=2&class=negative")
    explore.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explore.type_text(SECRET)
    explore.word("wonderful").click()
    expect(explore.readings).to_contain_text("“wonderful”")
    box = open_box(explore)
    expect(box).to_contain_text("history of each browser")
    expect(box).to_contain_text(re.compile(r"\d+ characters long"))
    box.get_by_role("button", name=show_wording.COPY_WITH_TEXT).click()
    expect(box.get_by_role("status").nth(1)).to_contain_text(show_wording.COPIED)
    link = explore.page.evaluate("navigator.clipboard.readText()")
    assert query_of(link) == {"model": "sentiment", "class": "negative", "layer": "2", "word": "5", "text": SECRET}
    box.get_by_role("button", name=show_wording.COPY, exact=True).click()
    expect(box.get_by_role("status").nth(0)).to_contain_text(show_wording.COPIED)
    assert "secret" not in explore.page.evaluate("navigator.clipboard.readText()")
    assert "secret" not in explore.page.url

    other = visit("/?" + urlsplit(link).query)
    other.expect_hero_text(SECRET)
    expect(other.title).to_contain_text("What layer 2 used for “negative”")
    expect(other.readings).to_contain_text("“wonderful”")
    wait_for_query(other, model="sentiment", **{"class": "negative", "layer": "2"})
    other.page.reload()
    other.settle()
    expect(other.page.get_by_role("textbox", name="Text", exact=True)).not_to_have_value(SECRET)


def test_without_a_clipboard_the_link_stands_selected(visit):
    explore = visit("/?layer=1")
    explore.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    box = open_box(explore)
    box.get_by_role("button", name=show_wording.COPY, exact=True).click()
    expect(box.get_by_role("status").first).to_contain_text("Ctrl + C")
    field = box.get_by_role("textbox", name=show_wording.FIELD).first
    expect(field).to_be_focused()
    start, end, link = field.evaluate("f => [f.selectionStart, f.selectionEnd, f.value]")
    assert (start, end) == (0, len(link)) and query_of(link) == {"model": "sentiment", "layer": "1"}


def test_the_box_by_keyboard(visit):
    explore = visit()
    explore.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explore.page.get_by_test_id("stMain").get_by_role("button", name=show_wording.LINK, exact=True).focus()
    explore.page.keyboard.down("Enter")
    box = explore.page.locator("[data-testid=stPopoverBody]")
    expect(box.get_by_role("button", name=show_wording.COPY, exact=True)).to_be_focused()
    explore.page.keyboard.down("Enter")  # still held: it presses nothing of what has opened
    explore.page.keyboard.up("Enter")
    expect(box.get_by_role("textbox", name=show_wording.FIELD)).to_have_count(0)  # pressed, the button shows the link at once
    explore.page.keyboard.press("Enter")
    expect(box.get_by_role("status").first).to_contain_text(show_wording.COPIED)
    explore.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_a_text_too_long_for_a_link_is_told_so(visit):
    explore = visit()
    explore.type_text("A long and winding review. " * 400)
    box = open_box(explore)
    expect(box.get_by_role("button", name=show_wording.COPY_WITH_TEXT)).to_be_disabled()
    expect(box).to_contain_text("Send the text on its own")


def test_back_leaves_the_page_with_one_press(visit):
    """Whatever was chosen on it; and the way to another page and back is one entry each."""
    explore = visit("/?text=A+wonderful+film.&layer=2")
    wait_for_query(explore, model="sentiment", layer="2")
    before = explore.page.evaluate("history.length")
    explore.slider.focus()
    explore.page.keyboard.press("ArrowLeft")
    wait_for_query(explore, model="sentiment", layer="1")
    assert explore.page.evaluate("history.length") == before
    explore.page.get_by_role("button", name=compare_wording.GO_COMPARE).click()
    explore.page.wait_for_url(re.compile("/compare"))
    explore.settle()
    wait_for_query(explore, model="sentiment")
    assert explore.page.evaluate("history.length") == before + 1
    explore.page.go_back()
    expect(explore.title).to_contain_text("What layer 1 used")
    explore.settle()
    wait_for_query(explore, model="sentiment", layer="1")
    explore.expect_hero_text("A wonderful film.")
    explore.page.go_back()
    explore.page.wait_for_url("about:blank")


@pytest.mark.parametrize(
    "label, ending, begins",
    [
        (show_wording.PICTURE_PNG, ".png", b"\x89PNG"),
        (show_wording.PICTURE_SVG, ".svg", b"<svg"),
        (show_wording.REPORT_HTML, ".html", b"<!doctype html>"),
        (show_wording.REPORT_JSON, ".json", b"{"),
        (show_wording.SCORES_PARQUET, ".parquet", b"PAR1"),
    ],
)
def test_every_file_is_saved(visit, label, ending, begins):
    explore = visit()
    explore.page.get_by_test_id("stMain").get_by_role("button", name=show_wording.DOWNLOAD, exact=True).click()
    button = explore.page.locator("[data-testid=stPopoverBody]").get_by_role("button", name=label)
    with explore.page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == f"layer-saliency{ending}"
    saved = download.value.path().read_bytes()
    assert saved.startswith(begins)
    assert b"wonderful" in saved or ending in (".png", ".parquet")  # which are packed


def test_the_files_by_keyboard(visit):
    """The box takes the focus, and gives it back."""
    explore = visit()
    opener = explore.page.get_by_test_id("stMain").get_by_role("button", name=show_wording.DOWNLOAD, exact=True)
    opener.focus()
    explore.page.keyboard.press("Enter")
    box = explore.page.locator("[data-testid=stPopoverBody]")
    expect(box.get_by_role("button", name=show_wording.PICTURE_PNG)).to_be_focused()
    explore.page.keyboard.press("Tab")
    expect(box.get_by_role("button", name=show_wording.PICTURE_SVG)).to_be_focused()
    with explore.page.expect_download() as download:
        explore.page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".svg")
    explore.page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(opener).to_be_focused()


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", [show_wording.DOWNLOAD, show_wording.LINK])
def test_an_open_box_is_accessible_and_whole(visit, name, width, scheme):
    explore = visit("/?layer=3", width=width, scheme=scheme)
    explore.page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()
    box = explore.page.locator("[data-testid=stPopoverBody]")
    expect(box.locator(":focus").last).to_be_visible()  # it stands, and has taken the focus
    explore.page.mouse.move(1, 1)  # off the button; the hints of Streamlit's buttons hang outside of every landmark
    explore.page.evaluate("document.activeElement.blur()")
    expect(explore.page.get_by_role("tooltip")).to_have_count(0)
    explore.page.evaluate(AXE)
    assert explore.page.evaluate(AXE_RUN, RULES) == []
    at = box.bounding_box()
    assert at["x"] >= 0 and at["x"] + at["width"] <= width
    assert box.evaluate("box => box.scrollHeight - box.clientHeight") == 0  # not cut to the room that happens to be below its button


def test_the_picture_has_the_page_s_theme(visit):
    explore = visit(scheme="dark")
    explore.page.get_by_test_id("stMain").get_by_role("button", name=show_wording.DOWNLOAD, exact=True).click()
    with explore.page.expect_download() as download:
        explore.page.get_by_role("button", name=show_wording.PICTURE_SVG).click()
    written = download.value.path().read_text(encoding="utf-8")
    assert "#1a1e24" in written and "wonderful" in written
    drawn = explore.page.context.new_page()
    drawn.set_content(written)  # the same picture as a browser draws it: no word wider than the room it was given
    widest = drawn.evaluate(
        """() => [...document.querySelectorAll("g text")]
        .map(t => t.getComputedTextLength() - Number(t.getAttribute("textLength")))"""
    )
    assert widest and max(map(abs, widest)) < 1
