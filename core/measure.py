"""Everything that is measured on one text: each method's cost, its games, its agreement with people, its steadiness.

Explanations are computed once, with [MASK] as the operator of the methods that hide words; the games are played under each
removal asked for, and under the first of them for every layer and by magnitude, too.
"""

import math
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from core.agreement import measure_stability
from core.baselines.choices import SHARED_PASS
from core.case import Case, open_case
from core.comparison import Game, WordScores
from core.devices import is_out_of_memory
from core.errors import MethodError, SaliencyError
from core.faithfulness import play_all
from core.labelled import LabelledText
from core.memory import without_locals
from core.models import Classifier
from core.plausibility import marks_of_class, measure_plausibility
from core.progress import Progress, silent
from core.records import Query, Settings
from core.saliency import seeds_of_series
from core.tally import CURVES, FIGURES
from core.trace import trace_layers

Run = Callable[[Case], WordScores]
OPERATOR = "mask"  # of the methods that hide words
REFERENCE = "leave_one_out"  # every ranking is compared with its
MAGNITUDE = "magnitude"


@dataclass(frozen=True)
class Plan:
    """What is asked of every text."""

    runs: dict[str, Run]
    """Name → what runs it; several may be one method with other choices."""
    removals: tuple[str, ...] = (OPERATOR,)
    """How words are hidden in the games; none: no games."""
    series: int = 1
    """How many series of seeds the methods with chance are run with; from two on, their steadiness is measured."""
    settings: Settings = field(default_factory=Settings)
    """How long texts are read."""
    in_depth: bool = True
    """Whether the games are also played for every layer and by magnitude."""


def measure_text(classifier: Classifier, text: LabelledText, classes: dict[str, int], plan: Plan, tell: Progress = silent) -> dict[str, Any]:
    """Everything that is measured on one text, fit for JSON. `classes`: label of the file → index of the class.

    A text that can't be read, or whose games the model can't play, is told under `unusable`, a method that fails under
    `refusals`, each in a sentence.
    """
    record: dict[str, Any] = {"row": text.row, "label": text.label}
    try:
        case = open_case(classifier, Query(classifier.spec.name, text.text, settings=plan.settings, text_pair=text.pair), OPERATOR, tell)
    except SaliencyError as error:
        return record | {"unusable": str(error)}
    record |= {"words": case.n_words, "tokens": sum(window.input_ids.shape[1] for window in case.windows)}
    record |= {"predicted": classifier.labels[case.target], "correct": classes[text.label] == case.target}
    record["pass_seconds"] = _time_pass(case)
    known: dict[bytes, np.ndarray] = {}
    found: dict[str, list[WordScores]] = {}
    refusals: dict[str, str] = {}
    for name, run in plan.runs.items():
        case.tell(f"Running “{name}”", 0.0)  # here, where nothing is timed: whoever is told may let others in
        alone = replace(case, answers={})  # nothing remembered: each method is charged for all that it asks
        try:
            found[name] = _run(alone, run, plan.series)
        except SaliencyError as error:
            refusals[name] = str(error)
        except Exception as error:  # one method that a model breaks leaves the others standing
            if is_out_of_memory(error):
                raise
            without_locals(error)
            refusals[name] = f"It failed on this text with this model ({type(error).__name__})."
        known |= alone.masked.known
    first = {name: rows[0] for name, rows in found.items()}
    try:
        games = {how: _play(case, first, how, known, in_depth=plan.in_depth and how == plan.removals[0]) for how in plan.removals}
    except MethodError as error:  # all games of a text share its two ends, so none of its methods is left out alone
        return record | {"unusable": str(error)}
    spans = case.reading.tokens.word_spans
    marks = None if text.marks is None else marks_of_class(text.marks, classes, case.target, spans)
    methods = {name: _cost(rows[0], record["pass_seconds"]) for name, rows in found.items()}
    for name, rows in found.items():
        methods[name]["games"] = {how: played[name] for how, played in games.items()}
        methods[name]["plausibility"] = None if marks is None else measure_plausibility(rows[0].draws, marks)
        methods[name]["stability"] = _stability(rows)
    return record | {"methods": methods, "refusals": refusals}


