"""Any bytes under any name: txt, csv, tsv, jsonl, json, zip, gz; and the guess of encoding, kind, separator, header, columns."""

import gzip
import json
from dataclasses import replace

from core.errors import DataError
from core.tables.format import ENCODINGS, PAGE_LIMITS, TEXT_KINDS, Format
from core.tables.guess import guess_format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.table import Refused, Table
from core.tables.texts import RefusedRow, TextRow, guess_columns, read_texts
from tests.core.tables.hostile import zipped
from tests.fuzz.checks import REFUSED, check_sentence, refused_or
from tests.fuzz.pieces import Pieces

TIGHT = replace(PAGE_LIMITS, file=5_000, unpacked=20_000, rows=20, columns=8, cell=60, row=200, members=12)
WIDE = replace(PAGE_LIMITS, seconds=5)
NAMES = tuple(f"a{dot}" for dot in ("", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".zip", ".csv.gz", ".md"))
DELIMITERS = ',;\t| a"'[:-1]
CSV = b'text,label\n"a ""fine"" film",1\ndull,0\n\n"two\nlines",1,\n'
STARTS = (
    CSV, CSV.decode().encode("utf-16"), "text;Sterne\nschöner Film;5\nöde;1\n".encode("cp1252"), "фильм\nхороший\n".encode("koi8-r"),
    b"\xef\xbb\xbftext\ttoo\na\tb\n", b'{"text": "x", "n": 1.50}\n{"text": "\\ud83d\\ude00", "l": [1, {"a": null}]}\n', b'[{"text": "x"}, ["y"], 3, "z"]',
    b"One line.\r\nTwo lines.\rThree.\n", zipped(a__csv=CSV, b__txt=b"x\n"), gzip.compress(CSV), json.dumps({"text": "x" * 90}).encode() * 3,
)  # fmt: skip


def target(data: bytes) -> None:
    """Once as the file seems to be written, and once as somebody chose it to be read."""
    pieces = Pieces(data)
    limits, name = (TIGHT, WIDE)[pieces.number(1)], NAMES[pieces.number(len(NAMES) - 1)]
    kind, encoding = TEXT_KINDS[pieces.number(len(TEXT_KINDS) - 1)], ENCODINGS[pieces.number(len(ENCODINGS) - 1)]
    flags = pieces.number(3)
    chosen = Format(kind, encoding, DELIMITERS[pieces.number(len(DELIMITERS) - 1)], bool(flags & 1), one_text=bool(flags & 2))
    source = Source(name, content=pieces.rest())
    guess = refused_or(DataError, guess_format, source, limits)
    if guess is not REFUSED and guess.format.kind not in ("parquet", "xlsx"):  # which other targets read
        assert (guess.needs == "encoding") == bool(guess.encodings)
        read_all(source, guess.format, limits)
    read_all(source, chosen, limits)


def read_all(source: Source, format: Format, limits) -> None:
    """Every row, twice: what a table says of itself must hold, and it must say the same again."""
    table = refused_or(DataError, open_table, source, format, limits)
    if table is REFUSED:
        return
    assert all(table.columns) and len(set(table.columns)) == len(table.columns) <= limits.columns
    for note in table.notes:
        check_sentence(note)
    rows, broke = _rows(table, limits)
    assert (rows, broke) == _rows(table, limits)
    if table.columns and not broke:
        texts = list(read_texts(table, guess_columns(table.columns, [cells for _, cells in rows])))
        assert len(texts) == len(rows) and all(isinstance(text, TextRow | RefusedRow) for text in texts)


def _rows(table: Table, limits) -> tuple[list, str | None]:
    """(number, cells or why not) of each row, and why no more of them could be read."""
    found, last = [], 0
    try:
        for number, cells in table.rows():
            assert last < number <= limits.rows + 1
            last = number
            if isinstance(cells, Refused):
                check_sentence(cells.reason)
            else:
                assert len(cells) == len(table.columns)
                assert all(len(cell) <= limits.cell and "\0" not in cell and cell.encode() is not None for cell in cells)
            found.append((number, cells))
    except DataError as error:
        check_sentence(str(error))
        return found, str(error)
    return found, None
