"""Records of finished texts on disk while a long run lasts: one JSON line each, so that a run that stops can go on. No torch."""

import json
import os
from pathlib import Path
from typing import Any

from core.errors import DataError, quoted


class PartialResults:
    """A file whose first line is the question asked and every further line one text's record, in the order drawn.

    A last line that was cut off in writing is dropped. Raises DataError if the file answers another question.
    """

    def __init__(self, path: Path, question: dict[str, Any]):
        self.path, self.question = path, _through_json(question)
        lines, length = _whole_lines(path)
        if lines and lines[0] != self.question:
            asked = lines[0] if isinstance(lines[0], dict) else {}
            differing = [name for name in self.question if asked.get(name) != self.question[name]]
            raise DataError(
                f"{quoted(path.name)} holds answers to another question: {', '.join(differing) or 'its first line'} differ. "
                "Repeat that command to finish it, give another file to --json, or delete it."
            )
        self.records: list[dict[str, Any]] = lines[1:]
        if path.exists():
            os.truncate(path, length)
        if not lines:
            self._write(self.question)

    def add(self, record: dict[str, Any]) -> None:
        """Keep one more record, on disk before this returns."""
        self.records.append(_through_json(record))  # as it will be read back
        self._write(record)

    def _write(self, value: dict[str, Any]) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(value, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """The run is over."""
        self.path.unlink(missing_ok=True)


def _through_json(value: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(value, allow_nan=False))


def _whole_lines(path: Path) -> tuple[list[Any], int]:
    """What the whole lines hold, up to the first that is none, and how many bytes they take."""
    lines, length = [], 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except (ValueError, RecursionError):
            break
        if not line.endswith(b"\n"):
            lines.pop()
            break
        length += len(line)
    return lines, length
