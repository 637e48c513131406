"""What a learner and a teacher can do on the Learn page, in a real browser against the real application."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from dashboard import learn_wording
from dashboard.components.learn_steps import STEPS
from tests.browser.explore_page import ExplorePage
from tests.browser.test_frame import AXE, AXE_RUN, RULES, WIDE_ELEMENTS

TEXT = "There is nothing in this film that I did not love."  # an example: computed once for all tests
HARMFUL = "<img src=https://example.org/i.png onerror=window.harmed=1><script>window.harmed=2</script> **b** \u202ereversed"
IN_SIGHT = "element => { const box = element.getBoundingClientRect(); return box.top >= 0 && box.top < innerHeight; }"


class LearnPage(ExplorePage):
    """Locators and gestures of the page."""

    @property
    def lesson(self) -> Locator:
        """The card of the step."""
        return self.page.locator(".st-key-card-lesson")

    @property
    def quiz(self) -> Locator:
        """The card of its question."""
        return self.page.locator(".st-key-card-quiz")

    @property
    def verdict(self) -> Locator:
        """What the page says of an answer."""
        return self.quiz.get_by_role("status")

    def expect_step(self, number: int) -> None:
        """Wait until a step, counted from 1, stands with its question."""
        expect(self.lesson.get_by_role("heading", name=f"{number} · {STEPS[number - 1].TITLE}")).to_be_visible()
        expect(self.quiz.get_by_role("button").first).to_be_visible()
        self.settle()

    def answer(self, text: str) -> None:
        """Choose an option."""
        self.quiz.get_by_role("button", name=text, exact=True).click()
        self.settle()

    def open_part(self, name: str) -> None:
        """Turn to one of the tabs."""
        self.page.get_by_role("tab", name=name).click()
        self.settle()

    def slide(self, name: str, to: str) -> None:
        """Move a figure's slider to one of its ends by the keyboard."""
        self.lesson.get_by_role("slider", name=name).last.press(to)


@pytest.fixture
def learn(visit):
    """`learn(step, …)`: a step of a new visitor."""

    def open_with(step: int = 1, **options) -> LearnPage:
        page = LearnPage(visit(f"/learn?step={step}", **options).page)
        page.expect_step(step)
        return page

    return open_with


def test_from_explore_through_all_eight_steps(visit):
    explore = visit()
    explore.type_text(TEXT)
    explore.page.get_by_role("link", name="Learn").click()
    learn = LearnPage(explore.page)
    for number in range(1, 9):
        learn.expect_step(number)
        expect(learn.page.get_by_role("textbox", name="Text", exact=True)).to_have_value(TEXT)
        if number < 8:
            learn.page.get_by_role("button", name=f"Next: {STEPS[number].TITLE}").click()
    asked = parse_qs(urlsplit(learn.page.url).query)
    assert asked["step"] == ["8"] and "text" not in asked
    learn.page.get_by_role("button", name=learn_wording.GO_COMPARE).click()
    expect(learn.page.get_by_role("heading", name="Which explanation is right?")).to_be_visible()
    learn.settle()


def test_the_next_step_comes_into_sight(learn):
    page = learn(5, height=700)
    page.page.get_by_role("button", name=f"Next: {STEPS[5].TITLE}").click()
    page.expect_step(6)
    page.page.wait_for_timeout(400)
    assert page.lesson.get_by_role("heading", name=re.compile("^6 · ")).evaluate(IN_SIGHT)


def test_a_wrong_answer_a_right_one_and_the_count(learn):
    page = learn(5)
    expect(page.verdict).to_be_empty()
    page.answer("98\xa0%")
    expect(page.verdict).to_contain_text(learn_wording.WRONG_ANSWER)
    expect(page.page.get_by_text("0 of 8 answered")).to_be_visible()
    page.answer("0\xa0%")
    expect(page.verdict).to_contain_text(learn_wording.RIGHT)
    expect(page.page.get_by_text("1 of 8 answered")).to_be_visible()
    page.page.get_by_role("button", name=f"Next: {STEPS[5].TITLE}").click()
    page.expect_step(6)
    expect(page.verdict).to_be_empty()
    page.page.get_by_role("button", name=re.compile("^Step 5: .*answered$")).click()
    page.expect_step(5)
    expect(page.verdict).to_contain_text(learn_wording.RIGHT)


def test_the_question_is_answered_by_the_keyboard(learn):
    page = learn(5)
    page.quiz.get_by_role("button", name="0\xa0%", exact=True).press("Enter")
    page.settle()
    expect(page.verdict).to_contain_text(learn_wording.RIGHT)
    expect(page.quiz.get_by_role("button", name="0\xa0%")).to_be_focused()
    page.page.keyboard.press("Tab")
    expect(page.quiz.get_by_role("button", name="0\xa0%")).not_to_be_focused()


def test_tokens_and_text_show_each_other(learn):
    page = learn(1)
    page.lesson.get_by_role("button", name=re.compile(r"^token 4: ")).click()
    expect(page.lesson.get_by_role("status")).to_contain_text("Token 4 is")
    page.page.keyboard.press("ArrowRight")
    expect(page.lesson.get_by_role("status")).to_contain_text("Token 5 is")
    expect(page.lesson.get_by_role("button", name=re.compile(r"^token 5: "))).to_be_focused()
    page.page.keyboard.press("Home")
    expect(page.lesson.get_by_role("status")).to_contain_text("stands for no word")


