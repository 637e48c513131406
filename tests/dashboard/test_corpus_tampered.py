"""Files of a run that are broken or were tampered with: refused in a sentence by whatever reads them, the page, the exports and the report."""

import io
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.corpus.store import RunError, chunk_path, read_chunk, read_columns, read_manifest
from core.corpus.words import read_words
from core.report.examples import pick_rows
from dashboard import corpus_export, corpus_table
from tests.dashboard.result_folder import LABELS, reviews, write_run


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "run", reviews())


@pytest.mark.parametrize("content", [None, b"", b"PAR1 and then nothing"])
def test_what_cannot_be_read_does_not_tell_where_it_lies(folder, content):
    path = chunk_path(folder, 0)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    reads = [lambda: read_columns(folder, 0), lambda: read_chunk(folder, 0)]
    reads += [] if content is None else [lambda: corpus_table.load_rows(folder), lambda: corpus_export.rows_parquet(folder)]
    for read in reads:
        with pytest.raises(RunError, match="“000000.parquet” can't be read: .*") as told:
            read()
        assert str(folder) not in str(told.value)


def change_column(folder, name, values):
    """Write the first chunk anew, with other values in a column; None: without the column."""
    table = pq.read_table(chunk_path(folder, 0))
    if values is None:
        table = table.drop_columns(name)
    else:
        values = values(table[name].to_pylist()) if callable(values) else values
        kind = table.schema.field(name).type if isinstance(values, list) else None
        table = table.set_column(table.column_names.index(name), name, pa.array(values, kind))
    pq.write_table(table, chunk_path(folder, 0))


def no_text(table: pa.Table, name: str) -> pa.Table:
    """The table with bytes that are no UTF-8 in the first cell of a column of texts, or of lists of texts."""
    array = table[name].combine_chunks()
    texts = array.values if pa.types.is_list(array.type) else array
    valid, ends, content = texts.buffers()
    texts = pa.Array.from_buffers(texts.type, len(texts), [valid, ends, pa.py_buffer(b"\xff" + content.to_pybytes()[1:])])
    if pa.types.is_list(array.type):
        texts = pa.ListArray.from_arrays(array.offsets, texts, mask=array.is_null())
    return table.set_column(table.column_names.index(name), name, texts)


def first(value):
    """Of a column: this value in the first row."""
    return lambda values: [value, *values[1:]]


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("scores", None, "scores"),
        ("scores", np.arange(4), "the column scores holds int64, and list<float32> is expected"),
        ("scores", first(None), "the column scores is empty in a row that needs it"),
        ("scores", first([1.0]), "cannot reshape"),
        ("scores", lambda values: [[None, *values[0][1:]], *values[1:]], "a list of the column scores has a gap"),
        ("scores", lambda values: [[float("nan"), *values[0][1:]], *values[1:]], "no number"),
        ("word_spans", first(None), "the column word_spans is empty"),
        ("word_spans", first([0]), "cannot reshape"),
        ("word_spans", first([0, 999] * 4), "beyond the 12 characters"),
        ("word_spans", first([5, 2] * 4), "beyond the 12 characters"),
        ("word_of", first([99] * 6), "tokens of words beyond the 4"),
        ("word_of", first([0]), "the words of 1 tokens, and there are 6"),
        ("tokens", first(None), "the column tokens is empty"),
        ("content_share", first([0.5]), "values of content_share, and 4 are expected"),
        ("outputs", first([0.5]), "values of outputs, and 2 are expected"),
        ("layer", first(99), "layer 99 of 4"),
        ("target", first(-1), "class -1 of 2"),
        ("own_top1", first([1.0]), "samples of other than 4 layers"),
        ("faithfulness_random", first(float("inf")), "no number"),
        ("own_top1", first([float("nan")] * 4), "no number"),
        ("word_of", first([-1] * 6), "no token of a word"),
        ("label", first(None), "without a label is right or wrong"),
        ("number", first(None), "the column number is empty"),
    ],
)  # fmt: skip
def test_a_chunk_that_was_tampered_with_is_refused_in_a_sentence(folder, name, values, told):
    """By whatever reads rows in full: the page, the run that goes on, and the report."""
    change_column(folder, name, values)
    manifest = read_manifest(folder)

    def row_in_full():
        rows = corpus_table.load_rows(folder)
        corpus_table.read_row(folder, rows, 1)

    for read in (lambda: read_chunk(folder, 0, manifest), row_in_full, lambda: pick_rows(folder, manifest)):
        with pytest.raises(RunError, match=f"“000000.parquet” can't be read: .*{re.escape(told)}"):
            read()


