"""Gradients with respect to the word embeddings, and Grad-CAM on the hidden states at both ends of the model.

All but SmoothGrad are read off the traces of the case, and cost no pass of their own.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from core.baselines.choices import ALL_ZERO, PIECES, SHARED_PASS, explained
from core.baselines.deep_lift import run_deep_lift
from core.baselines.integrated import BASELINES, run_integrated
from core.baselines.rows import reduce_gradients
from core.case import Case
from core.comparison import WordScores
from core.saliency import seed_of
from core.trace import LayerTrace

SMOOTH_ROWS = 20
SMOOTH_NOISE = 0.1  # σ as a share of the range of the text's word embeddings


def gradient_norm(trace: LayerTrace) -> Tensor:
    """(T) ‖∂y/∂e_i‖₂ of one window."""
    return trace.word_gradient[0].norm(dim=-1)


def gradient_times_input(trace: LayerTrace) -> Tensor:
    """(T) ⟨∂y/∂e_i, e_i⟩ of one window."""
    return (trace.word_gradient[0] * trace.words[0]).sum(-1)


def run_input(case: Case, name: str, score: Callable[[LayerTrace], Tensor]) -> WordScores:
    """A method that the traces' gradient with respect to the word embeddings gives."""
    choices = (explained(case), ("gradient with respect to", "the word embeddings"), PIECES)
    scores = case.word_scores([score(trace)[None] for trace in case.traces])
    return WordScores(name, scores, choices=choices, notes=(SHARED_PASS,), backwards=len(case.windows))


def run_grad_cam(case: Case, name: str, layer: int) -> WordScores:
    """Hidden-state Grad-CAM at the first (0) or the last (−1) state."""
    where = "the embedding output" if layer == 0 else f"the output of layer {case.classifier.layers}, the last"
    choices = (
        explained(case),
        ("hidden states", where),
        ("channel weights", "mean gradient over all tokens, special ones too"),
        PIECES,
    )
    scores = case.one_pass_scores["grad_cam"][layer][None]  # (1, W)
    notes = (SHARED_PASS,) if scores.any() else (SHARED_PASS, ALL_ZERO)
    return WordScores(name, scores, choices=choices, notes=notes, backwards=len(case.windows))


def run_smooth(case: Case) -> WordScores:
    """SmoothGrad: the mean norm of the gradient over noisy copies of the text."""
    scores, deviations = zip(*(_smooth(case, trace) for trace in case.traces))
    sigma = ", ".join(f"{value:.3f}" for value in deviations)
    choices = (
        explained(case),
        ("gradient with respect to", "the word embeddings; its norm, not times the input"),
        ("copies", str(SMOOTH_ROWS)),
        (
            "noise",
            f"Gaussian, σ = {sigma}: {SMOOTH_NOISE:.0%} of the range of the text's word embeddings; none at special tokens",
        ),
        ("seed", ", ".join(str(seed_of(window)) for window in case.windows) + ", from the pieces of the text"),
        PIECES,
    )
    return WordScores("smooth_grad", case.word_scores(list(scores)), choices=choices, backwards=SMOOTH_ROWS * len(scores))


def _smooth(case: Case, trace: LayerTrace) -> tuple[Tensor, float]:
    """(1, T) scores of one window, and σ."""
    words, window = trace.words[0], trace.batch  # (T, E)
    deviation = SMOOTH_NOISE * float(words.max() - words.min())
    draw = torch.Generator().manual_seed(seed_of(window))
    noise = torch.randn(SMOOTH_ROWS, *words.shape, generator=draw).to(words) * deviation * window.is_content[0, :, None]

    def sum_norms(gradient: Tensor, _: slice) -> Tensor:  # (T)
        return gradient.norm(dim=-1).sum(0)

    total = reduce_gradients(case, window, lambda rows: words + noise[rows], SMOOTH_ROWS, sum_norms, "Running SmoothGrad")
    return total[None] / SMOOTH_ROWS, deviation


GRADIENT_RUNS: dict[str, Callable[[Case], WordScores]] = {
    "input_gradient_norm": partial(run_input, name="input_gradient_norm", score=gradient_norm),
    "input_x_gradient": partial(run_input, name="input_x_gradient", score=gradient_times_input),
    "smooth_grad": run_smooth,
    **{name: partial(run_integrated, name=name) for name in BASELINES},
    "grad_cam_embedding": partial(run_grad_cam, name="grad_cam_embedding", layer=0),
    "grad_cam_last": partial(run_grad_cam, name="grad_cam_last", layer=-1),
    "deep_lift": run_deep_lift,
}
