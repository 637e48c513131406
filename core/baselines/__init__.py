"""Every method of the wall, run on one case: one signature, one dict. Cards are in `core.cards`."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.baselines.attention import ATTENTION_RUNS
from core.baselines.decomposition import DECOMPOSITION_RUNS
from core.baselines.gradients import GRADIENT_RUNS
from core.baselines.layers import LAYER_RUNS
from core.baselines.perturbations import PERTURBATION_RUNS
from core.baselines.refined import REFINED_RUNS
from core.cards import WALL
from core.case import Case
from core.comparison import WordScores
from core.errors import MethodError

RUNS: dict[str, Callable[[Case], WordScores]] = {
    **LAYER_RUNS, **REFINED_RUNS, **GRADIENT_RUNS, **ATTENTION_RUNS, **DECOMPOSITION_RUNS, **PERTURBATION_RUNS,
}  # fmt: skip


def run_method(case: Case, name: str) -> WordScores:
    """One method on one text, timed. Raises MethodError, in a sentence, where the model or the text can't serve it, or it gives no numbers."""
    if name not in RUNS:
        raise MethodError(f"There is no method “{name}”. Known methods: {', '.join(RUNS)}.")
    start = time.perf_counter()
    scores = RUNS[name](case)
    by_layer = np.zeros(0) if scores.by_layer is None else scores.by_layer  # whose games are played, too
    if not (np.isfinite(scores.draws).all() and np.isfinite(by_layer).all()):
        raise MethodError(f"“{WALL[name].label}” gives values that are no numbers for this text with this model. Choose another method.")
    return replace(scores, seconds=time.perf_counter() - start)
