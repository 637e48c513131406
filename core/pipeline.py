"""Text in, report out: the method on one screen. Tensors stop here; what leaves is numpy and `str`.

After Hou & Castañón, "Decoding Layer Saliency in Language Transformers", ICML 2023, https://arxiv.org/abs/2308.05219.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.coherence import choose_layer, measure_coherence, profile_content_share
from core.decode import Decoded, decode_states
from core.errors import MethodError
from core.methods import LOGITS, METHODS, ON_DEMAND, OWN_SCALE
from core.models import Classifier
from core.outputs import is_regression, predict, resolve_classes, stop_early, to_array
from core.progress import Progress, silent
from core.provenance import Provenance, versions_of
from core.records import LayerDecoding, LayerProfile, LayerReport, Query, SaliencyMap
from core.saliency import layer_mean, score_one_pass, score_rows
from core.tokens import Reading, tokenize_windows
from core.trace import LayerTrace, trace_layers

SEED_NOTE = (
    "The levels are drawn at random, from a seed that depends on each window's tokens alone. In our study two seeds of the "
    "10-row form agreed on the top word in 76 % of short and 47 % of longer texts: the order of nearly tied words is not stable."
)


def analyse(classifier: Classifier, query: Query, progress: Progress = silent) -> LayerReport:
    """Everything that one forward and one backward pass give, and then the on-demand methods of the query's settings.

    Raises TextError, TargetError or MethodError, each with a sentence for the person who asked.
    """
    clock = _Clock()
    _check_methods(query.settings.methods)
    reading = clock.time("tokenize", tokenize_windows, classifier, query.text, query.settings, query.text_pair)
    windows = [reading.batch.window(b) for b in range(len(reading.batch))]
    target, against = clock.time("predict", resolve_classes, classifier, query, windows)
    traces = []
    for done, window in enumerate(windows):
        progress("Tracing every layer", 0.5 * done / len(windows))
        traces.append(clock.time("trace", trace_layers, classifier, window, target, against))
    prediction = predict(classifier, query, traces, target, against)
    progress("Scoring words", 0.5)
    scores = clock.time("saliency", _score_windows, classifier, traces, reading)
    decoded = clock.time("decode", _decode, classifier, traces, reading, query, progress)
    profiles = clock.time("coherence", _measure, classifier, traces, reading, decoded)
    spent = clock.seconds["trace"] + clock.seconds["saliency"]
    report = LayerReport(
        query=query,
        tokens=reading.tokens,
        prediction=prediction,
        maps={name: _to_map(classifier, name, scores[name], spent) for name in METHODS if name in scores},
        decoding=_to_decoding(classifier, decoded),
        profiles=profiles,
        layer_outputs=clock.time("heads", stop_early, classifier, traces),
        choices={
            name: choose_layer(name, profiles["content_share"], classifier.calibrations, against is not None) for name in METHODS if name in scores
        },
        coverage=reading.coverage,
        provenance=_describe(classifier, len(windows), clock.seconds),
    )
    return add_methods(classifier, report, query.settings.methods, progress)


def add_methods(classifier: Classifier, report: LayerReport, names: Iterable[str], progress: Progress = silent) -> LayerReport:
    """The report with the maps of on-demand methods added, each of one batched forward and backward pass a window."""
    names = tuple(names)
    _check_methods(names)
    names = tuple(name for name in names if name not in report.maps)
    if not names:
        return report
    unserved = [name for name in names if name not in ON_DEMAND]
    if unserved:
        raise MethodError(f"“{METHODS[unserved[0]].label}” is not to be had with this model. {classifier.missing_head}")
    reading = tokenize_windows(classifier, report.query.text, report.query.settings, report.query.text_pair)
    windows = [reading.batch.window(b) for b in range(len(reading.batch))]
    maps, seconds, rows = dict(report.maps), dict(report.provenance.seconds), report.provenance.rows
    for name in names:
        clock, parts = _Clock(), []
        for done, window in enumerate(windows):
            progress(f"Running “{METHODS[name].label}”", done / len(windows))
            target = report.prediction.target, report.prediction.against
            parts.append(clock.time(name, score_rows, classifier, window, name, *target))
        maps[name] = _row_map(classifier, name, parts, reading, clock.seconds[name])
        seconds, rows = seconds | clock.seconds, rows + METHODS[name].rows * len(windows)
    rule = report.profiles["content_share"], classifier.calibrations, report.prediction.against is not None
    choices = {name: report.choices.get(name) or choose_layer(name, *rule) for name in maps}
    provenance = dataclasses.replace(report.provenance, seconds=seconds, rows=rows)
    settings = report.query.settings
    asked = dataclasses.replace(settings, methods=tuple(dict.fromkeys((*settings.methods, *names))))
    query = dataclasses.replace(report.query, settings=asked)
    return dataclasses.replace(report, query=query, maps=maps, choices=choices, provenance=provenance)


class _Clock:
    """Seconds of each stage, summed over its calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, function: Callable[..., Any], *args: Any) -> Any:
        start = time.perf_counter()
        result = function(*args)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
        return result


