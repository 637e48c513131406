"""A file's bytes → how it seems to be written. A guess to be shown and changed, but for the encoding: where that isn't certain it is asked."""

import io
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO

from core.errors import DataError, quoted
from core.tables.encodings import candidates, is_utf8, looks_like_utf16, marked
from core.tables.format import KINDS, Format, Limits
from core.tables.layout import guess_delimited
from core.tables.lines import read_lines
from core.tables.packing import BROKEN, GZIP, ZIP_BEGINS, open_zip, text_of, unpacked
from core.tables.source import Source
from core.tables.table import listed
from core.tables.workbook import sheets_of

SAMPLED = 1 << 17  # bytes looked at
LINES = 200  # and rows of these
ENDINGS = {kind: kind for kind in KINDS}
ENDINGS |= {"ndjson": "jsonl", "pq": "parquet", "tab": "tsv", "text": "txt", "md": "txt", "log": "txt"}
PARQUET = b"PAR1"
OTHERS = (  # first bytes → what it is, and what to do
    (b"\xd0\xcf\x11\xe0", "an old Office document, or one with a password. Save it as .xlsx or .csv"),
    (b"%PDF", "a PDF. Save its text as .txt"),
    (b"{\\rtf", "a rich text document. Save it as .txt"),
    (b"7z\xbc\xaf", "a 7z archive. Pack it as .zip"),
    (b"Rar!", "a rar archive. Pack it as .zip"),
    (b"BZh", "a bz2 archive. Pack it as .gz"),
    (b"\xfd7zXZ", "an xz archive. Pack it as .gz"),
    (b"\x28\xb5\x2f\xfd", "a zst archive. Pack it as .gz"),
    (b"ARROW1", "an Arrow file. Save it as Parquet"),
    (b"\x80\x04\x95", "a pickle, which may hold code. Save it as .csv or Parquet"),
    (b"\x7fELF", "a program. Give a table, or text"),
    (b"MZ\x90\0", "a program. Give a table, or text"),
    (b"\x89PNG", "a picture. Give a table, or text"),
    (b"\xff\xd8\xff", "a picture. Give a table, or text"),
)


@dataclass(frozen=True)
class Guess:
    """How a file seems to be written."""

    format: Format
    members: tuple[str, ...] = ()
    """The files of a zip that can be read, `format.member` among them."""
    sheets: tuple[str, ...] = ()
    """The sheets of a workbook, `format.sheet` among them."""
    notes: tuple[str, ...] = ()
    """What the person should know, in sentences."""
    needs: str | None = None
    """"encoding" where it isn't certain: `format.encoding` is only the likeliest of `encodings`."""
    encodings: tuple[str, ...] = ()


def guess_format(source: Source, limits: Limits, member: str | None = None, encoding: str | None = None) -> Guess:
    """How the file seems to be written, of a zip the member; given an encoding, that is taken. DataError for what can't be read."""
    try:
        members: tuple[str, ...] = ()
        notes: tuple[str, ...] = ()
        with source.open() as file:
            if not (head := file.read(8)):
                raise DataError(f"{quoted(source.name)} is empty: it has neither columns nor rows. Give a file that has.")
            is_workbook = zipped(head) and _is_workbook(source, limits)
            if zipped(head) and not is_workbook:
                members, notes = _members(source, limits)
        member = member if member is not None else (members[0] if members else None)
        name = member or (source.name.removesuffix(".gz") if head.startswith(GZIP) else source.name)
        guess = _guess_file(source, member, name, limits, encoding)
    except BROKEN as error:
        raise DataError(f"{quoted(source.name)} can't be read: {error}. Check that it is whole.") from None
    return replace(guess, members=members, notes=(*notes, *guess.notes))


def zipped(head: bytes) -> bool:
    """Whether so a zip begins, an empty one included."""
    return head[:4] in (ZIP_BEGINS, b"PK\x05\x06")


def _is_workbook(source: Source, limits: Limits) -> bool:
    """Whether the zip is an Office workbook. DataError where it is another Office document."""
    with unpacked(source, None, limits) as file, open_zip(file, source.name, limits) as archive:
        names = set(archive.namelist())
    if names & {"word/document.xml", "ppt/presentation.xml", "content.xml"}:
        raise DataError(
            f"{quoted(source.name)} is a document of an office program. Save its text as .txt, or its table as .xlsx or .csv."
        )
    return "xl/workbook.xml" in names or ("[Content_Types].xml" in names and source.name.casefold().endswith(".xlsx"))


def _members(source: Source, limits: Limits) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of the zip that can be read, and what to say of the others."""
    with unpacked(source, None, limits) as file, open_zip(file, source.name, limits) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    names = [name for name in names if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")]
    readable = [name for name in names if _ending(name) in ENDINGS]
    rest = [name for name in names if name not in readable]
    if not readable:
        raise DataError(
            f"{quoted(source.name)} holds no file that can be read, but {listed(rest) or 'nothing'}. Pack .{', .'.join(KINDS)}."
        )
    return tuple(readable), (f"{quoted(source.name)} also holds {listed(rest, 3)}, which can't be read.",) if rest else ()


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix[1:].casefold()


def _guess_file(source: Source, member: str | None, name: str, limits: Limits, encoding: str | None) -> Guess:
    """The guess for what lies in the packing, if any."""
    kind = ENDINGS.get(_ending(name))
    with unpacked(source, member, limits) as stream:
        head = _read(stream, SAMPLED)
    if not head:
        raise DataError(f"{quoted(name)} is empty: it has neither columns nor rows. Give a file that has.")
    for begins, what in OTHERS:
        if head.startswith(begins):
            raise DataError(f"{quoted(name)} is {what}.")
    if head.startswith(PARQUET) or kind == "parquet":
        return Guess(Format("parquet", member=member))
    if kind == "xlsx" or (member is None and zipped(head)):
        sheets = sheets_of(source, member, limits)
        return Guess(Format("xlsx", member=member, sheet=sheets[0]), sheets=sheets)
    with text_of(source, member, limits) as stream:
        found = marked(head) or ("utf-8" if not looks_like_utf16(head) and is_utf8(stream) else None)
    encodings = () if found else candidates(head)
    guess = _layout(head, kind, encoding or found or encodings[0], limits)
    needs = None if found or encoding else "encoding"
    return replace(guess, format=replace(guess.format, member=member), needs=needs, encodings=encodings)


def _read(stream: BinaryIO, n: int) -> bytes:
    """The first n bytes, however few the stream gives at a time."""
    parts = []
    while n > 0 and (part := stream.read(n)):
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def _layout(head: bytes, kind: str | None, encoding: str, limits: Limits) -> Guess:
    """The guess for a text, by its first bytes."""
    lines = list(islice(read_lines(io.BytesIO(head), encoding, limits.row), LINES))
    if len(head) == SAMPLED and len(lines) > 1 and len(lines) < LINES:
        lines.pop()  # cut in the middle
    begins = "".join(lines).lstrip()[:1]
    if kind == "json" or kind == "jsonl" or (kind is None and begins in ("{", "[")):
        is_list = begins == "[" or (lines and not lines[0].rstrip().endswith("}"))
        return Guess(Format("json" if kind == "json" or is_list else "jsonl", encoding))
    table = guess_delimited(lines, kind if kind in ("csv", "tsv") else None, limits) if kind != "txt" else None
    if table is not None:
        return Guess(replace(table, encoding=encoding))
    return Guess(Format("txt", encoding))
