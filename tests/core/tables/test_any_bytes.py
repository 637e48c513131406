"""Any bytes, under any format, give a table or a sentence."""

import csv
import gzip
import json
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.tables.format import ENCODINGS, PAGE_LIMITS, Format
from core.tables.guess import guess_format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.table import Refused
from core.tables.texts import RefusedRow, TextRow, guess_columns, read_texts
from tests.core.tables.hostile import of_columns, with_shared_strings, zipped

TIGHT = replace(PAGE_LIMITS, file=5_000, unpacked=20_000, rows=20, columns=8, cell=60, row=200, members=12)
FAST = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
MARKS = st.text(alphabet='ab1é"\\,;\t|\n\r\0{}[]:. \ud800😀\ufeff', max_size=120).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
NAMES = st.sampled_from(
    [f"a{dot}" for dot in ("", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".xlsx", ".zip", ".csv.gz", ".xlsx.gz")]
)
TEXT_FORMATS = st.builds(
    Format, st.sampled_from(["txt", "csv", "tsv", "jsonl", "json"]), st.sampled_from(ENCODINGS), st.sampled_from(',;\t| a"'[:-1]),
    st.booleans(), one_text=st.booleans(),
)  # fmt: skip


def read_all(source, format, limits=TIGHT):
    """Every row, all that is promised of it checked; DataError for a file that can't be read."""
    try:
        table = open_table(source, format, limits)
        assert all(table.columns) and len(set(table.columns)) == len(table.columns) <= limits.columns
        found, last = [], 0
        for number, cells in table.rows():
            assert last < number <= limits.rows + 1
            last = number
            if isinstance(cells, Refused):
                assert cells.reason.endswith((".", "?"))
            else:
                assert len(cells) == len(table.columns)
                assert all(len(cell) <= limits.cell and "\0" not in cell and cell.encode() is not None for cell in cells)
            found.append(cells)
    except DataError as error:
        assert str(error)[-1] in ".?)"
        return None
    if table.columns:
        texts = list(read_texts(table, guess_columns(table.columns, found)))
        assert len(texts) == len(found) and all(isinstance(text, TextRow | RefusedRow) for text in texts)
    return found


def guess_and_read(source, limits=TIGHT):
    try:
        guess = guess_format(source, limits)
    except DataError as error:
        assert str(error)[-1] in ".?)"
        return None
    assert (guess.needs == "encoding") == bool(guess.encodings)
    return read_all(source, guess.format, limits)


@FAST
@given(st.binary(max_size=300) | MARKS, TEXT_FORMATS)
@example(b"\xff", Format("csv", "utf-16"))
@example(b"a,b\n" * 30, Format("csv"))
def test_any_bytes_in_any_format_of_text(content, format):
    read_all(Source("a", content=content), format)


@FAST
@given(st.binary(max_size=300) | MARKS, NAMES)
def test_any_bytes_under_any_name(content, name):
    guess_and_read(Source(name, content=content))


@FAST
@given(st.data())
@pytest.mark.parametrize("what", ["zip", "gz"])
def test_what_is_packed_and_then_damaged(what, data):
    content = bytearray({"zip": zipped(a__csv=b"text,label\nx,1\n" * 9), "gz": GZ}[what])
    damage(content, data)
    guess_and_read(Source(f"a.{what}", content=bytes(content)))
    read_all(Source("a", content=bytes(content)), Format("csv", member="a.csv"))


@settings(FAST, max_examples=10)  # each starts processes
@given(st.data())
def test_a_workbook_that_is_damaged(data):
    content = bytearray(WORKBOOK)
    damage(content, data)
    guess_and_read(Source("a.xlsx", content=bytes(content)), replace(TIGHT, file=50_000, unpacked=500_000))


@settings(FAST, max_examples=15)
@given(st.data())
def test_a_workbook_with_a_damaged_part(data):
    with zipfile.ZipFile(BytesIO(WORKBOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(
        st.sampled_from(
            [
                "[Content_Types].xml",
                "xl/workbook.xml",
                "xl/_rels/workbook.xml.rels",
                "xl/styles.xml",
                "xl/sharedStrings.xml",
                "xl/worksheets/sheet1.xml",
            ]
        )
    )
    part = bytearray(parts[name])
    damage(part, data)
    guess_and_read(
        Source("a.xlsx", content=zipped(**(parts | {name: bytes(part)}))), replace(TIGHT, file=50_000, unpacked=500_000)
    )


@settings(FAST, max_examples=15)  # each starts processes
@given(st.data())
def test_parquet_that_is_damaged(data):
    content = bytearray(of_columns({"text": ["some text", None, "more"] * 9, "n": [1, 2.5, None] * 9, "l": [[1], [], None] * 9}))
    damage(content, data)
    read_all(Source("a.parquet", content=bytes(content)), Format("parquet"))


WORKBOOK, GZ = with_shared_strings(), gzip.compress(b"text,label\nx,1\n" * 9)


def damage(content: bytearray, data) -> None:
    """Change up to five bytes, or cut."""
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)


@FAST
@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=15),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
def test_a_written_csv_is_read_as_it_was(rows, delimiter, encoding):
    written = StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    found = read_all(
        Source("a", content=written.getvalue().encode(encoding)), Format("csv", encoding, delimiter), replace(TIGHT, row=2_000)
    )
    assert found == rows


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@FAST
@given(st.lists(st.tuples(TEXTS, VALUES), min_size=1, max_size=9), st.sampled_from([None, 1]), st.booleans(), st.booleans())
def test_written_json_is_read_as_it_was_however_it_is_broken_into_lines(rows, indent, is_list, ascii):
    rows = [{"text": text, "value": value} for text, value in rows]
    written = [json.dumps(row, indent=indent, ensure_ascii=ascii) for row in rows]
    content = "[" + ",\n".join(written) + "]" if is_list else "\n".join(written)
    found = read_all(Source("a", content=content.encode()), Format("json"), replace(TIGHT, cell=9_000, row=9_000))
    assert [cells[0] for cells in found] == [row["text"] for row in rows]
    for cells, row in zip(found, rows):
        if not isinstance(row["value"], str | None):
            assert json.loads(cells[1]) == row["value"]
