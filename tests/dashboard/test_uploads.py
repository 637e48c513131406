"""What a person drops or pastes: a table of texts, or a sentence why not."""

import gzip
import io
import zipfile
from dataclasses import replace

import pytest

from core.catalog import CATALOG
from core.errors import DataError
from core.tables.format import PAGE_LIMITS, Format
from core.tables.texts import Columns
from dashboard import uploads

CSV = b'id,review,verdict\n1,Good.,pos\n2,,neg\n3,"Bad, really.",neg\n'
LATIN = "nom;avis\n1;Très bon, et naïf\n2;Rien à voir\n".encode("latin-1")


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def test_a_file_is_named_by_its_last_part_alone():
    assert uploads.take("C:\\reviews\\../a.csv", CSV).name == "a.csv"
    assert uploads.take("../../etc/b.csv", CSV).name == "b.csv"
    assert len(uploads.take("x" * 5000 + ".csv", CSV).name) == uploads.LONGEST_NAME


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.csv", b"", "“a.csv” is empty"),
        ("a.pdf", b"%PDF-1.4", "is a PDF. Save its text as .txt"),
        ("a.csv", b"\x80\x04\x95 pickle", "pickle, which may hold code"),
        ("a.zip", zipped(image_png=b"x"), "no file that can be read"),
        ("a.zip", b"PK\x03\x04 broken", "no whole zip"),
        ("a.csv.gz", gzip.compress(b"a,b\n" * 15_000_000), "more than 50 MB, unpacked; at most so much is read"),
        ("a.csv", b"a,b\n" * 6_000_000, "more than 20 MB, the most that is read: it has 24 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(name, content, said):
    with pytest.raises(DataError, match=said):
        upload = uploads.take(name, content)
        uploads.count(upload, uploads.look(upload).format, Columns("a"))


def test_files_of_one_person_have_a_number_and_a_size():
    few = tuple(uploads.take(f"{n}.csv", CSV) for n in range(uploads.MOST_FILES))
    with pytest.raises(DataError, match="files are here already"):
        uploads.take("more.csv", CSV, few)
    large = uploads.take("large.txt", b"word " * 3_900_000)
    with pytest.raises(DataError, match="together may have 40 MB"):
        uploads.take("more.txt", large.source.content, (large, large))


def test_a_table_is_previewed_with_a_guess_of_its_columns():
    upload = uploads.take("a.csv", CSV)
    found = uploads.preview(upload, uploads.look(upload).format)
    assert found.columns == ("id", "review", "verdict")
    assert found.rows == ((1, ("1", "Good.", "pos")), (2, ("2", "", "neg")), (3, ("3", "Bad, really.", "neg")))
    assert (found.guess.text, found.guess.id) == ("review", "id")


def test_a_broken_row_is_shown_where_it_stands():
    upload = uploads.take("a.csv", b"text,label\nfine,1\none,two,three\nfine,0\n")
    rows = dict(uploads.preview(upload, uploads.look(upload).format).rows)
    assert rows[1] == ("fine", "1") and "3 cells" in rows[2] and rows[3] == ("fine", "0")


def test_long_cells_are_cut_in_the_preview_alone():
    upload = uploads.take("a.csv", b"text,label\n" + b"word " * 1000 + b",1\n" * 3)
    (_, (text, _)), *_ = uploads.preview(upload, Format("csv")).rows
    assert len(text) == uploads.SHOWN_CELL and text.endswith("…")


def test_rows_are_counted_with_those_that_cannot_be_used_and_the_labels():
    count = uploads.count(uploads.take("a.csv", CSV), Format("csv"), Columns("review", label="verdict"))
    assert (count.n_rows, count.n_unusable, count.is_all) == (3, 1, True)
    assert count.unusable == ((2, "Its text is empty."),)
    assert dict(count.labels) == {"pos": 1, "neg": 1} and count.n_labels == 2


def test_of_a_long_file_the_beginning_is_counted(monkeypatch):
    monkeypatch.setattr(uploads, "COUNTED", 10)
    for n, is_all in ((9, True), (10, True), (11, False)):
        count = uploads.count(uploads.take("a.txt", b"word\n" * n), Format("txt"), Columns("text"))
        assert (count.n_rows, count.is_all) == (min(n, 10), is_all)


def test_an_encoding_that_is_not_certain_is_asked_for_with_what_it_decides():
    upload = uploads.take("a.csv", LATIN)
    guess = uploads.look(upload)
    assert guess.needs == "encoding"
    found = uploads.readings(upload, None, guess.encodings)
    assert found["cp1252"] == ("1;Très bon, et naïf", "2;Rien à voir")
    assert len(set(found.values())) == len(found) and "latin-1" not in found  # it reads these as cp1252 does
    assert uploads.look(upload, encoding="cp1252").needs is None


def test_of_a_zip_one_file_is_read():
    upload = uploads.take("both.zip", zipped(one_csv=CSV, two_txt=b"A line.\nAnother.\n"))
    assert uploads.look(upload).members == ("one.csv", "two.txt")
    guess = uploads.look(upload, "two.txt")
    assert uploads.preview(upload, guess.format).rows == ((1, ("A line.",)), (2, ("Another.",)))


def test_pasted_rows_are_a_file():
    upload = uploads.paste("text\tlabel\nA film to remember.\tpositive\nTwo hours lost.\tnegative\n")
    guess = uploads.look(upload)
    assert guess.format.kind == "tsv" and uploads.preview(upload, guess.format).columns == ("text", "label")
    lines = uploads.paste("One line\nand another, with a comma\n")
    assert uploads.look(lines).format == Format("txt")


@pytest.mark.parametrize(
    "text, said", [("  \n ", "Nothing was pasted"), ("x" * (uploads.LONGEST_PASTE + 1), "at most 400,000 are taken")]
)
def test_what_cannot_be_pasted(text, said):
    with pytest.raises(DataError, match=said):
        uploads.paste(text)


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_model_has_example_sentences(name):
    spec = CATALOG[name]
    upload = uploads.example_file(spec)
    guess = uploads.look(upload)
    found = uploads.preview(upload, guess.format)
    assert (found.guess.text_pair is not None) == bool(spec.pair)
    count = uploads.count(upload, guess.format, found.guess)
    assert count.n_rows == len(uploads.examples_for(spec)) > 1 and not count.n_unusable
    if spec.path is not None:
        assert count.n_rows == uploads.N_EXAMPLES


def test_a_model_of_ones_own_has_example_sentences_too():
    spec = replace(CATALOG["sentiment"], name="./mine", gallery=(), pair=None)
    assert len(uploads.examples_for(spec)) == uploads.N_EXAMPLES


def test_one_column_is_one_thing():
    with pytest.raises(DataError, match="“a” is chosen for two things"):
        uploads.columns_of({"text": "a", "label": "a", "id": None})
    assert uploads.columns_of({"text": "a", "label": "b", "id": None}) == Columns("a", label="b")


def test_the_limits_are_those_of_the_page():
    assert PAGE_LIMITS.file <= 20_000_000 < uploads.MOST_BYTES  # .streamlit/config.toml: server.maxUploadSize


def test_pasted_rows_and_examples_count_among_the_files_that_lie_here():
    here = tuple(uploads.paste(f"text\nrow {number}\n") for number in range(uploads.MOST_FILES))
    for more in (lambda: uploads.paste("text\none more\n", here), lambda: uploads.example_file(CATALOG["sentiment"], here)):
        with pytest.raises(DataError, match="files are here already"):
            more()


@pytest.mark.parametrize("ending", [".txt", ".csv.gz", ".tsv", "." + "x" * 300])
def test_a_long_name_keeps_its_ending(ending):
    content = b"one, two\nthree, four\nfive, six\n"
    upload = uploads.take("a" * 200 + ending, gzip.compress(content) if ending.endswith("gz") else content)
    assert len(upload.name) <= uploads.LONGEST_NAME and upload.name.endswith(ending[-50:])
    assert uploads.look(upload).format.kind == {".txt": "txt", ".tsv": "tsv"}.get(ending, "csv")


@pytest.mark.parametrize("content", [b"\n\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_a_table_of_empty_rows_is_a_sentence(content):
    with pytest.raises(DataError, match="nothing but empty rows"):
        uploads.preview(uploads.take("a.csv", content), Format("csv"))
