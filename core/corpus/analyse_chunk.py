"""Rows in, results out: the one pass of `pipeline.analyse` over many texts at once, each explaining its own predicted class.

One batched forward and backward pass a batch; the headline method and the content share come of it, and tensors stop here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from core.coherence import choose_layer
from core.corpus.batches import Room, plan_batches, run_batch
from core.corpus.readings import Place, RowReading, gather, places_of, read_rows
from core.corpus.records import NOT_SAMPLED, RowRefused, RowResult, RunPlan, Sample
from core.corpus.samples import measure_sample
from core.labels import REGRESSION, problem_type_of
from core.models import Classifier
from core.outputs import OUTPUTS, is_regression, to_array
from core.prediction import Prediction
from core.progress import Progress, silent
from core.records import HEADLESS, HEADLINE, LayerProfile
from core.saliency import decode_relevance, layer_relevance
from core.tables.texts import TextRow
from core.tokens import TokenBatch
from core.trace import predict_logits, trace_layers
from core.windows import LONE_SURROGATE

Words = TypeVar("Words", str, str | None)
UNDECIDED = -1  # the row's own highest logit, which the one forward pass will tell
NO_NUMBERS = "The model answers this text with values that are no numbers. Leave it out."


@dataclass(frozen=True, eq=False)
class _WindowScores:
    """What one window's pass gave."""

    logits: np.ndarray
    """(C)"""
    scores: np.ndarray
    """(L, T_b) of the headline method."""
    magnitude: np.ndarray
    """(2, L) Σ |r| over the content tokens, and over all."""


def analyse_rows(
    classifier: Classifier, rows: Sequence[TextRow], plan: RunPlan, tell: Progress = silent, room: Room | None = None
) -> list[RowResult | RowRefused]:
    """One result or refusal for each row, in order: what `pipeline.analyse` says of it, to rounding.

    `tell` is called between batches, and may raise to stop. `room` remembers over several calls what fitted into memory.
    """
    room = Room(plan.token_budget) if room is None else room
    read = read_rows(classifier, rows, plan.settings)
    readings = [one for one in read if isinstance(one, RowReading)]
    sampled = plan.coherence_rows | plan.faithfulness_rows
    steps = _Steps(tell, len(readings) + sum(one.row.number in sampled for one in readings))
    found = iter(_analyse_readings(classifier, readings, plan, room, steps))
    results = [next(found) if isinstance(one, RowReading) else one for one in read]
    return results


def headline_of(classifier: Classifier) -> str:
    """The method whose scores are kept."""
    return HEADLESS if classifier.lm_head is None else HEADLINE


@dataclass
class _Steps:
    """How much of the rows' work is done."""

    tell: Progress
    total: int
    done: float = 0.0

    def __call__(self, stage: str = "Tracing every layer") -> None:
        self.tell(stage, min(1.0, self.done / max(1, self.total)))


def _analyse_readings(
    classifier: Classifier, readings: list[RowReading], plan: RunPlan, room: Room, steps: _Steps
) -> list[RowResult | RowRefused]:
    places = places_of(readings)
    targets: list[int | str] = [0 if is_regression(classifier) else UNDECIDED] * len(readings)
    if not is_regression(classifier):
        _decide_targets(classifier, readings, places, targets, plan, room, steps)
    by_row: list[list[tuple[int, _WindowScores | str]]] = [[] for _ in readings]
    classes = {at: target for at, target in enumerate(targets) if not isinstance(target, str)}
    going = [place for place in places if place.row in classes]

    def trace(batch: Sequence[Place]) -> list[_WindowScores]:
        windows = [readings[place.row].window(place.window) for place in batch]
        return _trace(classifier, windows, [classes[place.row] for place in batch])

    shares = {at: len(readings[at].reading.batch) for at in range(len(readings))}
    for place, scores in _over_batches(trace, readings, going, plan, room, classifier.device, steps):
        by_row[place.row].append((place.window, scores))
        steps.done += 1 / shares[place.row]
    results: list[RowResult | RowRefused] = []
    for at, (one, windows) in enumerate(zip(readings, by_row)):
        reason = next((said for said in (targets[at], *(scores for _, scores in windows)) if isinstance(said, str)), None)
        if reason is not None:
            results.append(RowRefused(one.row.number, reason))
            continue
        sample = NOT_SAMPLED
        if one.row.number in plan.coherence_rows | plan.faithfulness_rows:
            steps("Measuring a row of the samples")
            sample = measure_sample(classifier, one.row, plan)
            steps.done += 1
        ordered = [scores for _, scores in sorted(windows, key=lambda pair: pair[0]) if not isinstance(scores, str)]
        results.append(_result(classifier, one, ordered, classes[at], plan, sample))
    return results


