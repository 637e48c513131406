"""The Learn page: every step whole on every kind of text and model, and every question answered by the run's own figures."""

import dataclasses
import re

import numpy as np
import pytest
import streamlit as st

from core.cards import WALL
from core.catalog import CATALOG
from core.labels import MULTI_LABEL
from core.methods import METHODS
from dashboard import learn_wording, wording
from dashboard.components import formula_cards, glossary, quiz
from dashboard.components.learn_steps import STEPS
from dashboard.glossary_terms import TERMS
from dashboard.lessons import gradient
from dashboard.lessons.lesson import Option, Question, ask, percent, signed, strong
from tests.dashboard.page import components, notices, press, retype, text_box

TEXT = "A warm and wonderful little film, but far too long."
FIGURES = (
    "lesson_tokens",
    "layer_strips",
    "lesson_slope",
    "lesson_product",
    "layer_strips",
    "layer_strips",
    "layer_strips",
    "hide_slider",
)


@pytest.fixture
def open_learn(open_page):
    """`open_learn(text, **address)`: the first step on a text."""

    def open_with(text=TEXT, **address):
        page = open_page(**address)
        page = retype(page, text) if text is not None else page
        return page.switch_page("views/learn.py").run()

    return open_with


@pytest.fixture
def open_variant(open_learn, monkeypatch):
    """`open_variant(folder, text)`: the same with the model of a folder."""

    def open_with(folder, text=TEXT):
        monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=folder))
        st.cache_resource.clear()
        return open_learn(text)

    return open_with


def turn_to(page, step: int):
    """Show a step, counted from 1."""
    page.session_state["learn_step"] = str(step)
    page.run()
    assert not page.exception, page.exception
    return page


def one(page, name: str) -> dict:
    """What the one component of a kind was given to draw."""
    found = components(page, name)
    assert len(found) == 1, (name, len(found), notices(page))
    return found[0]


def prose(page) -> str:
    """All sentences of the step, without marks."""
    return plain(" ".join(sentence for part in components(page, "lesson_prose") for sentence in part["says"]))


def plain(text: str) -> str:
    return re.sub("[\x02\x03]", "", text).replace("\xa0", " ")


def choose(page, step: int, option: int):
    """Answer the question of a step, counted from 1, as its callback does."""
    asked = one(page, "quiz")["prompt"]
    page.session_state["lesson_answers"] = {step - 1: (asked, option)}
    page.run()
    assert not page.exception
    return one(page, "quiz")


def right_option(page, step: int) -> str:
    """The option that the page takes for the right one."""
    options = one(page, "quiz")["options"]
    right = [option for i, option in enumerate(options) if choose(page, step, i)["isRight"]]
    assert len(right) == 1, (step, options)
    return right[0]


def assert_whole(page):
    """Each of the eight steps has sentences, its figure and a question with one right answer and a reason for each option."""
    for step, figure in enumerate(FIGURES, 1):
        turn_to(page, step)
        assert prose(page) and one(page, figure), (step, notices(page))
        asked = one(page, "quiz")
        assert len(asked["options"]) >= 2 and not asked["verdict"]
        for i in range(len(asked["options"])):
            assert choose(page, step, i)["because"]
        right_option(page, step)
        assert "nan" not in prose(page).split() and "{" not in prose(page)


# --- the eight steps ---


def test_every_step_is_whole_on_an_example(open_learn):
    page = open_learn(None)
    assert_whole(page)
    assert not notices(page)
    assert one(page, "lesson_steps")["titles"] == [step.TITLE for step in STEPS] and len(STEPS) == 8


@pytest.mark.parametrize(
    "text", ["Unforgettable", "!!!", "the the the", "🍿", "שלום עולם", "<script>alert(1)</script> **b** $x$", "word " * 3000]
)
def test_every_step_is_whole_on_odd_texts(open_learn, text):
    page = open_learn(text)
    assert_whole(page)
    retyped = [element for element in (*page.markdown, *page.caption) if text.strip() in element.value]
    assert not retyped  # markdown is no place for anyone's words


def test_a_long_text_says_how_much_is_read_and_drawn(open_learn):
    page = turn_to(open_learn("word " * 3000), 2)
    assert any("model read the first" in sentence for sentence in notices(page))
    strips = one(page, "layer_strips")
    assert len(strips["rows"][0]["chips"]) == 24 and "first 24 of" in strips["read"][1]


