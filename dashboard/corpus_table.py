"""The rows of a run as a page needs them: the light columns of every row in memory, searched, filtered, sorted and paged; a single
row, and a word in its contexts, read from the chunk that holds them. Arrow and `str`, no Streamlit, no torch.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.corpus.chunk_table import from_table
from core.corpus.records import RowResult
from core.corpus.store import GO_ON, Manifest, RunError, chunk_path, chunks_done, read_columns, read_manifest, told
from core.records import PAIR_BREAK

PAGE_ROWS = 50
CONFIDENT = 0.9  # from here on an error is one that the model was sure of
LIGHT = (
    "number", "refused", "text", "text_pair", "label", "id", "predicted", "confidence", "correct", "layer", "top_words", "top_scores",
)  # fmt: skip
SEARCHED = ("text", "text_pair", "id")
OCCURRENCES, AROUND = 50, 60  # occurrences shown of a word, and characters of the text at each side of it
ALL, ERRORS, CONFIDENT_ERRORS = "all", "errors", "confident errors"
FILE_ORDER, SUREST, LEAST_SURE, BY_PREDICTION, BY_LABEL, BY_LAYER = "file", "surest", "least sure", "prediction", "label", "layer"
_ORDERS = {
    FILE_ORDER: (), SUREST: (("confidence", "descending"),), LEAST_SURE: (("confidence", "ascending"),),
    BY_PREDICTION: (("predicted", "ascending"), ("confidence", "descending")),
    BY_LABEL: (("label", "ascending"), ("confidence", "descending")), BY_LAYER: (("layer", "ascending"),),
}  # fmt: skip
SORTS = tuple(_ORDERS)


@dataclass(frozen=True, eq=False)
class Rows:
    """The light columns of the rows that are on disk."""

    used: pa.Table
    """LIGHT of the rows that could be used, in the order of the file, with `chunk` and `place`: where each is read in full."""
    refused: pa.Table
    """`number` and `refused`, the reason, of the others."""
    manifest: Manifest


@dataclass(frozen=True)
class Asked:
    """Which rows are wanted, and in which order."""

    search: str = ""
    """Part of the text, of the second text or of the id, in any case of letters."""
    kind: str = ALL
    """ALL, ERRORS or CONFIDENT_ERRORS."""
    pair: tuple[str, str] | None = None
    """(label, predicted class)."""
    word: str = ""
    """A whole word of the text, in any case of letters."""
    sort: str = FILE_ORDER
    """One of SORTS."""


@dataclass(frozen=True)
class Occurrence:
    """A word where it stands in a row."""

    number: int
    before: str
    word: str
    after: str
    predicted: str
    confidence: float
    correct: bool | None
    share: float
    """Its part of Σ |score| of the row's words at the layer asked for, with its sign."""


def load_rows(folder: Path) -> Rows:
    """The light columns of every chunk on disk. RunError where one can't be read."""
    parts, manifest = [], read_manifest(folder)
    for index in chunks_done(folder):
        part = read_columns(folder, index, LIGHT, manifest, GO_ON)
        here = {
            "chunk": pa.repeat(pa.scalar(index, pa.int32()), len(part)),
            "place": pa.array(np.arange(len(part), dtype=np.int32)),
        }
        parts.append(pa.table({name: part[name] for name in LIGHT} | here))
    if not parts:
        raise RunError("Nothing of this run is on disk yet. Let it go on until its first rows are done.")
    table = pa.concat_tables(parts).combine_chunks()
    is_used = table["refused"].is_null()
    return Rows(
        table.filter(is_used).drop_columns("refused"), table.filter(pc.invert(is_used)).select(["number", "refused"]), manifest
    )


def find(rows: Rows, asked: Asked) -> np.ndarray:
    """Positions in `rows.used` of the rows asked for, in the order asked for."""
    table, masks = rows.used, []
    if asked.search.strip():
        masks.append(_or(pc.match_substring(table[name], asked.search.strip(), ignore_case=True) for name in SEARCHED))
    if asked.word.strip():
        masks.append(_or(pc.match_substring_regex(table[name], whole_word(asked.word)) for name in ("text", "text_pair")))
    if asked.kind != ALL:
        masks.append(pc.equal(table["correct"], False))
    if asked.kind == CONFIDENT_ERRORS:
        masks.append(pc.greater_equal(table["confidence"], CONFIDENT))
    if asked.pair is not None:
        masks += [pc.equal(table["label"], asked.pair[0]), pc.equal(table["predicted"], asked.pair[1])]
    found = np.arange(len(table))
    if masks:
        keep = np.all([pc.fill_null(mask, False).to_numpy() for mask in masks], axis=0)
        found = np.flatnonzero(keep)
    keys = _ORDERS[asked.sort]
    if not keys:
        return found
    columns = table.select([name for name, _ in keys] + ["number"]).take(pa.array(found))
    return found[pc.sort_indices(columns, sort_keys=[*keys, ("number", "ascending")]).to_numpy()]


