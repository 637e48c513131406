"""The presenter view in a real browser: keys, colours, full screen, what the room can read."""

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.explore_page import ExplorePage
from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

LONG = "A warm and wonderful little film about people who talk past one another. " * 60
COLOURS = """() => [...document.querySelectorAll(".st-key-presenter-stage *")].find((node) => node.shadowRoot)
  .shadowRoot.querySelectorAll(".unit").values().map((node) => getComputedStyle(node).backgroundColor).toArray()"""
PICTURE_WIDTH, DISTANCE = 2.0, 5.0  # metres: the width of the picture on the wall, and from where it is read
CAPITAL = 0.66  # height of a capital letter, as a share of the type size, of both fonts
EASILY_READ = 16  # minutes of arc that a capital spans at least (ISO 9241-303)


class Stage:
    """The presenter view as a speaker handles it."""

    def __init__(self, explore: ExplorePage):
        self.explore, self.page = explore, explore.page
        self.title = self.page.get_by_role("heading", name=re.compile("used for"))
        self.text = self.page.get_by_role("group", name="The text, each word coloured by its saliency")
        self.reading, self.unit = self.page.locator(".stage .reading"), self.page.locator(".stage .unit")
        self.inner = self.page.locator(".stage .inner")
        expect(self.title).to_be_visible()

    def press(self, *keys: str) -> None:
        """Press keys, faster than a server answers."""
        for key in keys:
            self.page.keyboard.press(key)

    def rest(self) -> None:
        """Wait until the server was told where the walk rests."""
        self.page.wait_for_timeout(700)
        self.explore.settle()

    def control(self) -> str:
        """What the arrow keys walk."""
        return self.page.get_by_role("group", name="What the left and right arrow keys walk").locator('[aria-pressed="true"]').inner_text()

    def type_size(self) -> float:
        """Of the text, in px."""
        return self.inner.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")


@pytest.fixture
def stage(visit):
    """`stage(path, …)`: the presenter view of a new visitor."""
    return lambda path="/present", **how: Stage(visit(path, **how))


def test_arrow_keys_walk_the_layers_without_the_server(stage):
    on = stage("/present?layer=3", with_line=True)
    on.explore.line.hold()  # whatever changes from here on, the browser does alone
    on.press("ArrowLeft")
    expect(on.title).to_contain_text("What layer 2 used for")
    on.press("ArrowRight", "ArrowRight")
    expect(on.title).to_contain_text("What layer 4 used for")
    on.press("Home")
    expect(on.title).to_contain_text("What the embedding used for")
    on.press("ArrowLeft")  # there is nothing before it
    expect(on.title).to_contain_text("What the embedding used for")
    on.press("End")
    expect(on.title).to_contain_text("What layer 6 used for")
    expect(on.page.locator(".stage .place")).to_have_text("layer 6 of 6")


def test_a_remote_s_page_keys_walk_too(stage):
    on = stage("/present?layer=3")
    on.press("PageDown")
    expect(on.title).to_contain_text("What layer 4 used for")
    on.press("PageUp", "PageUp")
    expect(on.title).to_contain_text("What layer 2 used for")


def test_where_the_walk_rests_the_link_keeps(stage):
    on = stage("/present?layer=3")
    on.press("ArrowLeft", "ArrowLeft")
    on.page.wait_for_url(re.compile("layer=1"))
    assert "/present" in on.page.url and "text=" not in on.page.url
    on.page.reload()
    on.explore.settle()
    expect(on.title).to_contain_text("What layer 1 used for")


def test_the_star_marks_the_recommended_layer(stage):
    on = stage()
    star = on.page.get_by_role("button", name=re.compile("★ recommended"))
    expect(star).to_have_attribute("aria-pressed", "true")
    on.press("ArrowRight")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")


