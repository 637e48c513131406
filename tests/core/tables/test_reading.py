"""What is read of files of every kind."""

import datetime
import errno
import gzip
import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from core.errors import DataError
from core.tables import guarded, json_values
from core.tables.format import PAGE_LIMITS, Format
from core.tables.guess import guess_format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.table import Refused, named
from tests.core.tables.hostile import of_columns, sheet, sized, with_part, with_shared_strings, workbook, zipped

ROWS = [("a “quoted” film, really", "1"), ("dull; but\tlong", "0")]
CSV = 'text,label\n"a “quoted” film, really",1\ndull; but\tlong,0\n'
JSONL = '{"text": "a “quoted” film, really", "label": 1}\n{"text": "dull; but\\tlong", "label": 0}\n'


def read(content, format, limits=PAGE_LIMITS):
    """The columns, and the cells of each row by number."""
    table = open_table(Source("a", content=content if isinstance(content, bytes) else content.encode()), format, limits)
    assert list(table.rows()) == list(table.rows())  # a table is read as often as one likes
    return table.columns, dict(table.rows())


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.csv", CSV.encode()),
        ("a.csv", CSV.replace("\n", "\r\n").encode("utf-8-sig")),
        ("a.csv", CSV.replace("\n", "\r").encode("utf-16")),
        ("a.csv", CSV.replace("\n0", "\r\n0").encode("utf-32")),
        ("a", b"text;label\n\"a \xe2\x80\x9cquoted\xe2\x80\x9d film, really\";1\n\"dull; but\tlong\";0\n"),
        ("a.csv", 'text|label\na “quoted” film, really|1\ndull; but\tlong|0'.encode()),
        ("a.tsv", 'text\tlabel\n"a “quoted” film, really"\t1\n"dull; but\tlong"\t0\n'.encode()),
        ("a.jsonl", JSONL.encode()),
        ("a", JSONL.encode()),
        ("a.json", f"[{JSONL.strip().replace(chr(10), ',')}]".encode()),
        ("a.json", JSONL.replace(', "label', ',\n "label').encode("utf-16")),
        ("a.xlsx", workbook([["text", "label"], [ROWS[0][0], 1], [ROWS[1][0], 0.0]])),
        ("a.parquet", of_columns({"text": [text for text, _ in ROWS], "label": [1, 0]})),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
def test_every_kind_of_file_gives_the_same_rows(name, content, packed, tmp_path):
    if packed == ".zip":
        if name == "a":
            pytest.skip("the files of a zip are known by their names")
        content = zipped(**{name: content, "notes.doc": b"other", "__MACOSX/._" + name: b"x"})
    (tmp_path / (name + packed)).write_bytes(gzip.compress(content) if packed == ".gz" else content)
    for source in Source.of(tmp_path / (name + packed)), Source(name + packed, content=(tmp_path / (name + packed)).read_bytes()):
        guess = guess_format(source, PAGE_LIMITS)
        assert guess.needs is None and guess.members == ((name,) if packed == ".zip" else ())
        assert Format.from_dict(guess.format.as_dict()) == guess.format and len({guess.format, Format("txt")}) == 2
        table = open_table(source, guess.format, PAGE_LIMITS)
        assert table.columns == ("text", "label") and [cells for _, cells in table.rows()] == ROWS


def test_rows_are_numbered_as_they_stand_and_refused_by_number():
    content = 'text,label\ngood,1\n\nshort\nlong,1,2\n"trailing",1,,\n"broken"x,1\n"two\nlines",0\nx\0,1\n'
    _, rows = read(content, Format("csv"))
    good = {number: cells for number, cells in rows.items() if not isinstance(cells, Refused)}
    assert good == {1: ("good", "1"), 5: ("trailing", "1"), 7: ("two\nlines", "0")}
    assert {number: rows[number].reason.split(";")[0].split("(")[0] for number in rows.keys() - good.keys()} == {
        3: "It has 1 cells", 4: "It has 3 cells", 6: "Its quotes are broken ", 8: "Its cell 1 holds a NUL character, which no text has. Remove it.",
    }  # fmt: skip