def page(rows: Rows, found: np.ndarray, number: int) -> list[dict]:
    """The light columns of page `number`, from 1, of the rows found."""
    start = (number - 1) * PAGE_ROWS
    return rows.used.take(pa.array(found[start : start + PAGE_ROWS])).to_pylist()


def pairs(rows: Rows) -> list[tuple[str, str, int]]:
    """(label, predicted class, rows) of the errors, most rows first."""
    errors = rows.used.filter(pc.fill_null(pc.equal(rows.used["correct"], False), False))
    counted = errors.group_by(["label", "predicted"]).aggregate([([], "count_all")]).to_pylist()
    found = [(row["label"], row["predicted"], row["count_all"]) for row in counted]
    return sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))


def read_row(folder: Path, rows: Rows, number: int) -> RowResult | None:
    """The row of this number in full; None where the run has none that could be used. RunError where its chunk can't be read."""
    at = pc.index(rows.used["number"], number).as_py()
    if at < 0:
        return None
    chunk, place = rows.used["chunk"][at].as_py(), rows.used["place"][at].as_py()
    return _in_full(folder, rows, chunk, [place])[0]


def concordance(folder: Path, rows: Rows, word: str, predicted: str, layer: int, most: int = OCCURRENCES) -> list[Occurrence]:
    """The first occurrences of a word in the rows predicted as a class, in the order of the file; a row counts with each.

    Words are those that the model's sums know, without regard to case. Chunks are read one after the other, and only those
    whose texts hold the word. RunError where one can't be read.
    """
    found: list[Occurrence] = []
    wanted = word.strip().casefold()
    for chunk, places in _places_of(rows, wanted, predicted):
        for row in _in_full(folder, rows, chunk, places):
            found += _occurrences(row, wanted, layer)
            if len(found) >= most:
                return found[:most]
    return found


def whole_word(word: str) -> str:
    """An RE2 pattern of a whole word in any case: no letter or digit may follow or precede it where it ends or begins with one."""
    word = word.strip()
    escaped = "".join(f"\\x{{{ord(c):x}}}" if ord(c) < 128 and not c.isalnum() else c for c in word)
    before = r"(^|[^\p{L}\p{N}_])" if word[:1].isalnum() else ""
    after = r"([^\p{L}\p{N}_]|$)" if word[-1:].isalnum() else ""
    return f"(?i){before}{escaped}{after}"


def _occurrences(row: RowResult, wanted: str, layer: int) -> Iterator[Occurrence]:
    scores = row.word_scores(layer)
    size = float(np.abs(scores).sum())
    for at, word in enumerate(row.words):
        if word.casefold() == wanted:
            start, end = row.word_spans[at].tolist()
            before, after = row.joined[max(0, start - AROUND) : start], row.joined[end : end + AROUND]
            share = float(scores[at]) / size if size else 0.0
            yield Occurrence(row.number, _line(before), word, _line(after), row.predicted, row.confidence, row.correct, share)


def _line(text: str) -> str:
    """On one line."""
    return re.sub(r"\s+", " ", text.replace(PAIR_BREAK, " ⏎ "))


def _places_of(rows: Rows, wanted: str, predicted: str) -> Iterator[tuple[int, list[int]]]:
    """(chunk, places in it) of the rows of a class whose texts hold the characters of the word."""
    here = rows.used.filter(pc.equal(rows.used["predicted"], predicted)).select(["chunk", "place", "text", "text_pair"])
    for batch in here.to_batches(max_chunksize=4096):
        by_chunk: dict[int, list[int]] = {}
        for row in batch.to_pylist():
            if wanted in row["text"].casefold() or wanted in (row["text_pair"] or "").casefold():
                by_chunk.setdefault(row["chunk"], []).append(row["place"])
        yield from by_chunk.items()


def _in_full(folder: Path, rows: Rows, chunk: int, places: list[int]) -> list[RowResult]:
    """The rows at these places of a chunk. RunError."""
    with told(chunk_path(folder, chunk), GO_ON):
        table = read_columns(folder, chunk, manifest=rows.manifest, advice=GO_ON)
        read = from_table(table.take(pa.array(places)))
        if not all(isinstance(row, RowResult) for row in read):
            raise ValueError("its rows are others than before")
        return read


def _or(masks: Iterator[pa.ChunkedArray]) -> pa.ChunkedArray:
    found = None
    for mask in masks:
        mask = pc.fill_null(mask, False)
        found = mask if found is None else pc.or_(found, mask)
    return found
