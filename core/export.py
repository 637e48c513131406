"""Report → JSON, JSON → an equal report, report → a self-contained piece of HTML. No torch.

`schema` names the version of the JSON; readers refuse one they don't know.
"""

import dataclasses
import json

import numpy as np

from core.combine import merge_tokens
from core.errors import ReportError
from core.markup import escape, legend_to_html, words_to_html
from core.methods import METHODS
from core.provenance import Coverage, Provenance
from core.records import (
    LayerChoice,
    LayerDecoding,
    LayerProfile,
    LayerReport,
    Prediction,
    Query,
    SaliencyMap,
    Settings,
    Tokens,
)  # fmt: skip

MOST_WORDS = 400  # of a text whose every layer is drawn; a longer one shows the layer asked for

SCHEMA = "layer-saliency/report/1"


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
        "words": [{"text": report.query.text[a:b], "start": a, "end": b} for a, b in tokens.word_spans.tolist()],
        "prediction": _plain(report.prediction),
        "maps": {name: _plain(saliency) for name, saliency in report.maps.items()},
        "decoding": None if decoding is None else _plain(decoding),
        "coherence": {name: _plain(profile) for name, profile in report.profiles.items()},
        "layer_probabilities": report.layer_probabilities.tolist(),
        "chosen_layer": report.choice.layer,
        "chosen_because": report.choice.reason,
        "choices": {name: _plain(choice) for name, choice in report.choices.items()},
        "coverage": _plain(report.coverage),
        "provenance": _plain(report.provenance),
    }
    # NUL and lone surrogates of a text survive as \u escapes; every other character is written as it is.
    return json.dumps(state, ensure_ascii=True, indent=indent)


