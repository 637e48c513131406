"""What the widgets draw: words or subwords with their scores, and the text cut into pieces. Plain data, no Streamlit."""

from dataclasses import dataclass

import numpy as np

from core.combine import merge_tokens
from core.markup import visible
from core.methods import READABLE
from core.records import LayerReport, Query

GAP = -1  # a piece that no unit covers: spaces, line breaks, dropped characters
UNREAD = -2  # a piece that the model did not read
BREAK = -3  # not a piece: here the second text of a pair begins
UNREAD_SHOWN = 280  # characters of the unread rest that are still drawn


@dataclass(frozen=True, eq=False)
class Units:
    """Words or subwords in reading order, with their scores by one method."""

    texts: tuple[str, ...]
    """(N)"""
    spans: np.ndarray
    """(N, 2) character offsets into `Query.joined`; (0, 0) for special tokens."""
    tokens: tuple[tuple[int, ...], ...]
    """(N) the tokens each unit is made of."""
    is_special: np.ndarray
    """(N) bool"""
    parts: np.ndarray
    """(N) the text each unit stands in: 0, or 1 in the second of a pair; special tokens stand where the unit before them does."""
    scores: np.ndarray
    """(L, N); (1, N) where the method has one row for the whole model."""

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, layer: int) -> np.ndarray:
        """(N) scores at a layer state; the one row where there are no layers."""
        return self.scores[layer if len(self.scores) > 1 else 0]

    @property
    def second(self) -> int | None:
        """Index of the first unit of the second text; None where there is one text."""
        return int(self.parts.argmax()) if self.parts.any() else None

    def holding(self, token: int) -> int | None:
        """Index of the unit that a token is part of, or None where it is hidden."""
        return next((i for i, tokens in enumerate(self.tokens) if token in tokens), None)

    def strongest(self, layer: int) -> int | None:
        """Index of the unit with the largest score by magnitude; None where there are no units."""
        return int(np.abs(self.at(layer)).argmax()) if len(self) else None


def units_of(report: LayerReport, method: str, by_words: bool, rule: str = "sum", with_special: bool = False) -> Units:
    """The report's words (scores merged by `rule`) or subwords, with or without the special tokens."""
    tokens, scores = report.tokens, report.maps[method].scores
    n_tokens = len(tokens.texts)
    if by_words:
        merged = merge_tokens(scores, tokens, rule)  # (L, W)
        members = [tuple(np.flatnonzero(tokens.word_of == w).tolist()) for w in range(len(tokens.word_spans))]
        rows = [(held[0], held, tokens.word_spans[w], merged[:, w]) for w, held in enumerate(members) if held]
    else:
        rows = [(t, (t,), tokens.spans[t], scores[:, t]) for t in range(n_tokens) if not tokens.is_special[t]]
    if with_special:
        rows += [(t, (t,), tokens.spans[t], scores[:, t]) for t in np.flatnonzero(tokens.is_special).tolist()]
    rows.sort(key=lambda row: row[0])
    texts = [report.query.joined[span[0] : span[1]] or tokens.texts[held[0]] for _, held, span, _ in rows]
    spans = np.array([span for _, _, span, _ in rows], dtype=int).reshape(-1, 2)
    begins = report.query.text_spans[-1][0]  # of the only text, or of the second
    return Units(
        texts=tuple(map(visible, texts)),
        spans=spans,
        parts=np.maximum.accumulate((spans[:, 0] >= begins) & (begins > 0)).astype(int),
        tokens=tuple(held for _, held, _, _ in rows),
        is_special=np.array([bool(tokens.is_special[held[0]]) for _, held, _, _ in rows], dtype=bool),
        scores=np.stack([row for _, _, _, row in rows], axis=1) if rows else np.zeros((len(scores), 0)),
    )


def text_pieces(query: Query, units: Units, unread: tuple[tuple[int, int], ...] = ()) -> list[tuple[str, int]]:
    """The original text cut into (piece, unit index): nothing is lost, reordered or repeated.

    Pieces between units have index GAP; the `unread` ends (`Coverage.unread`) have index UNREAD and are cut after
    UNREAD_SHOWN characters. Between the two texts of a pair stands ("", BREAK).
    """
    pieces = []
    for part, (start, end) in enumerate(query.text_spans):
        pieces += [("", BREAK)] if part else []
        read = next((low for low, high in unread if start <= low and high == end), end)
        pieces += _pieces_of(query.joined, units, np.flatnonzero(units.parts == part).tolist(), start, read, end)
    return pieces


def _pieces_of(text: str, units: Units, members: list[int], cursor: int, read: int, end: int) -> list[tuple[str, int]]:
    """One text's pieces: `text` from `cursor` to `end`, of which what lies behind `read` was not read."""
    pieces = []
    for index in members:
        if units.is_special[index]:
            pieces.append((units.texts[index], index))
            continue
        start, stop = max(int(units.spans[index][0]), cursor), int(units.spans[index][1])  # byte-level pieces of one
        if stop <= start:  # character share its span: it is drawn once
            continue
        if start > cursor:
            pieces.append((visible(text[cursor:start]), GAP))
        pieces.append((visible(text[start:stop]), index))
        cursor = stop
    read = max(cursor, read)
    if cursor < read:
        pieces.append((visible(text[cursor:read]), GAP))
    if read < end:
        rest = text[read : min(end, read + UNREAD_SHOWN)]
        pieces.append((visible(rest) + (" …" if read + UNREAD_SHOWN < end else ""), UNREAD))
    return pieces


def trusted_layers(report: LayerReport) -> np.ndarray | None:
    """(L) whether the language-model head still recovers at least half of the own tokens; None without that profile."""
    profile = report.profiles.get("own_top1")
    return None if profile is None else profile.values >= READABLE


def window(selected: int, total: int, size: int) -> tuple[int, int]:
    """Start and end of the block of `size` units that holds the selected one."""
    start = max(selected, 0) // size * size
    return start, min(start + size, total)