@pytest.mark.parametrize(
    ("name", "values"),
    [("predicted", None), ("predicted", first(None)), ("predicted", np.arange(4)), ("confidence", first(None)), ("top_words", first(None)),
     ("top_scores", first([1.0, None])), ("text", first(None)), ("correct", np.arange(4)), ("refused", np.arange(4)), ("refused", None)],
)  # fmt: skip
def test_light_columns_that_were_tampered_with_are_refused_in_a_sentence(folder, name, values):
    change_column(folder, name, values)
    for read in (corpus_table.load_rows, corpus_export.rows_parquet):
        with pytest.raises(RunError, match="“000000.parquet” can't be read"):
            read(folder)


def test_outputs_of_a_row_that_was_refused_shift_no_other_row(folder):
    before = corpus_export.rows_csv(folder, LABELS)
    change_column(folder, "outputs", lambda values: [[0.1, 0.2] if value is None else value for value in values])
    assert None in pq.read_table(chunk_path(folder, 0))["predicted"].to_pylist()
    assert corpus_export.rows_csv(folder, LABELS) == before


def test_columns_in_another_order_are_joined_all_the_same(folder):
    before = corpus_export.scores_parquet(folder)
    table = pq.read_table(chunk_path(folder, 0))
    fields = [field.with_nullable(field.name != "number") for field in reversed(list(table.schema))]
    turned = pa.table([table[field.name] for field in fields], schema=pa.schema(fields, table.schema.metadata))
    pq.write_table(turned, chunk_path(folder, 0))
    assert pq.read_table(io.BytesIO(corpus_export.scores_parquet(folder))).equals(pq.read_table(io.BytesIO(before)))
    assert corpus_export.rows_parquet(folder) and corpus_export.rows_csv(folder, LABELS)


def test_rows_that_changed_since_they_were_listed_are_refused(folder):
    rows = corpus_table.load_rows(folder)
    change_column(folder, "refused", first("Its text is empty."))
    with pytest.raises(RunError, match="others than before"):
        corpus_table.read_row(folder, rows, 1)


@pytest.mark.parametrize(
    ("name", "values"), [("low", first(None)), ("word", None), ("mean", ["a"]), ("predicted", first(None))],
)  # fmt: skip
def test_a_table_of_words_that_was_tampered_with_is_refused(folder, name, values):
    table = pq.read_table(folder / "words.parquet")
    if values is None:
        table = table.drop_columns(name)
    else:
        made = values(table[name].to_pylist()) if callable(values) else values * len(table)
        table = table.set_column(table.column_names.index(name), name, pa.array(made))
    pq.write_table(table, folder / "words.parquet")
    for read in (read_words, corpus_export.words_csv):
        with pytest.raises(RunError, match="“words.parquet” can't be read"):
            read(folder)


@pytest.mark.parametrize("name", ["text", "tokens"])
def test_texts_of_a_chunk_that_are_none_are_refused_before_they_are_passed_on(folder, name):
    """Arrow itself would copy them into what people download."""
    path = chunk_path(folder, 0)
    pq.write_table(no_text(pq.read_table(path), name), path)
    for read in (lambda: read_columns(folder, 0, ["refused", name]), lambda: corpus_export.scores_parquet(folder)):
        with pytest.raises(RunError, match="“000000.parquet” can't be read: .*UTF8"):
            read()


def test_words_that_are_no_text_are_refused_before_they_are_passed_on(folder):
    path = folder / "words.parquet"
    pq.write_table(no_text(pq.read_table(path), "word"), path)
    for read in (read_words, corpus_export.words_csv):
        with pytest.raises(RunError, match="“words.parquet” can't be read: .*UTF8"):
            read(folder)
