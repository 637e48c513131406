"""A report built by hand, with numbers that tests can check by eye; no model and no torch."""

import dataclasses
import re

import numpy as np

from core.labels import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from core.methods import LOGITS, METHODS, OWN_SCALE
from core.prediction import Prediction
from core.provenance import Coverage, Provenance
from core.records import (
    LayerChoice,
    LayerDecoding,
    LayerProfile,
    LayerReport,
    Query,
    SaliencyMap,
    Tokens,
)

TEXT = "A dull,  unwatchable film"
SPLIT = "unwatchable"  # the one word that is read in two pieces


def make_tokens(query: Query) -> Tokens:
    """Words and punctuation, SPLIT cut after its first two letters, between [CLS] and [SEP]; another [SEP] between two texts."""
    texts, spans, word_of, word_spans = ["[CLS]"], [(0, 0)], [-1], []
    second = query.text_spans[1][0] if query.text_pair is not None else None
    for word, match in enumerate(re.finditer(r"\w+|[^\w\s]", query.joined)):
        start, end = match.span()
        if second is not None and start >= second:
            texts, spans, word_of, second = [*texts, "[SEP]"], [*spans, (0, 0)], [*word_of, -1], None
        cuts = [(start, start + 2), (start + 2, end)] if match.group() == SPLIT else [(start, end)]
        for piece, (a, b) in enumerate(cuts):
            texts.append(("##" if piece else "") + query.joined[a:b])
            spans.append((a, b))
            word_of.append(word)
        word_spans.append((start, end))
    texts, spans, word_of = [*texts, "[SEP]"], [*spans, (0, 0)], [*word_of, -1]
    special = np.array(word_of) < 0
    return Tokens(tuple(texts), np.array(spans), special, np.array(word_of), np.array(word_spans).reshape(-1, 2))


def make_map(method: str, scores: np.ndarray) -> SaliencyMap:
    """A map with what METHODS says of the method."""
    card = METHODS[method]
    return SaliencyMap(method, card.label, scores, card.signed, card.unit, card.formula, card.source, card.rows, 0.02)


def make_report(
    text: str = TEXT,
    n_states: int = 4,
    labels: tuple[str, ...] = ("negative", "positive"),
    has_head: bool = True,
    text_pair: str | None = None,
    problem_type: str = SINGLE_LABEL,
) -> LayerReport:
    """Scores count up: token t has (t − 2) · 0.1 · (l + 1) at layer l, so signs, ranks and sums are known."""
    query = Query("sentiment", text, text_pair=text_pair)
    tokens = make_tokens(query)
    n, n_classes = len(tokens.texts), len(labels)
    scores = np.outer(np.arange(1, n_states + 1), (np.arange(n) - 2) * 0.1)  # (L, T)
    logits = np.linspace(1, 2, n_classes)
    outputs = {SINGLE_LABEL: logits / logits.sum(), MULTI_LABEL: np.linspace(0.3, 0.9, n_classes), REGRESSION: logits}[problem_type]
    names = ("decoded", "undecoded", "gradient_norm") if has_head else ("undecoded", "gradient_norm")
    maps = {name: make_map(name, np.abs(scores) if name == "gradient_norm" else scores) for name in names}
    maps["layer_mean"] = make_map("layer_mean", scores[:1])
    share = np.linspace(0.9, 0.05, n_states)
    profiles = {"content_share": LayerProfile("content_share", "saliency on words", share, "share", True, "")}
    decoding = None
    if has_head:
        profiles["own_top1"] = LayerProfile("own_top1", "words recovered", np.linspace(1, 0.4, n_states), "share", True, "")
        ids = np.tile(np.arange(n)[None, :, None], (n_states, 1, 3)) * [1, 0, 0] + [0, 1, 2]  # own id first, then 1 and 2
        own = np.full((n_states, n), 0.7)
        decoding = LayerDecoding(
            ids,
            dict(enumerate(tokens.texts)),
            np.broadcast_to([0.7, 0.2, 0.001], ids.shape).copy(),
            np.ones((n_states, n), int),
            own,
        )
    if problem_type == REGRESSION:
        maps = {name: dataclasses.replace(saliency, unit=saliency.unit.replace(LOGITS, OWN_SCALE)) for name, saliency in maps.items()}
    choice = LayerChoice(n_states - 2, "content share", "It is the deepest whose saliency still lies on words.")
    choices = {name: choice if maps[name].has_layers else LayerChoice(0, "only row", "One row.") for name in maps}
    return LayerReport(
        query=query,
        tokens=tokens,
        prediction=Prediction(labels, outputs, logits, n_classes - 1, problem_type=problem_type),
        maps=maps,
        decoding=decoding,
        profiles=profiles,
        layer_outputs=np.tile(outputs, (n_states, 1)),
        choices=choices,
        coverage=Coverage(len(text) + len(text_pair or ""), 1, 512),
        provenance=Provenance("sentiment", "abc123", "its own", "cpu", "fp32", 1, {"trace": 0.02, "decode": 0.03}),
    )