def test_up_and_down_switch_the_one_control(stage):
    on = stage("/present?layer=3&class=positive")
    assert on.control() == "Layer"
    on.press("ArrowDown")
    assert on.control() == "Class" and on.page.get_by_role("button", name="layer 3 of 6").count() == 0
    on.press("ArrowRight")
    expect(on.title).to_contain_text("“negative”")
    on.page.wait_for_url(re.compile("class=negative"))
    on.explore.settle()
    on.press("ArrowDown")
    assert on.control() == "Word"
    before = on.reading.inner_text()
    on.press("Home", "ArrowRight")
    expect(on.reading).to_contain_text("“expected”")
    assert on.reading.inner_text() != before
    on.rest()
    expect(on.title).to_contain_text("“negative”")  # what an older key chose is still so
    on.press("ArrowDown")
    assert on.control() == "Layer"
    on.press("ArrowUp")
    assert on.control() == "Word"


def test_the_reading_follows_the_layer(stage):
    on = stage("/present?layer=1")
    expect(on.reading).to_contain_text(re.compile(r"^Layer 1 reads .+ as .+%"))
    on.press("ArrowRight")
    expect(on.reading).to_contain_text(re.compile(r"^Layer 2 reads .+logits$"))


def test_a_click_on_a_word_selects_it(stage):
    on = stage()
    on.page.get_by_role("button", name=re.compile("^wonderful, saliency")).click()
    expect(on.reading).to_contain_text("“wonderful”")


def transition(on) -> str:
    return on.unit.first.evaluate("(node) => getComputedStyle(node).transitionDuration")


def test_colours_change_smoothly(stage, browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="no-preference")
    page = context.new_page()
    page.goto(server + "/present?layer=1")
    ExplorePage(page).settle()
    on = Stage(ExplorePage(page))
    assert all(0.2 <= float(part.removesuffix("s")) <= 0.3 for part in transition(on).split(", "))
    before = page.evaluate(COLOURS)
    page.keyboard.press("ArrowRight")
    at_once = page.evaluate(COLOURS)
    page.wait_for_timeout(400)
    after = page.evaluate(COLOURS)
    assert after != before and at_once != after
    context.close()


def test_nothing_moves_for_those_who_ask_for_less_motion(stage):
    on = stage("/present?layer=1")  # the fixture's visitors do
    assert set(transition(on).split(", ")) == {"0s"}
    on.press("ArrowRight")
    at_once = on.page.evaluate(COLOURS)
    on.page.wait_for_timeout(400)
    assert on.page.evaluate(COLOURS) == at_once


def test_full_screen_by_button_and_key(stage):
    on = stage()
    is_full = "() => document.fullscreenElement !== null"
    on.page.get_by_role("button", name="Full screen", exact=True).click()
    expect(on.page.get_by_role("button", name="Leave full screen")).to_be_visible()
    assert on.page.evaluate(is_full)
    on.press("Escape")  # leaves the full screen, not the view
    expect(on.page.get_by_role("button", name="Full screen", exact=True)).to_be_visible()
    assert not on.page.evaluate(is_full) and "/present" in on.page.url
    on.press("f")
    expect(on.page.get_by_role("button", name="Leave full screen")).to_be_visible()
    on.press("f")
    expect(on.page.get_by_role("button", name="Full screen", exact=True)).to_be_visible()


def test_there_and_back_keeps_text_layer_and_word(visit):
    explore = visit("/?layer=2")
    explore.type_text("A dull story, and a wonderful cast.")
    explore.page.get_by_role("button", name="Present", exact=True).click()
    explore.page.wait_for_url(re.compile("/present"))
    explore.settle()
    on = Stage(explore)
    assert on.inner.text_content() == "A dull story, and a wonderful cast."
    expect(on.page.get_by_test_id("stSidebar")).not_to_be_visible()
    on.page.get_by_role("button", name=re.compile("^cast, saliency")).click()
    on.press("ArrowRight", "ArrowRight", "Escape")  # before the server was told of the walk
    explore.page.wait_for_url(re.compile(r"/\?"))
    explore.settle()
    expect(explore.title).to_contain_text("What layer 4 used for")
    expect(explore.readings).to_contain_text("“cast”")
    explore.expect_hero_text("A dull story, and a wonderful cast.")


