"""Rows ↔ an Arrow table, column by column as SCHEMA.md describes. No torch; pyarrow is imported when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.corpus.records import NOT_SAMPLED, RowRefused, RowResult, Sample

if TYPE_CHECKING:
    import pyarrow as pa

Row = RowResult | RowRefused
SAMPLED = ("own_top1", "own_log_probability", "faithfulness")

# Column → (Arrow type, by name; its value for a row that could be used). Lists of numbers are flat, one row after the other.
COLUMNS: dict[str, tuple[str, Callable[[RowResult], object]]] = {
    "text": ("string", lambda row: row.text),
    "text_pair": ("string", lambda row: row.text_pair),
    "label": ("string", lambda row: row.label),
    "id": ("string", lambda row: row.id),
    "rationale": ("string", lambda row: row.rationale),
    "predicted": ("string", lambda row: row.predicted),
    "target": ("int32", lambda row: row.target),
    "confidence": ("float64", lambda row: row.confidence),
    "outputs": ("list<float32>", lambda row: row.outputs),
    "correct": ("bool", lambda row: row.correct),
    "layer": ("int32", lambda row: row.layer),
    "top_words": ("list<string>", lambda row: [word for word, _ in row.top_words]),
    "top_scores": ("list<float32>", lambda row: [score for _, score in row.top_words]),
    "tokens": ("list<string>", lambda row: row.tokens),
    "word_of": ("list<int32>", lambda row: row.word_of),
    "word_spans": ("list<int32>", lambda row: row.word_spans.reshape(-1)),
    "scores": ("list<float32>", lambda row: row.scores.reshape(-1)),
    "content_share": ("list<float32>", lambda row: row.content_share),
    "n_windows": ("int32", lambda row: row.n_windows),
    "unread": ("int32", lambda row: row.unread),
    "own_top1": ("list<float64>", lambda row: row.sample.own_top1),
    "own_log_probability": ("list<float64>", lambda row: row.sample.own_log_probability),
    "faithfulness": ("list<float64>", lambda row: row.sample.faithfulness),
    "faithfulness_random": ("float64", lambda row: row.sample.faithfulness_random),
}


def to_table(rows: list[Row], metadata: dict[str, str]) -> pa.Table:
    """The rows in order, with `metadata` in the schema."""
    import pyarrow as pa

    arrays = {"number": pa.array([row.number for row in rows], pa.int64()), "refused": pa.array(map(_reason, rows), pa.string())}
    for name, (kind, value) in COLUMNS.items():
        arrays[name] = _array(kind, [value(row) if isinstance(row, RowResult) else None for row in rows])
    table = pa.table(arrays)
    return table.replace_schema_metadata(metadata)


def _reason(row: Row) -> str | None:
    return row.reason if isinstance(row, RowRefused) else None


def _array(kind: str, values: list[Any]) -> pa.Array:
    import pyarrow as pa

    types = {"string": pa.string(), "int32": pa.int32(), "float32": pa.float32(), "float64": pa.float64(), "bool": pa.bool_()}
    inner = kind.removeprefix("list<").removesuffix(">")
    if inner == kind:
        return pa.array(values, types[kind])
    lengths = np.array([0 if value is None else len(value) for value in values])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    there = [value for value in values if value is not None]
    if inner == "string":
        flat = pa.array([part for value in there for part in value], pa.string())
    else:
        flat = pa.array(np.concatenate([np.zeros(0), *there]).astype(inner), types[inner])
    missing = pa.array([value is None for value in values])
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=missing)


def from_table(table: pa.Table) -> list[Row]:
    """What `to_table` took. ValueError or KeyError where columns are missing or don't go together."""
    numbers, reasons = table["number"].to_pylist(), table["refused"].to_pylist()
    columns = {name: _values(kind, table[name]) for name, (kind, _) in COLUMNS.items() if not name.startswith("top_")}
    rows: list[Row] = []
    for at, (number, reason) in enumerate(zip(numbers, reasons)):
        if reason is not None:
            rows.append(RowRefused(number, reason))
            continue
        rows.append(_result(number, {name: values[at] for name, values in columns.items()}))
    return rows


def _result(number: int, cells: dict[str, Any]) -> RowResult:
    sampled = {name: cells.pop(name) for name in SAMPLED} | {"faithfulness_random": cells.pop("faithfulness_random")}
    n_tokens = len(cells["tokens"])
    cells |= {
        "tokens": tuple(cells["tokens"]),
        "word_spans": cells["word_spans"].reshape(-1, 2),
        "scores": cells["scores"].reshape(len(cells["content_share"]), n_tokens),
    }
    is_sampled = any(value is not None for value in sampled.values())
    return RowResult(number=number, sample=Sample(**sampled) if is_sampled else NOT_SAMPLED, **cells)


def _values(kind: str, column: pa.ChunkedArray) -> Any:
    """One value a row: `str` and numbers, numpy arrays for lists of numbers (copies, not views of the file's buffer)."""
    inner = kind.removeprefix("list<").removesuffix(">")
    if inner == kind or inner == "string":
        return column.to_pylist()
    array = column.combine_chunks()
    flat, offsets = array.values.to_numpy(zero_copy_only=False), array.offsets.to_numpy()
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    return [flat[low:high].copy() if there else None for low, high, there in zip(offsets, offsets[1:], valid)]
