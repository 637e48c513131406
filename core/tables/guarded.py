"""A file → what a process of its own (`reader_process`) reads of it, which may take so much memory and time and no more."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from core.errors import DataError, quoted
from core.tables.format import Limits
from core.tables.packing import BLOCK
from core.tables.table import Refused, Rows, checked

PROGRAM = Path(__file__).with_name("reader_process.py")
ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the other pools reserve more than they use
    "OPENPYXL_DEFUSEDXML": "True", "OPENPYXL_LXML": "False",  # whatever else is installed, XML is read by what knows traps
}  # fmt: skip


def guarded_lines(kind: str, name: str, stream: IO[bytes], limits: Limits, **more: str | None) -> Generator[Any, None, None]:
    """What the process says, line by line: first what the file says of itself, then lists of [number, texts or why not]. The stream must be
    seekable. The process is ended with this iterator. DataError."""
    most = {
        limit: getattr(limits, limit) for limit in ("memory", "seconds", "rows", "columns", "cell", "row", "unpacked", "where")
    }
    with _on_disk(stream) as file:
        process = subprocess.Popen(  # noqa: S603 — our own program, and no shell; -P: the folder of the program is no place to import from
            [sys.executable, "-P", str(PROGRAM), json.dumps({"kind": kind, **most, **more})], stdin=file, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env=os.environ | ENVIRONMENT,
        )  # fmt: skip
        answers = cast("IO[str]", process.stdout)  # None only where no pipe is asked for
        try:
            said = False
            for line in answers:
                found = json.loads(line)
                if isinstance(found, dict) and "error" in found:
                    raise DataError(f"{quoted(name)} can't be read. {found['error']}")
                yield found
                said = True
            if (code := process.wait()) or not said:
                raise DataError(f"{quoted(name)} can't be read: {_how_it_ended(code, limits)}")
        finally:
            process.kill()
            process.wait()
            answers.close()


def guarded_rows(lines: Iterator[Any], limits: Limits) -> Rows:
    """The rows of the lines after the first."""
    for batch in lines:
        for number, cells in batch:
            yield number, Refused(cells) if isinstance(cells, str) else checked(cells, limits, "text")


def _how_it_ended(code: int, limits: Limits) -> str:
    """Why the process said no more."""
    if code == -getattr(signal, "SIGALRM", 0) and code:
        return f"its next rows take more than {limits.seconds} seconds. Save it as .csv."
    return "its reader broke down over it. Write it again, or save it as .csv."


@contextmanager
def _on_disk(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """The stream as a file that another process can read from its beginning."""
    try:
        stream.fileno()
    except (OSError, AttributeError):
        with tempfile.TemporaryFile() as file:
            stream.seek(0)
            while block := stream.read(BLOCK):
                file.write(block)
            file.seek(0)
            yield file
    else:
        yield stream
