"""What is guessed of a file that nobody described."""

import pytest

from core.tables.format import PAGE_LIMITS, Format
from core.tables.guess import guess_format
from core.tables.source import Source
from core.tables.texts import Columns, guess_columns
from tests.core.tables.hostile import zipped


def guess(content, name="a.csv", **options):
    return guess_format(Source(name, content=content if isinstance(content, bytes) else content.encode()), PAGE_LIMITS, **options)


PROSE = "A film, slow, and long, yet fine\nIt is dull\nGood, in parts; bad, in others\nFine, really, and, well, odd\n"


@pytest.mark.parametrize(
    "content, name, format",
    [
        ("text;label\n" + "a, b, c; d\n".replace("; ", ";") * 9, "a.csv", Format("csv", delimiter=";")),
        ('text;label\n"one; two, three";1\nfour, five;0\n', "a.csv", Format("csv", delimiter=";")),
        ("label\ttext\n1\tone, two\n0\tthree\n", "a.csv", Format("tsv", delimiter="\t")),
        ("label\ttext\n1\tone, two\n0\tthree\n", "pasted", Format("tsv", delimiter="\t")),
        ('label\ttext\n1\t"open\n0\tthree\n', "a.tsv", Format("tsv", delimiter="\t")),
        ('label\ttext\n1\t"two\nlines"\n0\tthree\n', "a.tsv", Format("csv", delimiter="\t")),
        ('"3","Title","A text, with comma"\n"4","","Only text"\n', "a.csv", Format("csv", has_header=False)),
        ("a charming film,positive\na dull film,negative\nfine,positive\n", "a.csv", Format("csv", has_header=False)),
        ("charming,positive\ndull,negative\nfine,positive\n", "a.csv", Format("csv", has_header=False)),
        (",review,x\n0,fine,y\n1,dull,y\n", "a.csv", Format("csv")),
        ("text\nA film, slow, and long\nIt is dull\n", "a.csv", Format("csv")),
        (PROSE, "a.txt", Format("txt")),
        (PROSE, "pasted", Format("txt")),
        ("One line, with a comma", "pasted", Format("txt")),
        ("text,label\nx,1\n", "a.txt", Format("txt")),
        ('{"a": 1}\n{"a": 2}\n', "a.ndjson", Format("jsonl")),
        ('{"a": 1}\n{"a": 2}\n', "pasted", Format("jsonl")),
        ('{"a": 1,\n"b": 2}\n', "pasted", Format("json")),
        (' [{"a": 1}]', "pasted", Format("json")),
        ("[so it began] and went\non\n", "a.txt", Format("txt")),
    ],
)  # fmt: skip
def test_kind_separator_and_header(content, name, format):
    assert guess(content, name).format == format


def test_an_encoding_that_isn_t_certain_is_asked():
    found = guess("text,label\ncafé crème,1\n".encode("latin-1"))
    assert found.needs == "encoding" and found.encodings[0] == found.format.encoding == "cp1252" and "latin-1" in found.encodings
    chosen = guess("text,label\ncafé crème,1\n".encode("latin-1"), encoding="iso8859-15")
    assert chosen.needs is None and chosen.format.encoding == "iso8859-15" and chosen.encodings
    for text, encoding in (
        ("фильм очень хороший", "cp1251"),
        ("とても良い映画でした", "shift_jis"),
        ("这部电影非常好", "gb18030"),
        ("plain", "utf-16-le"),
    ):
        found = guess(f"{text}\n{text}\n".encode(encoding), "a.txt")
        assert found.needs == "encoding" and encoding in found.encodings
    assert guess("text\nx\n".encode("utf-16-be")).format.encoding == "utf-16-be"
    assert guess("text\ncafé 😀\n").needs is None


def test_a_letter_cut_by_the_sample_is_no_doubt():
    for n in range(4):
        assert guess("x" * n + "é😀" * 60_000, "a.txt").needs is None


def test_another_file_of_a_zip_may_be_chosen():
    content = zipped(a__csv=b"text;x\ny;1\n", b__txt=b"text", c__bin=b"\0")
    assert guess(content, "a.zip").format == Format("csv", delimiter=";", member="a.csv")
    found = guess(content, "a.zip", member="b.txt")
    assert found.format == Format("txt", member="b.txt") and found.members == ("a.csv", "b.txt") and "c.bin" in found.notes[0]


@pytest.mark.parametrize(
    "columns, rows, found",
    [
        (("label", "sentence"), [], Columns("sentence", label="label")),
        (("idx", "Sentence1", "sentence2", "gold label"), [], Columns("Sentence1", "sentence2", "gold label", "idx")),
        (("text", "rationale", "class", "uid"), [], Columns("text", None, "class", "uid", "rationale")),
        (
            ("1", "2", "3"),
            [("34"[n % 2], f"T{n}", "a long text it is") for n in range(6)],
            Columns("3", label="1"),
        ),
        (("a", "b"), [("a text", "x y"), ("b text it is", "z")], Columns("a")),
        (("label",), [("x",)], Columns("label")),
        (("text",), [], Columns("text")),
    ],
)
def test_columns_by_name_and_else_by_what_they_hold(columns, rows, found):
    assert guess_columns(columns, rows) == found