def _over_batches(run: Callable[..., Any], readings: Any, places: list[Place], plan: RunPlan, room: Room, device: str, steps: _Steps) -> Iterator[Any]:
    """(place, what `run` gave for it) of every place, batch by batch; windows that tell two texts apart have batches of their own."""
    for has_types in (True, False):
        mine = [place for place in places if (readings[place.row].reading.batch.token_type_ids is not None) == has_types]
        lengths = [place.length for place in mine]
        for batch in plan_batches(lengths, room.tokens, plan.pads):
            steps()
            items = [mine[at] for at in batch]
            yield from zip(items, run_batch(run, items, items[0].length, room, device))


def _decide_targets(classifier: Classifier, readings: Any, places: list[Place], targets: list[Any], plan: RunPlan, room: Room, steps: _Steps) -> None:
    """The class explained of every text of several windows, which all of them must agree on first; why not, where that fails."""

    def ask(batch: Sequence[Place]) -> list[np.ndarray]:
        return list(to_array(predict_logits(classifier, gather(classifier, [readings[p.row].window(p.window) for p in batch]))))

    several = [place for place in places if len(readings[place.row].reading.batch) > 1]
    answers = {
        (place.row, place.window): said for place, said in _over_batches(ask, readings, several, plan, room, classifier.device, steps)
    }
    for row in dict.fromkeys(place.row for place in several):
        said = [answers[row, b] for b in range(len(readings[row].reading.batch))]
        broken = next((one for one in said if isinstance(one, str)), None)
        targets[row] = broken or int(_pool(said, readings[row]).argmax())


@torch.no_grad()
def _trace(classifier: Classifier, windows: list[TokenBatch], targets: list[int]) -> list[_WindowScores]:
    """One batch: windows (1, T_b) of rows, each explaining its own class."""
    batch = gather(classifier, windows)
    trace = trace_layers(classifier, batch, torch.tensor(targets, device=batch.input_ids.device))
    relevance = layer_relevance(trace)  # (L, B, T)
    magnitude = relevance.abs()
    sums = to_array(torch.stack([(magnitude * batch.is_content).sum(-1), magnitude.sum(-1)]))  # (2, L, B)
    scores = to_array(relevance if classifier.lm_head is None else decode_relevance(relevance, trace, classifier.lm_head))
    logits = to_array(trace.logits)
    found: list[Any] = []
    for b, window in enumerate(windows):
        own = scores[:, b, : window.input_ids.shape[1]].copy()
        is_sound = np.isfinite(own).all() and np.isfinite(logits[b]).all() and np.isfinite(sums[:, :, b]).all()
        found.append(_WindowScores(logits[b], own, sums[:, :, b]) if is_sound else NO_NUMBERS)
    return found


def _pool(logits: list[np.ndarray], one: RowReading) -> np.ndarray:
    """(C) mean over windows, each counted by its content tokens, as for one text alone."""
    if len(logits) == 1:  # to multiply and divide would round two classes that are all but equal into one
        return logits[0]
    weights = one.reading.batch.is_content.sum(1).numpy().astype(np.float32)
    return (np.stack(logits) * weights[:, None]).sum(0) / weights.sum()


def _result(classifier: Classifier, one: RowReading, windows: list[_WindowScores], target: int, plan: RunPlan, sample: Sample) -> RowResult:
    row, reading, kind = one.row, one.reading, problem_type_of(classifier.model.config)
    logits = _pool([window.logits for window in windows], one)
    outputs = to_array(OUTPUTS[kind](torch.from_numpy(logits)))
    target = int(logits.argmax()) if target == UNDECIDED else target
    starts = np.cumsum([0, *(window.scores.shape[1] for window in windows)])
    stitched = np.concatenate([window.scores for window in windows], axis=1)[:, starts[reading.window] + reading.position]
    on_words, in_all = np.stack([window.magnitude for window in windows]).sum(0, dtype=np.float64)  # (L)
    share = np.divide(on_words, in_all, out=np.zeros_like(on_words), where=in_all > 0)
    profile = LayerProfile("content_share", "", share, "share", True, "")
    meant = None if row.label is None or kind == REGRESSION else plan.classes.get(row.label)
    said = Prediction(classifier.labels, outputs, logits, target, None, kind).said
    return RowResult(
        number=row.number, text=_sound(row.text), text_pair=_sound(row.text_pair), label=_sound(row.label), id=_sound(row.id),
        rationale=_sound(row.rationale), predicted=classifier.labels[target], target=target, confidence=float(outputs[target]),
        outputs=outputs, correct=None if meant is None else meant in said,
        layer=choose_layer(headline_of(classifier), profile, classifier.calibrations).layer,
        tokens=reading.tokens.texts, word_of=reading.tokens.word_of.astype(np.int32), word_spans=reading.tokens.word_spans.astype(np.int32),
        scores=stitched.astype(np.float32), content_share=share.astype(np.float32), n_windows=len(windows),
        unread=sum(end - start for start, end in reading.coverage.unread), sample=sample,
    )  # fmt: skip


def _sound(words: Words) -> Words:
    """Without halves of characters, which no file can hold; offsets still hold."""
    return None if words is None else LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", words)
