"""Many methods on one text, each put to the same test: its words hidden, and its words shown alone.

Tensors stop here, as in `pipeline`. Every masked text is run once, whichever method or game asks for it.
"""

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from core.baselines import run_method
from core.baselines.choices import SHARED_PASS
from core.cards import CHEAP, LONG, WALL
from core.cards.card import CONTROL
from core.case import Case, open_case
from core.comparison import Comparison, Game, HidingSteps, WordScores
from core.devices import is_out_of_memory
from core.errors import MethodError, SaliencyError
from core.faithfulness import hide_one_by_one, play_all
from core.memory import without_locals
from core.models import Classifier
from core.progress import Progress, silent
from core.provenance import Provenance, versions_of
from core.records import Query
from core.sanity import check

REFERENCE = "leave_one_out"  # every ranking is compared with it, so it runs first
LAYERS_ON_LONG = ("decoded", "undecoded", "faithful")  # methods whose layers are put to the test on texts of LONG words and more


def compare(
    classifier: Classifier, query: Query, methods: Iterable[str] = CHEAP, removal: str = "mask", tell: Progress = silent,
    known: Comparison | None = None,
) -> Comparison:  # fmt: skip
    """Run the methods on the text of `query`, and play the hiding and revealing games with each of them and each of its layers.

    `known`: an earlier comparison on the same query and removal, whose rows are kept. A method that fails is told in
    `refusals`; the others stand. Raises TextError, TargetError, MethodError for a method or removal that doesn't exist, or
    ValueError for a comparison on something else.
    """
    if known is not None and (known.query, known.removal) != (query, removal):
        raise ValueError("The comparison known is on another query or removal; its rows and answers say nothing of this one.")
    start, wall = time.perf_counter(), _Wall({}, {}) if known is None else _Wall(dict(known.rows), dict(known.refusals))
    wanted = _in_order(methods, wall)
    case = open_case(classifier, query, removal, tell, {} if known is None else known.answers)
    for done, name in enumerate(wanted):
        case.tell = _part(case, tell, f"Running “{WALL[name].label}”", done, len(wanted) + 1)
        case.tell("", 0.0)
        wall.add(case, name)
    case.tell = _part(case, tell, "Hiding and showing words", len(wanted), len(wanted) + 1)
    to_play = wall.rows if REFERENCE in wanted else {name: wall.rows[name] for name in wanted if name in wall.rows}
    games, layer_games = _play(case, to_play, wall.rows.get(REFERENCE))
    seconds = {name: row.seconds for name, row in wall.rows.items()}
    seconds["all"] = time.perf_counter() - start + (known.provenance.seconds["all"] if known else 0.0)
    return Comparison(
        query=query,
        removal=removal,
        word_spans=case.reading.tokens.word_spans,
        prediction=case.prediction,
        rows=wall.rows,
        games=games if known is None else known.games | games,
        layer_games=layer_games if known is None else known.layer_games | layer_games,
        refusals=wall.refusals,
        provenance=_describe(classifier, case, seconds),
        forwards=case.masked.forwards + (known.forwards if known else 0),
        remembered=case.masked.remembered + (known.remembered if known else 0),
        backwards=_count_backwards(wall.rows, len(case.windows)),
        sanity={} if known is None else known.sanity,
        answers=case.masked.known,
    )


def hide_steps(classifier: Classifier, comparison: Comparison, method: str, tell: Progress = silent) -> HidingSteps:
    """What the model says as the top words of one method are hidden one after the other; of the control, the mean over
    its draws (the order is that of the first). Raises MethodError for a method that is not in the comparison."""
    if method not in comparison.rows:
        raise MethodError(f"“{method}” has not been run on this text; run it first.")
    case, row = open_case(classifier, comparison.query, comparison.removal, tell, comparison.answers), comparison.rows[method]
    steps = [hide_one_by_one(case.masked, draw) for draw in (row.draws if row.card.group == CONTROL else row.draws[:1])]
    mean = {name: np.mean([getattr(step, name) for step in steps], axis=0) for name in ("says", "outputs")}
    return HidingSteps(steps[0].order, **mean)


