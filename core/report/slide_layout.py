"""The words of a text set as lines, for a picture: type as large as there is room for, then cut. Nothing is drawn here.

Every word is a box with a place of its own, so that right-to-left words, or characters that turn the direction, can't
rearrange their neighbours.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.report.type_widths import width

SIZES = (76, 68, 60, 54, 48, 43, 39, 35, 32, 29, 26, 24)  # of the type, the largest that fits is taken
LEADING = 1.62  # from line to line, in type sizes
PARAGRAPH = 0.45  # more between paragraphs
GAP = 0.27  # between two words
PAD = 0.07  # from a word to the edge of its box
MOST_CHARACTERS = 4000  # of one text that are set at all: no more would have room in the smallest type
_STEERING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c", "\ufeff"}
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


@dataclass(frozen=True)
class Piece:
    """A word, or whatever but space stands between two; " " and "\\n" are gaps."""

    text: str
    word: int | None = None
    """Which word it is of; None: none of those that the model scored."""

    @property
    def is_gap(self) -> bool:
        """Whether nothing is to be seen of it."""
        return self.text in (" ", "\n")

    @property
    def direction(self) -> str:
        """L or R as its first letter is read; empty where it has none."""
        kinds = (unicodedata.bidirectional(character) for character in self.text)
        return next(("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL")), "")

    def width(self, size: float) -> float:
        """How much room it takes in a line."""
        return GAP * size if self.is_gap else width(self.text, size) + 2 * PAD * size


@dataclass(frozen=True)
class Placed:
    """A piece where it is drawn: left edge, line's baseline, width of its box."""

    piece: Piece
    x: float
    baseline: float
    width: float


@dataclass(frozen=True)
class Setting:
    """A text as it is set: pieces in place, its height, and how many words had no room."""

    placed: tuple[Placed, ...]
    height: float
    left_out: int


def pieces_of(text: str, spans: Sequence[tuple[int, int]], first_word: int = 0) -> list[Piece]:
    """The text cut at its words, whose numbers count from `first_word`; offsets are into `text`."""
    pieces, at = [], 0
    for number, (start, end) in enumerate(spans):
        if end > at:
            pieces += _between(text[at : max(start, at)])
            start = max(start, at)
            pieces.append(Piece(drawable(text[start : min(end, start + MOST_CHARACTERS)]) or "�", first_word + number))
            at = end
        if at > MOST_CHARACTERS:
            return pieces
    return pieces + _between(text[at : at + MOST_CHARACTERS])


def _between(text: str) -> list[Piece]:
    pieces = []
    for part in re.findall(r"\s+|\S+", text):
        if not part.isspace():
            part = drawable(part)
        pieces += [Piece("\n" if "\n" in part else " ")] if part.isspace() else [Piece(part)] if part else []
    return pieces


def drawable(text: str) -> str:
    """The text on one line, without characters that steer, or that no file of markup may hold."""
    kept = (c for c in re.sub(r"\s", " ", text) if c not in _STEERING and ord(c) & 0xFFFE != 0xFFFE)
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cs") else c for c in kept)


def set_text(pieces: list[Piece], size: float, room: float, most_lines: int | None = None) -> Setting:
    """The pieces in lines of at most `room`; what stands beyond `most_lines` is left out. Baselines count from the upper edge."""
    placed: list[Any] = []
    y, seen = 0.0, set()
    for number, (line, base, is_first) in enumerate(_lines_of(pieces, size, room)):
        if number == most_lines:
            break
        y += LEADING * size + (PARAGRAPH * size if is_first and number else 0)
        placed += _place(_in_sight_order(line, base), size, y - 0.5 * size, room if base == "R" else None)
        seen |= {piece.word for piece in line}
    words = {piece.word for piece in pieces if piece.word is not None}
    return Setting(tuple(placed), y, len(words - seen))


def largest_size(texts: Sequence[list[Piece]], room: float, height: float) -> float | None:
    """The largest of SIZES in which all texts fit under one another; None: in none of them."""
    return next((size for size in SIZES if sum(set_text(pieces, size, room).height for pieces in texts) <= height), None)