def test_two_texts(open_learn):
    page = open_learn()
    page.toggle(key="two_texts").set_value(True).run()
    text_box(page, "text_pair").set_value("It is a good film.").run()
    assert_whole(page)
    names = [piece for piece, token in one(turn_to(page, 1), "lesson_tokens")["pieces"] if token == -3]
    assert names == [wording.FIRST_TEXT, wording.SECOND_TEXT] and "two texts have" in prose(page)


@pytest.mark.parametrize("text", ["", "   "])
def test_without_a_text_there_is_a_sentence(open_learn, text):
    page = open_learn(text)
    assert notices(page) == [wording.NO_TEXT] and not page.exception


def test_a_model_without_a_head(open_variant, family_of):
    page = open_variant(family_of("bert-headless").path)
    assert_whole(page)
    turn_to(page, 6)
    assert "without a language-model head" in prose(page) and "decoded" not in one(page, "layer_strips")["rows"][0][
        "title"
    ].replace("not decoded", "")
    assert "coherence, is not known" in prose(turn_to(page, 7)) and len(one(page, "layer_strips")["curves"]) == 2


def test_a_value_is_never_called_a_probability(open_variant, variant_folder):
    page = open_variant(variant_folder("bert", ("LABEL_0",), None))
    assert_whole(page)
    for step in range(1, 9):
        said = prose(turn_to(page, step))
        assert "logits" not in said and "probab" not in said
    assert len(one(turn_to(page, 7), "layer_strips")["curves"]) == 2


def test_several_labels_at_once(open_variant, variant_folder):
    assert_whole(open_variant(variant_folder("bert", ("joy", "anger", "surprise"), MULTI_LABEL)))


@pytest.mark.parametrize("family", ["gpt2", "roberta"])
def test_other_families(open_variant, family_of, family):
    assert_whole(open_variant(family_of(family).path))


# --- the figures are those of the run ---


def test_the_tokens_are_those_of_the_text(open_learn):
    data = one(open_learn(), "lesson_tokens")
    assert "".join(piece for piece, _ in data["pieces"]) == TEXT
    assert data["tokens"][0]["special"] and f"{len(data['tokens'])} tokens" in prose(open_learn())
    for piece, token in data["pieces"]:
        assert token < 0 or piece.lower() == data["tokens"][token]["text"].removeprefix("##")


def test_the_most_alike_word_is_the_right_answer(open_learn):
    page = turn_to(open_learn(), 2)
    data, asked = one(page, "layer_strips"), plain(one(page, "quiz")["prompt"])
    row = data["rows"][0]
    last = [float(figure.replace("−", "-")) for figure in row["figures"][-1][data["pick"]]]
    last[data["pick"]] = -2
    assert row["chips"][data["pick"]] in asked and right_option(page, 2).startswith(row["chips"][int(np.argmax(last))])


def test_the_products_add_up_to_the_score(open_learn):
    page = turn_to(open_learn(), 4)
    data = one(page, "lesson_product")
    added = sum(float(row["product"].replace("−", "-")) for row in data["rows"])
    total = float(data["sums"][-1].replace("−", "-"))
    assert added == pytest.approx(total, abs=0.01) and right_option(page, 4) == data["sums"][-1]
    place = one(turn_to(page, 5), "layer_strips")["rows"][0]
    word, layer = page.session_state["lesson_word"], page.session_state["lesson_layer"]
    assert place["figures"][layer][1 + word] == signed(total), "the map tells the same score; [CLS] stands before the words"


def test_where_the_answer_does_not_look_the_score_is_nothing(open_learn):
    """Past the last layer a [CLS]-pooled classifier has no gradient at the words."""
    page = turn_to(open_learn(), 4)
    slider = page.select_slider(key="lesson_layer")
    slider.set_value(len(slider.options) - 1).run()
    assert not page.exception
    assert right_option(page, 4) == "All its gradients are 0." and "every gradient is 0" in prose(page)


