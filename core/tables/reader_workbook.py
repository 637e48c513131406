"""xlsx → rows by openpyxl, within `reader_process`. It imports nothing of the project.

Of openpyxl are taken its steps (`ExcelReader`) and its reader of a sheet (`WorkSheetParser`) rather than `load_workbook` and `iter_rows`, which
read parts that hold no cells and fail where these are odd, go through every sheet that doesn't declare its size, believe a size that is
declared, fill up what is empty before a far cell, end at the first cell that is odd, and don't tell a formula without its result from an
empty cell."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

if not openpyxl.DEFUSEDXML:  # entities within entities would be spelled out
    raise ImportError("openpyxl doesn't find defusedxml, without which it reads what may be a trap")

SMALLER = "Save the sheet as .csv."
"""What to do about a file that takes too much memory or time."""
STRICT = "http://purl.oclc.org/"  # begins the names of relations in a kind of workbook in which openpyxl would find no sheet
ANEW = "Save it anew with a spreadsheet program."


def read(file: BinaryIO, asked: dict[str, Any]) -> Iterator[dict[str, Any] | tuple[int, list[str] | str]]:
    """{"sheets": names of those with cells}, then of the one asked for, or the first, (number in the sheet, texts from the first column on
    or why not) of each row that holds anything. Nothing but the names where there is no such sheet."""
    book = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    book.read_manifest()
    book.read_workbook()
    if any(relation.Type.startswith(STRICT) for relation in book.parser.rels.values()):
        yield {"error": "It is saved as “Strict Open XML”, which isn't read. Save it as an ordinary .xlsx."}
        return
    sheets = {sheet.name: relation for sheet, relation in book.parser.find_sheets() if relation.Type.endswith("/worksheet")}
    yield {"sheets": list(sheets)}
    chosen = next(iter(sheets), None) if asked["sheet"] is None else asked["sheet"]
    if chosen not in sheets:
        return
    book.read_strings()
    apply_stylesheet(book.archive, book.wb)
    with book.archive.open(sheets[chosen].target) as part:
        yield from _rows(_Sheet(part, book), asked)


def broken(said: str, error: Exception) -> str:
    """What to say of a file over which the reader raised an error that said so."""
    if isinstance(error, DefusedXmlException):
        return f"It declares entities, which may be a trap and which no spreadsheet program writes. {ANEW}"
    return f"It is no whole workbook: {said}. {ANEW}"


class _Sheet(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's reader of a sheet, of which a cell that can't be read spoils its row and no other."""

    def __init__(self, part: BinaryIO, book: ExcelReader):
        formats = {"date_formats": book.wb._date_formats, "timedelta_formats": book.wb._timedelta_formats}
        super().__init__(part, book.shared_strings, data_only=True, epoch=book.wb.epoch, **formats)
        self.wrong: str | None = None
        """Why the row read last can't be used."""

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:
        """(number, cells)"""
        self.wrong = None
        self.row_dimensions.clear()  # looks of the row before
        try:
            return super().parse_row(row)
        except (ValueError, OverflowError):
            self.wrong = f"It has no number that is one. {ANEW}"
            return self.row_counter, []

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Its column, value and more."""
        try:
            cell = super().parse_cell(element)
        except IndexError:
            self.wrong = f"It refers to a text that the workbook doesn't hold. {ANEW}"
        except (ValueError, TypeError, OverflowError) as error:
            self.wrong = f"It has a cell that can't be read: {str(error)[:100]}. {ANEW}"
        else:
            is_empty_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
            if cell["value"] is None and element.find(FORMULA_TAG) is not None and not is_empty_text:
                self.wrong = "It has a formula without its result. Open the workbook in a spreadsheet program and save it, which computes them."
            return cell
        return {"column": 1, "value": None}


def _rows(sheet: _Sheet, asked: dict[str, Any]) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that hold anything, by rising numbers."""
    last = 0
    for number, cells in sheet.parse():
        last = number if number > last else last + 1
        if last > asked["rows"] + 1:  # a million empty rows are no rows, and take as long
            yield last, f"It lies below row {asked['rows']:,}; at most so many rows are read, and none after it."
            return
        texts = {cell["column"]: _text(cell["value"]) for cell in cells if cell["value"] not in (None, "")}
        if (width := max(texts, default=0)) > asked["columns"]:
            yield last, f"It has a cell in column {width:,}; at most {asked['columns']:,} columns are read."
        elif sheet.wrong:
            yield last, sheet.wrong
        elif texts:
            yield last, [texts.get(column, "") for column in range(1, width + 1)]


def _text(value: str | bool | float | date | time | timedelta) -> str:
    """What a cell shows, but for the looks: its text, a number, TRUE or FALSE as true or false, a date as 2026-01-31."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):  # 0.1 for 0.10000000000000001
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, time):
        return value.isoformat("milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):  # hours, which may be more than a day's
        minutes, seconds = divmod(round(abs(value).total_seconds()), 60)
        return f"{'-' if value < timedelta() else ''}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return str(value)
