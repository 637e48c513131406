"""How far each layer's reading can be trusted (METHOD 7), and which layer to show first (METHOD 9).

Coherence says whether the language-model head still finds the token itself at its own place. It falls with depth and
does not tell which layer is the most faithful; the choice of a layer rests on a calibration where there is one, else on
where the saliency lies.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from core.calibration import ONE_ROW, Calibration, find_calibration, name_layer
from core.decode import Decoded
from core.methods import METHODS
from core.records import LayerChoice, LayerProfile, LayerReport

SMALLEST_CONTENT_SHARE = 0.1
NONE_KNOWN: Mapping[str, Calibration] = MappingProxyType({})
STRATIFIED_REASON = (
    "In our study of film reviews, hiding and revealing words bore out this method best at the embedding (score 0.61, random −0.24) "
    "and less at deeper layers (0.57 at layer 2, 0.47 at layer 4): those show how the words' shares change on the way."
)
PATH_REASON = (
    "In our study of film reviews, hiding and revealing words bore out the 5-row form best at the embedding (score 0.59, random −0.24) "
    "and less at deeper layers (0.58 at layer 1, 0.49 at layer 4); 9 and 17 rows were not scored."
)


def content_share(relevance: Tensor, is_content: Tensor) -> Tensor:
    """(L) Σ_{i ∈ C} |r_i| / Σ_i |r_i| of relevance (L, T); 0 where a layer has no relevance at all."""
    magnitude = relevance.abs()
    total = magnitude.sum(-1)
    return torch.where(total > 0, (magnitude * is_content).sum(-1) / total.clamp_min(torch.finfo(total.dtype).tiny), 0.0)


def profile_content_share(relevance: Tensor, is_content: Tensor) -> LayerProfile:
    """The content share as a profile."""
    return LayerProfile(
        "content_share",
        "saliency on words",
        content_share(relevance, is_content).double().cpu().numpy(),
        "share",
        True,
        "Share of the layer's saliency that lies on words, not on special tokens such as [CLS].",
    )


def measure_coherence(decoded: Decoded, is_content: Tensor, own_ids: Tensor, embedding: Tensor | None) -> dict[str, LayerProfile]:
    """Coherence of each layer over the content tokens, by name."""
    rank = decoded.own_rank[:, is_content].double()  # (L, |C|)
    profiles = [
        LayerProfile("own_top1", "words recovered", _mean(rank == 1), "share", True,
                     "Share of the tokens that the language-model head, reading this layer, names first at their own place."),
        LayerProfile("own_mrr", "mean reciprocal rank", _mean(1 / rank), "1 / rank", True,
                     "Mean of 1 / place of the token itself among everything the head could read there; 1 is perfect."),
        LayerProfile("own_log_probability", "own log-probability", _mean(decoded.own_log_probability[:, is_content]), "nats", True,
                     "Mean log-probability that the head gives the token itself."),
    ]
    if decoded.expected is not None and embedding is not None and int(is_content.sum()) > 1:
        cosine = corrected_cosine(decoded.expected[:, is_content], embedding[own_ids[is_content]])
        profiles.append(LayerProfile("embedding_cosine", "meaning kept", _mean(cosine), "cosine above chance", True,
                                     "Likeness of the average of all that is read there to the word itself: 1 the same, 0 no nearer than the text's other words."))
    return {profile.name: profile for profile in profiles}


def corrected_cosine(expected: Tensor, own: Tensor) -> Tensor:
    """(L, 1) mean cosine of expected (L, n, E) to the token's own embedding (n, E), less that to the other tokens': (own − chance)/(1 − chance)."""
    cosine = torch.nn.functional.normalize(expected, dim=-1) @ torch.nn.functional.normalize(own.to(expected), dim=-1).T  # (L, n, n)
    n = cosine.shape[-1]
    hit = cosine.diagonal(dim1=1, dim2=2).mean(-1)
    chance = (cosine.sum((1, 2)) - hit * n) / (n * (n - 1))
    return ((hit - chance) / (1 - chance).clamp_min(1e-6))[:, None]


def _mean(values: Tensor) -> np.ndarray:
    return values.double().mean(-1).cpu().numpy()


def choose_layer(
    method: str, share: LayerProfile, calibrations: Mapping[str, Calibration] = NONE_KNOWN, is_contrast: bool = False
) -> LayerChoice:
    """The layer to show first for a method: the calibrated one (METHOD 9a); without a calibration, one rule for the one-pass
    methods (9b), another for those that cost rows of their own (9c).

    `calibrations`: those of the model, by `Calibration.key`. `is_contrast`: whether two classes are contrasted; without a
    calibration of its own a contrast takes that of the class alone, and the reason says so.
    """
    if method in ONE_ROW:
        return LayerChoice(0, "only row", "This method has one row for the whole model, so there is no layer to choose.")
    known, remark = find_calibration(calibrations, method, is_contrast)
    if known is not None and len(known.phi) == len(share.values):
        return LayerChoice(known.layer, "calibrated", known.sentence + remark)
    if METHODS[method].on_demand:
        return LayerChoice(0, "embedding", PATH_REASON if method.startswith("path") else STRATIFIED_REASON)
    return _deepest_on_words(method, share.values)


def recommend(report: LayerReport, calibrations: Mapping[str, Calibration]) -> LayerReport:
    """The report with the layers that these calibrations recommend; methods without one keep the uncalibrated rule."""
    share, is_contrast = report.profiles["content_share"], report.prediction.against is not None
    choices = {name: choose_layer(name, share, calibrations, is_contrast) for name in report.maps}
    return dataclasses.replace(report, choices=choices)


def _deepest_on_words(method: str, values: np.ndarray) -> LayerChoice:
    """The deepest layer whose content share, of `values` (L), is large enough."""
    enough = np.flatnonzero(values >= SMALLEST_CONTENT_SHARE)
    whose = "layer saliency" if method in ("decoded", "undecoded") else "layer saliency, whose rule this method borrows,"
    if not len(enough):
        best = int(values.argmax())
        reason = f"At {name_layer(best)} {whose} has the largest share on words, {values[best]:.0%}; no layer reaches {SMALLEST_CONTENT_SHARE:.0%}."
        return LayerChoice(best, "content share", reason)
    layer = int(enough[-1])
    reason = f"{name_layer(layer).capitalize()} is the deepest where {whose} still lies on the text's own words: {values[layer]:.0%} of it"
    if layer + 1 < len(values):
        reason += f"; at layer {layer + 1} it is {values[layer + 1]:.0%}, and the rest has moved to special tokens such as [CLS]"
    return LayerChoice(layer, "content share", reason + (" (measured before decoding)." if method == "decoded" else "."))
