"""Parquet of any bytes: as a file of texts, as a table of scores, and as a chunk of a run. As in `workbook`, the reader of texts
is called without the process that bounds it."""

import io
import json
from functools import cache
from pathlib import Path

import pyarrow
from pyarrow import parquet

from core.corpus.store import CHUNKS, RunError, chunk_path, encode_chunk, read_chunk
from core.errors import ReportError
from core.score_table import MAPS_KEY, from_table, read_scores, to_table
from core.tables import reader_parquet
from core.tables.reader_process import _batches
from tests.core.corpus_report import make_rows
from tests.core.tables.hostile import of_columns
from tests.dashboard.reports import make_report
from tests.fuzz.checks import refused_or
from tests.fuzz.folders import new_folder
from tests.fuzz.pieces import Pieces
from tests.fuzz.workbook import ASKED, check_rows

TEXTS, SCORES, CHUNK, MAPS = range(4)
COLUMNS = {"text": ["some text", None, "more"], "n": [1, 2.5, None], "l": [[1], [], None], "b": [b"\xff", b"", None]}


def _written(table: pyarrow.Table) -> bytes:
    saved = io.BytesIO()
    parquet.write_table(table, saved, compression="none")
    return saved.getvalue()


TABLE = to_table(make_report(text="dull film", n_states=2))
STARTS = (
    of_columns(COLUMNS, compression="none") + bytes([TEXTS]), of_columns({"text": ["x"] * 9}, compression="snappy") + bytes([TEXTS]),
    _written(TABLE) + bytes([SCORES]), encode_chunk(0, make_rows(), 10) + bytes([CHUNK]), TABLE.schema.metadata[MAPS_KEY] + b"\0" + bytes([MAPS]),
)  # fmt: skip
is_json = True  # of MAPS


def target(data: bytes) -> None:
    """The last byte tells what it is to be."""
    pieces = Pieces(data)
    kind = pieces.number(MAPS)
    _TRIED[kind](pieces.rest())


def _as_texts(content: bytes) -> None:
    try:
        lines = reader_parquet.read(io.BytesIO(content), ASKED)
        first = next(lines)
        assert first.keys() <= {"columns", "error"}
        check_rows(_batches(lines, ASKED))
    except AssertionError:
        raise
    except Exception as error:
        assert reader_parquet.broken(str(error), error)


def _as_scores(content: bytes) -> None:
    path = _folder() / "scores.parquet"
    path.write_bytes(content)
    refused_or(ReportError, read_scores, path)


def _as_chunk(content: bytes) -> None:
    chunk_path(_folder(), 0).write_bytes(content)
    refused_or(RunError, read_chunk, _folder(), 0)


def _as_maps(content: bytes) -> None:
    noted = TABLE.schema.metadata | {MAPS_KEY: content.rstrip(b"\0")}
    maps = refused_or(ReportError, from_table, TABLE.replace_schema_metadata(noted))
    if isinstance(maps, dict):
        assert sum(saliency.scores.size for saliency in maps.values()) == len(TABLE) and json.loads(noted[MAPS_KEY])


@cache
def _folder() -> Path:
    folder = new_folder()
    (folder / CHUNKS).mkdir()
    return folder


_TRIED = {TEXTS: _as_texts, SCORES: _as_scores, CHUNK: _as_chunk, MAPS: _as_maps}
