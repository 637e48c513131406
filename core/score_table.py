"""Every score of a report as one long Parquet table, a row for each token, layer and method; and back to the same maps. No torch.

SCHEMA.md describes the columns. What a map is besides its scores (label, unit, formula, source …) stands as JSON in the metadata.
"""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ReportError, quoted
from core.methods import METHODS
from core.parquet_claims import checked_footer
from core.records import LayerReport, SaliencyMap
from core.report_check import check_types, require

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "layer-saliency/scores/1"
SCHEMA_KEY, MAPS_KEY = b"schema", b"maps"
WHOLE_MODEL = -1  # in the column `layer`: the method has one row for the whole model
COLUMNS = {
    "method": "string", "layer": "int32", "token": "int32", "word": "int32", "text": "string", "is_special": "bool",
    "start": "int64", "end": "int64", "score": "float32", "unit": "string",
}  # fmt: skip
MOST_TOLD = 200


def write_scores(report: LayerReport, path: Path | str) -> None:
    """All maps of the report as Parquet. OSError where the file can't be written."""
    import pyarrow.parquet as pq

    pq.write_table(to_table(report), path, compression="zstd")


def to_table(report: LayerReport) -> "pa.Table":
    """The table: map after map as the report has them, in each layer after layer, in each token after token."""
    import pyarrow as pa

    tokens, maps = report.tokens, list(report.maps.values())
    n_tokens, n_rows = len(tokens.texts), [len(saliency.scores) for saliency in maps]
    blocks = sum(n_rows)
    layers = [np.arange(rows) if saliency.has_layers else np.array([WHOLE_MODEL]) for saliency, rows in zip(maps, n_rows)]
    values = {
        "method": np.repeat([saliency.method for saliency in maps], [rows * n_tokens for rows in n_rows]),
        "layer": np.repeat(np.concatenate(layers), n_tokens),
        "token": np.tile(np.arange(n_tokens), blocks),
        "word": np.tile(tokens.word_of, blocks),
        "text": [_storable(text) for text in tokens.texts] * blocks,
        "is_special": np.tile(tokens.is_special, blocks),
        "start": np.tile(tokens.spans[:, 0], blocks),
        "end": np.tile(tokens.spans[:, 1], blocks),
        "score": np.concatenate([saliency.scores.reshape(-1) for saliency in maps]),
        "unit": np.repeat([_storable(saliency.unit) for saliency in maps], [rows * n_tokens for rows in n_rows]),
    }
    kinds = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    noted = json.dumps([_described(saliency, tokens.word_of.shape[0]) for saliency in maps])
    return pa.table(values, schema=kinds.with_metadata({SCHEMA_KEY: SCHEMA.encode(), MAPS_KEY: noted.encode()}))


def read_scores(path: Path | str) -> dict[str, SaliencyMap]:
    """The maps that `write_scores` wrote, by method, equal in every field. ReportError, in a sentence, for anything else."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open(path, "rb") as file:
            checked_footer(file)
            table = pq.read_table(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = quoted(str(error), MOST_TOLD)
        raise ReportError(
            f"{quoted(str(path))} can't be read as Parquet: {reason}. Give a file written with --scores."
        ) from error
    return from_table(table)


def from_table(table: "pa.Table") -> dict[str, SaliencyMap]:
    """As `read_scores`, from a table."""
    import pyarrow as pa

    noted = table.schema.metadata or {}
    schema = noted.get(SCHEMA_KEY, b"").decode("utf-8", "replace")
    if schema != SCHEMA:
        raise ReportError(
            f"The table has schema {quoted(schema)}; this version reads “{SCHEMA}”. Make it again from the report's JSON."
        )
    try:
        scores, described = table["score"].to_numpy(), json.loads(noted[MAPS_KEY])
        require(scores.dtype == np.float32, f"scores of kind {scores.dtype} where float32 is expected")
        maps, at = {}, 0
        for state in described:
            # a text times 10¹⁵ would fill all memory
            require(type(state["layers"]) is type(state["tokens"]) is int, "layers and tokens that are no numbers")
            require(state["method"] not in maps, f"the method {quoted(str(state['method']))} stands there twice")
            size = state["layers"] * state["tokens"]
            maps[state["method"]] = _rebuild(state, scores[at : at + size])
            at += size
        require(at == len(scores), f"{len(scores)} rows where the maps have {at}")
        return maps
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, pa.ArrowException, RecursionError) as error:
        raise ReportError(
            f"The table is damaged: {quoted(repr(error), MOST_TOLD)}. Make it again from the report's JSON."
        ) from error


def _described(saliency: SaliencyMap, n_tokens: int) -> dict[str, Any]:
    """What the columns don't hold of a map."""
    state = {field.name: getattr(saliency, field.name) for field in dataclasses.fields(saliency) if field.name != "scores"}
    gap = None if saliency.gap is None else saliency.gap.tolist()
    return state | {"gap": gap, "layers": len(saliency.scores), "tokens": n_tokens}


def _rebuild(state: dict[str, Any], scores: np.ndarray) -> SaliencyMap:
    require(state["method"] in METHODS, f"unknown method {quoted(str(state['method']))}")
    shape = state.pop("layers"), state.pop("tokens")
    gap = None if state["gap"] is None else np.array(state["gap"], np.float32)
    saliency = SaliencyMap(**{**state, "scores": scores.reshape(shape).copy(), "gap": gap, "notes": tuple(state["notes"])})
    check_types(saliency)
    return saliency


def _storable(text: str) -> str:
    """Parquet holds UTF-8, which has no halves of characters: they become �."""
    return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" else c for c in text)
