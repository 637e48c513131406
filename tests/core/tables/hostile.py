"""Files that mean harm, or that went through much: made here, each with what must be said of it. As a program, reads them all and prints
what that took."""

import gzip
import io
import json
import random
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow
from pyarrow import parquet

from core.errors import DataError
from core.tables.format import PAGE_LIMITS
from core.tables.guess import guess_format
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.table import Refused
from tests.core.tables.forged import ROWS, forged

MB = 1_000_000
NAMES = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHARED = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
SHARED = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + SHARED + b'"/>'


def zipped(**files: bytes) -> bytes:
    """A zip of files, a dot in a name written as two underscores."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def with_entry(name: str = "a.csv", **fields) -> bytes:
    """A zip of one file whose entry claims something."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name)
        for field, value in fields.items():
            setattr(entry, field, value)
        archive.writestr(entry, b"text\nx\n")
    return packed.getvalue()


def encrypted() -> bytes:
    """A zip whose file is said to be encrypted."""
    content = bytearray(zipped(a__csv=b"text\nx\n"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying_zip() -> bytes:
    """A zip whose file is larger than both of its entries say."""
    content = bytearray(zipped(a__csv=b"text\n" + b"x\n" * 500_000))
    struct.pack_into("<L", content, 22, 1_000)
    struct.pack_into("<L", content, content.index(b"PK\x01\x02") + 24, 1_000)
    return bytes(content)


def long_directory() -> bytes:
    """A zip whose list of files claims a length of 100 MB."""
    content = bytearray(zipped(a__csv=b"text\nx\n") + b"\0" * 0)
    end = content.index(b"PK\x05\x06")
    content[end:end] = b"\0" * 15 * MB
    struct.pack_into("<L", content, end + 15 * MB + 12, 14 * MB)
    return bytes(content)


def workbook(rows=(("text",), ("x",)), **cells) -> bytes:
    """An honest workbook."""
    book, saved = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    book.save(saved)
    return saved.getvalue()


def with_part(path: str, part: bytes, content: bytes | None = None) -> bytes:
    """A workbook one of whose parts is replaced, or added."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content or workbook())) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), path}:
            new.writestr(name, part if name == path else old.read(name))
    return changed.getvalue()


def sheet(inside: bytes, before: bytes = b"") -> bytes:
    """A workbook whose only sheet holds this XML."""
    part = b'<?xml version="1.0"?>' + before + b"<worksheet" + NAMES + b"><sheetData>" + inside + b"</sheetData></worksheet>"
    return with_part("xl/worksheets/sheet1.xml", part)


# a billion of them, of entities within entities
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
LAUGHS = b'<!DOCTYPE l [<!ENTITY l0 "lol">' + LAUGHS + b"]>"


def laughs() -> bytes:
    """A workbook with them in a cell."""
    return sheet(b'<row><c t="str"><v>&l9;</v></c></row>', LAUGHS)


def shared(strings: bytes, rows: bytes) -> bytes:
    """A workbook as spreadsheet programs write it: a cell holds the number of its text in a list of all."""
    content = sheet(rows)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        types = archive.read("[Content_Types].xml").replace(b"</Types>", SHARED + b"</Types>")
    return with_part(
        "xl/sharedStrings.xml", b"<sst" + NAMES + b">" + strings + b"</sst>", with_part("[Content_Types].xml", types, content)
    )


def with_shared_strings() -> bytes:
    """A small one."""
    strings = b"<si><t>text</t></si><si><r><t>a </t></r><r><t>film</t></r><rPh sb='0' eb='1'><t>spoken</t></rPh></si>"
    return shared(strings, b'<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="3"><c r="A3" t="s"><v>1</v></c></row>')


def many(*pieces: bytes) -> bytes:
    """49 MB of these pieces, in an order that packs to no less than a 200th of it."""
    block = b"".join(random.Random(0).choices(pieces, k=20_000))
    return block * (49 * MB // len(block))


def sized(range: bytes) -> bytes:
    """A workbook of cells in A1 and A2 that claims to have them elsewhere."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        return with_part("xl/worksheets/sheet1.xml", archive.read("xl/worksheets/sheet1.xml").replace(b"A1:A2", range))


def lying_workbook() -> bytes:
    """A workbook whose sheet is larger than both of its entries in the zip say."""
    content = bytearray(sheet(b"<row><c><v>1</v></c></row>" * 50_000))
    place = content.rindex(b"xl/worksheets/sheet1.xml")
    struct.pack_into("<L", content, place - 46 + 24, 1_000)
    return bytes(content)


def of_columns(columns: dict, **options) -> bytes:
    """A Parquet file."""
    saved = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), saved, **options)
    return saved.getvalue()


