"""JSON → rows: an object a line, a list of objects, or objects one after the other, however the file breaks its lines. One value is in
memory at a time."""

import json
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import Any, TextIO

from core.errors import DataError
from core.tables.format import Limits
from core.tables.lines import BYTE_ORDER_MARK
from core.tables.table import UNREADABLE, Cells, Refused, Rows, Table, checked, mended, named

SAMPLED = 1_000  # rows whose keys name the columns
BLOCK = 1 << 16  # characters looked through at a time
FAR = 500  # characters without a string
BARE = "text"  # the column of values that are texts and no objects
_OUTSIDE, _INSIDE = (
    re.compile(r'["\[\]{},]'),
    re.compile(r'"|(?:\\.)+|\\', re.DOTALL),
)  # what matters outside a string, and inside one


class _Value:
    """The pieces of the value that is being passed."""

    def __init__(self, longest: int):
        self._pieces: list[str] = []
        self._longest, self._length = longest, 0

    def add(self, piece: str) -> None:
        """One more piece; what lies beyond the limit is dropped, but for so much that the value is seen to be longer."""
        if self._length <= self._longest:
            self._pieces.append(piece)
            self._length += len(piece)

    def take(self) -> Iterator[str]:
        """The value, if there is one; the next begins."""
        whole, self._pieces, self._length = "".join(self._pieces).strip().lstrip(",").lstrip(), [], 0
        if whole:
            yield whole


def split_values(text: TextIO, longest: int) -> Generator[str, None, None]:
    """The values of a list, or of several values that stand one after the other, each as its JSON. Of one longer than `longest`, its
    beginning, still longer than that."""
    block = text.read(BLOCK).removeprefix(BYTE_ORDER_MARK)
    while block and not block.strip():
        block = text.read(BLOCK)
    block = block.lstrip()
    in_list, in_string, depth, value = block.startswith("["), False, 0, _Value(longest)
    block = block[in_list:]
    while block:
        start = place = patience = 0
        while (found := (_INSIDE if in_string else _OUTSIDE).search(block, place)) is not None:
            place, sign = found.end(), found.group()
            if sign == "\\":  # what is escaped lies in the next block
                block += text.read(1)
                place = len(block)
            elif sign == '"':
                in_string = not in_string
            elif sign in "[{" and place >= patience and (skipped := _nested(block, place, depth + 1)):
                place, depth = skipped
            elif sign[0] != "\\":
                if sign in "[{" and place >= patience:  # there was nothing to skip: not asked again before half of what is left is passed
                    patience = (place + len(block)) // 2
                depth += (sign in "[{") - (sign in "]}")
                if depth < 0 or (depth == 0 and sign in (",]}" if not in_list else ",")):
                    value.add(block[start : place - (in_list or sign == ",")])
                    yield from value.take()
                    start, in_list, depth = place, in_list and depth == 0, max(depth, 0)
        value.add(block[start:])
        block = text.read(BLOCK)
    yield from value.take()


def _nested(block: str, place: int, depth: int) -> tuple[int, int] | None:
    """Where the next string begins and how deep that is, if it is far and no value ends before; so a million brackets are no million steps."""
    end = block.find('"', place)
    end = len(block) if end < 0 else end
    if end - place < FAR or block.count("]", place, end) + block.count("}", place, end) >= depth:
        return None
    opened = block.count("[", place, end) + block.count("{", place, end)
    return end, depth + opened - block.count("]", place, end) - block.count("}", place, end)


def read_value(written: str, limits: Limits, as_written: bool = True) -> dict[str, Any] | Refused:
    """The object that a value is, {"text": …} for a text, or why it is none. Numbers as they are written, or as Python's."""
    if len(written) > limits.row:
        return Refused(f"It is longer than {limits.row:,} characters, the most that are read of one row.")
    if UNREADABLE in written:
        return Refused("It holds bytes that the encoding doesn't know. Choose the encoding that the file is written in.")
    numbers: dict[str, Any] = {"parse_int": _Number, "parse_float": _Number, "parse_constant": _constant} if as_written else {}
    try:
        value = json.loads(written, **numbers)
    except RecursionError:
        return Refused("It nests lists or objects too deep to be read.")
    except ValueError as error:  # also an integer of thousands of digits
        return Refused(
            f"It is no JSON: {error}." if isinstance(error, json.JSONDecodeError) else "It holds a number of too many digits."
        )
    if isinstance(value, str) and not isinstance(value, _Number):
        return {BARE: value}
    return value if isinstance(value, dict) else Refused("It is no JSON object.")


class _Number(str):
    """A number as it is written."""


def _constant(name: str) -> _Number | None:
    """NaN is how pandas writes that there is nothing."""
    return None if name == "NaN" else _Number(name)


def as_cell(value: object) -> str:
    """A value of an object as the text of a cell. RecursionError where it nests too deep."""
    if value is None:
        return ""
    return mended(value) if isinstance(value, str) else _as_json(value)


def _as_json(value: object) -> str:
    """JSON of what `read_value` read, numbers as they were."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, list):
        return "[" + ", ".join([_as_json(part) for part in value]) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join([f"{_as_json(key)}: {_as_json(part)}" for key, part in value.items()]) + "}"
    return json.dumps(mended(value) if isinstance(value, str) else value, ensure_ascii=False)


def json_table(values: Callable[[], Generator[str, None, None]], limits: Limits) -> Table:
    """The table of the values that `values` gives, anew on each call: the keys of the first SAMPLED rows are its columns. DataError where
    none of these is an object."""
    keys: dict[str, None] = {}
    first, seen = None, 0
    with closing(values()) as sample:
        for seen, written in enumerate(islice(sample, SAMPLED), 1):  # noqa: B007 — the last one is looked at below
            value = read_value(written, limits) if written.strip() else {}
            first = first or (value.reason if isinstance(value, Refused) else None)
            if isinstance(value, dict):
                keys |= dict.fromkeys(value)
            if len(keys) > limits.columns:
                raise DataError(
                    limits.too_large(f"Its objects have more than {limits.columns:,} keys; at most so many columns are read")
                )
    if not keys:
        raise DataError(f"None of its first {SAMPLED:,} rows is an object with keys. {first or 'It is empty.'}")
    names = named(list(keys))
    places = {key: place for place, key in enumerate(keys)}
    notes = (
        (f"Its columns are the keys of the first {SAMPLED:,} rows; keys that come later are left out.",)
        if seen == SAMPLED
        else ()
    )

    def rows() -> Rows:
        with closing(values()) as written:
            for number, line in enumerate(written, 1):
                if line.strip():
                    value = read_value(line, limits)
                    yield number, value if isinstance(value, Refused) else _cells(value, places, limits)

    return Table(names, rows, notes)


def _cells(value: dict[str, Any], places: dict[str, int], limits: Limits) -> Cells | Refused:
    """The object's values, each in the column of its key."""
    cells = [""] * len(places)
    try:
        for key, part in value.items():
            if key in places:
                cells[places[key]] = as_cell(part)
    except RecursionError:
        return Refused("It nests lists or objects too deep to be read.")
    return checked(cells, limits, "text")
