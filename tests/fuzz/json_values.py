"""Changes JSON value by value: what is damaged so is still JSON, and passes the parser."""

import json
from random import Random

ODD = (
    None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e308, 1e-320, 10**30, -(10**30), 10**400, 2**31, 2**63, float("nan"), float("inf"), "", " ",
    "text", "\ud800", "\0", "</script><b>", "\u202e", "é" * 300, [], {}, [[]], [None], [0], {"": None}, {"a": {}}, [1, [2]], ["a", 0],
)  # fmt: skip
"""Values that readers trip over."""


def changed(data: bytes, random: Random) -> bytes | None:
    """The JSON with one to three of its values replaced, dropped, doubled or swapped; None where it is none. A last byte that stands
    behind a NUL is kept: it tells the target what to read."""
    written, nul, choice = data.rpartition(b"\0")
    written, choice = (written, choice) if nul and len(choice) <= 1 else (data, b"")
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return None
    for _ in range(random.randint(1, 3)):
        value = _change(value, random)
    return json.dumps(value).encode() + nul + choice if nul else json.dumps(value).encode()


def nested(depth: int, inner: object = 1) -> object:
    """A list of a list of a list …"""
    for _ in range(depth):
        inner = [inner]
    return inner


def _change(value: object, random: Random) -> object:
    """One value somewhere within."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        kind = random.random()
        if kind < 0.06:
            return {name: part for name, part in value.items() if name != key}
        if kind < 0.1:
            return value | {_odd_key(random): value[key]}
        return value | {key: _change(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        kind = random.random()
        if kind < 0.08:
            return value[:at] + value[at + 1 :]
        if kind < 0.16:
            return value[:at] + [value[at]] + value[at:]
        if kind < 0.2:
            return value[:at] + [value[random.randrange(len(value))]] + value[at + 1 :]
        return value[:at] + [_change(value[at], random)] + value[at + 1 :]
    return _replaced(value, random)


def _replaced(value: object, random: Random) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15 and random.random() < 0.4:
        return value + random.choice((-1, 1, 7, 0.25, 1_000))
    if isinstance(value, str) and random.random() < 0.3:
        return value + random.choice(("\ud800", "\0", "<b>", " ", "\n", value))
    return nested(random.choice((40, 400, 900))) if random.random() < 0.03 else random.choice(ODD)


def _odd_key(random: Random) -> str:
    return random.choice(("", "0", "-1", "text", "\ud800", "__class__", "self", "9" * 30))
