"""Run as a program: a file on standard input → a line of JSON a batch of rows on standard output. A process of its own, because a Parquet
file or a workbook decides how much memory and time its reader takes whatever it declares (pages that unpack to anything, XML of which the
reader keeps every tag), and because what reads them is not all Python: here the system bounds memory and time, and a file that breaks its
reader breaks this process alone. It imports nothing of the project, but the file that reads this kind.

Argument: JSON of {"kind": of the file reader_….py, "memory": bytes, "seconds": until the next line, "rows", "columns": most, "cell", "row",
"unpacked": most characters of one and of all, "where": what to do about more, …}. Lines: what the file says of itself as an object, then lists of [number, texts or the reason why there are none]; or
{"error": sentence}."""

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

BATCH = 64  # rows of one line
LENGTH = 1_000_000  # characters after which a line ends


def main(asked: dict[str, Any]) -> None:
    """Write the lines."""
    try:
        reader = _reader(asked["kind"])
    except ImportError as error:
        return _write({"error": f"A library that reads it is missing: {error}. Install what requirements.txt names."})
    said = f"It takes more than {asked['memory'] / 1e6:,.0f} MB of memory to read. {reader.SMALLER}"
    too_large = (json.dumps({"error": said}) + "\n").encode()  # ready before there is no memory left to say it in
    _bound_memory(asked["memory"])
    _end_after(asked["seconds"])
    try:
        lines = reader.read(sys.stdin.buffer, asked)
        _write(next(lines), asked["seconds"])
        for batch in _batches(lines, asked):
            _write(batch, asked["seconds"])
    except BrokenPipeError:
        pass  # nobody reads on
    except Exception as error:  # noqa: BLE001 whatever a broken file makes of the reader: its first line is all there is to say
        if isinstance(error, MemoryError) or str(error).startswith("out of memory"):  # the latter is how an XML parser says it
            os.write(sys.stdout.fileno(), too_large)
        else:
            _write({"error": reader.broken((str(error).strip() or type(error).__name__).splitlines()[0][:200], error)})


def _reader(kind: str) -> ModuleType:
    """The file that reads this kind, by its path: this folder is no place to import from, as its names may be those of libraries."""
    spec = spec_from_file_location(f"reader_{kind}", Path(__file__).with_name(f"reader_{kind}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"There is no reader for {kind} beside this file.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _bound_memory(n: int) -> None:
    """No more than n bytes beyond what is taken by now, where the system can say so."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + n, now + n))
    except (ImportError, OSError, ValueError):
        pass


def _end_after(seconds: int) -> None:
    """End the process then, even in the middle of what is not Python; 0: let it go on."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _batches(rows: Iterable[tuple[int, list[str] | str]], asked: dict[str, Any]) -> Iterator[list[Any] | dict[str, Any]]:
    """The rows, each bounded, in lists that are neither long nor large. Together they hold no more than a whole file may: a text that a file
    holds once and a million rows refer to is a trap too."""
    batch, length, total = [], 0, 0
    for number, cells in rows:
        cells = cells if isinstance(cells, str) else _bounded(cells, asked)
        batch.append((number, cells))
        length += sum(map(len, cells))
        if len(batch) == BATCH or length > LENGTH:
            yield batch
            batch, length, total = [], 0, total + length
        if total > asked["unpacked"]:
            said = f"Its rows hold more than {asked['unpacked'] / 1e6:,.0f} MB of text; at most so much is read"
            yield {"error": f"{said}. {asked['where']}".strip()}
            return
    if batch:
        yield batch


def _bounded(cells: list[str], asked: dict[str, Any]) -> list[str] | str:
    """The cells, or why they are too long."""
    for place, cell in enumerate(cells, 1):
        if len(cell) > asked["cell"]:
            return f"Its cell {place} has {len(cell):,} characters; at most {asked['cell']:,} are read."
    if (length := sum(map(len, cells))) > asked["row"]:
        return f"It has {length:,} characters; at most {asked['row']:,} are read of one row."
    return cells


def _write(line: dict[str, Any] | list[Any], seconds: int = 0) -> None:
    """Give a line; whoever reads it may take all the time there is, and the next one must come within these seconds."""
    _end_after(0)
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    _end_after(seconds)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    os._exit(0)  # without the destructors of what is not Python
