"""The Compare page itself, on a tiny random model."""

import pytest

from core import compare as engine_compare
from core.baselines import RUNS
from core.cards import WALL
from core.catalog import CATALOG
from core.errors import MethodError
from core.records import Query
from dashboard import compare_wording, figure_wording, wording
from tests.dashboard.comparisons import by_method
from tests.dashboard.page import address, components, notices, press, retype

TEXT = "A warm and wonderful little film."
FIRST = ("decoded", "undecoded", "random")
FEW = (*FIRST, "leave_one_out", "gradient_norm")
CHEAP_RUNS = [FIRST, ("leave_one_out", "gradient_norm")]


@pytest.fixture
def open_compare(open_page, monkeypatch):
    """`open_compare(**address)`: the page with few of the cheap methods; `open_compare.ran` lists what the engine ran."""
    few = {name: WALL[name] for name in WALL if name in (*FEW, "faithful", "attention_last")}
    for module in ("core.cards", "dashboard.components.under_way"):
        monkeypatch.setattr(f"{module}.CHEAP", FEW)
    monkeypatch.setattr("dashboard.components.dear_methods.WALL", few)
    ran, original = [], engine_compare.compare

    def counted(classifier, query, methods, *rest):
        ran.append(tuple(methods))
        return original(classifier, query, methods, *rest)

    monkeypatch.setattr(engine_compare, "compare", counted)

    def open_with(text=TEXT, **address):
        page = retype(open_page(**address), text)
        return page.switch_page("views/compare.py").run()

    open_with.ran = ran
    return open_with


def wall_of(page) -> dict:
    assert components(page, "wall"), notices(page)
    return components(page, "wall")[0]


def methods_of(page) -> list[str]:
    return [row["method"] for row in wall_of(page)["rows"]]


def test_the_cheap_methods_run_by_themselves(open_compare):
    """Few first, so that the wall stands soon; the rest behind them."""
    page = open_compare()
    assert set(methods_of(page)) == set(FEW) and methods_of(page)[0] == "decoded" and methods_of(page)[-1] == "random"
    assert open_compare.ran == CHEAP_RUNS and not [
        said for said in notices(page) if "held up" not in said and "no method" not in said
    ]
    assert wall_of(page)["words"] == ["A", "warm", "and", "wonderful", "little", "film", "."]
    assert "rows of forward passes" in page.main.caption[-1].value


def test_a_dear_method_runs_when_asked_for_and_only_it(open_compare):
    page = press(open_compare(), compare_wording.run_button(WALL["faithful"].label))
    assert open_compare.ran == [*CHEAP_RUNS, ("faithful",)] and "faithful" in methods_of(page)
    assert compare_wording.run_button(WALL["faithful"].label) not in [button.label for button in page.button]
    page.run()
    assert len(open_compare.ran) == 3


def test_run_all_runs_one_after_the_other(open_compare):
    page = press(open_compare(), compare_wording.RUN_ALL)
    assert open_compare.ran == [*CHEAP_RUNS, ("faithful",), ("attention_last",)]
    assert {"faithful", "attention_last"} <= set(methods_of(page)) and compare_wording.RUN_ALL not in [
        button.label for button in page.button
    ]


def test_a_failing_method_shows_its_sentence_and_the_others_stand(open_compare, monkeypatch):
    def refuse(_):
        raise MethodError("This model has no such thing.")

    monkeypatch.setitem(RUNS, "faithful", refuse)
    page = press(open_compare(), compare_wording.run_button(WALL["faithful"].label))
    rows = by_method(wall_of(page))
    assert rows["faithful"]["refused"] == "This model has no such thing." and all("scores" in rows[name] for name in FEW)
    page.run()
    assert len(open_compare.ran) == 3  # it isn't tried again and again


def test_the_order_the_word_and_the_card_make_no_model_call(open_compare):
    page = open_compare()
    before = list(open_compare.ran)
    page.session_state["sort"] = "name"
    page.session_state["word"] = 1
    page.session_state["card"] = "decoded"
    page.run()
    assert not page.exception and open_compare.ran == before
    assert wall_of(page)["selected"] == 1
    (card,) = components(page, "method_card")
    assert dict(card["parts"][0]["lines"])["formula"] == WALL["decoded"].formula


def test_another_operator_is_another_comparison_and_both_are_kept(open_compare):
    page = open_compare()
    for removal in ("delete", "mask", "delete"):
        page.session_state["removal"] = removal
        page.run()
        assert not page.exception
    assert len(open_compare.ran) == 4 and address(page)["removal"] == "delete"


