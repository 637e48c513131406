"""Rows ↔ an Arrow table, column by column as SCHEMA.md describes. No torch; pyarrow is imported when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.corpus.records import NOT_SAMPLED, RowRefused, RowResult, Sample
from core.errors import quoted
from core.report_check import require

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
KINDS = {"number": "int64", "refused": "string"} | {name: kind for name, (kind, _) in COLUMNS.items()}
MAY_BE_EMPTY = ("text_pair", "label", "id", "rationale", "correct", *SAMPLED, "faithfulness_random")
"""Columns that may be null in a row that was used."""


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

    inner = _inner(kind)
    if inner is None:
        return pa.array(values, _type(kind))
    lengths = np.array([0 if value is None else len(value) for value in values])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    there = [value for value in values if value is not None]
    if inner == "string":
        flat = pa.array([part for value in there for part in value], pa.string())
    else:
        flat = pa.array(np.concatenate([np.zeros(0), *there]).astype(inner), _type(inner))
    missing = pa.array([value is None for value in values])
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=missing)


def _inner(kind: str) -> str | None:
    """Of what a list is; None for no list."""
    return kind.removeprefix("list<").removesuffix(">") if kind.startswith("list<") else None


def _type(kind: str) -> pa.DataType:
    import pyarrow as pa

    inner = _inner(kind)
    return pa.type_for_alias(kind) if inner is None else pa.list_(pa.type_for_alias(inner))


def check_columns(table: pa.Table, n_layers: int | None = None, n_outputs: int | None = None) -> None:
    """ValueError where columns, `refused` among them, are not as `to_table` makes them: of another type (ArrowInvalid: not even
    that), or null in a row that was used. Given L and C, also where a row has other numbers of layers or outputs."""
    import pyarrow.compute as pc

    names = table.column_names
    require(len(set(names)) == len(names), "two of its columns have one name")
    table.validate(full=True)  # what is called text must be some
    is_used = table["refused"].is_null()
    for name in names:
        require(name in KINDS, f"nothing is known of a column {quoted(name)}")
        column, kind = table[name], KINDS[name]
        require(column.type == _type(kind), f"the column {name} holds {column.type}, and {kind} is expected")
        if _inner(kind) is not None:
            require(pc.list_flatten(column).null_count == 0, f"a list of the column {name} has a gap")
        if name not in ("refused", *MAY_BE_EMPTY):
            is_filled = column.null_count == 0 or (name != "number" and column.filter(is_used).null_count == 0)
            require(is_filled, f"the column {name} is empty in a row that needs it")
    if {"label", "correct"} <= set(names):
        require(not pc.any(pc.and_(table["label"].is_null(), table["correct"].is_valid())).as_py(), "a row without a label is right or wrong")
    for name, size in {"content_share": n_layers, "outputs": n_outputs}.items():
        if size is not None and name in names:
            sizes = pc.unique(pc.list_value_length(table[name].filter(is_used))).to_pylist()
            require(set(sizes) <= {size}, f"rows have {sizes} values of {name}, and {size} are expected")


def from_table(table: pa.Table) -> list[Row]:
    """What `to_table` took, of a table that `check_columns` has seen. KeyError where a column is missing, ValueError where they don't go
    together."""
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
    row = RowResult(number=number, sample=Sample(**sampled) if is_sampled else NOT_SAMPLED, **cells)
    _check_row(row)
    return row


def _check_row(row: RowResult) -> None:
    """ValueError where the parts of a row don't go together: what they point to must be there."""
    n_layers, spans, word_of, length = len(row.content_share), row.word_spans, row.word_of, len(row.joined)
    require(0 <= row.layer < n_layers, f"layer {row.layer} of {n_layers}")
    require(0 <= row.target < len(row.outputs), f"class {row.target} of {len(row.outputs)}")
    require(len(word_of) == len(row.tokens), f"the words of {len(word_of)} tokens, and there are {len(row.tokens)}")
    require(bool(((word_of >= -1) & (word_of < len(spans))).all()), f"tokens of words beyond the {len(spans)} that there are")
    ordered = (spans[:, 0] >= 0) & (spans[:, 0] <= spans[:, 1]) & (spans[:, 1] <= length)
    require(bool(ordered.all()), f"words beyond the {length} characters of the text")
    require(bool((word_of >= 0).any()), "no token of a word")
    sampled = [getattr(row.sample, name) for name in SAMPLED]
    require(all(values is None or len(values) == n_layers for values in sampled), f"samples of other than {n_layers} layers")
    numbers = (row.scores, row.outputs, row.content_share, row.confidence, row.sample.faithfulness_random, *sampled)
    require(all(part is None or bool(np.isfinite(part).all()) for part in numbers), "a figure that is no number")


def _values(kind: str, column: pa.ChunkedArray) -> Any:
    """One value a row: `str` and numbers, numpy arrays for lists of numbers (copies, not views of the file's buffer)."""
    if _inner(kind) in (None, "string"):
        return column.to_pylist()
    array = column.combine_chunks()
    flat, offsets = array.values.to_numpy(zero_copy_only=False), array.offsets.to_numpy()
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    return [flat[low:high].copy() if there else None for low, high, there in zip(offsets, offsets[1:], valid)]