def test_the_button_goes_back_too(stage):
    on = stage("/present?layer=2")
    on.page.get_by_role("button", name="Back to Explore").click()
    expect(on.explore.slider).to_be_visible()
    expect(on.explore.title).to_contain_text("What layer 2 used for")


@pytest.mark.parametrize("width, height", [(1440, 900), (1920, 1080)])
def test_what_the_room_reads_is_legible_at_five_metres(stage, width, height):
    on = stage(width=width, height=height)
    assert on.type_size() >= 40
    for part in (".inner", "h1", ".place", ".said", ".reading", ".chip i", ".score", ".legend", ".set.seen button", ".low"):
        if not (found := on.page.locator(f".stage {part}")).count():
            continue
        px = found.first.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")
        capital = CAPITAL * px * PICTURE_WIDTH / width  # metres on the wall
        assert math.degrees(math.atan(capital / DISTANCE)) * 60 >= EASILY_READ, f"{part}: {px} px"


@pytest.mark.parametrize("width, height", [(390, 844), (1440, 900), (1920, 1080), (720, 450)])
def test_the_view_fits_the_screen(stage, width, height):
    on = stage(width=width, height=height)
    assert on.page.evaluate(WIDE_ELEMENTS) == [0, 0]
    assert on.page.evaluate("document.querySelector('.stMain').scrollHeight - document.querySelector('.stMain').clientHeight") <= 0
    box = on.page.get_by_role("button", name="layer 6 of 6").bounding_box()
    assert box["y"] + box["height"] <= height and min(box["width"], box["height"]) >= 44 * (width < 800)
    text, last = on.text.bounding_box(), on.unit.last.bounding_box()
    assert last["y"] + last["height"] <= text["y"] + text["height"] + 1 or on.text.evaluate("(node) => node.classList.contains('scrolls')")


def test_a_longer_text_is_smaller_and_a_long_one_scrolls(visit):
    explore = visit(width=1440)
    sizes = []
    for text in ("Not bad.", LONG[:400], LONG):
        explore.type_text(text)
        explore.page.get_by_role("button", name="Present", exact=True).click()
        explore.page.wait_for_url(re.compile("/present"))
        explore.settle()
        on = Stage(explore)
        sizes.append(on.type_size())
        overflow = on.text.evaluate("(node) => node.scrollHeight - node.clientHeight")
        assert (overflow > 40) == (text == LONG)
        on.press("ArrowDown", "ArrowDown", "End")
        expect(on.unit.last).to_be_in_viewport()  # the walk takes the words along
        on.press("Escape")
        explore.page.wait_for_url(re.compile(r"/\?"))
        explore.settle()
    assert sizes[0] > sizes[1] > sizes[2] >= 40


def test_walking_moves_no_word(stage):
    on = stage("/present?layer=1")
    places = set()
    for key in ("ArrowRight",) * 4 + ("Home", "ArrowDown", "ArrowDown"):
        on.press(key)
        places.add(tuple(on.unit.last.bounding_box().values()))
    assert len(places) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_accessibility_violations(stage, scheme, width):
    on = stage("/present?layer=3", scheme=scheme, width=width)
    on.page.evaluate(AXE)
    assert on.page.evaluate(AXE_RUN, RULES) == []
    on.press("ArrowDown", "ArrowDown")
    assert on.page.evaluate(AXE_RUN, RULES) == []


def test_hostile_text_is_shown_and_does_nothing(visit):
    explore = visit("/?text=" + "%3Cimg+src%3Dx+onerror%3Dharmed%3D1%3E+%3Cb%3Ebold%3C%2Fb%3E")
    explore.page.get_by_role("button", name="Present", exact=True).click()
    explore.settle()
    assert Stage(explore).inner.text_content() == "<img src=x onerror=harmed=1> <b>bold</b>"
    assert explore.page.evaluate("window.harmed") is None


def test_no_text_says_so_and_leads_back(visit):
    explore = visit("/present?text=")
    expect(explore.page.get_by_text(re.compile("^There is no text yet"))).to_be_visible()
    explore.page.get_by_role("button", name="Back to Explore").click()
    expect(explore.page.get_by_role("textbox", name="Text", exact=True)).to_be_visible()
