"""Other models than the first one, as a visitor handles them: one's own, those of a slow hub, and those that read two texts."""

import re

from playwright.sync_api import expect

from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

SLOW_MODEL = "BERT: toxic comments (several labels) · 438 MB"


def find_violations(page) -> list:
    page.evaluate(AXE)
    return page.evaluate(AXE_RUN, RULES)


def ask_for_slow_model(explore) -> None:
    explore.page.get_by_role("combobox", name="Model").click()
    explore.page.get_by_role("option", name=SLOW_MODEL).click()
    expect(explore.page.get_by_text(re.compile(r"^Downloading 0\.\d of 0\.\d MB"))).to_be_visible()


def test_the_form_with_an_error_is_accessible(visit):
    explore = visit()
    explore.load_own("/etc")
    expect(explore.page.get_by_text(re.compile("^“/etc” lies outside the one folder"))).to_be_visible()
    expect(explore.page.get_by_label("Hub id or folder")).to_have_value("/etc")
    explore.page.get_by_text("More", exact=True).click()
    expect(explore.page.get_by_text("I trust this file")).to_be_visible()
    explore.settle()
    assert find_violations(explore.page) == []
    expect(explore.word("wonderful")).to_be_visible()  # the model in use stays


def test_a_folder_whose_model_reads_two_texts(visit):
    explore = visit()
    explore.load_own(folder="tiny-mnli")
    expect(explore.page.get_by_text(re.compile("made to read two texts together"))).to_be_visible()
    for name, text in (("First text", "It rains."), ("Second text", "Somebody gets wet.")):
        explore.page.get_by_role("textbox", name=name).fill(text)
        explore.page.keyboard.press("Control+Enter")
        explore.settle()
    expect(explore.word("rains")).to_be_visible()
    expect(explore.word("wet")).to_be_visible()
    assert "model=" not in explore.page.url and "mnli" not in explore.page.url
    assert find_violations(explore.page) == []
    other = visit()
    other.page.get_by_role("combobox", name="Model").click()
    expect(other.page.get_by_role("option", name="Your own model …")).to_be_attached()
    expect(other.page.get_by_role("option", name="tiny-mnli")).to_have_count(0)


def test_the_card_on_a_phone(visit):
    explore = visit(width=390, height=844, scheme="dark")
    explore.page.get_by_test_id("stExpandSidebarButton").click()
    explore.page.wait_for_timeout(400)  # it slides in
    explore.load_own(folder="headless")
    explore.page.get_by_role("button", name="About this model").click()
    missing = explore.page.get_by_text(re.compile("name a checkpoint that holds one as its head"))
    missing.scroll_into_view_if_needed()
    expect(missing).to_be_in_viewport()
    expect(explore.page.get_by_text("1 MB", exact=True)).to_be_attached()
    assert explore.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    assert find_violations(explore.page) == []


def test_a_head_is_asked_for_with_the_model_filled_in(visit):
    explore = visit()
    explore.load_own(folder="headless")
    explore.page.get_by_role("button", name="Add a language-model head").click()
    expect(explore.page.get_by_label("Hub id or folder")).to_have_value("./headless")
    explore.page.get_by_label("Language-model head from").fill("./tiny-mnli")
    explore.page.get_by_role("button", name="Load", exact=True).click()
    expect(explore.readings).to_be_visible()


def test_a_download_is_stopped_and_tried_again(visit, hub, monkeypatch):
    """Meanwhile the page is of use, and what is typed is kept."""
    monkeypatch.setattr(hub, "seconds_per_block", 3.0)  # it must not end before it is stopped, however slow the page is
    explore = visit()
    ask_for_slow_model(explore)
    explore.page.get_by_role("textbox", name="Text", exact=True).fill("A text for the model to come.")
    explore.page.keyboard.press("Control+Enter")
    explore.expect_hero_text("A text for the model to come.")
    expect(explore.page.get_by_text(re.compile("^Until it is there, the page stays with"))).to_be_visible()
    explore.page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(explore.page.get_by_text(re.compile("^You stopped loading"))).to_be_visible()
    hub.seconds_per_block = 0.1
    expect(explore.page.get_by_role("combobox", name="Model")).to_have_value("Film reviews (sentiment)")
    explore.page.get_by_role("button", name="Try again").click()
    expect(explore.page.get_by_role("combobox", name="Model")).to_have_value(SLOW_MODEL, timeout=60_000)
    explore.settle()
    explore.expect_hero_text("A text for the model to come.")
    explore.page.wait_for_url(re.compile("model=unitary"))


def test_a_link_to_a_model_of_the_hub_fetches_nothing_by_itself(visit, hub):
    before = len(hub.asked)
    explore = visit("/?model=SamLowe/roberta-base-go_emotions&text=Hello+there.")
    expect(explore.page.get_by_text(re.compile("^This link is about the model"))).to_be_visible()
    assert len(hub.asked) == before
    explore.page.get_by_role("button", name="Load it (499 MB)").click()
    expect(explore.page.get_by_text(re.compile("SamLowe/roberta-base-go_emotions”"))).to_be_visible()
    expect(explore.page.get_by_role("button", name="Try again")).to_be_visible()
    expect(explore.page.get_by_role("textbox", name="Text", exact=True)).to_have_value("Hello there.")
    assert len(hub.asked) > before
