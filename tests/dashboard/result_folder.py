"""The folder of a run made by hand, with scores that tests can check by eye; no model and no torch."""

import re
from pathlib import Path

import numpy as np

from core.corpus.records import RowRefused, RowResult, RunPlan, RunSettings, Sample
from core.corpus.store import CHUNKS, SUMMARY, Manifest, write_chunk, write_manifest, write_whole
from core.corpus.summary import WordMeans, summarise
from core.corpus.sums import Sums
from core.corpus.words import write_words
from core.labels import REGRESSION, SINGLE_LABEL
from core.tables.format import Format
from core.tables.texts import Columns

N_LAYERS, LAYER, CHUNK_ROWS = 4, 2, 4
LABELS = ("negative", "positive")
WEIGHTS = {"good": 3.0, "bad": 3.0, "late": 2.0}  # of any other word: −1; “late” has none at the first layer
RANDOM_PHI = -0.2


def make_row(
    number: int, text: str, label: str | None = None, predicted: str = "positive", confidence: float = 0.8, text_pair: str | None = None,
    labels: tuple[str, ...] = LABELS, sample: Sample | None = None, **more,
) -> RowResult:  # fmt: skip
    """A row whose words weigh WEIGHTS at every layer, one token each between two special ones that weigh 1."""
    joined = text if text_pair is None else f"{text}\n\n{text_pair}"
    spans = np.array([match.span() for match in re.finditer(r"\w+|[^\w\s]", joined)], np.int32).reshape(-1, 2)
    words = [joined[start:end] for start, end in spans.tolist()]
    weights = np.array([1.0, *(WEIGHTS.get(word.casefold(), -1.0) for word in words), 1.0])
    scores = np.tile(weights, (N_LAYERS, 1)).astype(np.float32)
    scores[0, 1:-1][[word.casefold() == "late" for word in words]] = 0
    target = labels.index(predicted)
    outputs = np.full(len(labels), (1 - confidence) / max(1, len(labels) - 1), np.float32)
    outputs[target] = confidence
    correct = None if label is None or label.casefold() not in labels else label.casefold() == predicted
    values = {
        "number": number, "text": text, "text_pair": text_pair, "label": label, "id": f"id-{number}", "rationale": None, "predicted": predicted,
        "target": target, "confidence": confidence, "outputs": outputs, "correct": correct, "layer": LAYER, "tokens": ("[CLS]", *words, "[SEP]"),
        "word_of": np.array([-1, *range(len(words)), -1], np.int32), "word_spans": spans, "scores": scores,
        "content_share": np.linspace(0.9, 0.3, N_LAYERS).astype(np.float32), "n_windows": 1, "unread": 0,
    }  # fmt: skip
    return RowResult(**values | more, **({"sample": sample} if sample else {}))


def sampled(n: int) -> Sample:
    """What was measured on the n-th row of the samples."""
    return Sample(np.linspace(1, 0.4, N_LAYERS), np.full(N_LAYERS, -0.1), np.linspace(0.1, 0.4, N_LAYERS) + 0.01 * n, RANDOM_PHI)


def write_run(
    folder: Path, rows: list[RowResult | RowRefused], is_done: bool = True, labels: tuple[str, ...] = LABELS, problem_type: str = SINGLE_LABEL,
    has_labels: bool = True, head: str = "its own", n_rows: int | None = None,
) -> Path:  # fmt: skip
    """The folder, with what a run that `is_done` leaves besides its chunks."""
    settings = RunSettings(Columns("text", label="label" if has_labels else None), Format("csv"), chunk_rows=CHUNK_ROWS)
    classes = {name: at for at, name in enumerate(labels)} if has_labels and problem_type != REGRESSION else {}
    plan = RunPlan(settings, 2048, True, classes)
    manifest = Manifest(
        plan, len(rows) if n_rows is None else n_rows, "rows.csv", "f", "sentiment", "abc123", head, "fp32", None, labels, problem_type,
        N_LAYERS, "cpu", {},
    )  # fmt: skip
    (folder / CHUNKS).mkdir(parents=True)
    write_manifest(folder, manifest)
    sums = Sums(N_LAYERS, 1000, labels, classes)
    for index, start in enumerate(range(0, len(rows), CHUNK_ROWS)):
        chunk = rows[start : start + CHUNK_ROWS]
        write_chunk(folder, index, chunk, 2048)
        sums.add(chunk)
    if is_done:
        write_words(folder, WordMeans(sums, labels))
        summary = summarise(sums, manifest, "decoded" if head else "undecoded")
        write_whole(folder / SUMMARY, summary.to_json().encode())
    return folder


def reviews() -> list[RowResult | RowRefused]:
    """14 rows: 6 “good film” and 5 “bad film, late”, of each kind one labelled otherwise; a pair, one without a label, one refused."""
    rows: list = [
        make_row(n, f"Good film {n}.", "positive" if n > 1 else "negative", confidence=0.5 + n / 20, sample=sampled(n))
        for n in range(1, 7)
    ]
    rows += [
        make_row(
            n, f"bad film, late {n}", "negative" if n > 7 else "positive", "negative", 0.95 if n == 7 else 0.7, sample=sampled(n)
        )
        for n in range(7, 12)
    ]
    rows.insert(3, RowRefused(12, "Its text is empty."))
    rows += [make_row(13, "A good one", None), make_row(14, "One", "mixed", text_pair="second GOOD")]
    return rows
