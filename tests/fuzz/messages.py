"""What a browser sends in the name of a component: any JSON, to every handler of it, and then the page is drawn again."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from unittest.mock import patch

from core.edit_records import Fill, Suggestions
from core.records import LayerReport
from dashboard import compare_choice, layer_choice, learn_choice, permalink, session, what_if
from dashboard.compare_wording import SORTS
from dashboard.components import (
    curve,
    data_table,
    glossary,
    layer_map,
    layer_readings,
    lesson_steps,
    presenter,
    quiz,
    token_text,
    wall,
    what_if_bar,
    what_if_map,
)
from dashboard.edited import edited
from dashboard.learn_choice import N_STEPS
from dashboard.lessons.lesson import Option, Question
from dashboard.units import units_of
from tests.dashboard.comparisons import make_comparison
from tests.dashboard.reports import make_report
from tests.fuzz.json_values import ODD
from tests.fuzz.links import a_session

REPORT, CHANGED = make_report(), make_report("A dull film")
UNITS = units_of(REPORT, "decoded", by_words=True)
COMPARISON = make_comparison()
BOTH = edited(REPORT, CHANGED, "decoded", "sum")
FOUND = Suggestions(1, tuple(Fill(text, 0.5, REPORT.prediction.outputs) for text in ("fine", "<b>")), "The head's own.", 0.1)
QUESTION = Question("Which?", (Option("a", "no"), Option("b", "yes")), 1)
STARTS = tuple(
    json.dumps(one).encode()
    for one in (3, [2, 1], {"layer": 1, "word": 2, "class": "negative"}, "lime", {"points": [{"customdata": 1, "x": 2}]}, None, True, *ODD[:-4])
)  # fmt: skip
is_json = True


def target(data: bytes) -> None:
    """No handler may raise, and whatever it keeps must be something that the page can draw."""
    try:
        sent = json.loads(data)
    except (ValueError, RecursionError):
        return
    with a_session("model=sentiment&text=One") as state:
        permalink.start()
        compare_choice.settle()
        learn_choice.settle(("steps", "failures"))
        for name, draw in _DRAWN.items():
            key = _KEYS.get(name, "key")
            state[key] = SimpleNamespace(
                **dict.fromkeys(("pick", "word", "card", "cell", "go", "answer", "layer", "rest", "leave", "step"), sent)
            )
            _send(name, draw)
            state.pop(key)
            check_state(state)
        what_if.go(sent)
        for selection in (sent, {"points": sent}, {"points": [sent]}):
            layer_choice.choose(curve.layer_of(selection))
        check_state(state)


def _send(name: str, draw: Callable[[], object]) -> None:
    """Draw a component, call every handler that it was given, and draw it again."""

    def component(**given) -> SimpleNamespace:
        json.dumps(given["data"], allow_nan=False)
        for handler in [value for argument, value in given.items() if argument.startswith("on_")]:
            handler()
        return SimpleNamespace()

    module, attribute = _COMPONENTS[name]
    with patch.object(module, attribute, component), patch("dashboard.cached.drawing", lambda about, make: make()):
        draw()
        draw()


def check_state(state) -> None:
    """AssertionError where the session holds anything that isn't there."""
    layer_choice.settle(REPORT.choice.layer, len(REPORT.layer_outputs))
    assert type(state.layer_shown) is int and 0 <= state.layer_shown < len(REPORT.layer_outputs)
    assert state.token is None or 0 <= state.token < len(REPORT.tokens.texts)
    assert 0 <= compare_choice.selected_word(COMPARISON) < len(COMPARISON.word_spans)
    assert state.card is None or isinstance(state.card, str)
    assert state.target in ("", *REPORT.prediction.labels) and 0 <= learn_choice.step() < N_STEPS
    assert learn_choice.answered(0, QUESTION.prompt) in (None, 0, 1)


def _layer() -> int:
    return session.chosen("layer_shown", 0) % len(REPORT.layer_outputs)


def _word() -> int:
    return session.selected_unit(UNITS, _layer())


def _table() -> None:
    picked = data_table.show("t", (data_table.Column("n"),), ((1,), (2,)), "key", ids=(7, "seven"), names=("a", "b"))
    assert picked in (None, 7, "seven")


def _drawn(report: LayerReport) -> dict[str, Callable[[], object]]:
    """Name → what draws it as the page does."""
    return {
        "token_text": lambda: token_text.show(report, "decoded", UNITS, _layer(), _word(), 1.0, "key"),
        "layer_map": lambda: layer_map.show(report, "decoded", UNITS, _layer(), _word(), 1.0, False, "key"),
        "what_if_map": lambda: what_if_map.show(BOTH, _layer(), 0, 1.0, False, "key"),
        "layer_readings": lambda: layer_readings.show(report, "decoded", UNITS, _layer(), _word(), "key"),
        "presenter": lambda: presenter.show(report, "decoded", UNITS, 1.0, False),
        "what_if_fills": lambda: what_if_bar.show_fills(report, FOUND, "[MASK]"),
        "wall": lambda: wall.show(COMPARISON, SORTS[0], compare_choice.selected_word(COMPARISON), "key"),
        "quiz": lambda: quiz.show(QUESTION, 0),
        "glossary": lambda: glossary.show("key"),
        "lesson_steps": lambda: lesson_steps.show(["a"] * N_STEPS, "key"),
        "data_table": _table,
    }


_DRAWN = _drawn(REPORT)
_KEYS = {"presenter": presenter.KEY, "quiz": "quiz-0", "what_if_fills": what_if_bar.FILLS}
_COMPONENTS = {
    "token_text": (token_text, "_token_text"), "layer_map": (layer_map, "_layer_map"), "what_if_map": (layer_map, "_layer_map"),
    "layer_readings": (layer_readings, "_readings"), "presenter": (presenter, "_presenter"), "wall": (wall, "_wall"), "quiz": (quiz, "_quiz"),
    "what_if_fills": (what_if_bar, "_fills"),
    "glossary": (glossary, "_glossary"), "lesson_steps": (lesson_steps, "_steps"), "data_table": (data_table, "_data_table"),
}  # fmt: skip
