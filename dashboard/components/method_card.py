"""What one method is, and what it did on this text: formula, sign, cost, source, every choice, how far to trust it."""

import streamlit as st

from core.cards import WALL
from core.comparison import Comparison
from dashboard import compare_choice, compare_wording
from dashboard.components.assets import register

_card = register("method_card")


def show(comparison: Comparison) -> None:
    """Draw, over the page, the card that was asked for."""
    if (name := compare_choice.card_shown()) is None:
        return

    @st.dialog(WALL[name].label, width="medium", on_dismiss=compare_choice.close_card)
    def draw() -> None:
        _card(data={"explanation": WALL[name].explanation, "parts": card_parts(comparison, name)}, key="method-card")

    draw()


def card_parts(comparison: Comparison, name: str) -> list[dict]:
    """The parts of the card: each a title and (name, value) lines."""
    card, row = WALL[name], comparison.rows.get(name)
    about = [
        ("formula", card.formula),
        ("sign", "signed" if card.signed else "no sign"),
        ("a negative score", card.negative),
        ("unit", card.unit),
        ("cost", card.cost),
        ("source", card.source),
        ("kind", card.group + (", experimental" if card.is_experimental else "")),
    ]
    parts = [{"title": "", "lines": about}]
    if row is None:
        refusal = comparison.refusals.get(name)
        return parts + ([{"title": "On this text", "lines": [("couldn’t run", refusal)]}] if refusal else [])
    parts.append({"title": "On this text", "lines": [("cost", compare_wording.cost_in_full(row)), *row.choices]})
    trust = [(quality.label, compare_wording.quality_in_full(quality)) for quality in row.qualities]
    if name in comparison.sanity:
        trust.append(("sanity", comparison.sanity[name].sentence))
    return [
        *parts,
        *_games(comparison, name),
        *([{"title": "How far to trust it", "lines": trust}] if trust else []),
        *_notes(row.notes),
    ]


def _games(comparison: Comparison, name: str) -> list[dict]:
    if name not in comparison.games:
        return []
    game, said = comparison.games[name], comparison.prediction
    lines = [
        ("faithfulness φ", f"{compare_wording.number(game.faithfulness)} ({compare_wording.game_unit(said)})"),
        (
            "top words hidden",
            f"{compare_wording.moves(game.comprehensiveness)} on average (comprehensiveness: the more it falls, the better)",
        ),
        ("only they shown", f"{compare_wording.moves(game.sufficiency)} on average (sufficiency: the less it falls, the better)"),
    ]
    if game.leave_one_out is not None:
        lines.append(
            (
                "leave-one-out",
                f"Kendall’s τ {compare_wording.number(game.leave_one_out, 2)} with the order of leave-one-out, −1 to 1",
            )
        )
    return [{"title": "When its words are hidden and shown", "lines": lines}]


def _notes(notes: tuple[str, ...]) -> list[dict]:
    return [{"title": "Notes", "lines": [("", note) for note in notes]}] if notes else []