def from_json(text: str) -> LayerReport:
    """The report that `to_json` wrote, equal in every field. Raises ReportError for anything else."""
    try:
        state = json.loads(text)
        schema = state["schema"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ReportError(f"This is not a saved report: {error!r}. Give a file written with --json or the download button.") from error
    if schema != SCHEMA:
        raise ReportError(f"The report has schema “{schema}”; this version reads “{SCHEMA}”. Make the report again.")
    try:
        return _rebuild(state)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ReportError(f"The report is damaged: {error!r}. Make it again.") from error


def _plain(record) -> dict:
    """A record as JSON knows it: arrays as lists, tuples as lists."""
    return {field.name: _value(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _value(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value):
        return _plain(value)
    return list(value) if isinstance(value, tuple) else value


def _floats(values, kind=np.float32) -> np.ndarray:
    return np.array(values, dtype=kind)


def _rebuild(state: dict) -> LayerReport:
    query = state["query"]
    unknown = set(state["maps"]) - set(METHODS)
    if unknown:
        raise ValueError(f"unknown methods {sorted(unknown)}")
    settings = Settings(**{**query["settings"], "methods": tuple(query["settings"]["methods"])})
    rows = state["tokens"]
    tokens = Tokens(
        tuple(row["text"] for row in rows),
        np.array([[row["start"], row["end"]] for row in rows], dtype=np.int64).reshape(-1, 2),
        np.array([row["is_special"] for row in rows], dtype=bool),
        np.array([row["word"] for row in rows], dtype=np.int64),
        np.array([[word["start"], word["end"]] for word in state["words"]], dtype=np.int64).reshape(-1, 2),
    )
    prediction, decoding = state["prediction"], state["decoding"]
    arrays = {name: _floats(prediction[name]) for name in ("probabilities", "logits")}
    return LayerReport(
        query=Query(**{**query, "settings": settings}),
        tokens=tokens,
        prediction=Prediction(**{**prediction, **arrays, "labels": tuple(prediction["labels"])}),
        maps={name: _rebuild_map(saliency) for name, saliency in state["maps"].items()},
        decoding=None if decoding is None else _rebuild_decoding(decoding),
        profiles={n: LayerProfile(**{**p, "values": _floats(p["values"], np.float64)}) for n, p in state["coherence"].items()},
        layer_probabilities=_floats(state["layer_probabilities"]),
        choices={name: LayerChoice(**choice) for name, choice in state["choices"].items()},
        coverage=Coverage(**state["coverage"]),
        provenance=Provenance(**state["provenance"]),
    )


def _rebuild_map(saliency: dict) -> SaliencyMap:
    gap = None if saliency["gap"] is None else _floats(saliency["gap"])
    return SaliencyMap(**{**saliency, "scores": _floats(saliency["scores"]), "gap": gap, "notes": tuple(saliency["notes"])})


def _rebuild_decoding(decoding: dict) -> LayerDecoding:
    floats = {name: _floats(decoding[name]) for name in ("top_probabilities", "own_probability")}
    whole = {name: np.array(decoding[name], dtype=np.int64) for name in ("top_ids", "own_rank")}
    return LayerDecoding(texts={int(key): text for key, text in decoding["texts"].items()}, **floats, **whole)


def to_html(report: LayerReport, method: str | None = None, layer: int | None = None, rule: str = "sum") -> str:
    """One method as escaped HTML: prediction, the words at one layer, every layer, how it was made. No script, no request."""
    method = method or report.headline
    saliency, choice, made = report.maps[method], report.choices[method], report.provenance
    layer = choice.layer if layer is None else layer
    scores = merge_tokens(saliency.scores, report.tokens, rule)  # (L, W) or (1, W)
    shown = scores[layer if saliency.has_layers else 0]
    largest = float(np.abs(shown).max(initial=0.0))
    prediction, where = report.prediction, f"layer {report.layer_names[layer]}, " if saliency.has_layers else ""
    rows = f"{made.rows} forward and backward rows, {sum(made.seconds.values()) * 1000:.0f} ms"
    return "".join((
        '<section style="font-family:Georgia,serif;max-width:60em">',
        f"<p><b>{escape(prediction.labels[prediction.predicted])}</b> {prediction.probabilities[prediction.predicted]:.1%}",
        f" · words for <b>{escape(prediction.question)}</b>, {where}{escape(saliency.label)}</p>",
        words_to_html(report.query.text, report.tokens.word_spans, shown, largest or None),
        legend_to_html(largest, saliency.unit, saliency.signed),
        _layers_to_html(report, scores) if saliency.has_layers and len(report.word_texts) <= MOST_WORDS else "",
        f"<p>{escape(METHODS[method].explanation)} <code>{escape(saliency.formula)}</code>, {escape(saliency.source)}.<br>",
        f"{escape(choice.reason)}<br>",
        f"Read: {report.coverage.share:.0%} of the text. Model {escape(made.model)}, revision {escape(made.revision)}, ",
        f"{escape(made.dtype)} on {escape(made.device)}, {escape(rows)}.</p></section>",
    ))  # fmt: skip


def to_page(report: LayerReport, method: str | None = None, layer: int | None = None, rule: str = "sum") -> str:
    """`to_html` as a file of its own: encoding and title said, so that any browser opens it right."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return f"{head}<title>Layer Saliency</title>{to_html(report, method, layer, rule)}</html>"


def _layers_to_html(report: LayerReport, scores: np.ndarray) -> str:
    """A table of every layer, deepest first: its name, how many words are recovered there, its words on their own scale."""
    recovered = report.profiles.get("own_top1")
    rows = []
    for layer in reversed(range(len(scores))):
        read = f"{recovered.values[layer]:.0%}" if recovered is not None else "–"
        words = words_to_html(report.query.text, report.tokens.word_spans, scores[layer])
        rows.append(f"<tr><td>{report.layer_names[layer]}</td><td>{read}</td><td>{words}</td></tr>")
    head = "<tr><th>layer</th><th>words recovered</th><th>words, each layer on its own scale</th></tr>"
    return f'<table style="font-size:.85em;text-align:left">{head}{"".join(rows)}</table>'
