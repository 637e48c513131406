"""What a run wrote, with anything in its columns: a chunk and words.parquet, as the page, the report and the exports read them."""

import io
import json
from functools import cache
from pathlib import Path

import pyarrow
from pyarrow import parquet

from core.corpus.records import RowResult
from core.corpus.store import WORDS, RunError, chunk_path, read_chunk, read_manifest
from core.corpus.words import read_words
from core.report.examples import examples, pick_rows
from dashboard import corpus_export, corpus_table
from dashboard.corpus_table import SORTS, Asked
from tests.dashboard.result_folder import LABELS, LAYER, N_LAYERS, reviews, write_run
from tests.fuzz.checks import REFUSED, check_harmless, refused_or
from tests.fuzz.folders import new_folder
from tests.fuzz.pieces import Pieces

CHUNK, WORD_MEANS = range(2)
is_json = True


def target(data: bytes) -> None:
    """The last byte, behind a NUL, tells what it is."""
    pieces = Pieces(data)
    kind = pieces.number(WORD_MEANS)
    file = (chunk_path(_folder(), 0), _folder() / WORDS)[kind]
    table = _table(pieces.rest().removesuffix(b"\0"), parquet.read_schema(io.BytesIO(_made()[kind])))
    if table is None:
        return
    parquet.write_table(table, file, compression="none")
    try:
        (_read_rows, _read_words)[kind](_folder())
    finally:
        file.write_bytes(_made()[kind])


def _table(content: bytes, schema: pyarrow.Schema) -> pyarrow.Table | None:
    """{name: values}, of the type that is expected or, where values don't suit it, of another; None where it is no table."""
    try:
        columns = json.loads(content)
    except (ValueError, RecursionError):
        return None
    made = {}
    for name, values in columns.items() if isinstance(columns, dict) else ():
        for kind in ([schema.field(name).type] if name in schema.names else []) + [None]:
            try:
                made[name] = pyarrow.array(values, kind)
                break
            except (pyarrow.ArrowException, TypeError, ValueError, OverflowError, RecursionError):
                continue
    try:
        table = pyarrow.table(made, metadata=schema.metadata)
        parquet.write_table(table, io.BytesIO())  # not everything that Arrow holds can be written
        return table
    except (pyarrow.ArrowException, TypeError, ValueError, UnicodeEncodeError):
        return None


def _read_rows(folder: Path) -> None:
    manifest = read_manifest(folder)
    chunk = refused_or(RunError, read_chunk, folder, 0, manifest)
    rows = refused_or(RunError, corpus_table.load_rows, folder)
    refused_or(RunError, corpus_export.rows_csv, folder, LABELS)
    for export in (corpus_export.rows_csv, corpus_export.rows_parquet, corpus_export.scores_parquet):
        refused_or(RunError, export, folder)
    picked = refused_or(RunError, pick_rows, folder, manifest)
    if picked is not REFUSED:
        check_harmless(str(examples(picked, "logits")))
    if rows is REFUSED:
        return
    for sort in SORTS:
        found = corpus_table.find(rows, Asked(sort=sort))
        assert len(found) == len(rows.used) == len(corpus_table.find(rows, Asked(search="", word="")))
    for row in corpus_table.page(rows, found, 1):
        full = refused_or(RunError, corpus_table.read_row, folder, rows, row["number"])
        assert full is REFUSED or isinstance(full, RowResult)
        if chunk is not REFUSED:
            assert full is not REFUSED and len(full.words) == len(full.word_scores()) and full.top_words is not None
    corpus_table.pairs(rows)
    for layer in (0, LAYER, N_LAYERS - 1):
        refused_or(RunError, corpus_table.concordance, folder, rows, "good", LABELS[1], layer)


def _read_words(folder: Path) -> None:
    for layer in (None, LAYER):
        rows = refused_or(RunError, read_words, folder, None, "all", layer)
        assert rows is REFUSED or all(isinstance(row["word"], str) and isinstance(row["low"], float) for row in rows)
    refused_or(RunError, corpus_export.words_csv, folder)


@cache
def _folder() -> Path:
    """A finished run."""
    return write_run(new_folder() / "run", reviews())


@cache
def _made() -> tuple[bytes, bytes]:
    """The chunk and the words, as they were written."""
    return chunk_path(_folder(), 0).read_bytes(), (_folder() / WORDS).read_bytes()


def _start(kind: int) -> bytes:
    table = parquet.read_table(io.BytesIO(_made()[kind])).slice(0, 4)
    return json.dumps(table.to_pydict()).encode() + b"\0" + bytes([kind])


STARTS = (_start(CHUNK), _start(WORD_MEANS))
