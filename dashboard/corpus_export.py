"""A run's results as files: every row, every word, the summary. Built from the chunks one after the other; no Streamlit, no torch.

What goes into CSV is guarded: a cell of text that a spreadsheet would run as a formula gets an apostrophe before it, and control
characters become pictures of themselves. Parquet and JSON have everything as it is.
"""

import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from core.corpus.method_table import METHODS, read_methods
from core.corpus.store import CHUNKS, GO_ON, SUMMARY, WORDS, chunks_done, read_columns, read_manifest, told
from core.corpus.words import read_table
from core.markup import visible

STARTS_A_FORMULA = r"^[=+\-@\t\r\n]"
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
MOST_SCORES = 200_000_000  # bytes of chunk files up to which a page hands out all scores in one file
_ROWS = (
    "number", "refused", "id", "text", "text_pair", "label", "predicted", "confidence", "correct", "layer", "top_words", "rationale",
    "n_windows", "unread",
)  # fmt: skip
_AT_ONCE = 16  # chunks
_MOST_CLASSES = 50  # of more, the CSV has no column for each


def rows_csv(folder: Path, labels: tuple[str, ...] = ()) -> bytes:
    """Every row, the unusable ones too; a column for each class's output, where there are few. RunError."""
    labels = labels if len(labels) <= _MOST_CLASSES else ()
    return _csv(_for_csv(table, labels) for table in _joined(_chunks(folder, (*_ROWS, *(["outputs"] if labels else [])))))


def rows_parquet(folder: Path) -> bytes:
    """The same columns as they are, with all outputs. RunError."""
    return _parquet(_chunks(folder, (*_ROWS, "top_scores", "outputs")))


def scores_size(folder: Path) -> int:
    """Bytes of all chunk files."""
    return sum(path.stat().st_size for path in (folder / CHUNKS).glob("*.parquet"))


def scores_parquet(folder: Path) -> bytes:
    """Every column of SCHEMA.md: each row with the score of every token at every layer, a row group for each chunk. RunError."""
    return _parquet(_chunks(folder, None))


def words_csv(folder: Path) -> bytes:
    """words.parquet as CSV. RunError."""
    return _csv(iter([_guarded(read_table(folder))]))


def words_parquet(folder: Path) -> bytes:
    """words.parquet as it is. RunError."""
    return _bytes(folder / WORDS)


def summary_json(folder: Path) -> bytes:
    """summary.json as it is. RunError."""
    return _bytes(folder / SUMMARY)


def methods_csv(folder: Path) -> bytes:
    """The method table, a row a method, the highest φ first. RunError."""
    table = read_methods(folder)
    return _csv(iter([] if table is None else [_guarded(pa.Table.from_pylist(table.lines()))]))


def methods_json(folder: Path) -> bytes:
    """methods.json as it is. RunError."""
    return _bytes(folder / METHODS)


def report_html(folder: Path) -> str:
    """The report of a finished run, a page of its own. RunError, ReportError."""
    from core.report.run_folder import report_of_run

    return str(report_of_run(folder))


def _for_csv(table: pa.Table, labels: tuple[str, ...]) -> pa.Table:
    columns = {name: table[name] for name in _ROWS}
    columns["top_words"] = pc.binary_join(table["top_words"], " ")
    if labels:
        is_used = table["refused"].is_null()
        flat = pc.list_flatten(table["outputs"].filter(is_used)).to_numpy().reshape(-1, len(labels))
        places = pc.if_else(is_used, pc.subtract(pc.cumulative_sum(is_used.cast(pa.int64())), 1), None)
        for at, label in enumerate(labels):
            columns[f"output: {label}"] = pa.array(flat[:, at]).take(places)
    return _guarded(pa.table(columns))


def _guarded(table: pa.Table) -> pa.Table:
    columns = {_guarded_text(name): _guarded_column(table[name]) for name in table.column_names}
    return pa.table(columns)


def _guarded_text(text: str) -> str:
    shown = visible(text)
    return f"'{shown}" if re.match(STARTS_A_FORMULA, shown) else shown


def _guarded_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    if pc.any(pc.match_substring_regex(column, CONTROL)).as_py():
        column = pa.chunked_array([[text if text is None else visible(text) for text in column.to_pylist()]], pa.string())
    is_formula = pc.fill_null(pc.match_substring_regex(column, STARTS_A_FORMULA), False)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)


def _csv(tables: Iterator[pa.Table]) -> bytes:
    """With a byte order mark, as spreadsheets expect."""
    sink, writer = io.BytesIO(b"\xef\xbb\xbf"), None
    sink.seek(0, io.SEEK_END)
    for table in tables:
        writer = writer or pyarrow.csv.CSVWriter(sink, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return sink.getvalue()


def _joined(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Some chunks at a time: each call into Arrow costs more than the few rows of one."""
    while some := list(islice(tables, _AT_ONCE)):
        yield pa.concat_tables(some).combine_chunks()


def _parquet(tables: Iterator[pa.Table]) -> bytes:
    sink, writer = pa.BufferOutputStream(), None
    for table in tables:
        writer = writer or pq.ParquetWriter(sink, table.schema, compression="zstd")
        writer.write_table(table.replace_schema_metadata(writer.schema.metadata))
    if writer is not None:
        writer.close()
    return sink.getvalue().to_pybytes()


def _chunks(folder: Path, columns: tuple[str, ...] | None) -> Iterator[pa.Table]:
    manifest = read_manifest(folder)
    for index in chunks_done(folder):
        table = read_columns(folder, index, columns, manifest, GO_ON)
        metadata = {name: value for name, value in (table.schema.metadata or {}).items() if name == b"schema"}
        yield table.replace_schema_metadata(metadata)


def _bytes(path: Path) -> bytes:
    with told(path, GO_ON):
        return path.read_bytes()