def test_a_quote_that_never_closes_costs_its_own_line_only():
    _, rows = read('text,label\n"good\nfilm",1\n"open,1\n' + "dull,0\n" * 50, Format("csv"))
    assert rows.pop(1) == ("good\nfilm", "1") and "quotes" in rows.pop(2).reason
    assert list(rows) == [*range(3, 53)] and set(rows.values()) == {("dull", "0")}


def test_a_tsv_knows_no_quotes():
    assert read('text\tlabel\n"open\t1\na " b\t0\n', Format("tsv")) == (("text", "label"), {1: ('"open', "1"), 2: ('a " b', "0")})


def test_without_header_columns_are_numbers_and_names_are_each_once():
    assert read("a,b\nc,d\n", Format("csv", has_header=False)) == (("1", "2"), {1: ("a", "b"), 2: ("c", "d")})
    assert named(["text", "", " text ", "text (2)", "x" * 300, ""]) == (
        "text",
        "column 2",
        "text (2)",
        "text (2) (2)",
        "x" * 200,
        "column 6",
    )
    assert read("text\n", Format("csv")) == (("text",), {})
    assert read("\n\n", Format("csv")) == ((), {})


def test_a_text_file_is_a_text_a_line_or_one_text():
    content = "a film, b\r\n\r\n x \n".encode("utf-16")
    assert read(content, Format("txt", "utf-16")) == (("text",), {1: ("a film, b",), 3: (" x ",)})
    assert read(content, Format("txt", "utf-16", one_text=True))[1] == {1: ("a film, b\r\n\r\n x \n",)}


def test_bytes_that_the_encoding_doesn_t_know_spoil_their_own_row():
    _, rows = read(b"text\ncaf\xe9\ncaf\xc3\xa9\n\xff\xfe\xfd\n", Format("csv"))
    assert rows[2] == ("café",) and all("utf-8" in rows[number].reason for number in (1, 3))


def test_json_keeps_what_is_written():
    content = (
        '[{"text": "x", "n": 1.50, "l": [1.0, {"é": null}], "none": null, "nan": NaN, "yes": true, "big": %s},"bare",3,{"text": "\\ud800y"}]'
        % ("9" * 5_000)
    )
    columns, rows = read(content, Format("json"))
    assert columns == ("text", "n", "l", "none", "nan", "yes", "big")
    assert rows[1] == ("x", "1.50", '[1.0, {"é": null}]', "", "", "true", "9" * 5_000)
    assert rows[2][0] == "bare" and rows[4][0] == "\ufffdy" and "no JSON object" in rows[3].reason


def test_json_columns_are_keys_of_the_first_thousand_rows():
    table = open_table(Source("a", content=b'{"a": 1}\n' * 1_000 + b'{"b": 2, "a": 3}'), Format("jsonl"), PAGE_LIMITS)
    assert table.columns == ("a",) and list(table.rows())[-1] == (1_001, ("3",)) and "1,000" in table.notes[0]


def test_a_workbook_is_read_as_openpyxl_reads_it():
    """Two sheets, dates, numbers, empty rows and cells; the cells that openpyxl wrote, read by it and by us."""
    book, saved = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "first"
    sheet = book.create_sheet("the second & last")
    written = [
        ["text", "when", "at", "n", "yes"], ["a\nb <i>", datetime.date(2026, 1, 31), datetime.time(12, 30), 0.1, True], [],
        [None, datetime.datetime(1999, 12, 31, 23, 59, 58), None, 12_345_678_901, False], [" é ", datetime.date(1900, 1, 1), None, -1.5, None],
    ]  # fmt: skip
    for row in written:
        sheet.append(row)
    book.save(saved)
    guess = guess_format(Source("a.xlsx", content=saved.getvalue()), PAGE_LIMITS)
    assert guess.sheets == ("first", "the second & last") and guess.format.sheet == "first"
    columns, rows = read(saved.getvalue(), Format("xlsx", sheet="the second & last"))
    assert columns == tuple(written[0])
    again = openpyxl.load_workbook(saved, read_only=True)["the second & last"]
    expected = [
        tuple("" if cell is None else str(cell).lower() if cell in (True, False) else str(cell) for cell in row)
        for row in again.values
    ]
    assert rows[1] == (expected[1][0], expected[1][1].removesuffix(" 00:00:00"), *expected[1][2:])
    assert rows[3] == expected[3] and rows[4] == (" é ", "1900-01-01", "", "-1.5", "") and 2 not in rows
    with pytest.raises(DataError, match="no sheet “third”"):
        read(saved.getvalue(), Format("xlsx", sheet="third"))