def test_the_last_layer_of_a_cls_pooled_model_has_no_saliency_on_words(open_learn):
    page = turn_to(open_learn(), 5)
    bar = one(page, "layer_strips")["bar"]["parts"][0]
    assert bar["shares"][-1] == pytest.approx(0, abs=1e-6) and plain(right_option(page, 5)) == "0 %"
    assert "[CLS], which is no word of yours" in prose(page)


def test_what_is_handed_over_adds_up(open_learn):
    """All places together hand on what they hold: the rows of what is read add up to 1, and nothing is lost."""
    page = turn_to(open_learn(), 6)
    before, read, after = one(page, "layer_strips")["rows"]
    number = lambda text: 0.0 if text in ("0", "≈ 0") else float(text.replace("−", "-"))
    for layer in range(len(before["figures"])):
        lost = sum(map(number, before["figures"][layer])) - sum(map(number, after["figures"][layer]))
        assert lost == pytest.approx(0, abs=0.01 * len(before["chips"]))
    assert len(read["figures"][0]) == len(before["chips"])
    sizes = [abs(number(figure)) for figure in after["figures"][-1]]
    assert right_option(page, 6).startswith(after["chips"][int(np.argmax(sizes))])


def test_the_word_chosen_stays_through_the_steps(open_learn):
    page = turn_to(open_learn(), 3)
    page.selectbox(key="lesson_word").set_value(1).run()
    assert "“warm”" in plain(one(page, "quiz")["prompt"])
    assert "“warm”" in plain(one(turn_to(page, 4), "quiz")["prompt"])
    assert one(turn_to(page, 2), "layer_strips")["pick"] == 1
    assert "“warm”" in plain(one(turn_to(page, 3), "quiz")["prompt"])


def test_random_weights_on_demand(open_learn):
    page = turn_to(open_learn(), 8)
    press(page, "Give the model random weights")
    assert "random" in prose(page) and "This map:" in prose(page)
    assert "Give the model random weights" not in [button.label for button in page.button]


# --- questions ---


def test_answers_are_checked_kept_and_counted(open_learn):
    page = turn_to(open_learn(), 5)
    wrong = next(i for i, option in enumerate(one(page, "quiz")["options"]) if plain(option) != "0 %")
    assert choose(page, 5, wrong)["verdict"] == learn_wording.WRONG_ANSWER
    page.session_state["lesson_solved"] = (4,)
    turn_to(page, 6)
    steps = one(page, "lesson_steps")
    assert steps["progress"] == "1 of 8 answered right" and steps["solved"] == [4] and steps["step"] == 5
    retype(page, "Another text, another question.")
    assert one(page, "lesson_steps")["solved"] == [4] and not one(turn_to(page, 5), "quiz")["verdict"]


def test_the_right_option_is_not_told_before_it_is_chosen():
    question = ask("Which?", Option("b", "It is b."), Option("a", "It is not a."), Option("a", "dropped"))
    assert [option.text for option in question.options] == ["a", "b"] and question.right == 1
    assert not quiz.quiz_data(question, None)["isRight"] and not quiz.quiz_data(question, None)["because"]
    assert (
        quiz.quiz_data(question, 0)["because"] == "It is not a." and quiz.quiz_data(question, 1)["verdict"] == learn_wording.RIGHT
    )
    assert quiz.quiz_data(question, 7)["chosen"] is None


@pytest.mark.parametrize("options, right", [(("a",), 0), (("a", "a"), 0), (("a", "b"), 2), (tuple("abcdef"), 0)])
def test_a_question_that_can_not_be_asked_is_refused(options, right):
    with pytest.raises(ValueError):
        Question("Which?", tuple(Option(text, "") for text in options), right)


def test_nobody_s_text_can_forge_a_mark():
    assert strong("a\x03b\x02") == "\x02a␃b␂\x03"


@pytest.mark.parametrize("share, told", [(0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.998, "> 99 %"), (1, "100 %")])
def test_shares_are_never_rounded_to_all_or_nothing(share, told):
    assert plain(percent(share)) == told


@pytest.mark.parametrize("value, told", [(0, "0"), (1e-6, "≈ 0"), (-0.031, "−0.031"), (1.234, "+1.23"), (-0.0, "0")])
def test_numbers_have_signs(value, told):
    assert signed(value) == told


