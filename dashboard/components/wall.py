"""The wall: a row a method, the same words in the same columns, and what each row is worth at its right."""

import numpy as np

from core.cards import WALL
from core.comparison import Comparison, Sanity, WordScores
from core.markup import visible
from dashboard import compare_choice, compare_wording, session
from dashboard.components.assets import register
from dashboard.ranking import FLOOR, headline, in_order
from dashboard.units import window

_wall = register("wall")
MOST_WORDS = 60  # drawn at once; longer texts are paged


def show(comparison: Comparison, sort: str, selected: int, key: str = "wall", n_to_come: int = 0) -> None:
    """Draw the wall, with room for the rows to come. A click or an arrow key selects a word, a click on a name opens its card."""

    def pick() -> None:
        compare_choice.choose_word(session.event(key, "word"), len(comparison.word_spans))

    def open_card() -> None:
        compare_choice.open_card(session.event(key, "card"))

    data = wall_data(comparison, sort, selected) | {"to_come": n_to_come}
    _wall(data=data, key=key, on_word_change=pick, on_card_change=open_card)


def wall_data(comparison: Comparison, sort: str, selected: int) -> dict:
    """What the component draws: the rows in order, with the block of words around the selected one."""
    words = comparison.words
    start, end = window(selected, len(words), MOST_WORDS)
    largest = max((abs(game.faithfulness) for game in comparison.games.values()), default=0.0)
    low, high = comparison.prediction.sides
    begins = comparison.query.text_spans[-1][0]  # of the only text, or of the second
    second = int(np.argmax(comparison.word_spans[:, 0] >= begins)) if begins else None
    return {
        "title": compare_wording.WALL_TITLE,
        "subtitle": compare_wording.WALL_SUBTITLE,
        "label": f"{compare_wording.WALL_TITLE}: methods by words",
        "question": f"{hash((comparison.query, comparison.removal))}",
        "rows": [_row(comparison, name, start, end, largest) for name in in_order(comparison, sort)],
        "words": [visible(word) for word in words[start:end]],
        "start": start,
        "total": len(words),
        "second": second,
        "selected": selected,
        "low": low,
        "high": high,
        "unit": compare_wording.game_unit(comparison.prediction),
        "notes": [
            compare_wording.colour_note(comparison),
            compare_wording.faithfulness_note(comparison, next(iter(comparison.games.values()), None)),
            compare_wording.COLUMNS_NOTE,
        ],
    }


def _row(comparison: Comparison, name: str, start: int, end: int, largest: float) -> dict:
    card = WALL[name]
    shared = {"method": name, "label": card.label, "group": card.group, "experimental": card.is_experimental}
    if name not in comparison.rows:
        return shared | {"refused": comparison.refusals[name]}
    row, game, all_scores = comparison.rows[name], comparison.games.get(name), np.nan_to_num(comparison.rows[name].scores)
    ranks = (np.abs(all_scores)[None, :] > np.abs(all_scores[start:end])[:, None]).sum(1) + 1
    return shared | {
        "where": compare_wording.where(row, name == headline(comparison)),
        "signed": card.signed,
        "unit": card.unit,
        "limit": float(np.abs(all_scores).max(initial=0.0)),
        "scores": [float(f"{score:.4g}") for score in all_scores[start:end]],
        "ranks": ranks.tolist(),
        "phi": None if game is None else compare_wording.number(game.faithfulness),
        "bar": 0.0 if game is None or not largest else round(game.faithfulness / largest, 3),
        "rows": compare_wording.rows_of(row),
        "time": compare_wording.duration(row.seconds),
        "cost": compare_wording.cost_in_full(row),
        "badges": badges(row, comparison.sanity.get(name)),
        "floor": name == FLOOR,
    }


def badges(row: WordScores, sanity: Sanity | None) -> list[dict]:
    """The figures of trust: `kind` is `good`, `poor`, `plain`, or `failed` for a map that failed the check of sanity."""
    kinds = {True: "good", False: "poor", None: "plain"}
    found = [
        {
            "text": compare_wording.quality_badge(quality),
            "kind": kinds[quality.is_good],
            "title": compare_wording.quality_in_full(quality),
        }
        for quality in row.qualities
    ]
    if sanity is not None:
        kind = {True: "good", False: "failed", None: "plain"}[sanity.passes]
        found.insert(0, {"text": compare_wording.SANITY_BADGES[sanity.passes], "kind": kind, "title": sanity.sentence})
    return found
