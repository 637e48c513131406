"""DeepLIFT by the rescale rule (Shrikumar et al. 2017, arXiv 1704.02685): experimental on transformers.

The rule says how an activation function hands on a difference: by Δout/Δin instead of its slope. Attention, products and
layer norms have no such rule, so there the plain gradient at the text stands, and the scores do not add up: the gap is shown.

Captum's DeepLift sets hooks and attributes on the modules, knows neither GELU nor SiLU (captum#1357) and fails where a module
is used twice (captum#1082). Here each activation of a copy of the model (`rooting.with_forwards`) is handed text and baseline
as two rows and gives back its own value with the rule's slope, so that nothing shared is written to.
"""

import dataclasses
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.baselines.choices import PIECES, explained, gap_quality
from core.baselines.rows import baseline_of, blank_words
from core.case import Case
from core.comparison import WordScores
from core.errors import MethodError
from core.models import Classifier
from core.rooting import with_forwards
from core.tokens import TokenBatch
from core.trace import explained_logit, word_gradients

ACTIVATIONS = ("transformers.activations", "torch.nn.modules.activation")  # modules of Python that define them
NO_RULE = (nn.Softmax, nn.LogSoftmax, nn.Softmax2d, nn.Softmin, nn.GLU, nn.MultiheadAttention)  # not element by element
SMALLEST_DIFFERENCE = 1e-6  # of an input: below it the slope stands for Δout/Δin
EXPERIMENTAL = (
    "Experimental: the rule covers activation functions alone; attention and layer norms hand on plain gradients at the text."
)


def run_deep_lift(case: Case) -> WordScores:
    """DeepLIFT against a text of [PAD], or of what `Classifier.mask` names where there is none. Raises MethodError for
    families whose activation functions are not modules, or don't see text and baseline as two rows."""
    try:
        blank_name, blank = blank_words(case, "pad")
    except MethodError:
        blank_name, blank = blank_words(case, "mask")
    paths = find_activations(case.classifier.model)
    if not paths:
        family = case.classifier.model.config.model_type
        raise MethodError(
            f"DeepLIFT needs activation functions that are modules, and the family “{family}” has none. Use integrated gradients."
        )
    changed = rescaled(case.classifier, paths)
    parts = []
    for done, (window, trace) in enumerate(zip(case.windows, case.traces)):
        case.tell("Running DeepLIFT", done / len(case.windows))
        parts.append(_attribute(changed, case, window, trace.words[0], blank))
    scores, gaps = zip(*parts)
    choices = (
        explained(case),
        ("baseline", f"{blank_name} in place of every piece; special tokens unchanged"),
        ("rule", f"rescale, at {len(paths)} activation functions"),
        PIECES,
    )
    by_window = case.word_scores([part[None] for part in scores])
    quality = gap_quality(case, list(gaps))
    return WordScores(
        "deep_lift", by_window, choices=choices, qualities=(quality,), notes=(EXPERIMENTAL,), backwards=2 * len(parts)
    )


def find_activations(model: PreTrainedModel) -> list[str]:
    """Paths of the modules that compute an activation function element by element, wherever they stand."""
    modules = model.named_modules(remove_duplicate=False)
    return [
        path for path, module in modules if path and type(module).__module__ in ACTIVATIONS and not isinstance(module, NO_RULE)
    ]


def rescaled(classifier: Classifier, paths: list[str]) -> Classifier:
    """The classifier with the rescale rule in place of the slopes of these activations; it shares every weight."""
    side = 1 if classifier.rooting.is_time_first else 0
    forwards = {path: partial(_rescale, classifier.model.get_submodule(path).forward, side) for path in paths}
    return dataclasses.replace(classifier, model=with_forwards(classifier.model, forwards))


def _rescale(activate: Callable[[Tensor], Tensor], side: int, values: Tensor) -> Tensor:
    """The activation of text and baseline, two rows along the dimension `side`, with the slope Δout/Δin."""
    side = side if values.ndim > 2 else 0
    if values.shape[side] != 2:
        raise MethodError(
            f"DeepLIFT needs text and baseline side by side in every activation function; in this family one is handed {values.shape[side]} rows. "
            "Use integrated gradients."
        )
    result = activate(values)
    with torch.no_grad():
        change_in, change_out = (part.select(side, 0) - part.select(side, 1) for part in (values, result))
        is_tiny = (change_in.abs() < SMALLEST_DIFFERENCE).unsqueeze(side)
        slope = (change_out / torch.where(is_tiny.squeeze(side), 1.0, change_in)).unsqueeze(side)
    return torch.where(is_tiny, result, result.detach() + slope * (values - values.detach()))


def _attribute(
    changed: Classifier, case: Case, window: TokenBatch, words: Tensor, blank: Tensor
) -> tuple[Tensor, tuple[float, float]]:
    """(T) scores of one window, and its gap and change in the logit."""
    baseline = baseline_of(window, words, blank)
    rows = torch.stack([words, baseline]).to(blank.dtype)
    gradient, logits = word_gradients(changed, window, rows, case.target, case.against)
    scores = (gradient[0] * (words - baseline)).sum(-1)
    text, empty = explained_logit(logits, case.target, case.against).tolist()
    return scores, (float(scores.double().sum()) - (text - empty), text - empty)