def add_sanity(classifier: Classifier, comparison: Comparison, names: Iterable[str], tell: Progress = silent) -> Comparison:
    """The comparison with the named methods tried on random weights, too (`sanity`)."""
    names = tuple(name for name in names if name in comparison.rows and name not in comparison.sanity)
    found = check(classifier, comparison.query, names, comparison.removal, tell, comparison.rows)
    return replace(comparison, sanity=comparison.sanity | found)


@dataclass
class _Wall:
    """The rows so far, and why others are missing."""

    rows: dict[str, WordScores]
    refusals: dict[str, str] = field(default_factory=dict)

    def add(self, case: Case, name: str) -> None:
        """Run one method; what it can't do, it says in a sentence. Only full memory ends everything: there is less to be had elsewhere."""
        self.refusals.pop(name, None)
        try:
            self.rows[name] = run_method(case, name)
        except SaliencyError as error:
            self.refusals[name] = str(error)
        except Exception as error:  # a model from anywhere may break a method in any way; the rest of the wall stands
            if is_out_of_memory(error):
                raise
            without_locals(error)
            self.refusals[name] = f"“{WALL[name].label}” failed on this text with this model ({type(error).__name__}). Choose another method."


def _in_order(methods: Iterable[str], wall: _Wall) -> list[str]:
    """The methods not run yet, the reference first. Raises MethodError for an unknown one."""
    asked = [name for name in dict.fromkeys(methods) if name not in wall.rows]
    unknown = [name for name in asked if name not in WALL]
    if unknown:
        raise MethodError(f"There is no method “{unknown[0]}”. Known methods: {', '.join(WALL)}.")
    return sorted(asked, key=lambda name: name != REFERENCE)


def _part(case: Case, tell: Progress, stage: str, done: int, total: int) -> Progress:
    """A progress function for one part of the whole, which tells how many masked texts the model has read so far."""

    def tell_part(_: str, share: float) -> None:
        read = f" · {case.masked.forwards:,} masked texts read" if case.masked.forwards else ""
        tell(stage + read, (done + min(share, 1.0)) / total)

    return tell_part


def _play(case: Case, rows: dict[str, WordScores], reference: WordScores | None) -> tuple[dict[str, Game], dict[str, tuple[Game, ...]]]:
    """The games of the rows, and of every layer of those that have layers, in one call of the model; on a long text, where
    that is dear, only of LAYERS_ON_LONG."""
    shown = {name: row.by_layer for name, row in rows.items() if case.n_words < LONG or name in LAYERS_ON_LONG}
    layered = {name: by_layer for name, by_layer in shown.items() if by_layer is not None}
    rankings: dict[Hashable, np.ndarray] = {(name, None): row.draws for name, row in rows.items()}
    rankings |= {(name, layer): scores[None] for name, by_layer in layered.items() for layer, scores in enumerate(by_layer)}
    games = play_all(case.masked, rankings, leave_one_out=None if reference is None else reference.scores)
    by_layer_played = {name: tuple(games[name, layer] for layer in range(len(by_layer))) for name, by_layer in layered.items()}
    return {name: games[name, None] for name in rows}, by_layer_played


def _count_backwards(rows: dict[str, WordScores], n_windows: int) -> int:
    """Rows of forward and backward passes behind all methods; the pass that many share is counted once."""
    is_shared = {name: SHARED_PASS in row.notes for name, row in rows.items()}
    return n_windows * any(is_shared.values()) + sum(row.backwards for name, row in rows.items() if not is_shared[name])


def _describe(classifier: Classifier, case: Case, seconds: dict[str, float]) -> Provenance:
    versions = versions_of("torch", "transformers", "shap")
    head = classifier.lm_source or classifier.missing_head
    return Provenance(classifier.spec.name, classifier.revision, head, classifier.device, classifier.dtype, len(case.traces), seconds, versions)