def _check_methods(names: Iterable[str]) -> None:
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise MethodError(f"There is no method “{unknown[0]}”. Methods that cost rows of their own: {', '.join(ON_DEMAND)}.")


def _score_windows(classifier: Classifier, traces: list[LayerTrace], reading: Reading) -> dict[str, Tensor]:
    """Method → (L, T) or (1, T) stitched."""
    by_window = [score_one_pass(trace, classifier.lm_head) for trace in traces]
    scores = {name: reading.stitch([part[name][:, 0] for part in by_window]) for name in by_window[0]}
    return scores | {"layer_mean": layer_mean(scores.get("decoded", scores["undecoded"]))}


def _decode(classifier: Classifier, traces: list[LayerTrace], reading: Reading, query: Query, progress: Progress) -> Decoded | None:
    if classifier.lm_head is None:
        return None
    hidden, own_ids = reading.stitch([trace.hidden[:, 0] for trace in traces]), _own_ids(traces, reading)
    asked = query.settings
    return decode_states(
        classifier.lm_head, hidden, own_ids, asked.top_k, asked.expected_embedding, lambda done: progress("Reading the layers", 0.6 + 0.4 * done)
    )


def _own_ids(traces: list[LayerTrace], reading: Reading) -> Tensor:
    return reading.stitch([trace.batch.input_ids for trace in traces])[0]


def _measure(classifier: Classifier, traces: list[LayerTrace], reading: Reading, decoded: Decoded | None) -> dict[str, LayerProfile]:
    """Content share over all positions of all windows; coherence over the text's content tokens."""
    relevance = torch.cat([(trace.gradient * trace.hidden).sum(-1)[:, 0] for trace in traces], dim=1)
    share = profile_content_share(relevance, torch.cat([trace.batch.is_content[0] for trace in traces]))
    if decoded is None or (head := classifier.lm_head) is None:
        return {share.name: share}
    content = torch.from_numpy(~reading.tokens.is_special).to(relevance.device)
    return {**measure_coherence(decoded, content, _own_ids(traces, reading), head.weight), share.name: share}


def _to_map(classifier: Classifier, name: str, scores: Tensor, seconds: float, **more: Any) -> SaliencyMap:
    card = METHODS[name]
    unit = card.unit.replace(LOGITS, OWN_SCALE) if is_regression(classifier) else card.unit  # its output is no logit
    return SaliencyMap(name, card.label, to_array(scores), card.signed, unit, card.formula, card.source, card.rows, seconds, **more)


def _row_map(classifier: Classifier, name: str, parts: list[tuple[Any, ...]], reading: Reading, seconds: float) -> SaliencyMap:
    """The map of an on-demand method from (scores, gap, seed) of each window."""
    scores, gaps, seeds = zip(*parts)
    notes = [f"Hidden words are replaced by {classifier.mask[0]}."]
    gap = to_array(_largest(torch.stack(gaps))) if gaps[0] is not None else None
    if gap is not None:
        unit = OWN_SCALE if is_regression(classifier) else LOGITS
        notes.append(f"Largest gap over the layers: {np.abs(gap).max():.2f} {unit}; more rows make it smaller.")
    if seeds[0] is not None:
        notes.append(SEED_NOTE)
    return _to_map(classifier, name, reading.stitch(list(scores)), seconds, seed=seeds[0], gap=gap, notes=tuple(notes))


def _largest(gaps: Tensor) -> Tensor:
    """(L) of (windows, L): the gap of largest magnitude at each layer, its sign kept."""
    return gaps.gather(0, gaps.abs().argmax(0, keepdim=True))[0]


def _to_decoding(classifier: Classifier, decoded: Decoded | None) -> LayerDecoding | None:
    if decoded is None:
        return None
    top_ids = decoded.top_ids.cpu().numpy()
    ids = np.unique(top_ids).tolist()
    pieces = classifier.tokenizer.convert_ids_to_tokens(ids)
    texts = {i: f"[{i}]" if piece is None else piece for i, piece in zip(ids, pieces)}  # heads may be padded beyond the vocabulary
    own = to_array(decoded.own_log_probability.exp())
    return LayerDecoding(top_ids, texts, to_array(decoded.top_probabilities), decoded.own_rank.cpu().numpy(), own)


def _describe(classifier: Classifier, rows: int, seconds: dict[str, float]) -> Provenance:
    versions = versions_of("torch", "transformers")
    head = classifier.lm_source or classifier.missing_head
    return Provenance(classifier.spec.name, classifier.revision, head, classifier.device, classifier.dtype, rows, dict(seconds), versions)
