"""The words of a text as they stand on a slide: each in a box of its colour, and cut where there is no room."""

import numpy as np

from core.markup import AGAINST, FOR, MAX_ALPHA, UNDERLINED
from core.records import LayerReport
from core.report.numerals import count
from core.report.parts import Html, join, tag
from core.report.slide_layout import LEADING, PAD, SIZES, Piece, Placed, Setting, largest_size, pieces_of, set_text
from core.report.type_widths import is_known
from core.report.words import TEXT_NAMES, strongest

NAME_SIZE, NAME_HEIGHT = 24, 66  # of the names of the two texts of a pair, and the room they take
NOTE_SIZE, NOTE_HEIGHT = 24, 46  # of the line that says what had no room
RAISED = 0.6  # of the room left over that lies under a short text; words in the very middle seem to hang low


def place(number: float) -> str:
    """A coordinate as SVG writes it."""
    return f"{number:.1f}".removesuffix(".0")


def draw_words(report: LayerReport, scores: np.ndarray, room: float, height: float, colours: dict[str, str]) -> Html:
    """The words coloured by their scores (W), the strongest in full colour, within `room` × `height` from the origin."""
    texts = _texts(report)
    has_names = len(texts) > 1
    free = height - has_names * len(texts) * NAME_HEIGHT
    size = largest_size(texts, room, free)
    if size is None:
        size = SIZES[-1]
        settings = _cut(texts, size, room, free - NOTE_HEIGHT * len(texts))
    else:
        settings = [set_text(pieces, size, room) for pieces in texts]
    unread, lines = _unread(report), []
    notes = [_left_out(setting, characters) for setting, characters in zip(settings, unread)]
    used = sum(setting.height for setting in settings) + sum(NOTE_HEIGHT for note in notes if note)
    y = max(0.0, free - used) * (1 - RAISED)
    for name, setting, note in zip(TEXT_NAMES, settings, notes):
        if has_names:
            lines.append(tag("text", name, x=0, y=place(y + NAME_HEIGHT - 14), font_size=NAME_SIZE, fill=colours["muted"]))
            y += NAME_HEIGHT
        lines += [_word(one, y, size, scores, strongest(scores), colours["text"]) for one in setting.placed]
        y += setting.height
        if note:
            lines.append(tag("text", note, x=0, y=place(y + 30), font_size=NOTE_SIZE, fill=colours["muted"]))
            y += NOTE_HEIGHT
    return join(*lines)


def _texts(report: LayerReport) -> list[list[Piece]]:
    """The pieces of each text, without an end that was not read."""
    query, spans, texts = report.query, report.tokens.word_spans, []
    for (start, whole), unread in zip(query.text_spans, _unread(report)):
        end = whole - unread
        inside = np.flatnonzero((spans[:, 0] >= start) & (spans[:, 1] <= end))
        first = int(inside[0]) if len(inside) else 0
        texts.append(pieces_of(query.joined[start:end], (spans[inside] - start).tolist(), first))
    return texts


def _unread(report: LayerReport) -> list[int]:
    """Of each text, how many characters at its end were not read."""
    return [
        sum(last - first for first, last in report.coverage.unread if start <= first and last == end)
        for start, end in report.query.text_spans
    ]


def _cut(texts: list[list[Piece]], size: float, room: float, height: float) -> list[Setting]:
    """Each text with as many lines as there is room for; of two, the shorter one first gets what it needs, at most one half."""
    n_lines = int(height / (LEADING * size))
    needed = [round(set_text(pieces, size, room).height / (LEADING * size) + 0.49) for pieces in texts]
    half = n_lines // len(texts)
    spare = sum(max(0, half - lines) for lines in needed)
    return [set_text(pieces, size, room, lines if lines <= half else half + spare) for pieces, lines in zip(texts, needed)]


def _left_out(setting: Setting, unread: int) -> str:
    parts = [f"{count(setting.left_out, 'more word')}"] if setting.left_out else []
    parts += [f"{count(unread, 'character')} that the model did not read"] if unread else []
    return f"… and {' and '.join(parts)}" if parts else ""


def _word(one: Placed, above: float, size: float, scores: np.ndarray, largest: float, ink: str) -> Html:
    """One piece: box and line by its share of the strongest score, then its letters in the middle."""
    baseline, text = above + one.baseline, one.piece.text
    fitted = {"textLength": place(one.width - 2 * PAD * size), "lengthAdjust": "spacingAndGlyphs"} if is_known(text) else {}
    letters = tag(
        "text", text, x=place(one.x + one.width / 2), y=place(baseline), font_size=place(size), fill=ink, text_anchor="middle",
        **fitted,
    )  # fmt: skip
    score = 0.0 if one.piece.word is None or not largest else float(scores[one.piece.word]) / largest
    if not abs(score) * MAX_ALPHA > 0.004:
        return letters
    colour = "rgb({},{},{})".format(*(FOR if score >= 0 else AGAINST))
    top, bottom = baseline - 0.96 * size, baseline + 0.3 * size
    x, across = place(one.x), place(one.width)
    box = tag(
        "rect", x=x, y=place(top), width=across, height=place(bottom - top), rx=place(0.08 * size), fill=colour,
        fill_opacity=f"{min(1.0, abs(score)) * MAX_ALPHA:.3f}",
    )  # fmt: skip
    if abs(score) < UNDERLINED:
        return join(box, letters)
    thick = 0.065 * size
    line = tag(
        "line", x1=place(one.x + thick), x2=place(one.x + one.width - thick), y1=place(bottom), y2=place(bottom), stroke=colour,
        stroke_width=place(thick), stroke_dasharray=None if score >= 0 else f"{thick:.2f} {thick:.2f}",
    )  # fmt: skip
    return join(box, line, letters)