def test_a_workbook_s_cells_are_texts_as_a_person_would_write_them():
    """Errors, results of formulas (an empty text among them), dates from 1904, hours beyond a day, numbers; what a row can't give is its own matter."""
    cells = b"""<row r="1"><c t="str"><v>text</v></c><c t="str"><v>n</v></c></row>
        <row r="2"><c t="e"><f>1/0</f><v>#DIV/0!</v></c><c><v>1E5</v></c></row>
        <row r="3"><c t="str"><f>T(1)</f><v></v></c><c><v>0.10000000000000001</v></c></row>
        <row r="4"><c t="b"><v>0</v></c><c><f>1+1</f><v>2</v></c></row>
        <row r="5"><c><f>1+1</f><v/></c></row>
        <row r="6"><c><v>NaN</v></c></row>
        <row r="7"><c t="s"><v>3</v></c></row>
        <row r="8"><c t="inlineStr"><is><r><t>a </t></r><r><t>b</t></r></is></c><c t="d"><v>2026-01-31T00:00:00</v></c></row>
        <row r="8"><c r="A4"><v>-0.0</v></c></row><row r="3"><c/><c><v>12345678901234567890</v></c></row>"""
    columns, rows = read(sheet(cells), Format("xlsx"))
    refused = {number: rows.pop(number).reason for number in (4, 5, 6)}
    assert columns == ("text", "n") and rows == {
        1: ("#DIV/0!", "100000"), 2: ("", "0.1"), 3: ("false", "2"), 7: ("a b", "2026-01-31"), 8: ("-0", ""), 9: ("", "12345678901234567890"),
    }  # fmt: skip
    assert "formula" in refused[4] and "NaN" in refused[5] and "refers" in refused[6]


def test_dates_of_a_workbook_count_from_its_own_first_day():
    book, saved = openpyxl.Workbook(), io.BytesIO()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["when", "took", "at"])
    book.active.append(
        [
            datetime.date(2026, 1, 31),
            datetime.timedelta(days=1, hours=2, minutes=3),
            datetime.datetime(2026, 1, 31, 1, 2, 3, 500_000),
        ]
    )
    book.active.append([None, -datetime.timedelta(minutes=1), datetime.time(1, 2)])
    book.save(saved)
    _, rows = read(saved.getvalue(), Format("xlsx"))
    assert rows == {1: ("2026-01-31", "26:03:00", "2026-01-31 01:02:03.500"), 2: ("", "-00:01:00", "01:02:00")}


def test_the_size_that_a_sheet_declares_is_not_believed():
    for claimed in (b"A1:XFD1048576", b"A1", b"C7:C9", b"nonsense"):
        assert read(sized(claimed), Format("xlsx")) == (("text",), {1: ("x",)})


def test_a_strict_workbook_is_refused_and_not_read_as_an_empty_one():
    content = workbook()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            strict = archive.read(part).replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
            )
            strict = strict.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
            )
            content = with_part(part, strict, content)
    with pytest.raises(DataError, match="Strict Open XML"):
        read(content, Format("xlsx"))


def test_a_workbook_without_header_has_as_many_columns_as_its_widest_row():
    content = workbook([["a"], ["b", None, "c"], [None, "d"]])
    expected = {1: ("a", "", ""), 2: ("b", "", "c"), 3: ("", "d", "")}
    assert read(content, Format("xlsx", has_header=False)) == (("1", "2", "3"), expected)
    assert "column 3" in read(content, Format("xlsx"))[1][1].reason


def test_texts_of_a_workbook_that_are_shared_are_found():
    assert read(with_shared_strings(), Format("xlsx")) == (("text",), {2: ("a film",)})


