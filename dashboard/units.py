"""What the widgets draw: words or subwords with their scores, and the text cut into pieces. Plain data, no Streamlit."""

from dataclasses import dataclass

import numpy as np

from core.combine import merge_tokens
from core.markup import visible
from core.methods import READABLE
from core.records import LayerReport

GAP = -1  # a piece that no unit covers: spaces, line breaks, dropped characters
UNREAD = -2  # a piece that the model did not read
UNREAD_SHOWN = 280  # characters of the unread rest that are still drawn


@dataclass(frozen=True, eq=False)
class Units:
    """Words or subwords in reading order, with their scores by one method."""

    texts: tuple[str, ...]
    """(N)"""
    spans: np.ndarray
    """(N, 2) character offsets; (0, 0) for special tokens."""
    tokens: tuple[tuple[int, ...], ...]
    """(N) the tokens each unit is made of."""
    is_special: np.ndarray
    """(N) bool"""
    scores: np.ndarray
    """(L, N); (1, N) where the method has one row for the whole model."""

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, layer: int) -> np.ndarray:
        """(N) scores at a layer state; the one row where there are no layers."""
        return self.scores[layer if len(self.scores) > 1 else 0]

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
    texts = [report.query.text[span[0] : span[1]] or tokens.texts[held[0]] for _, held, span, _ in rows]
    return Units(
        texts=tuple(map(visible, texts)),
        spans=np.array([span for _, _, span, _ in rows], dtype=int).reshape(-1, 2),
        tokens=tuple(held for _, held, _, _ in rows),
        is_special=np.array([bool(tokens.is_special[held[0]]) for _, held, _, _ in rows], dtype=bool),
        scores=np.stack([row for _, _, _, row in rows], axis=1) if rows else np.zeros((len(scores), 0)),
    )


def text_pieces(text: str, units: Units, characters_read: int | None = None) -> list[tuple[str, int]]:
    """The original text cut into (piece, unit index): nothing is lost, reordered or repeated.

    Pieces between units have index GAP; what lies behind `characters_read` (None: all were) has index UNREAD and is cut
    after UNREAD_SHOWN characters.
    """
    pieces, cursor = [], 0
    for index, (start, end) in enumerate(units.spans):
        if units.is_special[index]:
            pieces.append((units.texts[index], index))
            continue
        start = max(int(start), cursor)  # byte-level pieces of one character share its span: draw it once
        if end <= start:
            continue
        if start > cursor:
            pieces.append((visible(text[cursor:start]), GAP))
        pieces.append((visible(text[start:end]), index))
        cursor = int(end)
    read = len(text) if characters_read is None else max(cursor, characters_read)
    if cursor < read:
        pieces.append((visible(text[cursor:read]), GAP))
    if read < len(text):
        rest = text[read : read + UNREAD_SHOWN]
        pieces.append((visible(rest) + (" …" if read + UNREAD_SHOWN < len(text) else ""), UNREAD))
    return pieces


def trusted_layers(report: LayerReport) -> np.ndarray | None:
    """(L) whether the language-model head still recovers at least half of the own tokens; None without that profile."""
    profile = report.profiles.get("own_top1")
    return None if profile is None else profile.values >= READABLE


def window(selected: int, total: int, size: int) -> tuple[int, int]:
    """Start and end of the block of `size` units that holds the selected one."""
    start = max(selected, 0) // size * size
    return start, min(start + size, total)
