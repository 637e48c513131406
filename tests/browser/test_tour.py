"""The first-visit tour in a real browser: what it points at, that it is in nobody's way, and that it stays away."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.explore_page import ExplorePage
from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

TARGETS = (".st-key-card-hero", ".st-key-card-hero [class*='st-key-layer-']", ".st-key-card-map")
STORED = "() => localStorage.getItem('layer-saliency-tour')"
SHIFT = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()
  .filter((entry) => !entry.hadRecentInput && entry.sources.some((source) => source.node?.closest?.(".st-key-tour")))
  .reduce((sum, entry) => sum + entry.value, 0))).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""


def card(explore: ExplorePage) -> Locator:
    return explore.page.get_by_role("dialog", name="Tour")


def press(explore: ExplorePage, name: str) -> None:
    card(explore).get_by_role("button", name=name, exact=True).click()
    explore.page.wait_for_timeout(250)  # the page may scroll


def overlap(one: dict, other: dict) -> float:
    """Of two boxes, in px²."""
    wide = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    high = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return max(0, wide) * max(0, high)


@pytest.mark.parametrize("width, height, scheme", [(1440, 900, "light"), (1280, 900, "light"), (390, 844, "dark")])
def test_three_hints_each_beside_what_it_explains(visit, width, height, scheme):
    explore = visit(width=width, height=height, scheme=scheme)
    expect(card(explore)).to_be_visible()
    if card(explore).get_by_role("button", name="Show me").is_visible():
        press(explore, "Show me")
    for number, target in enumerate(TARGETS, 1):
        expect(card(explore)).to_contain_text(f"{number} of 3")
        box, explained = card(explore).bounding_box(), explore.page.locator(target).first.bounding_box()
        ring = explore.page.locator(".st-key-tour .ring").bounding_box()
        assert overlap(box, explained) == 0 and overlap(ring, explained) == pytest.approx(explained["width"] * explained["height"])
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
        press(explore, "Done" if number == 3 else "Next")
    expect(card(explore)).to_have_count(0)
    assert explore.page.evaluate(WIDE_ELEMENTS) == [0, 0]


def test_dismissed_for_good_across_a_reload(visit):
    explore = visit()
    expect(card(explore)).to_be_visible()
    press(explore, "Skip")
    expect(card(explore)).to_have_count(0)
    assert explore.page.evaluate(STORED) == "done"
    explore.page.goto(explore.page.url.split("?")[0])
    explore.settle()
    explore.page.wait_for_timeout(1000)
    expect(card(explore)).to_have_count(0)


def test_without_the_tick_it_comes_again(visit):
    explore = visit(height=1000)
    card(explore).get_by_role("checkbox", name="Don’t show again").uncheck()
    press(explore, "Skip")
    assert explore.page.evaluate(STORED) is None
    explore.page.goto(explore.page.url.split("?")[0])
    explore.settle()
    expect(card(explore)).to_be_visible()


def test_escape_dismisses_it(visit):
    explore = visit()
    expect(card(explore)).to_be_visible()
    explore.page.keyboard.press("Escape")
    expect(card(explore)).to_have_count(0)


def test_by_keyboard(visit):
    explore = visit(height=1000)
    expect(card(explore)).to_be_visible()
    assert explore.page.evaluate("document.activeElement === document.body")  # it takes no focus by itself
    card(explore).get_by_role("button", name="Next").focus()
    for number in (2, 3):
        explore.page.keyboard.press("Enter")
        expect(card(explore)).to_contain_text(f"{number} of 3")
    explore.page.keyboard.press("Enter")
    expect(card(explore)).to_have_count(0)


@pytest.mark.parametrize("path", ["/?layer=3", "/?model=sentiment", "/?text=A+film.", "/present", "/compare"])
def test_not_on_a_shared_link_nor_on_other_pages(visit, path):
    explore = visit(path)
    explore.page.wait_for_timeout(1000)
    expect(card(explore)).to_have_count(0)


def test_the_sidebar_brings_it_back(visit):
    explore = visit("/?layer=3")
    for _ in range(2):
        explore.page.get_by_role("button", name="Show the tour").click()
        expect(card(explore)).to_contain_text("1 of 3")
        press(explore, "Skip")
        expect(card(explore)).to_have_count(0)


def test_it_is_in_nobody_s_way(visit):
    """Everything can be clicked while it is shown, and using the page doesn't close it."""
    explore = visit()
    expect(card(explore)).to_be_visible()
    for name in ("Explain", "Present", "Compare methods", "More faithful (10 rows)"):
        explore.page.get_by_role("button", name=name, exact=True).click(trial=True, timeout=5000)
    explore.word("cinema").click()
    expect(explore.readings).to_contain_text("“cinema”")
    explore.settle()
    expect(card(explore)).to_have_count(1)
    explore.type_text("An unexpected pleasure, warm and funny.")
    explore.expect_hero_text("An unexpected pleasure, warm and funny.")


def test_it_shifts_no_layout(visit):
    explore = visit()
    expect(card(explore)).to_be_visible()
    with_tour = explore.page.locator(".st-key-card-hero").bounding_box()
    assert explore.page.evaluate(SHIFT) < 0.01
    press(explore, "Skip")
    assert explore.page.locator(".st-key-card-hero").bounding_box() == with_tour


def test_it_leaves_when_what_it_explains_is_scrolled_away(visit):
    explore = visit()
    expect(card(explore)).to_be_visible()
    explore.page.locator(".st-key-card-stopping").scroll_into_view_if_needed()
    expect(card(explore)).to_have_count(0)
    explore.page.locator(".st-key-card-hero").scroll_into_view_if_needed()
    expect(card(explore)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_accessibility_violations(visit, scheme, width):
    explore = visit(scheme=scheme, width=width)
    expect(card(explore)).to_be_visible()
    explore.page.evaluate(AXE)
    assert explore.page.evaluate(AXE_RUN, RULES) == []
