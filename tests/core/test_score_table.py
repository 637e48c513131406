"""The scores of a report survive Parquet unchanged."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ReportError
from core.methods import ON_DEMAND
from core.pipeline import analyse
from core.records import LayerReport, Query, SaliencyMap, Settings
from core.score_table import COLUMNS, SCHEMA, WHOLE_MODEL, read_scores, write_scores
from tests.families import TEXT


@pytest.fixture(scope="module")
def report(classifier_of) -> LayerReport:
    return analyse(classifier_of("bert"), Query("tiny", TEXT, settings=Settings(methods=ON_DEMAND)))


@pytest.fixture
def path(report, tmp_path):
    write_scores(report, tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def assert_maps_equal(one: dict[str, SaliencyMap], other: dict[str, SaliencyMap]) -> None:
    assert list(one) == list(other)
    for name, saliency in one.items():
        for field in dataclasses.fields(SaliencyMap):
            left, right = getattr(saliency, field.name), getattr(other[name], field.name)
            if isinstance(left, np.ndarray):
                np.testing.assert_array_equal(left, right)
                assert left.dtype == right.dtype
            else:
                assert left == right and type(left) is type(right)


def test_parquet_and_back_are_the_same_maps(report, path):
    assert_maps_equal(read_scores(path), report.maps)


def test_every_row_of_the_table_says_where_its_score_belongs(report, path):
    table = pq.read_table(path)
    assert {name: str(kind) for name, kind in zip(table.schema.names, table.schema.types)} == {
        name: {"float32": "float"}.get(kind, kind) for name, kind in COLUMNS.items()
    }
    assert table.schema.metadata[b"schema"] == SCHEMA.encode()
    tokens, seen = report.tokens, set()
    for row in table.to_pylist():
        saliency, layer = report.maps[row["method"]], row["layer"]
        assert row["score"] == saliency.scores[0 if layer == WHOLE_MODEL else layer, row["token"]]
        assert (layer == WHOLE_MODEL) == (not saliency.has_layers) and row["unit"] == saliency.unit
        assert row["text"] == tokens.texts[row["token"]] and row["word"] == tokens.word_of[row["token"]]
        assert (row["start"], row["end"]) == tuple(tokens.spans[row["token"]]) and row["is_special"] == (row["word"] == -1)
        seen.add((row["method"], layer, row["token"]))
    assert len(seen) == len(table) == sum(saliency.scores.size for saliency in report.maps.values())


@pytest.mark.parametrize("name", ["gpt2", "bert-headless", "xlm-roberta"])
def test_odd_texts_and_missing_heads_survive(name, classifier_of, tmp_path):
    made = analyse(classifier_of(name), Query("tiny", 'a\x00 \ud800 \u202e "cafe\u0301" \U0001f469\u200d\U0001f467'))
    pieces = (*made.tokens.texts[:-1], "\ud800")  # a tokenizer may hand them on
    write_scores(dataclasses.replace(made, tokens=dataclasses.replace(made.tokens, texts=pieces)), tmp_path / "odd.parquet")
    assert_maps_equal(read_scores(tmp_path / "odd.parquet"), made.maps)
    assert pq.read_table(tmp_path / "odd.parquet")["text"][-1].as_py() == "\N{REPLACEMENT CHARACTER}"


def _changed(path, **metadata) -> None:
    table = pq.read_table(path)
    noted = {key.decode(): value for key, value in table.schema.metadata.items()} | metadata
    pq.write_table(table.replace_schema_metadata({key: value for key, value in noted.items() if value is not None}), path)


def test_another_schema_is_refused_in_a_sentence(path):
    for schema in ("layer-saliency/scores/9", None):
        _changed(path, schema=schema)
        with pytest.raises(ReportError, match="schema"):
            read_scores(path)


@pytest.mark.parametrize("maps", ["", "{", "[]", "3", "null", '[{"method": "decoded"}]', '{"a": 1}', "[" * 100_000])
def test_damaged_metadata_is_refused_in_a_sentence(maps, path):
    _changed(path, maps=maps)
    with pytest.raises(ReportError, match=r"damaged.*\.$"):
        read_scores(path)


def test_rows_and_columns_that_are_missing_are_refused(path):
    table = pq.read_table(path)
    for damaged in (table.slice(1), table.drop_columns("score"), pa.concat_tables([table, table.slice(0, 1)])):
        pq.write_table(damaged, path)
        with pytest.raises(ReportError, match="damaged"):
            read_scores(path)
    pq.write_table(table.set_column(table.schema.get_field_index("score"), "score", table["score"].cast(pa.string())), path)
    with pytest.raises(ReportError, match="damaged"):
        read_scores(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nonsense" * 100])
def test_what_is_no_parquet_is_refused_in_a_sentence(content, tmp_path):
    (tmp_path / "x.parquet").write_bytes(content)
    for path in (tmp_path / "x.parquet", tmp_path / "absent.parquet"):
        with pytest.raises(ReportError, match=r"can't be read.*\.$"):
            read_scores(path)