def prefixed() -> bytes:
    """A Parquet file of under 1 kB whose 64 texts repeat 8 MB of the first."""
    texts = ["x" * 8 * MB + str(i) for i in range(64)]
    return of_columns({"text": texts}, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"}, compression="zstd")


def lying_parquet() -> bytes:
    """A Parquet file whose data are cut out, and whose footer still tells of them."""
    content = of_columns({"text": ["some text"] * 1_000}, compression="none", use_dictionary=False)
    return content[:100] + b"\0" * 50 + content[5_000:]


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # what it is: (its name, its bytes, a word that is said of it)
    "nothing": ("a.csv", lambda: b"", "empty"),
    "nothing in a zip": ("a.zip", lambda: zipped(), "holds no file"),
    "nothing in a gz": ("a.csv.gz", lambda: gzip.compress(b""), "empty"),
    "zip bomb": ("a.zip", lambda: zipped(a__csv=b"0" * 40 * MB), "200 times"),
    "zip of too much": ("a.zip", lambda: zipped(**{f"{i}__csv": bytes(9 * MB) for i in range(7)}), "50 MB"),
    "zip of too many": ("a.zip", lambda: zipped(**{f"{i}__csv": b"" for i in range(101)}), "100 are"),
    "gz bomb": ("a.csv.gz", lambda: gzip.compress(b"0" * 60 * MB), "50 MB"),
    "gz bomb of lines": ("a.txt.gz", lambda: gzip.compress(b"0\n" * 30 * MB), "50 MB"),
    "gz of many parts": ("a.txt.gz", lambda: gzip.compress(b"text\nx\n") + gzip.compress(b"") * 50_000, ""),
    "gz with a long name": ("a.txt.gz", lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 10 * MB, "no whole"),
    "gz cut short": ("a.csv.gz", lambda: gzip.compress(b"text\n" + b"x\n" * 9_999)[:-9], "no whole"),
    "gz in a gz": ("a.csv.gz", lambda: gzip.compress(gzip.compress(b"text\nx\n")), "within another"),
    "zip in a zip": ("a.zip", lambda: zipped(a__csv=zipped(a__csv=b"text\nx\n")), "within another"),
    "zip of a zip alone": ("a.zip", lambda: zipped(a__zip=zipped(a__csv=b"text\nx\n")), "“a.zip”"),
    "encrypted zip": ("a.zip", encrypted, "encrypted"),
    "zip that climbs": ("a.zip", lambda: with_entry("../../etc/a.csv"), "outside"),
    "zip from the root": ("a.zip", lambda: with_entry("/etc/a.csv"), "outside"),
    "zip from a drive": ("a.zip", lambda: with_entry("C:\\a.csv"), "outside"),
    "zip with a link": ("a.zip", lambda: with_entry(external_attr=0o120777 << 16), "link"),
    "zip with bz2": ("a.zip", lambda: with_entry(compress_type=zipfile.ZIP_BZIP2), "deflate"),
    "zip that lies": ("a.zip", lying_zip, "no whole"),
    "zip with a long list": ("a.zip", long_directory, "list of files"),
    "zip cut short": ("a.zip", lambda: zipped(a__csv=b"text\nx\n")[:-9], "no whole zip"),
    "xlsx with laughs": ("a.xlsx", laughs, "entities"),
    "xlsx with laughs elsewhere": ("a.xlsx", lambda: with_part("xl/workbook.xml", LAUGHS + b"<workbook>&l9;</workbook>"), "entities"),
    "xlsx with an outside entity": ("a.xlsx", lambda: sheet(b"<row>&x;</row>", b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "entities"),
    "xlsx with an outside type": ("a.xlsx", lambda: sheet(b"", b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'), ""),
    "xlsx of 90 MB": ("a.xlsx", lambda: sheet(b"<row/>" * 15 * MB), "200 times"),
    "xlsx of empty rows": ("a.xlsx", lambda: sheet(b"<row/>" * 1_000_000), "200,000"),
    "xlsx of 12 million empty tags": ("a.xlsx", lambda: sheet(many(b"<a/>", b"<b/>")), "250 MB"),
    "xlsx of 7 million empty rows": ("a.xlsx", lambda: sheet(many(b"<row/>", b"<row />")), "200,000"),
    "xlsx of a row of empty cells": ("a.xlsx", lambda: sheet(b"<row>" + many(b"<c/>", b"<c />") + b"</row>"), "250 MB"),
    "xlsx of tags after the rows": ("a.xlsx", lambda: sheet(b"<row><c><v>1</v></c></row></sheetData>" + many(b"<a/>", b"<b/>") + b"<sheetData>"), "250 MB"),
    "xlsx of tags among the styles": ("a.xlsx", lambda: with_part("xl/styles.xml", b"<styleSheet>" + many(b"<a/>", b"<b/>") + b"</styleSheet>"), "250 MB"),
    "xlsx of many shared texts": ("a.xlsx", lambda: shared(many(b"<si><t/></si>", b"<si><t>x</t></si>"), b""), ""),
    "xlsx of a long shared text": ("a.xlsx", lambda: shared(b"<si><t>" + many(b"ab", b"cd") + b"</t></si>", b'<row><c t="s"><v>0</v></c></row>' * 2), "characters"),
    "xlsx of parts of a shared text": ("a.xlsx", lambda: shared(b"<si>" + many(b"<r><t/></r>", b"<r><t>x</t></r>") + b"</si>", b'<row><c t="s"><v>0</v></c></row>' * 2), "250 MB"),
    "xlsx that repeats a long text": ("a.xlsx", lambda: shared(b"<si><t>" + b"x" * 90_000 + b"</t></si>", b'<row><c t="s"><v>0</v></c></row>' * 50_000), "50 MB"),
    "xlsx that nests": ("a.xlsx", lambda: sheet(b"<a>" * 1_000_000), ""),
    "xlsx that nests where it is walked": ("a.xlsx", lambda: shared(b"<si>" + b"<r>" * 100_000 + b"</r>" * 100_000 + b"</si>", b""), ""),
    "xlsx of many names": ("a.xlsx", lambda: sheet(b"".join(b"<a%d/>" % i for i in range(300_000))), ""),
    "xlsx of one long tag": ("a.xlsx", lambda: sheet(b'<a b="' + many(b"ab", b"cd") + b'"/>'), ""),
    "xlsx with a far cell": ("a.xlsx", lambda: workbook(XFD1048576="far"), "200,000"),
    "xlsx with a cell far to the right": ("a.xlsx", lambda: workbook(XFD2="far"), "column 16,384"),
    "xlsx that says it is large": ("a.xlsx", lambda: sized(b"A1:XFD1048576"), ""),
    "xlsx that says it takes little": ("a.xlsx", lying_workbook, "no whole"),
    "xlsx with a number of 5,000 digits": ("a.xlsx", lambda: sheet(b'<row r="%s"><c s="%s"><v>1</v></c></row>' % ((b"9" * 5_000,) * 2)), "number"),
    "xlsx that refers beyond": ("a.xlsx", lambda: sheet(b'<row><c t="s"><v>99</v></c></row>' * 2), "refers"),
    "xlsx with a formula": ("a.xlsx", lambda: workbook([["text"], ['=CONCAT("a","b")']]), "formula"),
    "xlsx with macros": ("a.xlsx", lambda: with_part("xl/vbaProject.bin", b"x"), "macros"),
    "xlsx without sheets": ("a.xlsx", lambda: with_part("xl/workbook.xml", b"<workbook/>"), "no sheet"),
    "xlsx whose sheets are no XML": ("a.xlsx", lambda: with_part("xl/worksheets/sheet1.xml", b"\xff\0" * 99), "no whole workbook"),
    "xlsx that is no zip": ("a.xlsx", lambda: b"text\nx\n", "no whole zip"),
    "docx": ("a.docx", lambda: zipped(word_document_xml=b"") and with_entry("word/document.xml"), "office program"),
    "old Office": ("a.xls", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 999, "old Office"),
    "pdf": ("a.txt", lambda: b"%PDF-1.7\n\xff", "PDF"),
    "pickle": ("a.csv", lambda: b"\x80\x04\x95\x0e", "pickle"),
    "parquet that repeats": ("a.parquet", prefixed, "250 MB"),
    "parquet of 3 million rows": ("a.parquet", lambda: of_columns({"text": pyarrow.array(["x"]).take([0] * 3 * MB)}), "200,000"),
    "parquet of a long text": ("a.parquet", lambda: of_columns({"text": ["x" * 200_000, "y"]}), "200,000 characters"),
    "parquet of many columns": ("a.parquet", lambda: of_columns({str(i): ["x"] for i in range(501)}), "501 columns"),
    "parquet that lies": ("a.parquet", lying_parquet, "whole Parquet"),
    "parquet of parts that don't add up": ("a.parquet", lambda: forged(668_000_000_000, ROWS), "other numbers of rows"),
    "parquet of a part of fewer than no rows": ("a.parquet", lambda: forged(-1, -1), "other numbers of rows"),
    "parquet of 668 billion rows": ("a.parquet", lambda: forged(668_000_000_000, 668_000_000_000), "holds 12,345"),
    "parquet without a footer": ("a.parquet", lambda: of_columns({"text": ["x"]})[:-20], "whole Parquet"),
    "parquet by name": ("a.parquet", lambda: b"text\nx\n", "whole Parquet"),
    "deep JSON": ("a.json", lambda: b'[{"text": "x"}, {"a": ' + b"[" * 400_000 + b"]" * 400_000 + b"}]", "deep"),
    "JSON of backslashes": ("a.json", lambda: b'[{"text": "' + b"\\\\" * 5 * MB, "longer than"),
    "deep JSON in a line": ("a.jsonl", lambda: b'{"text": "x"}\n' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "deep"),
    "JSON that never closes": ("a.json", lambda: b'[{"text": "x"}, ' + b"[" * 5 * MB, "longer than"),
    "JSON of one long text": ("a.jsonl", lambda: b'{"text": "x"}\n{"text": "' + b"x" * 5 * MB + b'"}', "longer than"),
    "JSON of tiny values": ("a.json", lambda: b"[" + b"[]," * 6 * MB + b"1]", "None of its first"),
    "JSON of many keys": ("a.jsonl", lambda: json.dumps({str(i): i for i in range(501)}).encode(), "500 keys"),
    "JSON number of 5,000 digits": ("a.jsonl", lambda: b'{"text": "x", "n": ' + b"9" * 5_000 + b"}", ""),
    "JSON with NaN": ("a.jsonl", lambda: b'{"text": "x", "n": NaN}', ""),
    "JSON with half a character": ("a.jsonl", lambda: b'{"text": "x \\ud800", "\\udc00": 1}', ""),
    "JSON of lists": ("a.jsonl", lambda: b"[1]\n[2]", "no JSON object"),
    "NUL in a cell": ("a.csv", lambda: b"text,label\nx\0y,1\nz,0\n", "NUL"),
    "bytes without meaning": ("a.csv", lambda: bytes(range(256)) * 40, ""),
    "nothing but NUL": ("a.csv", lambda: bytes(MB), ""),
    "quote that never closes": ("a.csv", lambda: b'text,label\n"x,1\n' + b"y,0\n" * 400_000, "quote"),
    "quotes that never close": ("a.csv", lambda: b'text,label\n"x,1\n' + (b"y,0\n" * 300_000 + b'"x,1\n') * 8, "quote"),
    "header with a quote that never closes": ("a.csv", lambda: b'"text,label\nx,1\n', "quotes are broken"),
    "field of 200 kB": ("a.csv", lambda: b"text,label\n" + b"x" * 200_000 + b",1\ny,0\n", "200,000 characters"),
    "line of 10 MB": ("a.csv", lambda: b"text,label\n" + b"x" * 10 * MB + b"\ny,0\n", "longer than"),
    "line of commas": ("a.csv", lambda: b"," * 10 * MB, "longer than"),
    "file above the limit": ("a.csv", lambda: b"x\n" * 10 * MB + b"y\n", "20 MB"),
    "many columns": ("a.csv", lambda: b",".join(b"%d" % i for i in range(501)), "501 columns"),
    "many lines": ("a.txt", lambda: b"x\n" * 200_001, "200,000"),
    "ragged rows": ("a.csv", lambda: b"text,label\nx\ny,1,2\nz,1,\n", "1 cells"),
    "UTF-16 that breaks": ("a.csv", lambda: "text,label\nx,1\n".encode("utf-16")[:-1], ""),
    "UTF-16 of half characters": ("a.txt", lambda: b"\xff\xfe" + b"\x00\xd8" * 999, "bytes that are no"),
}  # fmt: skip


def sentences(source: Source) -> list[str]:
    """Every refusal of the file and of its rows; anything but a sentence is raised."""
    said = []
    try:
        guess = guess_format(source, PAGE_LIMITS)
        said += guess.notes
        for _, cells in open_table(source, guess.format, PAGE_LIMITS).rows():
            if isinstance(cells, Refused):
                said.append(cells.reason)
    except DataError as error:
        said.append(str(error))
    return said


def memory() -> tuple[float, float]:
    """The most that was in memory at once, of this process and of the largest it started, in MB. `getrusage` would count in what the
    process that started this one had in memory."""
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(own.split()[1]) / 1_000, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000


def main(task: str, folder: Path) -> None:
    """Make the files, or read them and print JSON of what was said of each, its seconds, and MB of this process and of the largest it started.
    Two tasks for two processes, as making them takes more than reading them may."""
    if task == "make":
        for place, (_, make, _) in enumerate(FILES.values()):
            (folder / str(place)).write_bytes(make())
        return
    seconds, said = {}, {}
    for place, (what, (name, _, _)) in enumerate(FILES.items()):
        began = time.perf_counter()
        said[what] = sentences(Source(name, path=folder / str(place)))[:1_000]
        seconds[what] = time.perf_counter() - began
    print(json.dumps({"said": said, "seconds": seconds, "memory": memory()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
