"""Parquet → rows, within `reader_process`. It imports nothing of the project."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

SMALLER = "Write it anew with smaller pages, or as .csv."
"""What to do about a file that takes too much memory or time."""
AT_A_TIME = 64  # rows: the longest text of all, repeated, must fit into memory so often


def read(file: BinaryIO, asked: dict[str, Any]) -> Iterator[dict[str, Any] | tuple[int, list[str] | str]]:
    """{"columns": names}, then (number from 1, texts or why not) of each row."""
    table = parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 16)
    names = table.schema_arrow.names
    if len(names) > asked["columns"]:
        yield {"error": f"It has {len(names):,} columns; at most {asked['columns']:,} are read. Drop columns."}
        return
    yield {"columns": names}
    if not names:
        return
    if not _adds_up(table.metadata):  # Arrow would make room for what is claimed, and end the process where there is none
        raise ValueError("its parts have other numbers of rows than the whole")
    number = 0
    for batch in table.iter_batches(AT_A_TIME, use_threads=False):
        for cells in zip(*[_texts(column) for column in batch.columns]):
            number += 1
            spoilt = next((place for place, cell in enumerate(cells, 1) if isinstance(cell, bytes)), None)
            yield number, [cell or "" for cell in cells] if spoilt is None else f"Its cell {spoilt} holds bytes that are no text."
    if number != table.metadata.num_rows:
        raise ValueError(f"it claims {table.metadata.num_rows:,} rows and holds {number:,}")


def _adds_up(footer: parquet.FileMetaData) -> bool:  # as core/parquet_claims.py asks, which can't be imported here
    rows = [footer.row_group(at).num_rows for at in range(footer.num_row_groups)]
    return min(rows, default=0) >= 0 and sum(rows) == footer.num_rows


def broken(said: str, error: Exception) -> str:
    """What to say of a file over which the reader raised an error that said so."""
    return f"It is no whole Parquet file: {said.rstrip('.')}. Fetch or write it again."


def _texts(column: pyarrow.Array) -> list[str | bytes | None]:
    """The column's values as text; bytes where they are no UTF-8."""
    types = pyarrow.types
    kind = column.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        column, kind = column.storage, column.storage.type
    if types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return [_decoded(value) for value in column.cast(pyarrow.large_binary()).to_pylist()]
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        values = [_decoded(value) for value in column.to_pylist()]  # a picture is no text, and spoils no row
        return [f"({len(value):,} bytes)" if isinstance(value, bytes) else value for value in values]
    if types.is_nested(kind):
        return [None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_pylist()]
    try:
        texts = column.cast(pyarrow.string()).to_pylist()
    except pyarrow.ArrowNotImplementedError:
        texts = [None if value is None else str(value) for value in column.to_pylist()]
    return [None if text == "nan" else text for text in texts] if types.is_floating(kind) else texts


def _decoded(value: bytes | None) -> str | bytes | None:
    try:
        return value if value is None else value.decode()
    except UnicodeDecodeError:
        return value
