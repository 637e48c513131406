"""A workbook one of whose parts is anything. It is read here and not in the process that bounds its reader, which takes a while
to start: whatever the reader raises is told there in a sentence, so here it may raise any `Exception`, and its rows must be rows."""

import io
import zipfile

from core.errors import DataError
from core.tables import reader_workbook
from core.tables.packing import open_zip
from core.tables.reader_process import _batches
from tests.core.tables.hostile import with_shared_strings, workbook, zipped
from tests.fuzz.checks import REFUSED, check_sentence, refused_or
from tests.fuzz.pieces import Pieces
from tests.fuzz.tables import WIDE

ASKED = {name: getattr(WIDE, name) for name in ("rows", "columns", "cell", "row", "unpacked", "where")}
PARTS = (
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "[Content_Types].xml",
)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


BOOK = _parts(with_shared_strings())
DATES = _parts(workbook([["text", "when"], ["x", 1.5], ["y", True]]))
STARTS = (*(BOOK[name] + bytes([at]) for at, name in enumerate(PARTS)), DATES[PARTS[0]] + b"\0", with_shared_strings() + b"\6")


def target(data: bytes) -> None:
    """The last byte tells which part it is; behind all of them, the whole file."""
    pieces = Pieces(data)
    at = pieces.number(len(PARTS))
    content = zipped(**(BOOK | {PARTS[at]: pieces.rest()})) if at < len(PARTS) else pieces.rest()
    archive = refused_or(DataError, open_zip, io.BytesIO(content), "a.xlsx", WIDE)
    for sheet in () if archive is REFUSED else (None, "Sheet"):
        try:
            lines = reader_workbook.read(io.BytesIO(content), ASKED | {"sheet": sheet})
            first = next(lines)
            assert first.keys() <= {"sheets", "error"} and all(isinstance(name, str) for name in first.get("sheets", ()))
            check_rows(_batches(lines, ASKED))
        except AssertionError:
            raise
        except Exception as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            assert reader_workbook.broken(said, error)


def check_rows(batches) -> None:
    """AssertionError where what the process would write is none of what it promises."""
    last = 0
    for batch in batches:
        if isinstance(batch, dict):
            check_sentence(batch["error"])
            continue
        for number, cells in batch:
            assert isinstance(number, int) and number > last
            last = number
            assert isinstance(cells, str) or all(isinstance(cell, str) for cell in cells)
