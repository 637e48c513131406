"""A small run by hand, without a model: a manifest, a summary and rows."""

import numpy as np

from core.corpus.records import RowRefused, RowResult, RunPlan, RunSettings
from core.corpus.store import Manifest
from core.corpus.summary import Summary
from core.tables.format import Format
from core.tables.texts import Columns

LABELS = ("negative", "positive")
L = 4


def make_manifest(**changes) -> Manifest:
    settings = RunSettings(Columns("text", label="stars"), Format("csv", delimiter=";"), seed=7)
    plan = RunPlan(settings, 2048, True, {"bad": 0, "good": 1}, frozenset({1, 2, 3}), frozenset({2}))
    made = {
        "plan": plan, "n_rows": 12, "file": "films.csv", "fingerprint": "0123456789abcdef", "model": "sentiment", "revision": "feedbeef", "head": "its own", "dtype": "fp32",
        "calibrated": 2, "labels": LABELS, "problem_type": "single_label_classification", "layers": L, "device": "cpu", "versions": {"torch": "2.13", "numpy": "2.4"},
    }  # fmt: skip
    return Manifest(**made | changes)


def interval(mean, n: int = 3) -> dict:
    low, high = (np.asarray(mean, float) + side for side in (-0.05, 0.05))
    return {"mean": mean, "low": low.tolist(), "high": high.tolist(), "n": n}


def word(name: str, mean: float, **more) -> dict:
    return {"word": name, "texts": 6, "mean": mean, "low": mean - 0.04, "high": mean + 0.04} | more


def make_summary(**changes) -> Summary:
    by_layer = [[word("dull", 0.1 * layer), word("long", 0.05 * layer)] for layer in range(L)]
    made = {
        "n_rows": 12, "n_used": 10, "n_refused": 2, "refusals": [[3, "Its text is empty."], [9, "It is <b>odd</b>."]], "method": "decoded", "n_layers": L, "layer": 2,
        "layers": [[2, 8], [3, 2]], "predicted": {"negative": 4, "positive": 6}, "accuracy": {"mean": 0.8, "low": 0.49, "high": 0.94, "n": 10},
        "confusion": [["good", "positive", 5], ["bad", "negative", 3], ["bad", "positive", 1], ["good", "negative", 1]], "n_unlabelled": 0,
        "content_share": interval([1.0, 0.9, 0.6, 0.1], 10), "coherence": interval([1.0, 0.9, 0.7, 0.3]), "log_probability": interval([-0.1, -0.5, -1.0, -4.0]),
        "faithfulness": interval([0.0, 0.1, 0.4, 0.2]), "faithfulness_random": interval(-0.2),
        "words": {"negative": by_layer, "positive": [[] for _ in range(L)]},
        "changing": {"negative": [word("nothing", 0) | {"early": -0.1, "late": 0.2, "change": 0.3}], "positive": []},
        "misleading": {"negative": [word("but", 0.07, right_texts=3, right_mean=None)], "positive": []}, "notes": ["A note of the run."],
    }  # fmt: skip
    return Summary(**made | changes)


def make_row(number: int, text: str, confidence: float, correct: bool | None, **changes) -> RowResult:
    """Its words, parted at spaces, have the scores 1, −2, 3, …"""
    starts = np.cumsum([0, *(len(part) + 1 for part in text.split(" ")[:-1])])
    spans = np.array([[start, start + len(part)] for start, part in zip(starts, text.split(" "))], np.int32)
    n = len(spans)
    scores = np.tile((np.arange(n) + 1) * (-1.0) ** np.arange(n), (L, 1)).astype(np.float32)
    made = {
        "number": number, "text": text, "text_pair": None, "label": "bad", "id": None, "rationale": None, "predicted": "positive", "target": 1, "confidence": confidence,
        "outputs": np.array([1 - confidence, confidence]), "correct": correct, "layer": 2, "tokens": tuple(text.split(" ")), "word_of": np.arange(n, dtype=np.int32),
        "word_spans": spans, "scores": scores, "content_share": np.ones(L, np.float32), "n_windows": 1, "unread": 0,
    }  # fmt: skip
    return RowResult(**made | changes)


def make_rows() -> list[RowResult | RowRefused]:
    return [
        make_row(1, "a fine film", 0.9, True),
        RowRefused(2, "Its text is empty."),
        make_row(3, "quite dull indeed", 0.7, False),
    ]