def _time_pass(case: Case) -> float:
    """Seconds of one forward and backward pass through the text, the median of three."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        for window in case.windows:
            trace_layers(case.classifier, window, case.target, case.against)
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[1]


def _run(case: Case, run: Run, series: int) -> list[WordScores]:
    """The method's row, and one for each further series of seeds if there is chance in it."""
    start = time.perf_counter()
    rows = [run(case)]
    rows[0] = replace(rows[0], seconds=time.perf_counter() - start)
    if has_chance(rows[0]):
        for number in range(1, series):
            with seeds_of_series(number):
                rows.append(run(replace(case, answers={})))
    return rows


def has_chance(scores: WordScores) -> bool:
    """Whether other seeds would give other scores."""
    return len(scores.draws) > 1 or any("seed" in name for name, _ in scores.choices)


def _stability(rows: list[WordScores]) -> dict[str, float | None] | None:
    """How far seeds agree: those of several series, else the draws of the one row; None where there is one draw."""
    draws = np.stack([row.scores for row in rows]) if len(rows) > 1 else rows[0].draws
    return measure_stability(draws) if len(draws) > 1 else None


def _cost(scores: WordScores, pass_seconds: float) -> dict[str, Any]:
    """What the method took by itself; those that read the one shared pass are charged for it."""
    shared = pass_seconds if SHARED_PASS in scores.notes else 0.0
    seconds = scores.seconds + shared
    figures = {quality.name: _finite(quality.value) for quality in scores.qualities}
    return {
        "method": scores.method, "layer": scores.layer, "forwards": scores.forwards, "backwards": scores.backwards,
        "seconds": seconds, "passes": seconds / pass_seconds, "qualities": figures,
    }  # fmt: skip


def _play(case: Case, rows: dict[str, WordScores], how: str, known: dict[bytes, np.ndarray], in_depth: bool) -> dict[str, dict[str, Any]]:
    """Method → figures of its games when words are hidden `how`; in depth, of signed methods φ by magnitude, too, and φ by
    layer. All are played at once, so that no masked text is run twice; tied words in one random order, as texts are many."""
    masked = replace(case, removal=how, answers=dict(known) if how == OPERATOR else {}).masked
    rankings: dict[Hashable, np.ndarray] = {(name, None): row.draws for name, row in rows.items()}
    rankings |= {(name, MAGNITUDE): np.abs(row.draws) for name, row in rows.items() if row.card.signed and in_depth}
    for name, row in rows.items():
        rankings |= {(name, layer): scores[None] for layer, scores in enumerate(_layers(row, in_depth))}
    games = play_all(masked, rankings, tie_orders=1, leave_one_out=rows[REFERENCE].scores if REFERENCE in rows else None)
    figures = {name: _figures(games[name, None]) for name in rows}
    for name, row in rows.items():
        by_size = games.get((name, MAGNITUDE))
        figures[name]["faithfulness_by_magnitude"] = None if by_size is None else by_size.faithfulness
        figures[name]["layers"] = [games[name, layer].faithfulness for layer in range(len(_layers(row, in_depth)))]
    return figures


def _layers(row: WordScores, in_depth: bool) -> np.ndarray:
    """(L, W) scores of the layers that are put to the test; none of them where it isn't asked for."""
    return row.by_layer if in_depth and row.by_layer is not None else row.draws[:0]


def _figures(game: Game) -> dict[str, Any]:
    """A game as plain numbers."""
    found = {name: getattr(game, name) for name in CURVES}
    curves = {name: None if curve is None else curve.tolist() for name, curve in found.items()}
    ends = {"whole": game.whole, "empty": game.empty, "leave_one_out": _finite(game.leave_one_out)}
    return {name: getattr(game, name) for name in FIGURES} | ends | curves


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