def test_parquet_keeps_what_is_written():
    columns = {
        "text": ["x", None], "n": [1, None], "f": [0.5, float("nan")], "l": [[1, 2], None], "s": [{"a": "é"}, None],
        "when": [datetime.date(2026, 1, 31), None], "picture": [b"\xff\xd8", b"text"],
    }  # fmt: skip
    assert read(of_columns(columns), Format("parquet"))[1] == {
        1: ("x", "1", "0.5", "[1, 2]", '{"a": "é"}', "2026-01-31", "(2 bytes)"), 2: ("", "", "", "", "", "", "text"),
    }  # fmt: skip


def test_a_table_can_be_left_in_the_middle():
    """The process that reads Parquet ends with it, and files can be deleted."""
    rows = open_table(Source("a", content=of_columns({"text": ["x"] * 9_999})), Format("parquet"), PAGE_LIMITS).rows()
    assert next(rows) == (1, ("x",))
    rows.close()


def test_a_source_is_one_of_two_and_its_fingerprint_is_of_its_bytes(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text\nx\n")
    one, same, other = Source.of(tmp_path / "a.csv"), Source("b", content=b"text\nx\n"), Source("b", content=b"text\ny\n")
    assert one.size == same.size == 7 and one.fingerprint() == same.fingerprint() != other.fingerprint()
    for wrong in ({}, {"path": tmp_path, "content": b""}):
        with pytest.raises(ValueError):
            Source("a", **wrong)
    for missing in (tmp_path / "no.csv", tmp_path, "a\0b"):
        with pytest.raises(DataError, match="[.]$"):
            guess_format(Source.of(missing), PAGE_LIMITS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "doc"},
        {"encoding": "rot13"},
        {"delimiter": ""},
        {"delimiter": '"'},
        {"member": 3},
        {"other": 1},
        {"encoding": ["utf-8"]},
    ],
)
def test_a_format_that_can_t_be_is_refused(wrong):
    with pytest.raises(ValueError):
        Format.from_dict({"kind": "csv"} | wrong)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_the_wrong_format_ends_in_a_sentence(kind):
    with pytest.raises(DataError, match="[.]$"):
        read(zipped(a__csv=b"text\nx\n"), Format(kind))
    with pytest.raises(DataError, match="holds no file “b.csv”"):
        read(zipped(a__csv=b"text\nx\n"), Format(kind, member="b.csv"))


def test_quotes_that_never_close_on_every_line_end_in_a_sentence_and_now_and_then_in_none():
    small = replace(PAGE_LIMITS, row=1_000)
    table = open_table(Source("a", content=b"a,b\n" + b'a","\n' * 5_000), Format("csv"), small)  # each would have the 1,000 after it read again
    with pytest.raises(DataError, match="Too many of its lines open a quote that doesn't close"):
        list(table.rows())
    _, rows = read(b"a,b\n" + (b'"never closed\n' + b"one,two\n" * 100) * 50, Format("csv"), small)
    assert len(rows) == 50 * 101 and sum(isinstance(row, Refused) for row in rows.values()) == 50


@pytest.mark.parametrize("piece", ["[],", "[[[[]]]],", "{},"])
def test_brackets_are_looked_through_a_few_times_at_most(monkeypatch, piece):
    looked = []

    def nested(block, place, depth, real=json_values._nested):
        looked.append(len(block) - place)
        return real(block, place, depth)

    monkeypatch.setattr(json_values, "_nested", nested)
    written = "[" + piece * 20_000 + "1]"
    assert sum(1 for _ in json_values.split_values(io.StringIO(written), 1_000)) == 20_001
    assert sum(looked) < 40 * len(written)


def test_one_sign_alone_is_no_utf_16():
    assert guess_format(Source("a.txt", content=b"a"), PAGE_LIMITS).format == Format("txt")


def test_a_reader_that_can_t_be_started_says_why(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(guarded.subprocess, "Popen", full)
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match="Too many open files"):
        open_table(Source.of(path), Format("parquet"), PAGE_LIMITS)
