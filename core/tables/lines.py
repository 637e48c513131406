"""Bytes → lines of text, each of a bounded length. Bytes that the encoding doesn't know spoil their own line only."""

import codecs
import io
from collections.abc import Generator
from typing import Any, BinaryIO

from core.errors import DataError
from core.tables.table import UNREADABLE

BYTE_ORDER_MARK = "\ufeff"


def _mark_unreadable(error: Any) -> tuple[str, int]:
    """An error handler of codecs: one UNREADABLE for each run of bytes that can't be decoded."""
    return UNREADABLE, error.end


codecs.register_error("core.tables.unreadable", _mark_unreadable)


def as_text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The stream decoded, its line ends as they are. A byte order mark stays."""
    return io.TextIOWrapper(stream, encoding=encoding, errors="core.tables.unreadable", newline="")


def read_lines(stream: BinaryIO, encoding: str, longest: int) -> Generator[str, None, None]:
    """Each line with its end (\\n, \\r or both); of a line longer than `longest` its first characters only, more than `longest` and
    without an end. DataError where the bytes are no such encoding at all."""
    text = as_text(stream, encoding)
    try:
        line = text.readline(longest + 1).removeprefix(BYTE_ORDER_MARK)
        while line:
            whole = line
            while len(whole) > longest and line and line[-1] not in "\r\n":  # the rest of a long line is passed over
                line = text.readline(longest + 1)
            yield whole
            line = text.readline(longest + 1)
    except UnicodeError as error:  # UTF-16 and UTF-32 insist on a byte order mark
        raise DataError(f"The file is no {encoding}: {error}. Choose the encoding that it is written in.") from None
