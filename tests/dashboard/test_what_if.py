"""The what-if bar and its card on Explore, run without a browser on a tiny random model; and what they are given to draw."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from core.catalog import CATALOG
from core.edit_records import Flip, FlipStep
from core.edits import DELETE, KEEP, MASK, REPLACE
from core.errors import MethodError
from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from dashboard import asking, what_if, what_if_engine
from dashboard import what_if_wording as wording
from dashboard.alignment import align_edited
from dashboard.components.what_if_bar import FLIP, TOP
from dashboard.components.what_if_map import map_data
from dashboard.components.what_if_result import bars_data
from dashboard.components.what_if_words import words_data
from dashboard.edited import MOST_COLUMNS, edited
from tests.dashboard.page import components, hero, layer_slider, notices, press, retype, text_box
from tests.dashboard.reports import make_report

TEXT = "A wonderful cast left smiling."


@pytest.fixture
def page(open_page):
    return retype(open_page(), TEXT)


def select(page, word: str):
    """Select a word of the text, as a click on it does."""
    texts = hero(page)["texts"]
    page.session_state["token"] = texts.index(word) + 1  # every word of TEXT is one piece but for the tests that say so
    return run(page)


def run(page):
    page.run()
    assert not page.exception, page.exception
    return page


def edit(page, kind: str):
    page.button(key=f"what-if-{kind}").click()
    return run(page)


def text_of(page) -> str:
    return text_box(page).value


def one(page, name: str) -> dict:
    (data,) = components(page, name)
    return data


def label_of(page) -> dict:
    return one(page, "what_if_label")


def chips(page) -> list[str]:
    return [step["said"] for step in one(page, "what_if_trail")["steps"]]


def word_named(page) -> str:
    return label_of(page)["word"]


# --- the bar ---


def test_the_bar_is_about_the_selected_word_and_the_page_stays_calm(page):
    assert word_named(page) == hero(page)["texts"][hero(page)["selected"]]
    assert not components(page, "what_if_trail") and not components(page, "what_if_fills") and label_of(page)["spoken"] == ""


@pytest.fixture
def pieces(page):
    """The pieces that the tiny tokenizer makes of the text."""
    page.segmented_control(key="units").set_value("subwords").run()
    found = hero(page)["texts"]
    page.segmented_control(key="units").set_value("words").run()
    return found


@pytest.mark.parametrize(("kind", "expected"), [(DELETE, "A"), (KEEP, None), (MASK, "[MASK]")])
def test_an_edit_replaces_the_text_and_opens_the_card(page, kind, expected):
    word, before = word_named(page), dict(zip(("text", "said"), (text_of(page), one(page, "prediction_bars"))))
    edit(page, kind)
    text = text_of(page)
    if kind == KEEP:
        assert text == word
    elif kind == DELETE:
        assert word not in text and len(text) < len(TEXT)
    else:
        assert expected in text and word not in text
    assert "".join(piece for piece, _ in hero(page)["pieces"]) == text
    assert chips(page)[0] == wording.ORIGINAL and word in chips(page)[1] and one(page, "what_if_trail")["at"] == 1
    old = {row["name"]: row["figure"] for row in before["said"]["rows"]}
    new = {row["name"]: row["figure"] for row in one(page, "prediction_bars")["rows"]}
    assert {row["name"]: row["figures"] for row in one(page, "what_if_bars")["rows"]} == {
        name: [old[name], new[name]] for name in old
    }
    assert label_of(page)["spoken"].startswith(chips(page)[1]) and "points" in label_of(page)["spoken"]


def test_masking_keeps_the_place_selected(page):
    edit(page, MASK)
    assert "[MASK]" in word_named(page)


def test_a_masked_word_is_not_offered_to_be_masked(page):
    assert not page.button(key=f"what-if-{MASK}").disabled
    edit(page, MASK)
    button = page.button(key=f"what-if-{MASK}")
    assert button.disabled and button.help == wording.IS_MASKED
    assert not any(page.button(key=f"what-if-{kind}").disabled for kind in (DELETE, KEEP))


def test_what_is_compared_is_the_class_of_the_original(page):
    """Another word may make another class the predicted one; the card goes on about the first."""
    question = hero(page)["question"]
    for kind in (MASK, DELETE, KEEP):
        edit(page, kind)
        assert f"about “{question}”" in one(page, "side_by_side")["note"]
        assert next(row["name"] for row in one(page, "what_if_bars")["rows"] if row["explained"]) == question


def test_the_words_stand_under_one_another_at_the_layer_shown(page):
    word = word_named(page)
    edit(page, MASK)
    before, now = one(page, "side_by_side")["rows"]
    pairs = [(a and a["word"], b and b["word"]) for a, b in zip(before["cells"], now["cells"])]
    assert [a for a, b in pairs if a != b] == [word] and "[MASK]" in next(b for a, b in pairs if a != b)
    change = one(page, "side_by_side")["difference"]["cells"]
    layer_slider(page).set_value(0).run()
    assert "the embedding" in one(page, "side_by_side")["subtitle"] and one(page, "side_by_side")["difference"]["cells"] != change


def test_the_map_of_changes_is_now_less_before(page):
    select(page, "A")  # one piece, so that one mask takes its place
    was = {row["layer"]: row["scores"] for row in one(page, "layer_map")["rows"]}
    question = hero(page)["question"]
    page.selectbox(key="target").set_value(question).run()
    edit(page, MASK)
    change, now = components(page, "layer_map")
    for row, new in zip(change["rows"], now["rows"]):
        assert row["scores"] == pytest.approx(np.subtract(new["scores"], was[row["layer"]]), abs=2e-3 * new["limit"] + 1e-6)


# --- the trail ---


def test_undo_goes_back_a_step_and_the_step_stays_until_another_takes_its_place(page):
    edit(page, MASK)
    masked = text_of(page)
    edit(page, KEEP)
    assert len(chips(page)) == 3
    press(page, wording.UNDO)
    assert text_of(page) == masked and len(chips(page)) == 3 and one(page, "what_if_trail")["at"] == 1
    press(page, wording.UNDO)
    assert text_of(page) == TEXT and not components(page, "what_if_bars") and len(chips(page)) == 3
    edit(page, DELETE)
    assert len(chips(page)) == 2 and text_of(page) != masked


def test_back_to_the_original_forgets_the_trail(page):
    edit(page, MASK)
    edit(page, KEEP)
    press(page, wording.BACK)
    assert text_of(page) == TEXT and not components(page, "what_if_trail") and label_of(page)["spoken"] == ""


def test_typing_ends_the_trail_and_typing_it_again_takes_it_up(page):
    edit(page, KEEP)
    kept = text_of(page)
    retype(page, "Something else.")
    assert not components(page, "what_if_trail")
    retype(page, kept)
    assert len(chips(page)) == 2


def test_only_the_newest_edits_are_remembered_and_the_original(page, monkeypatch):
    monkeypatch.setattr(what_if, "MOST_STEPS", 2)
    for word in ("wonderful", "cast", "left"):
        edit(select(page, word), MASK)
    texts = [step.texts[0] for step in page.session_state["what_if_trail"].steps]
    assert texts[0] == TEXT and len(texts) == 3 and texts[-1] == text_of(page) and "cast" not in texts[1]


def test_a_browser_that_lags_behind_undoes_no_edit(page):
    """Clicks from a page that has not drawn the edit are tried in a real browser: tests/browser/test_late_answers.py."""
    before = text_box(page).key
    edit(select(page, "wonderful"), MASK)
    edited = text_of(page)
    page.session_state[before] = TEXT  # what the older box held
    run(page)
    assert text_of(page) == edited != TEXT and one(page, "what_if_trail")
    retype(page, TEXT)
    assert text_of(page) == TEXT


def test_an_example_chosen_right_behind_an_edit_of_it_stays(open_page):
    page = open_page()
    page.get("button_group")[0].set_value("not bad").run()
    example = text_of(page)
    edit(page, MASK)
    assert text_of(page) != example
    page.get("button_group")[0].set_value("not bad").run()
    edit(page, DELETE)
    assert not notices(page) and len(chips(page)) == 2 and chips(page)[1].endswith("left out")


def test_an_example_ends_the_trail(page):
    edit(page, MASK)
    page.get("button_group")[0].set_value("not bad").run()
    assert not page.exception and not components(page, "what_if_trail")


def test_another_model_ends_the_trail(page, monkeypatch, variant_folder):
    edit(page, MASK)
    page.session_state["shown"] = page.session_state["model"] = "news"
    monkeypatch.setitem(CATALOG, "news", replace(CATALOG["news"], path=variant_folder("bert", ("a", "b", "c"))))
    run(page)
    assert not components(page, "what_if_trail")


def test_every_step_tells_what_the_classifier_said(page):
    edit(page, MASK)
    edit(page, KEEP)
    assert all("%" in step["figure"] for step in one(page, "what_if_trail")["steps"])


def test_a_contrast_holds_on_to_its_class(page):
    """The edited text may come to be predicted as the class that the first one is contrasted with."""
    question = hero(page)["question"]
    other = next(name for name in page.selectbox(key="against").options if name not in (question, "— (the class alone)"))
    page.selectbox(key="against").set_value(other).run()
    edit(page, KEEP)
    assert page.selectbox(key="target").value == question and hero(page)["question"] == f"{question} rather than {other}"


# --- what can't be done ---


def test_nothing_is_left_of_a_text_of_one_word(open_page):
    page = edit(retype(open_page(), "Wonderful"), DELETE)
    assert text_of(page) == "Wonderful" and "nothing" in notices(page)[-1] and not components(page, "what_if_trail")
    retype(page, "Wonderful film")
    assert not notices(page)


def test_the_only_word_is_kept_already(open_page):
    page = edit(retype(open_page(), "Wonderful"), KEEP)
    assert notices(page) == [wording.NOTHING_CHANGED]


def test_a_special_token_is_no_word(page):
    page.toggle(key="special").set_value(True).run()
    page.session_state["token"] = 0
    run(page)
    assert word_named(page) == "" and all(page.button(key=f"what-if-{kind}").disabled for kind in (MASK, DELETE, KEEP))


def test_a_subword_edits_its_whole_word(page, pieces):
    page.segmented_control(key="units").set_value("subwords").run()
    page.session_state["token"] = 1 + next(i for i, piece in enumerate(pieces) if "wonderful".endswith(piece))
    run(page)
    assert word_named(page) == "wonderful"
    assert text_of(edit(page, DELETE)) == "A cast left smiling."


def test_what_was_typed_at_once_with_the_press_is_not_lost(page):
    text_box(page).set_value("Typed just now.")
    edit(page, MASK)
    assert text_of(page) == "Typed just now." and notices(page) == [wording.STALE]


def test_without_a_mask_words_are_left_out(open_page, family_of, monkeypatch):
    opened = open_page
    folder = family_of("gpt2").path
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=folder))
    page = retype(opened(), TEXT)
    assert f"what-if-{MASK}" not in [button.key for button in page.button]
    assert (
        page.menu_button(key=TOP).label.startswith("Leave out")
        and wording.FLIP_WAYS[MASK] not in page.menu_button(key=FLIP).options
    )
    before = len(hero(page)["texts"])
    page.menu_button(key=TOP).click(2).run()
    assert not page.exception and len(hero(page)["texts"]) == before - 2


# --- another word ---


def open_box(page):
    page.session_state["what-if-replace"] = True
    return run(page)


def put_in(page, word: str):
    page.text_input(key="what-if-typed").set_value(word)
    return press(page, wording.PUT_IN)


def test_suggestions_come_when_they_are_asked_for(page):
    assert not components(page, "what_if_fills")
    fills = one(open_box(page), "what_if_fills")
    assert fills["note"] and all("%" in row["probability"] and "points" in row["change"] for row in fills["rows"])


def test_a_typed_word_takes_the_place_and_the_box_closes(page):
    word = word_named(page)
    put_in(open_box(page), "dull")
    assert text_of(page) == TEXT.replace(word, "dull", 1) and not page.session_state["what-if-replace"]
    assert word_named(page) == "dull" and "→" in chips(page)[1]


def test_no_typed_word_is_told(page):
    put_in(open_box(page), "  ")
    assert text_of(page) == TEXT and "empty" in notices(page)[-1]


def test_without_a_head_there_are_no_suggestions(open_page, family_of, monkeypatch):
    monkeypatch.setitem(CATALOG, "sentiment", dataclasses.replace(CATALOG["sentiment"], path=family_of("bert-headless").path))
    page = open_box(retype(open_page(), TEXT))
    assert wording.NO_HEAD in [caption.value for caption in page.main.caption]
    assert wording.FLIP_WAYS[REPLACE] not in page.menu_button(key=FLIP).options
    put_in(page, "dull")
    assert "dull" in text_of(page)


# --- the top words of a layer ---


@pytest.mark.parametrize("k", [1, 3])
def test_the_top_words_of_a_layer_are_those_it_ranks_highest(page, k):
    texts, scores = hero(page)["texts"], hero(page)["scores"]
    top = [texts[i] for i in sorted(range(len(texts)), key=lambda i: -scores[i])[:k]]
    page.menu_button(key=TOP).click(k).run()
    assert not page.exception and "[MASK]" in text_of(page) and all(word in chips(page)[1] for word in top)
    rest = [word for word in texts if word not in top]
    assert all(word in text_of(page) for word in rest)


def test_no_more_words_are_offered_than_there_are(open_page):
    page = retype(open_page(), "Wonderful film")
    assert page.menu_button(key=TOP).options == ["the top word", "the top 2 words"]


# --- the search ---


def flip_of(report_text: str, flipped: bool = True) -> Flip:
    steps = (FlipStep(1, "wonderful", None, np.array([0.45, 0.55])), FlipStep(2, "cast", None, np.array([0.9, 0.1])))
    return Flip(
        DELETE,
        steps,
        flipped,
        ("negative", "positive"),
        1,
        np.array([0.2, 0.8]),
        SINGLE_LABEL,
        report_text,
        None,
        8,
        40,
        "Two words of six.",
        0.1,
    )


def search(page, monkeypatch, find):
    monkeypatch.setattr(what_if_engine, "find_flip", find)
    page.menu_button(key=FLIP).click(DELETE)
    return run(page)


def test_what_a_search_finds_goes_into_the_box_step_by_step(page, monkeypatch):
    search(page, monkeypatch, lambda query, spec, way: flip_of(query.text))
    assert text_of(page) == "A left smiling." and len(chips(page)) == 3
    assert "Two words of six." in one(page, "what_if_bars")["found"]
    press(page, wording.UNDO)
    assert text_of(page) == "A cast left smiling." and one(page, "what_if_bars")["found"] == ""


def test_what_does_not_flip_is_told_and_the_text_stays(page, monkeypatch):
    search(page, monkeypatch, lambda query, spec, way: flip_of(query.text, flipped=False))
    assert text_of(page) == TEXT and "still the same answer" in notices(page)[-1] and "Two words of six." in notices(page)[-1]


@pytest.mark.parametrize("error", [asking.GivenUp("You stopped this."), MethodError("It can't be searched.")])
def test_a_search_that_was_stopped_or_refused_is_told_once(page, monkeypatch, error):
    asked = []

    def find(query, spec, way):
        asked.append(way)
        raise error

    search(page, monkeypatch, find)
    assert notices(page)[-1] == str(error) and text_of(page) == TEXT
    run(page)
    assert asked == [DELETE]


def test_a_search_left_behind_with_its_text_does_not_begin_again(page, monkeypatch):
    asked = []

    def find(query, spec, way):
        asked.append((query, way))
        raise MethodError("It can't be searched.")

    search(page, monkeypatch, find)
    page.session_state["what_if_search"] = asked[0]  # as it stands while a search is under way
    retype(retype(page, "Another text."), TEXT)
    assert len(asked) == 1


def test_the_real_search_ends(page):
    page.menu_button(key=FLIP).click(MASK)
    run(page)
    assert components(page, "what_if_trail") or notices(page)


# --- pairs, and other kinds of answers ---


def test_a_word_of_the_second_text(open_page):
    page = open_page(text="It rains.", text2="Somebody gets wet.")
    page.session_state["token"] = next(i for i in range(1, 30) if named_after(page, i) == "wet")
    assert run(page).button(key=f"what-if-{KEEP}").help == wording.KEEP_PAIR_HELP
    edit(page, DELETE)
    assert text_of(page) == "It rains." and text_box(page, "text_pair").value == "Somebody gets."
    press(page, wording.BACK)
    assert text_box(page, "text_pair").value == "Somebody gets wet."


def named_after(page, token: int) -> str:
    page.session_state["token"] = token
    return word_named(run(page))


@pytest.fixture
def open_variant(open_page, variant_folder, monkeypatch):
    def open_with(labels, problem_type):
        monkeypatch.setitem(
            CATALOG, "sentiment", replace(CATALOG["sentiment"], path=variant_folder("bert", labels, problem_type))
        )
        st.cache_resource.clear()
        return retype(open_page(), TEXT)

    return open_with


def test_several_labels(open_variant):
    page = edit(open_variant(("joy", "anger", "surprise"), MULTI_LABEL), MASK)
    assert len(one(page, "what_if_bars")["rows"]) == 3 and "half" in one(page, "what_if_bars")["verdict"]


def test_a_value_has_no_points_and_nothing_to_flip(open_variant):
    page = open_variant(("LABEL_0",), None)
    assert FLIP not in [menu.key for menu in page.menu_button]
    edit(page, MASK)
    data = one(page, "what_if_bars")
    assert data["rows"][0]["shares"] is None and data["note"] == wording.VALUES_NOTE and not data["verdict"]
    assert "points" not in data["rows"][0]["change"] and "%" not in label_of(page)["spoken"]


# --- words in common columns ---


def test_what_stands_in_the_place_of_a_word_shares_its_column():
    old, new = "the cast is wonderful .".split(), "the cast is very dull .".split()
    assert align_edited(old, new)[3:] == [((3,), (3, 4)), ((4,), (5,))]
    assert align_edited(old, ["the", "cast", "is", "."])[3:] == [((3,), ()), ((4,), (3,))]
    assert align_edited(old, ["wonderful"]) == [((0,), ()), ((1,), ()), ((2,), ()), ((3,), (0,)), ((4,), ())]


def test_many_words_do_not_share_the_column_of_one():
    assert all(not (here and there) for here, there in align_edited(list("abcdefgh"), ["x"]))


def test_aligned_words_are_all_there_and_in_order():
    rng = np.random.default_rng(5)
    for _ in range(50):
        old, new = (rng.choice(list("abcd"), rng.integers(0, 12)).tolist() for _ in range(2))
        columns = align_edited(old, new)
        for side, words in enumerate((old, new)):
            assert [i for column in columns for i in column[side]] == list(range(len(words)))


def compared(before: str, now: str, **options):
    return edited(make_report(before, **options), make_report(now, **options), "decoded", "sum")


def test_the_change_is_now_less_before_in_the_scores_own_unit():
    both = compared("A dull film", "A bright film")
    assert both.words(0) == ["A", "dull", "film"] and both.words(1) == ["A", "bright", "film"]
    assert both.difference == pytest.approx(both.scores(1) - both.scores(0)) and not np.isnan(both.difference).any()
    data = words_data(both, 2, 0)
    assert data["scale"] == pytest.approx(np.abs(both.scores(0)[2]).max()) and "in logits" in data["subtitle"]
    assert wording.NO_PARTNER not in data["note"]


def test_a_word_that_was_left_out_has_no_change():
    both = compared("A dull film", "A film")
    data, drawn = words_data(both, 1, 0), map_data(both, 1, 0)
    assert data["difference"]["cells"][1] is None and data["rows"][1]["cells"][1] is None
    assert all(row["scores"][1] is None for row in drawn["rows"]) and drawn["words"] == ["A", "dull", "film"]
    assert "no change" in data["note"]


def test_of_a_long_text_the_part_around_the_edit_is_drawn():
    words = [f"w{i}" for i in range(200)]
    both = compared(" ".join(words), " ".join([*words[:150], "other", *words[151:]]))
    column = both.column_of(None)
    assert column == 150
    data = words_data(both, 0, column)
    assert len(data["difference"]["cells"]) <= MOST_COLUMNS and "Of a long text" in data["note"]
    drawn = map_data(both, 0, column)
    assert (drawn["start"], drawn["total"], drawn["selected"]) == (120, 200, 150)
    assert both.column_of(1 + 20) == 20  # the selected word wins


def test_the_answers_stand_beside_each_other():
    before, now = make_report().prediction, replace(make_report().prediction, outputs=np.array([0.75, 0.25]))
    data = bars_data(before, now)
    assert [(row["name"], row["figures"], row["change"]) for row in data["rows"]] == [
        ("positive", ["66.7 %", "25.0 %"], "−41.7 points"), ("negative", ["33.3 %", "75.0 %"], "+41.7 points"),
    ]  # fmt: skip
    assert (
        data["verdict"] == "The answer is now “negative”."
        and bars_data(before, before)["verdict"] == "The answer stays “positive”."
    )
    assert bars_data(before, before)["rows"][0]["change"] == "±0.0 points"


def test_a_label_on_its_own_crosses_one_half():
    before = make_report(labels=("joy", "anger", "fear"), problem_type=MULTI_LABEL).prediction  # 30, 60 and 90 %
    assert "“anger”" in bars_data(before, replace(before, outputs=np.array([0.3, 0.4, 0.9])))["verdict"]
    assert bars_data(before, before)["verdict"] == "No label crossed one half."


def test_values_are_not_percent():
    before = make_report(labels=("stars",), problem_type=REGRESSION).prediction
    row = bars_data(before, replace(before, outputs=np.array([0.5])))["rows"][0]
    assert row["shares"] is None and row["change"] == "−0.5"
