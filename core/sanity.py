"""Does a map show the model, or only the text? The model's weights are made random from the top down, and the map must change
(Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv 1810.03292).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np

from core.agreement import has_no_order, spearman_matrix
from core.baselines import run_method
from core.case import Case, open_case
from core.comparison import Sanity, WordScores
from core.devices import is_out_of_memory
from core.memory import without_locals
from core.models import Classifier
from core.progress import Progress, silent
from core.randomise import randomise, randomise_all
from core.records import Query

DRAWS = 5  # wholly random models: one alone is, by chance, too like the true one on every short text
HALF = 0.5
"""|ρ| from which on a map counts as the same, if chance gives less."""
PERMUTATIONS = 4000
SURELY_BELOW_HALF = 20  # words from which on chance reaches less than one half
CHANCE = 0.99  # quantile: a wall has some thirty methods, and none is to be blamed for chance


def check(
    classifier: Classifier, query: Query, names: Iterable[str], removal: str = "mask", tell: Progress = silent,
    known: Mapping[str, WordScores] | None = None,
) -> dict[str, Sanity]:  # fmt: skip
    """Method → whether its map of the text changes when the weights are random, for the class that the true model explains
    and at the layer that it recommends. Methods that the true model can't serve are left out.

    `known`: rows of the true model on this query and removal, which are not run again. The seeds are fixed. Raises
    MethodError for families whose layers can't be made random one by one.
    """
    true, total = open_case(classifier, query, removal), classifier.layers + 2 + DRAWS
    names, known = tuple(names), known or {}
    told = partial(_tell_part, tell, "Explaining with the model's own weights", 0, total)
    served = {**known, **_run_all(true, [name for name in names if name not in known], told)}
    rows = {name: row for name in names if (row := served[name]) is not None}
    asked = replace(query, target=classifier.labels[true.target])
    steps: list[str] = []
    found: list[dict[str, float]] = []  # a model each
    for step, random in _models(classifier) if rows else ():
        told = partial(_tell_part, tell, f"Making weights random: {step}", 1 + len(found), total)
        made = _run_all(open_case(random, asked, removal), tuple(rows), told)
        found.append({name: measure_likeness(row, made[name]) for name, row in rows.items()})
        steps += [step] if step not in steps else []
    return {name: judge(row, tuple(steps), [likeness[name] for likeness in found]) for name, row in rows.items()}


def measure_likeness(true: WordScores, random: WordScores | None) -> float:
    """|Spearman's ρ| of the words' scores of two models at the layer shown of the first; 0 where one of them has no order, not a
    number where the second could not be served."""
    if random is None:
        return float("nan")
    own = random.by_layer[true.layer] if random.by_layer is not None and true.layer is not None else random.scores
    value = abs(spearman_matrix(np.stack([true.scores, own]))[0, 1])
    return 0.0 if np.isnan(value) else float(value)


def judge(row: WordScores, steps: tuple[str, ...], found: Sequence[float]) -> Sanity:
    """The verdict on one map from its likeness under each random model; those of the last step are averaged."""
    likeness = (*found[: len(steps) - 1], float(np.mean(found[len(steps) - 1 :])))
    n_words, limit = len(row.scores), limit_of(len(row.scores))
    if has_no_order(row.draws[:1])[0]:
        return Sanity(row.method, steps, likeness, None, "All words score the same, so there is no order that could change.")
    if limit >= 1:
        sentence = f"A text of {n_words} words has too few orders to tell whether the map changes when the model's weights are made random."
        return Sanity(row.method, steps, likeness, None, sentence)
    if np.isnan(likeness[-1]):
        sentence = "The method could not serve every model of random weights, so it can't be told whether its map changes with them."
        return Sanity(row.method, steps, likeness, None, sentence)
    figures = f"(likeness {likeness[-1]:.2f}, |Spearman's ρ|, mean of {DRAWS} random models; a map that changes stays below {limit:.2f})"
    if likeness[-1] < limit:
        return Sanity(row.method, steps, likeness, True, f"The map changes when all of the model's weights are made random {figures}.")
    sentence = f"The map does not change when all of the model's weights are made random {figures}: it shows the text, not the model."
    return Sanity(row.method, steps, likeness, False, sentence)


@cache
def limit_of(n_words: int) -> float:
    """The likeness from which on two maps of W words count as the same: one half, or on short texts what random orders reach
    in one of a hundred cases (mean of |ρ| over as many as there are random models). 1: nothing can be told."""
    if n_words < 2:
        return 1.0
    if n_words > SURELY_BELOW_HALF:
        return HALF
    draw = np.random.default_rng(0)
    orders = draw.permuted(np.tile(np.arange(n_words), (PERMUTATIONS * DRAWS, 1)), axis=1)
    rho = 1 - 6 * ((orders - np.arange(n_words)) ** 2).sum(1) / (n_words * (n_words**2 - 1))
    return max(HALF, float(np.quantile(np.abs(rho).reshape(-1, DRAWS).mean(1), CHANCE)))


def _models(classifier: Classifier) -> Iterator[tuple[str, Classifier]]:
    """The steps from the head down, the last of them with several draws."""
    step = ""
    for step, random in randomise(classifier):
        yield step, random
    for seed in range(1, DRAWS):
        yield step, randomise_all(classifier, seed)


def _tell_part(tell: Progress, stage: str, done: int, total: int, _: str, share: float) -> None:
    """What the steps of one model tell, as a part of the whole."""
    tell(stage, (done + min(share, 1.0)) / total)


def _run_all(case: Case, names: Sequence[str], tell: Progress) -> dict[str, WordScores | None]:
    """Name → the method's row; None where it can't serve this model."""
    rows = {}
    for done, name in enumerate(names):
        case.tell = partial(_tell_part, tell, "", done, len(names))
        case.tell("", 0.0)
        rows[name] = _run(case, name)
    return rows


def _run(case: Case, name: str) -> WordScores | None:
    try:
        return run_method(case, name)
    except Exception as error:  # random weights may break a method in any way; the other methods stand
        if is_out_of_memory(error):
            raise
        without_locals(error)
        return None
