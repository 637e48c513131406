"""A few rows of a run with their words in colour: the errors that the model was surest of, or what it was least sure of."""

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.calibration import name_layer
from core.corpus.records import RowResult
from core.corpus.store import Manifest, chunks_done, read_chunk, read_columns
from core.labels import REGRESSION
from core.markup import legend_to_html, words_to_html
from core.records import Query
from core.report.numerals import count, percent
from core.report.parts import Html, note, section, tag
from core.report.words import strongest

MOST = 6
LONGEST = 700  # characters shown of a text


def pick_rows(folder: Path, manifest: Manifest, most: int = MOST) -> list[RowResult]:
    """The errors with the highest confidence; without labels the rows with the lowest; of a regression none. Memory holds a chunk.
    RunError."""
    if manifest.problem_type == REGRESSION:
        return []
    wrong: list[Any] = []
    unsure: list[Any] = []  # heaps of (how telling, −row, chunk)
    for chunk in chunks_done(folder):
        for number, confidence, is_right in _figures(folder, chunk, manifest):
            if confidence is not None and not is_right:
                _keep(
                    wrong if is_right is False else unsure,
                    (confidence if is_right is False else -confidence, -number, chunk),
                    most,
                )
    chosen = sorted(wrong or unsure, reverse=True)
    rows: dict[int, RowResult] = {}
    for chunk in {chunk for _, _, chunk in chosen}:
        wanted = {-minus for _, minus, place in chosen if place == chunk}
        rows |= {row.number: row for row in read_chunk(folder, chunk, manifest).rows if row.number in wanted and isinstance(row, RowResult)}
    return [rows[-minus] for _, minus, _ in chosen if -minus in rows]


def _keep(heap: list[Any], item: tuple[Any, ...], most: int) -> None:
    """The item, if it is among the `most` largest."""
    if len(heap) < most:
        heapq.heappush(heap, item)
    else:
        heapq.heappushpop(heap, item)


def _figures(folder: Path, chunk: int, manifest: Manifest) -> Iterator[tuple[int, float | None, bool | None]]:
    """(number, confidence, whether it is right) of each row of a chunk, without its texts and scores."""
    table = read_columns(folder, chunk, ("number", "refused", "confidence", "correct"), manifest)
    yield from zip(*(table[name].to_pylist() for name in ("number", "confidence", "correct")))


def examples(rows: Sequence[RowResult], unit: str) -> Html:
    """The rows as a part of the report; nothing where there are none."""
    if not rows:
        return Html("")
    are_wrong = rows[0].correct is False
    title = "The errors it was surest of" if are_wrong else "What it was least sure of"
    how = "Each row at its own recommended layer and on its own colour scale: orange with a solid line speaks for the predicted class, blue with "
    return section(
        title,
        note(f"{how}a dotted line against it. The figures at the bar’s ends are in {unit}."),
        *(_row(row, unit) for row in rows),
    )


def _row(row: RowResult, unit: str) -> Html:
    """What was predicted, how surely, and the words."""
    scores, parts = row.word_scores(), []
    for start, end in Query("", row.text, text_pair=row.text_pair).text_spans:
        shown = min(end, start + LONGEST)
        inside = (row.word_spans[:, 0] >= start) & (row.word_spans[:, 1] <= shown)
        parts.append(
            Html(
                words_to_html(row.joined[start:shown], row.word_spans[inside] - start, scores[inside], strongest(scores) or None)
            )
        )
        parts += [note(f"… and {count(end - shown, 'more character')}.")] if shown < end else []
    named = f"Row {row.number:,}{f', {row.id}' if row.id else ''}"
    label = ["; the file says “", tag("bdi", row.label), "”"] if row.label is not None else []
    about = tag(
        "p",
        tag("bdi", named),
        ": “",
        tag("bdi", row.predicted),
        f"”, {percent(row.confidence)}",
        *label,
        f". {name_layer(row.layer).capitalize()}.",
    )
    legend = Html(legend_to_html(strongest(scores), unit, True))
    return tag("div", about, tag("div", *parts, class_="words small"), tag("div", legend, class_="legend"), class_="example")
