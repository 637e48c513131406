"""A comparison as files: a table for spreadsheets, and JSON with everything. No Streamlit, no torch."""

import dataclasses
import json

import numpy as np

from core.cards import WALL
from core.comparison import Comparison, Game
from dashboard.ranking import in_order
from dashboard.table import Table

SCHEMA = "layer-saliency/comparison/1"
FIGURES = ("faithfulness", "comprehensiveness", "sufficiency", "hide_area", "reveal_area", "leave_one_out")
SANITY_WORDS = {True: "passed", False: "failed", None: "unclear"}
HEAD = ("method", "name", "layer", "sign", "unit", *FIGURES, "forward_rows", "backward_rows", "seconds", "sanity", "refused")


def to_csv(comparison: Comparison) -> bytes:
    """A row a method: its figures, then its score for each word, the words as they stand in the text at the head of the columns."""
    rows = tuple(tuple(_cells(comparison, name)) for name in in_order(comparison, "faithfulness"))
    return Table((*HEAD, *comparison.words), rows).to_csv()


def _cells(comparison: Comparison, name: str) -> list:
    card, row = WALL[name], comparison.rows.get(name)
    about, sign = (name, card.label), "signed" if card.signed else "no sign"
    if row is None:
        return [
            *about,
            None,
            sign,
            card.unit,
            *[None] * (len(FIGURES) + 4),
            comparison.refusals[name],
            *[None] * len(comparison.word_spans),
        ]
    sanity = comparison.sanity.get(name)
    tried = None if sanity is None else SANITY_WORDS[sanity.passes]
    spent = [row.forwards, row.backwards, round(row.seconds, 4)]
    return [
        *about,
        row.layer,
        sign,
        card.unit,
        *_figures(comparison.games.get(name)).values(),
        *spent,
        tried,
        None,
        *row.scores.tolist(),
    ]


def _figures(game: Game | None) -> dict[str, float | None]:
    return {name: None if game is None else getattr(game, name) for name in FIGURES}


def to_json(comparison: Comparison) -> bytes:
    """Everything of the comparison but the answers to single masked texts."""
    state = {
        part.name: _plain(getattr(comparison, part.name)) for part in dataclasses.fields(comparison) if part.name != "answers"
    }
    for name, game in comparison.games.items():
        state["games"][name] |= _figures(game)
    cards = {name: _plain(WALL[name]) for name in (*comparison.rows, *comparison.refusals)}
    written = {"schema": SCHEMA, **state, "words": list(comparison.words), "cards": cards}
    return json.dumps(written, ensure_ascii=True, indent=1).encode()


def _plain(value):
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        return {part.name: _plain(getattr(value, part.name)) for part in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value
