"""What a visitor can do on the Explore page, in a real browser against the real application."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

HOSTILE = (
    "<img src=x onerror=window.harmed=1> </span><script>window.harmed=2</script> [l](javascript:window.harmed=3) "
    "![i](https://example.org/i.png) $\\frac12$ :smile: :material/home: **b** :red[x] \u202ereversed\u202c "
    "<style>*{display:none}</style>"
)


def test_type_a_text(visit):
    explore = visit()
    explore.type_text("An unexpected pleasure, warm and funny.")
    explore.expect_hero_text("An unexpected pleasure, warm and funny.")
    expect(explore.word("pleasure")).to_be_visible()


def test_an_example_of_the_gallery(visit):
    explore = visit()
    explore.page.get_by_role("radio", name="not bad").click()
    expect(explore.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(re.compile("^Not bad at all"))
    expect(explore.word("bad")).to_be_visible()


def test_the_obvious_word_speaks_for_the_class(visit):
    explore = visit("/?text=A+wonderful+film.&class=positive")
    assert "plus" in explore.word("wonderful").get_attribute("aria-label")


def test_click_a_word(visit):
    explore = visit()
    explore.word("cinema").click()
    expect(explore.readings).to_contain_text("“cinema”")
    expect(explore.word("cinema")).to_have_attribute("aria-pressed", "true")


def test_words_by_keyboard(visit):
    explore = visit()
    explore.word("cinema").click()
    expect(explore.readings).to_contain_text("“cinema”")
    explore.settle()
    explore.page.keyboard.press("ArrowRight")
    explore.page.keyboard.press("Enter")
    expect(explore.readings).to_contain_text("“smiling”")
    explore.settle()
    explore.page.keyboard.press("ArrowLeft")  # the focus survived the answer
    explore.page.keyboard.press(" ")
    expect(explore.readings).to_contain_text("“cinema”")


def test_the_map_by_keyboard(visit):
    explore = visit()
    explore.cell("cast", "layer 3").click()
    expect(explore.title).to_contain_text("What layer 3 used")
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "ArrowRight"):  # faster than the server answers
        explore.page.keyboard.press(key)
    expect(explore.title).to_contain_text("What layer 4 used")
    expect(explore.readings).to_contain_text("“is”")
    expect(explore.cell("is", "layer 4")).to_have_attribute("aria-selected", "true")


def test_the_slider_starts_on_the_recommended_layer_and_says_why(visit):
    explore = visit()
    expect(explore.slider).to_have_attribute("aria-valuetext", re.compile("★"))
    expect(explore.page.get_by_text(re.compile(r"^★ Recommended\. Layer \d held up best .+\(score 0\.\d\d, 95 % "))).to_be_visible()
    explore.slider.focus()
    explore.page.keyboard.press("ArrowLeft")
    explore.page.keyboard.press("ArrowLeft")
    expect(explore.page.get_by_text(re.compile("not this one"))).to_be_visible()
    explore.page.get_by_role("button", name="Back to the recommended layer").click()
    expect(explore.slider).to_have_attribute("aria-valuetext", re.compile("★"))


def test_a_point_of_the_curve_goes_to_its_layer(visit):
    explore = visit()
    points = explore.page.locator(".st-key-card-coherence .scatterlayer .trace").first.locator(".point")
    points.nth(1).click(force=True)
    expect(explore.title).to_contain_text("What layer 1 used")
    explore.settle()
    points = explore.page.locator(".st-key-card-stopping .scatterlayer .trace").first.locator(".point")
    points.nth(2).click(force=True)
    expect(explore.title).to_contain_text("What layer 2 used")


def test_a_row_of_the_readings_goes_to_its_layer(visit):
    explore = visit()
    explore.page.get_by_role("button", name="show the embedding").click()
    expect(explore.title).to_contain_text("What the embedding used")


def test_the_address_opens_model_layer_and_class(visit):
    explore = visit("/?model=sentiment&layer=2&class=negative")
    expect(explore.title).to_contain_text("What layer 2 used for “negative”")
    explore.slider.focus()
    explore.page.keyboard.press("ArrowLeft")
    explore.page.wait_for_url(re.compile("layer=1"))
    assert "class=negative" in explore.page.url and "text=" not in explore.page.url
    explore.page.reload()
    explore.settle()
    expect(explore.title).to_contain_text("What layer 1 used for “negative”")


def test_one_class_rather_than_another(visit):
    explore = visit()
    explore.choose("Explain the class", "negative")
    explore.choose("rather than", "positive")
    expect(explore.title).to_contain_text("“negative rather than positive”")
    explore.choose("rather than", "negative")
    expect(explore.page.get_by_text(re.compile("^“negative” is both"))).to_be_visible()


def test_subwords_and_special_tokens(visit):
    explore = visit()
    explore.type_text("Unwatchably overacted.")
    explore.expect_hero_text("Unwatchably overacted.")
    before = explore.page.locator(".st-key-hero").get_by_role("button").count()
    explore.page.get_by_text("subwords", exact=True).click()
    expect(explore.page.locator(".st-key-hero").get_by_role("button")).not_to_have_count(before)
    explore.expect_hero_text("Unwatchably overacted.")
    explore.page.get_by_text("Options", exact=True).click()
    explore.page.get_by_text("Show special tokens").click()
    expect(explore.word("[CLS]")).to_be_visible()


def test_more_faithful(visit):
    explore = visit()
    explore.page.get_by_role("button", name="More faithful").click()
    expect(explore.page.locator(".st-key-card-faithful").get_by_text(re.compile("stratified, faithful"))).to_be_visible(
        timeout=20_000
    )
    explore.settle()
    explore.word("cinema").click()
    expect(explore.page.locator(".st-key-faithful").get_by_role("button", name=re.compile("^cinema,"))).to_have_attribute(
        "aria-pressed", "true"
    )


def test_hostile_text_is_shown_and_does_nothing(visit):
    explore = visit()
    explore.type_text(HOSTILE)
    explore.expect_hero_text(HOSTILE)
    assert explore.page.evaluate("window.harmed") is None
    explore.word("reversed").click()
    expect(explore.readings).to_contain_text("“reversed”")
    assert explore.page.evaluate("window.harmed") is None
    assert explore.page.locator("img[src*='example.org']").count() == 0


def test_a_hostile_address_is_quoted_and_does_nothing(visit):
    explore = visit("/?model=" + quote("<b onclick=harmed=1>bold</b> **md** $x$") + "&class=" + quote("<i>x</i>"))
    expect(explore.page.get_by_text("“<b onclick=harmed=1>bold</b> **md** $x$”")).to_be_visible()
    expect(explore.page.get_by_text("“<i>x</i>”")).to_be_visible()


def test_a_reversing_character_stays_in_its_place(visit):
    explore = visit()
    explore.type_text("first \u202e middle last")
    left = [explore.word(word).bounding_box()["x"] for word in ("first", "middle", "last")]
    assert left == sorted(left)


def test_bad_input_gets_a_sentence_and_loses_nothing(visit):
    explore = visit("/?model=nonsense")
    expect(explore.page.get_by_text(re.compile("“nonsense”, which is not on offer"))).to_be_visible()
    explore.type_text("   ")
    expect(explore.page.get_by_text(re.compile("^There is no text yet"))).to_be_visible()
    explore.type_text("word " * 50_000)
    expect(explore.page.get_by_text(re.compile("^The model read the first"))).to_be_visible(timeout=60_000)
    assert len(explore.page.get_by_role("textbox", name="Text", exact=True).input_value()) == 250_000
    assert explore.page.locator("[data-testid=stException]").count() == 0