def test_states_grow_alike_up_the_layers(learn):
    page = learn(2)
    said = page.lesson.locator("p.says")
    expect(said).to_contain_text("At the embedding")
    page.slide("Layer", "End")
    expect(said).to_contain_text("At layer 6")
    word = page.lesson.get_by_role("toolbar").get_by_role("button", name=re.compile("^dull"))
    word.click()
    expect(word).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("“dull” is most like")
    page.page.keyboard.press("ArrowRight")
    expect(said).not_to_contain_text("“dull” is most like")


def test_a_word_turned_off(learn):
    page = learn(3)
    page.slide("Strength of", "Home")
    expect(page.lesson.locator("p.says")).to_contain_text("the answer really moves by")
    expect(page.lesson.get_by_text("× 0.00")).to_be_visible()
    page.choose("^Word", "dull")
    expect(page.quiz).to_contain_text("Turn “dull” off")


def test_the_products_are_added_up(learn):
    page = learn(4)
    page.slide("Add up", "End")
    expect(page.lesson.locator("p.says")).to_contain_text("It is the same on Explore")
    total = page.lesson.locator("tr.total td").nth(1).inner_text()
    page.answer(total)
    expect(page.verdict).to_contain_text(learn_wording.RIGHT)


def test_the_last_layer_has_nothing_on_words_until_it_is_decoded(learn):
    page = learn(5)
    page.slide("Layer", "End")
    expect(page.lesson.get_by_text("on your words: 0\xa0%")).to_be_visible()
    expect(page.lesson.locator("p.says")).to_contain_text("the strongest place is “[CLS]”")
    page.page.get_by_role("button", name=f"Next: {STEPS[5].TITLE}").click()
    page.expect_step(6)
    expect(page.lesson.locator("p.says")).to_contain_text("“[CLS]” holds")
    page.lesson.get_by_role("toolbar").get_by_role("button", name=re.compile(r"^\[SEP\]")).click()
    expect(page.lesson.locator("p.says")).to_contain_text("nothing to hand over")


def test_the_curves_follow_the_slider_and_a_click(learn):
    page = learn(7)
    said = page.lesson.locator("p.says")
    page.slide("Layer", "End")
    at_end = said.inner_text()
    page.lesson.locator("rect.hit").first.click()
    expect(page.lesson.locator("output")).to_have_text("the embedding")
    assert said.inner_text() != at_end


def test_the_model_forgets_on_demand(learn):
    page = learn(8)
    page.page.get_by_role("button", name="Give the model random weights").click()
    expect(page.lesson.get_by_text("This map:")).to_be_visible(timeout=90_000)
    page.settle()


def test_no_text_is_taken_for_markup(learn):
    page = learn(1)
    page.type_text(HARMFUL)
    for number in range(1, 9):
        page.page.get_by_role("button", name=re.compile(f"^Step {number}: ")).click()
        page.expect_step(number)
        assert page.page.evaluate("window.harmed") is None


def test_the_gallery(learn):
    page = learn(1)
    page.open_part(learn_wording.WRONG)
    for kind in ("Two methods disagree", "A stop word carries it", "Survives random weights", "Confident error"):
        page.page.get_by_role("radio", name=kind).click()
        expect(page.page.locator(".st-key-card-failure-0 blockquote")).to_be_visible(timeout=90_000)
        page.settle()
        expect(page.page.get_by_text(learn_wording.NO_LONGER)).to_have_count(0)
    text = page.page.locator(".st-key-card-failure-0 blockquote").inner_text()
    page.page.get_by_role("button", name=learn_wording.TRY_IT).first.click()
    page.expect_hero_text(text)


def test_the_words_lead_to_their_steps(learn):
    page = learn(1)
    page.open_part(learn_wording.WORDS)
    page.page.get_by_label(learn_wording.FIND_TERM).fill("coherence")
    expect(page.page.get_by_role("term").filter(visible=True).first).to_have_text("coherence")
    page.page.get_by_role("button", name="Step 7").first.click()
    page.expect_step(7)


def test_formulas_are_found_and_lead_to_their_papers(learn):
    page = learn(1)
    page.open_part(learn_wording.FORMULAS)
    page.page.get_by_label(learn_wording.FIND_METHOD).fill("decoded layer")
    paper = page.page.get_by_role("link", name="arXiv 2308.05219").first
    expect(paper).to_have_attribute("href", "https://arxiv.org/abs/2308.05219")
    expect(paper).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violations(learn, scheme):
    page = learn(1, scheme=scheme)
    page.page.evaluate(AXE)
    for number in range(1, 9):
        page.page.get_by_role("button", name=re.compile(f"^Step {number}: ")).click()
        page.expect_step(number)
        assert page.page.evaluate(AXE_RUN, RULES) == [], number
    for part in learn_wording.PARTS[1:]:
        page.open_part(part)
        page.page.wait_for_timeout(500)
        page.settle()
        assert page.page.evaluate(AXE_RUN, RULES) == [], part


def test_nothing_is_wider_than_a_phone(learn):
    page = learn(1, width=390, height=844)
    page.type_text("Incomprehensibilities " + "x" * 300 + " and a long list of words that goes on and on and on for a while yet")
    for number in range(1, 9):
        page.page.get_by_role("button", name=re.compile(f"^Step {number}: ")).click()
        page.expect_step(number)
        assert page.page.evaluate(WIDE_ELEMENTS) == [0, 0], number
    for part in learn_wording.PARTS[1:]:
        page.open_part(part)
        page.page.wait_for_timeout(500)
        assert page.page.evaluate(WIDE_ELEMENTS) == [0, 0], part