@pytest.mark.parametrize("low, high", [(-3.2, 1.9), (0.1, 0.13), (-500, 700), (4.99, 5.01), (0.0, 0.3)])
def test_ticks_are_round_and_few(low, high):
    values = [value for value, _ in gradient.ticks(low, high)]
    assert 2 <= len(values) <= 7 and all(low <= value <= high for value in values)
    assert len({name for _, name in gradient.ticks(low, high)}) == len(values)


# --- turning to a step ---


@pytest.mark.parametrize("asked, shown", [("3", 2), ("99", 0), ("0", 0), ("-1", 0), ("٣", 0), ("nan", 0), ("", 0), ("8", 7)])
def test_the_address_names_a_step(open_learn, asked, shown):
    page = open_learn(None, step=asked)
    assert one(page, "lesson_steps")["step"] == shown


def test_back_and_next(open_learn):
    page = open_learn()
    assert page.button(key="lesson-back").disabled
    for step in range(2, 9):
        page.button(key="lesson-next").click().run()
        assert not page.exception and one(page, "lesson_steps")["step"] == step - 1
    assert "lesson-next" not in [button.key for button in page.button]
    page.button(key="lesson-back").click().run()
    assert one(page, "lesson_steps")["step"] == 6
    assert page.session_state["learn_step"] == "7"


# --- the other parts ---


def open_part(page, part: str):
    page.session_state["learn_part"] = part
    page.run()
    assert not page.exception
    return page


def test_the_glossary():
    terms = [term.term for term in TERMS]
    assert len(set(terms)) == len(terms) >= 30
    assert terms == sorted(terms, key=lambda term: term.casefold().lstrip("["))
    assert all(term.meaning.endswith(".") and (term.step is None or 1 <= term.step <= 8) for term in TERMS)
    assert {term.step for term in TERMS} == {None, *range(1, 9)}
    assert len(glossary.glossary_data()["terms"]) == len(TERMS)


def test_every_method_has_its_card_with_the_registry_s_own_formula():
    cards = {card["title"]: card for group in formula_cards.cards_data()["groups"] for card in group["cards"]}
    assert len(cards) == len(WALL) and set(METHODS) <= set(WALL)
    for card in WALL.values():
        shown = cards[card.label + (" (experimental)" if card.is_experimental else "")]
        assert shown["formula"] == card.formula and dict(shown["lines"])["source"] == card.source
    for method in METHODS.values():
        assert cards[method.label]["formula"] == method.formula


def test_terms_and_formulas_need_no_model(open_learn):
    page = open_learn()
    before = list(page.query_params)
    assert one(open_part(page, learn_wording.WORDS), "glossary")["terms"]
    assert one(open_part(page, learn_wording.FORMULAS), "formula_cards")["groups"]
    assert list(page.query_params) == before


def test_the_gallery_runs_the_model_and_says_where_it_no_longer_holds(open_learn):
    """On a random model its texts show nothing in particular, and the page says so."""
    page = open_part(open_learn(), learn_wording.WRONG)
    cases = components(page, "failure_case")
    assert cases and all(case["rows"] and case["says"] for case in cases)
    assert learn_wording.NO_LONGER in notices(page)
    text = cases[0]["text"]
    page.button(key="try-failure-0").click().run()
    assert not page.exception and text_box(page).value == text and components(page, "token_text")


def test_a_model_without_a_gallery_says_so(open_learn, monkeypatch):
    monkeypatch.setattr("dashboard.lesson_engine.FAILURES", {})
    page = open_part(open_learn(), learn_wording.WRONG)
    assert notices(page) == [learn_wording.NO_GALLERY]


def test_what_floats_over_the_page_holds_no_notice(open_page):
    """The container in which progress is shown has no height of its own: a sentence in it would lie on the lesson."""
    page = open_page(step="abc").switch_page("views/learn.py").run()
    assert len(notices(page)) == 1 and "abc" in notices(page)[0]
    (waiting,) = (block for block in _blocks(page.main) if block.proto.id.endswith("-waiting-answer"))
    assert [child.type for child in waiting.children.values()] in ([], ["empty"])


def _blocks(node):
    for child in getattr(node, "children", {}).values():
        if getattr(child, "children", None) is not None and hasattr(child.proto, "id"):
            yield child
        yield from _blocks(child)