def test_another_text_forgets_word_and_queue(open_compare):
    page = open_compare()
    page.session_state["word"] = 6
    page.run()
    retype(page, "Two words")
    assert wall_of(page)["selected"] < 2 and wall_of(page)["total"] == 2 and page.session_state["queue"] == ()


@pytest.mark.parametrize(
    "text", ["Zeugma", "!!!", "\u202eabc", "<script>alert(1)</script> **b** $x$ :smile:", "שלום עולם", "a\x00b", "🍿 🎬"]
)
def test_odd_texts_are_compared(open_compare, text):
    page = open_compare(text=text)
    assert wall_of(page)["total"] >= 1 and "scores" in wall_of(page)["rows"][0]
    assert not [
        element for element in (*page.markdown, *page.caption) if text in element.value
    ]  # markdown is no place for anyone's words


def test_a_text_without_words_gets_a_sentence(open_compare):
    page = retype(open_compare(), "  ")
    assert notices(page) == [wording.NO_TEXT] and not components(page, "wall")


def test_the_address_holds_model_class_and_operator(open_compare):
    page = open_compare(**{"class": "neutral", "layer": "1", "method": "undecoded"})
    page.session_state["removal"] = "unknown"
    page.run()
    assert address(page) == {"model": "sentiment", "class": "neutral", "removal": "unknown"}
    assert "“neutral”" in " ".join(wall_of(page)["notes"])


def test_an_operator_that_does_not_exist_is_the_default_one(open_compare):
    page = open_compare(removal="../../etc")
    assert page.session_state["removal"] == "mask" and wall_of(page)["rows"]


def test_sanity_is_tried_on_demand_and_badges_stay(open_compare):
    page = press(open_compare(), compare_wording.SANITY_BUTTON)
    tried = [
        row["method"]
        for row in wall_of(page)["rows"]
        if any(b["text"] in compare_wording.SANITY_BADGES.values() for b in row["badges"])
    ]
    assert set(tried) == set(FEW) - {"random"}
    assert compare_wording.SANITY_BUTTON not in [button.label for button in page.button]
    assert open_compare.ran == CHEAP_RUNS


def test_what_runs_can_be_stopped_and_what_is_finished_stays(open_compare):
    """The person presses Stop while a dear method runs: its question is given up, the wall stands, and the rest isn't wanted either."""
    page = open_compare()
    spec, query = CATALOG["sentiment"], Query("sentiment", TEXT)
    state = page.session_state
    question = ("compare", "faithful", state["person"], query, "mask", spec)
    state["given_up"], state["queue"] = [question], ("faithful", "attention_last")
    page.run()
    assert not page.exception
    assert compare_wording.STOPPED in notices(page) and methods_of(page)[0] == "decoded" and state["queue"] == ()
    press(page, compare_wording.run_button(WALL["faithful"].label))  # asked for again, it runs
    assert "faithful" in methods_of(page) and compare_wording.STOPPED not in notices(page)


def test_what_is_run_stays_in_sight(open_compare, monkeypatch):
    """The list of dear methods stays open once one was asked for; what was stopped is told below the method that ran."""
    page = open_compare()
    assert not _dear(page).proto.expanded
    page.session_state["given_up"] = [("compare", "faithful", page.session_state["person"], Query("sentiment", TEXT), "mask", CATALOG["sentiment"])]
    page.session_state["queue"] = ("faithful",)
    page.run()
    assert page.session_state["stopped_at"] == "faithful"
    press(page, compare_wording.run_button(WALL["attention_last"].label))
    assert page.session_state["stopped_at"] == "" and _dear(page).proto.expanded
    page.switch_page("views/explore.py").run()
    page.switch_page("views/compare.py").run()
    assert _dear(page).proto.expanded


def _dear(page):
    return next(part for part in page.expander if part.label.startswith(compare_wording.DEAR_TITLE))


def test_the_closer_look_follows_the_best_method_until_one_is_chosen(open_compare):
    page = open_compare()
    box = page.selectbox(key="closer")
    phi = {row["method"]: float(row["phi"].replace("−", "-")) for row in wall_of(page)["rows"] if row["method"] != "random"}
    assert phi[box.value] == max(phi.values())
    other = next(name for name in FEW if name not in ("random", box.value))
    box.set_value(other).run()
    retype(page, "A dull and lifeless film.")
    assert page.selectbox(key="closer").value == other


def test_one_word_has_no_agreement_to_draw(open_compare):
    said = [caption.value for caption in open_compare(text="Superb").caption]
    assert sum(figure_wording.NO_ORDER.strip() in one for one in said) == 1


def test_explore_leads_here_and_has_its_own_address(open_page):
    page = open_page(layer="1")
    assert compare_wording.GO_COMPARE in [button.label for button in page.button]
    assert address(page)["layer"] == "1"
