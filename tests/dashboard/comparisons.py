"""A comparison built by hand, with numbers that tests can check by eye; no model and no torch."""

import dataclasses
import re

import numpy as np

from core.cards import WALL
from core.comparison import FRACTIONS, Comparison, Game, Quality, Sanity, WordScores
from core.labels import REGRESSION, SINGLE_LABEL
from core.prediction import Prediction
from core.provenance import Provenance
from core.records import Query

TEXT = "A dull, unwatchable film"
REFUSED, REFUSAL = "attention_last", "This model computes no attention weights, so there are none to show."
FAILS_SANITY = "attention_rollout"
PHI = {
    "decoded": 0.5, "undecoded": 0.4, "gradient_norm": 0.3, "faithful": 0.6, "integrated_mask": 0.45, "lime": 0.55,
    FAILS_SANITY: 0.2, "random": 0.1,
}  # fmt: skip
"""Method → faithfulness of its game."""
N_STATES, LAYER = 4, 2
BY_LAYER = ("decoded", "undecoded", "gradient_norm", "faithful")
QUALITIES = {
    "integrated_mask": Quality(
        "gap", "completeness gap", 12.0, "% of the change", False, "How far the scores miss adding up to the change of the logit."
    ),
    "lime": Quality("r2", "R²", 0.91, "share", True, "How well the weighted line fits what the model said."),
    "decoded": Quality("coherence", "coherence", 0.8, "share", None, "Share of words that the language-model head still finds."),
}


def make_game(phi: float, whole: float = 0.9, empty: float = 0.5) -> Game:
    """A game of faithfulness `phi`: p(hidden) falls and p(revealed) rises evenly around 0.5, the steps adding up to nothing."""
    steps = np.linspace(-0.02, 0.02, len(FRACTIONS))
    hide, reveal = 0.5 - phi / 2 - steps, 0.5 + phi / 2 + steps
    kept = np.ones(len(FRACTIONS))
    return Game(np.array(FRACTIONS), whole, empty, hide, reveal, (hide > 0.5) * kept, (reveal > 0.5) * kept, leave_one_out=phi)


def make_scores(method: str, n_words: int, number: int = 0) -> WordScores:
    """Scores count up: word w has (w − 1 + number) · 0.1, at layer l times (l + 1); of an unsigned method the magnitudes."""
    row = (np.arange(n_words) - 1 + number) * 0.1
    row = row if WALL[method].signed else np.abs(row)
    layered = method in BY_LAYER
    by_layer = np.outer(np.arange(1, N_STATES + 1), row) if layered else None
    draws = by_layer[LAYER : LAYER + 1] if layered else np.stack([row, row[::-1]]) if method == "random" else row[None]
    return WordScores(
        method, draws, LAYER if layered else None, by_layer,
        choices=(("explained", "the logit"), ("seed", "1")),
        qualities=(QUALITIES[method],) if method in QUALITIES else (),
        notes=("A note of this run.",) if method == "lime" else (),
        forwards=200 if method == "lime" else 0, backwards=0 if method in ("lime", "random") else 10 * number + 1,
        seconds=0.01 * (number + 1),
    )  # fmt: skip


def make_comparison(
    text: str = TEXT,
    methods: tuple[str, ...] | None = None,
    labels: tuple[str, ...] = ("negative", "positive"),
    problem_type: str = SINGLE_LABEL,
    removal: str = "mask",
    text_pair: str | None = None,
    refusals: dict[str, str] | None = None,
) -> Comparison:
    """The methods of PHI with their games, one that refused, and one that failed the check of sanity."""
    query = Query("sentiment", text, text_pair=text_pair)
    spans = np.array([match.span() for match in re.finditer(r"\w+|[^\w\s]", query.joined)], dtype=int).reshape(-1, 2)
    names = tuple(PHI) if methods is None else methods
    rows = {name: make_scores(name, len(spans), number) for number, name in enumerate(names)}
    logits = np.linspace(1, 2, len(labels))
    prediction = Prediction(
        labels, logits if problem_type == REGRESSION else logits / logits.sum(), logits, len(labels) - 1, None, problem_type
    )
    layer_games = {
        name: tuple(make_game(PHI[name] - 0.1 * abs(layer - LAYER)) for layer in range(N_STATES))
        for name in names
        if name in BY_LAYER
    }
    sanity = {
        FAILS_SANITY: Sanity(
            FAILS_SANITY, ("head", "everything"), (1.0, 0.98), False, "The map hardly changes when the weights are random."
        )
    }
    return Comparison(
        query=query,
        removal=removal,
        word_spans=spans,
        prediction=prediction,
        rows=rows,
        games={name: make_game(PHI[name]) for name in names},
        layer_games=layer_games,
        refusals={REFUSED: REFUSAL} if refusals is None else refusals,
        provenance=Provenance("sentiment", "abc123", "its own", "cpu", "fp32", 1, {"decoded": 0.02}),
        forwards=300,
        remembered=40,
        backwards=50,
        sanity={name: check for name, check in sanity.items() if name in names},
    )


def without(comparison: Comparison, *methods: str) -> Comparison:
    """The same before these methods ran."""
    kept = {
        name: {m: v for m, v in getattr(comparison, name).items() if m not in methods}
        for name in ("rows", "games", "layer_games", "sanity")
    }
    return dataclasses.replace(comparison, **kept)


def by_method(data: dict) -> dict[str, dict]:
    """The rows of the wall by their methods."""
    return {row["method"]: row for row in data["rows"]}
