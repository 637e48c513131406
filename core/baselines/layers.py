"""The layer methods on the wall: every method of `core.methods`, at the layer that Explore recommends.

The one-pass methods are read off the traces of the case; the others run rows of their own, window by window.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from core.baselines.choices import ALL_ZERO, PIECES, SHARED_PASS, explained, gap_quality, share_of_change
from core.case import Case
from core.coherence import choose_layer, profile_content_share
from core.comparison import Quality, WordScores
from core.errors import MethodError
from core.methods import METHODS, ONE_PASS
from core.records import LayerChoice, LayerProfile
from core.saliency import layer_relevance, score_rows


def share_profile(case: Case) -> LayerProfile:
    """The content share of each layer over all positions of all windows (METHOD 7)."""
    relevance = torch.cat([layer_relevance(trace)[:, 0] for trace in case.traces], dim=1)  # (L, T of all windows)
    return profile_content_share(relevance, torch.cat([trace.batch.is_content[0] for trace in case.traces]))


def choose_for(case: Case, name: str) -> LayerChoice:
    """The layer that is shown first: calibrated where the model has a calibration of the method, else by rule (METHOD 9)."""
    return choose_layer(name, share_profile(case), case.classifier.calibrations, case.against is not None)


def run_one_pass(case: Case, name: str) -> WordScores:
    """A method that the one pass serves. Raises MethodError where it needs a language-model head and there is none."""
    found = case.one_pass_scores if name in case.one_pass_scores else case.decoded_scores  # the reading only if it is asked for
    if name not in found:
        raise MethodError(f"“{METHODS[name].label}” is not to be had with this model. {case.classifier.missing_head}")
    choice = choose_for(case, name)
    head = (("language-model head", case.classifier.lm_source),) if METHODS[name].needs_head else ()
    scores = found[name]
    notes = (SHARED_PASS,) if scores[choice.layer].any() else (SHARED_PASS, ALL_ZERO)
    return _at_layer(case, name, scores, choice, head, (), notes, len(case.windows))


def run_rows(case: Case, name: str) -> WordScores:
    """A method that runs rows of its own: stratified or path-integrated, hidden words replaced by `Classifier.mask`."""
    parts = []
    for done, window in enumerate(case.windows):
        case.tell(f"Running “{METHODS[name].label}”", done / len(case.windows))
        parts.append(score_rows(case.classifier, window, name, case.target, case.against))
    scores, gaps, seeds = zip(*parts)
    choice = choose_for(case, name)
    more = [("replacement", f"{case.classifier.mask[0]}, piece by piece"), ("rows", str(METHODS[name].rows))]
    if seeds[0] is not None:
        more.append(("seed", ", ".join(map(str, seeds)) + ", from the pieces of the text"))
    qualities: tuple[Quality, ...] = ()
    if gaps[0] is not None:
        more.append(("rule", "trapezoid over the hidden states"))
        qualities = (_path_gap(case, scores, gaps, choice.layer),)
    return _at_layer(
        case, name, case.word_scores(list(scores)), choice, tuple(more), qualities, (), METHODS[name].rows * len(case.windows)
    )


def _at_layer(
    case: Case,
    name: str,
    scores: np.ndarray,
    choice: LayerChoice,
    more: tuple[Any, ...],
    qualities: tuple[Quality, ...],
    notes: tuple[str, ...],
    rows: int,
) -> WordScores:
    """The row of a method whose word scores are (L, W), or (1, W) where it has one row for the whole model."""
    choices = (explained(case), *more, PIECES)
    if len(scores) == 1:
        return WordScores(name, scores, choices=choices, qualities=qualities, notes=notes, backwards=rows)
    choices += (("layer", f"{choice.layer or 'embedding'}, by the rule “{choice.rule}”"),)
    layer = slice(choice.layer, choice.layer + 1)
    return WordScores(name, scores[layer], choice.layer, scores, choices, qualities, (choice.reason, *notes), backwards=rows)


def _path_gap(case: Case, scores: tuple[torch.Tensor, ...], gaps: tuple[torch.Tensor, ...], layer: int) -> Quality:
    """The gap of the path at the layer shown, and in words that of the layer where it is largest."""
    sums = np.array([part.sum(-1).tolist() for part in scores])  # (windows, L)
    missed = np.array([gap.tolist() for gap in gaps])
    changes = sums - missed
    by_layer = [max(map(share_of_change, missed[:, at], changes[:, at])) for at in range(missed.shape[1])]
    worst = int(np.argmax(by_layer))
    more = f" The gap is largest at {f'layer {worst}' if worst else 'the embedding'}: {by_layer[worst]:.1%} of the change; more rows make it smaller."
    return gap_quality(case, list(zip(missed[:, layer].tolist(), changes[:, layer].tolist())), more)


LAYER_RUNS: dict[str, Callable[[Case], WordScores]] = {
    name: partial(run_one_pass if name in ONE_PASS else run_rows, name=name) for name in METHODS
}