def _lines_of(pieces: list[Piece], size: float, room: float) -> Iterator[tuple[list[Piece], str, bool]]:
    """Line after line: its pieces, the direction of its paragraph, and whether it begins one."""
    paragraph = []
    for piece in [*pieces, Piece("\n")]:
        if piece.text != "\n":
            paragraph.append(piece)
            continue
        base = next((one.direction for one in paragraph if one.direction), "L")
        for number, line in enumerate(_broken(paragraph, size, room)):
            yield line, base, number == 0
        paragraph = []


def _broken(paragraph: list[Piece], size: float, room: float) -> Iterator[list[Piece]]:
    """The lines of a paragraph: broken at gaps; within what is wider than a line, anywhere."""
    line: list[Any] = []
    used = 0.0
    for cluster in _clusters(paragraph):
        if cluster[0].is_gap:
            line, used = (line + cluster, used + GAP * size) if line else (line, used)
            continue
        needed = sum(piece.width(size) for piece in cluster)
        if used + needed > room and needed <= room and line:
            yield _without_gap_at_end(line)
            line, used = [], 0.0
        for piece in cluster if needed <= room else _parts(cluster, size, room):
            if used + piece.width(size) > room and line:
                yield _without_gap_at_end(line)
                line, used = [], 0.0
            line.append(piece)
            used += piece.width(size)
    if line := _without_gap_at_end(line):
        yield line


def _clusters(paragraph: list[Piece]) -> Iterator[list[Piece]]:
    """Pieces that no gap stands between, such as a word and its comma; each gap on its own."""
    cluster: list[Any] = []
    for piece in paragraph:
        if piece.is_gap and cluster:
            yield cluster
            cluster = []
        if piece.is_gap:
            yield [piece]
        else:
            cluster.append(piece)
    if cluster:
        yield cluster


def _parts(cluster: list[Piece], size: float, room: float) -> Iterator[Piece]:
    """The pieces, those wider than a line cut into parts that fit, of one character at least."""
    most = room - 2 * PAD * size
    for piece in cluster:
        start, used = 0, 0.0
        for at, character in enumerate(piece.text):  # each is measured once: a single word may be as long as a text
            across = width(character, size)
            if used + across > most and at > start:
                yield replace(piece, text=piece.text[start:at])
                start, used = at, 0.0
            used += across
        if piece.text[start:]:
            yield replace(piece, text=piece.text[start:])


def _without_gap_at_end(line: list[Piece]) -> list[Piece]:
    return line[:-1] if line and line[-1].is_gap else line


def _in_sight_order(line: list[Piece], base: str) -> list[Piece]:
    """From left to right as they are read: by Unicode's rules for whole words, with one level of embedding."""
    own = [piece.direction for piece in line]
    sides = [own[i] or _neutral(own, i, base) for i in range(len(line))]
    line = [replace(p, text=p.text.translate(_MIRRORED)) if s == "R" and not p.direction else p for p, s in zip(line, sides)]
    if base == "R":
        line, sides = line[::-1], sides[::-1]
    turned, ordered, at = ("R" if base == "L" else "L"), [], 0
    while at < len(line):
        end = at + 1
        while end < len(line) and sides[end] == sides[at]:
            end += 1
        ordered += line[at:end][::-1] if sides[at] == turned else line[at:end]
        at = end
    return ordered


def _neutral(own: list[str], at: int, base: str) -> str:
    """The direction of a piece without letters: that of its neighbours where they agree, else the paragraph's."""
    before = next((side for side in reversed(own[:at]) if side), base)
    after = next((side for side in own[at + 1 :] if side), base)
    return before if before == after else base


def _place(line: list[Piece], size: float, baseline: float, right: float | None) -> Iterator[Placed]:
    """Side by side from the left edge, or up to the right one."""
    x = 0.0 if right is None else max(0.0, right - sum(piece.width(size) for piece in line))
    for piece in line:
        needed = piece.width(size)
        if not piece.is_gap:
            yield Placed(piece, x, baseline, needed)
        x += needed
