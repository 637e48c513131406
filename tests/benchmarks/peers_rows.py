"""What is asked of whom in `peers.py`, and how far the answers hold up in the project's own games."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from core.baselines.layers import choose_for
from core.baselines.perturbations import random_scores
from core.case import Case, open_case
from core.comparison import Game
from core.embedded.gallery import GALLERIES
from core.errors import MethodError
from core.faithfulness import play
from core.models import Classifier
from core.records import Query
from tests.benchmarks.peers_sides import MODEL, Refused

TEXTS = ("mixed review", "not bad", "negation", "double negative", "a turn at the end", "names")  # of the model's gallery
RANDOM = "random"
Key = tuple[str, str]  # (peer, its method)


@dataclass(frozen=True)
class Question:
    """What a user wants to know, and who answers it."""

    label: str
    ours: str
    """Our method, which the others are measured against."""
    peers: tuple[tuple[str, str, str], ...]
    """(peer, its method, what is particular about it)"""


QUESTIONS = (
    Question("all layers, gradient × activation", "undecoded", (
        ("captum", "layers_list", "LayerGradientXActivation, list of layers"),
        ("captum", "layers_one_by_one", "the same, one call a layer"),
    )),
    Question("all layers, along a path", "path17", (("captum", "conductance", "LayerConductance, 50 steps, one call a layer"),)),
    Question("all layers, decoded", "decoded", ()),
    Question("everything the page shows at once", "report", ()),
    Question("all layers, ten levels of the path", "faithful", ()),
    Question("gradient", "input_gradient_norm", (
        ("ferret", "gradient", "GradientExplainer, L1 norm"),
        ("interpreto", "saliency", "Saliency, not times the input"),
        ("lit", "gradient_norm", "GradientNorm"),
    )),
    Question("gradient × input", "input_x_gradient", (
        ("ferret", "gradient_x_input", "GradientExplainer"),
        ("interpreto", "gradient_x_input", "Saliency, its default"),
        ("lit", "gradient_dot_input", "GradientDotInput"),
    )),
    Question("integrated gradients, 50 steps", "integrated_mask", (
        ("captum", "integrated", "LayerIntegratedGradients from [MASK]"),
        ("ferret", "integrated", "IntegratedGradientExplainer from [PAD]"),
        ("transformers-interpret", "integrated", "SequenceClassificationExplainer from [PAD]"),
        ("interpreto", "integrated", "IntegratedGradients from zeros"),
        ("lit", "integrated", "IntegratedGradients from zeros"),
    )),
    Question("occlusion", "leave_one_out", (("interpreto", "occlusion", "Occlusion"),)),
    Question("LIME, 200 samples", "lime", (
        ("captum", "lime", "Lime, its default kernel and penalty"),
        ("ferret", "lime", "LIMEExplainer"),
        ("interpreto", "lime", "Lime"),
        ("lit", "lime", "LIME, words by spaces"),
    )),
    Question("KernelSHAP, 200 samples", "kernel_shap", (
        ("captum", "kernel_shap", "KernelShap"),
        ("interpreto", "kernel_shap", "KernelShap"),
    )),
    Question("partition SHAP, 200 samples", "partition_shap", (
        ("shap", "partition", "PartitionExplainer"),
        ("ferret", "partition_shap", "SHAPExplainer"),
    )),
)  # fmt: skip
PATHS = {"conductance": "path17"}  # maps of all layers are shown at the layer that our rule picks for the like method


def to_words(spans: list[list[int] | None], scores: np.ndarray, word_spans: np.ndarray) -> np.ndarray:
    """(…, W) from scores (…, U) of units with `spans`: a word's score is the sum of its pieces', as `core.combine` has it; a unit
    that covers several words shares its score evenly among them, and one that covers none is left out."""
    found = np.zeros((*scores.shape[:-1], len(word_spans)))
    for unit, span in enumerate(spans):
        if span is None:
            continue
        touched = np.flatnonzero((word_spans[:, 0] < span[1]) & (word_spans[:, 1] > span[0]))
        if len(touched):
            found[..., touched] += scores[..., unit, None] / len(touched)
    return found


def ranking(case: Case, method: str, answer: dict) -> np.ndarray | None:
    """(1, W) what the games are played with; None where a contestant gives no scores of its own."""
    if answer["scores"] is None:
        return None
    scores = np.array(answer["scores"])
    if answer["is_layered"]:
        scores = scores[choose_for(case, PATHS.get(method, "undecoded")).layer]
    return to_words(answer["spans"], scores, case.reading.tokens.word_spans)[None]


def play_texts(
    ask: Callable[..., dict], keys: list[Key], classifier: Classifier, names: Iterable[str]
) -> tuple[dict[Key | str, list[Game]], dict[Key, str]]:
    """The games of all contestants and of chance, one a text of the gallery; and why some are missing. `ask` raises Refused."""
    games: dict[Key | str, list[Game]] = {}
    failed: dict[Key, str] = {}
    for name in names:
        case = open_case(classifier, Query(MODEL, GALLERIES[MODEL][name]))
        games.setdefault(RANDOM, []).append(play(case.masked, random_scores(case).draws))
        for key in keys:
            try:
                scores = ranking(case, key[1], ask("explain", key, case.query.text, case.target))
                if scores is not None:
                    games.setdefault(key, []).append(play(case.masked, scores))
            except (Refused, MethodError) as error:
                failed[key] = str(error)
    return games, failed


def told(games: list[Game]) -> str:
    """“comprehensiveness | sufficiency | φ”, means over texts."""
    parts = [fmean(getattr(game, name) for game in games) for name in ("comprehensiveness", "sufficiency", "faithfulness")]
    return " | ".join(f"{part:.3f}" for part in parts)
