"""The stratified map, its strongest words then put in order by a designed experiment: two steps, this project's own.

The ten stratified rows (METHOD 4) find the words that matter; which of the strongest comes first, they tell less surely. So
the eleven words of highest score are hidden by the plan of Plackett & Burman (1946, Biometrika 33) for eleven factors in
twelve runs, folded over: 24 masked texts, in each of which every one of these words is there or not, all other words stay,

    e_j = mean of v with word j − mean of v without it

and every word is there as often as not, and so with every other one: no effect leaks into another's. Nothing but forward passes.
"""

from typing import cast

import numpy as np

from core.baselines.layers import run_rows
from core.case import Case
from core.comparison import WordScores
from core.outputs import is_regression

MOST = 11
_GENERATOR = (1, 1, -1, 1, 1, 1, -1, -1, -1, 1, -1)  # Plackett & Burman 1946, N = 12


def folded_plan() -> np.ndarray:
    """(24, 11) of ±1: twelve runs and their mirror images; the columns are orthogonal and each sums to 0."""
    twelve = np.array([*(np.roll(_GENERATOR, shift) for shift in range(MOST)), (-1,) * MOST])
    return np.concatenate([twelve, -twelve])


def effects(case: Case, words: np.ndarray) -> np.ndarray:
    """(k) what each of k ≤ 11 words does to what the model says, all others kept."""
    plan = folded_plan()[:, : len(words)]
    keep = np.ones((len(plan), case.n_words), dtype=bool)
    keep[:, words] = plan > 0
    return 2 * (plan * case.masked.says(keep)[:, None]).mean(0)


def refined(case: Case) -> WordScores:
    """The stratified scores at the embedding; of the eleven strongest, the mean with their effects, each brought to length 1."""
    first = run_rows(case, "faithful")
    scores = cast("np.ndarray", first.by_layer)[0]  # of a method with layers
    top = np.argsort(-scores, kind="stable")[:MOST]
    scores = scores / _length(scores[top])
    found = effects(case, top)
    scores[top] = (scores[top] + found / _length(found)) / 2
    second = "value explained" if is_regression(case.classifier) else "probability of the class"
    choices = (
        *(choice for choice in first.choices if choice[0] != "layer"),
        ("second step", f"{len(folded_plan())} masked texts by a folded Plackett–Burman plan for the {len(top)} words of highest score; {second}"),
        ("second step hides by", case.masked.replacement),
    )
    return WordScores("refined", scores[None], choices=choices, forwards=len(folded_plan()), backwards=first.backwards)


def _length(values: np.ndarray) -> float:
    return max(float(np.linalg.norm(values)), float(np.finfo(np.float32).tiny))


REFINED_RUNS = {"refined": refined}
