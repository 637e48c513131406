"""Report → JSON, JSON → an equal report. No torch.

`schema` names the version of the JSON; readers refuse one they don't know. All offsets count in the text, or, of a pair,
in `text` + two line breaks + `text_pair`.
"""

import dataclasses
import json
from typing import Any

import numpy as np

from core.errors import ReportError, quoted
from core.methods import METHODS
from core.prediction import Prediction
from core.provenance import Coverage, Provenance
from core.records import (
    LayerChoice,
    LayerDecoding,
    LayerProfile,
    LayerReport,
    Query,
    SaliencyMap,
    Settings,
    Tokens,
)  # fmt: skip
from core.report_check import check_sizes, check_types, require

MOST_TOLD = 200  # characters of what is wrong with a file, which may hold anything

SCHEMA = "layer-saliency/report/2"
FIRST_SCHEMA = "layer-saliency/report/1"  # of the first versions: one text, classes that exclude each other


def to_json(report: LayerReport, indent: int | None = 1) -> str:
    """The report as JSON text. Arrays are nested lists; floats keep every digit."""
    tokens, decoding = report.tokens, report.decoding
    state = {
        "schema": SCHEMA,
        "query": _plain(report.query),
        "tokens": [
            {"text": text, "start": int(start), "end": int(end), "is_special": bool(special), "word": int(word)}
            for text, (start, end), special, word in zip(tokens.texts, tokens.spans, tokens.is_special, tokens.word_of)
        ],
        "words": [{"text": report.query.joined[a:b], "start": a, "end": b} for a, b in tokens.word_spans.tolist()],
        "prediction": _plain(report.prediction),
        "maps": {name: _plain(saliency) for name, saliency in report.maps.items()},
        "decoding": None if decoding is None else _plain(decoding),
        "coherence": {name: _plain(profile) for name, profile in report.profiles.items()},
        "layer_outputs": report.layer_outputs.tolist(),
        "chosen_layer": report.choice.layer,
        "chosen_because": report.choice.reason,
        "choices": {name: _plain(choice) for name, choice in report.choices.items()},
        "coverage": {**_plain(report.coverage), "characters_read": report.coverage.characters_read},
        "provenance": _plain(report.provenance),
    }
    # NUL and lone surrogates of a text survive as \u escapes; every other character is written as it is.
    return json.dumps(state, ensure_ascii=True, indent=indent)


def from_json(text: str) -> LayerReport:
    """The report that `to_json` wrote, equal in every field; one of schema 1 is converted. Raises ReportError for anything else."""
    try:
        state = json.loads(text)
        schema = state["schema"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = quoted(repr(error), MOST_TOLD)
        raise ReportError(f"This is not a saved report: {reason}. Give one written with --json or the download button.") from error
    if schema not in (SCHEMA, FIRST_SCHEMA):
        got = quoted(str(schema))
        raise ReportError(f"The report has schema {got}; this version reads “{SCHEMA}” and “{FIRST_SCHEMA}”. Make it again.")
    try:
        report = _rebuild(_convert(state) if schema == FIRST_SCHEMA else state)
        check_types(report)
        check_sizes(report)
        return report
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ReportError(f"The report is damaged: {quoted(repr(error), MOST_TOLD)}. Make it again.") from error


def _plain(record: Any) -> dict[str, Any]:
    """A record as JSON knows it: arrays as lists, tuples as lists."""
    return {field.name: _value(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        return _plain(value)
    return list(value) if isinstance(value, tuple) else value


def _convert(state: dict[str, Any]) -> dict[str, Any]:
    """The state of schema 1 as schema 2 writes it."""
    prediction, coverage = dict(state["prediction"]), dict(state["coverage"])
    prediction["outputs"] = prediction.pop("probabilities")
    read, characters = coverage["characters_read"], coverage["characters"]
    coverage["unread"] = [[read, characters]] if read < characters else []
    return {**state, "prediction": prediction, "coverage": coverage, "layer_outputs": state["layer_probabilities"]}


def _array(values: Any, kind: Any, found: str) -> np.ndarray:
    """An array of `kind` from values whose own kind is one of `found`: numpy alone would take texts for numbers."""
    array = np.array(values)
    require(array.dtype.kind in found or not array.size, f"numbers of kind {array.dtype} where {np.dtype(kind)} is expected")
    return array.astype(kind)


def _floats(values: Any, kind: Any = np.float32) -> np.ndarray:
    return _array(values, kind, "fi")


def _whole(values: Any) -> np.ndarray:
    return _array(values, np.int64, "i")


def _tuple(values: Any) -> tuple[Any, ...]:
    require(isinstance(values, list), f"{quoted(repr(values))} where a list is expected")
    return tuple(values)


def _rebuild(state: dict[str, Any]) -> LayerReport:
    query = state["query"]
    unknown = set(state["maps"]) - set(METHODS)
    if unknown:
        raise ValueError(f"unknown methods {sorted(unknown)}")
    for name, saliency in state["maps"].items():
        require(saliency["method"] == name, f"the map {name} is of the method {quoted(repr(saliency['method']))}")
    settings = Settings(**{**query["settings"], "methods": _tuple(query["settings"]["methods"])})
    rows = state["tokens"]
    tokens = Tokens(
        tuple(row["text"] for row in rows),
        _whole([[row["start"], row["end"]] for row in rows]).reshape(-1, 2),
        _array([row["is_special"] for row in rows], bool, "b"),
        _whole([row["word"] for row in rows]),
        _whole([[word["start"], word["end"]] for word in state["words"]]).reshape(-1, 2),
    )
    prediction, decoding = state["prediction"], state["decoding"]
    arrays = {name: _floats(prediction[name]) for name in ("outputs", "logits")}
    return LayerReport(
        query=Query(**{**query, "settings": settings}),
        tokens=tokens,
        prediction=Prediction(**{**prediction, **arrays, "labels": _tuple(prediction["labels"])}),
        maps={name: _rebuild_map(saliency) for name, saliency in state["maps"].items()},
        decoding=None if decoding is None else _rebuild_decoding(decoding),
        profiles={n: LayerProfile(**{**p, "values": _floats(p["values"], np.float64)}) for n, p in state["coherence"].items()},
        layer_outputs=_floats(state["layer_outputs"]),
        choices={name: LayerChoice(**choice) for name, choice in state["choices"].items()},
        coverage=_rebuild_coverage(state["coverage"]),
        provenance=Provenance(**state["provenance"]),
    )


def _rebuild_coverage(coverage: dict[str, Any]) -> Coverage:
    unread = tuple(map(_tuple, _tuple(coverage["unread"])))
    return Coverage(coverage["characters"], coverage["windows"], coverage["limit"], unread)


def _rebuild_map(saliency: dict[str, Any]) -> SaliencyMap:
    gap = None if saliency["gap"] is None else _floats(saliency["gap"])
    return SaliencyMap(**{**saliency, "scores": _floats(saliency["scores"]), "gap": gap, "notes": _tuple(saliency["notes"])})


def _rebuild_decoding(decoding: dict[str, Any]) -> LayerDecoding:
    floats = {name: _floats(decoding[name]) for name in ("top_probabilities", "own_probability")}
    whole = {name: _whole(decoding[name]) for name in ("top_ids", "own_rank")}
    return LayerDecoding(texts={int(key): text for key, text in decoding["texts"].items()}, **floats, **whole)
