"""Words over all rows of a run: by class and layer, those that change on the way, and those behind errors."""

from collections.abc import Sequence
from typing import Any

from core.calibration import name_layer
from core.corpus.summary import MIN_TEXTS, Summary
from core.report.curves import STAR
from core.report.numerals import points, signed_percent
from core.report.parts import Html, join, note, table, tag

WIDE, HIGH = 108, 22  # px of an interval's picture
IN_A_LAYER = 8  # words in the row of a layer
MOST_CLASSES = 12  # whose words are listed
UNIT = "mean share of a text’s saliency"
SCALE = (
    "A word’s share is its score divided by the sum of all words’ magnitudes in the text; above 0 it speaks for the class, below 0 against it. "
    f"Means over the texts that hold the word, at least {MIN_TEXTS}; the line is the 95 % interval, and the surest come first: by its lower end."
)


def words_by_class(summary: Summary, layer: int) -> Html:
    """For each predicted class the words that surely speak most for it at a layer."""
    lists = []
    for name, by_layer in _shown(summary, summary.words):
        found = by_layer[layer]
        rows = (
            [_word(row), f"{row['texts']:,}", _interval(row, found), signed_percent(row["mean"]), _ends(row)] for row in found
        )
        lists.append(_list(name, table(["word", "texts", "", "mean", "95 %"], rows) if found else _none()))
    rest = (
        f" Of {len(summary.words)} classes, the {MOST_CLASSES} of the most rows; words.parquet has all."
        if len(summary.words) > MOST_CLASSES
        else ""
    )
    return join(
        note(f"{SCALE}{rest} {STAR} {name_layer(layer).capitalize()}, the layer recommended for most rows."), _columns(lists)
    )


def words_by_layer(summary: Summary) -> Html:
    """For each class a row a layer, deepest first, with the words that surely speak most for it there."""
    lists = []
    for name, by_layer in _shown(summary, summary.words):
        rows = []
        for layer in reversed(range(len(by_layer))):
            place = f"{layer or 'emb'}{f' {STAR}' if layer == summary.layer else ''}"
            told = join(
                *(
                    tag("span", _word(row), f" {signed_percent(row['mean'])}", class_="item")
                    for row in by_layer[layer][:IN_A_LAYER]
                )
            )
            rows.append([place, told or "–"])
        lists.append(_list(name, table(["layer", f"words, {UNIT}"], rows, 2)))
    return _columns(lists)


def changing_words(summary: Summary) -> Html:
    """For each class the words that matter more, or less, in late layers than in early ones."""
    lists = []
    for name, found in _shown(summary, summary.changing):
        rows = (
            [
                _word(row),
                f"{row['texts']:,}",
                f"{points(row['early'])} → {signed_percent(row['late'])}",
                signed_percent(row["change"]),
                _ends(row),
            ]
            for row in found
        )
        lists.append(_list(name, table(["word", "texts", "early → late", "change", "95 %"], rows) if found else _none()))
    how = (
        "Early is the first third of the layer states, the embedding among them, late the last third. Only words whose interval of the change "
        "doesn’t hold 0, the surest first."
    )
    return join(note(how), _columns(lists))


def misleading_words(summary: Summary) -> Html:
    """For each class the words that push towards it where it is wrong."""
    if not any(summary.misleading.values()):
        return note(f"No word that speaks for its class stands in at least {MIN_TEXTS} wrong rows of one class.")
    lists = []
    for name, found in _shown(summary, summary.misleading):
        rows = (
            [
                _word(row),
                f"{row['texts']:,}",
                signed_percent(row["mean"]),
                _ends(row),
                f"{signed_percent(row['right_mean'])} ({row['right_texts']:,})",
            ]
            for row in found
        )
        lists.append(
            _list(name, table(["word", "texts", "mean", "95 %", "where right (texts)"], rows) if found else _none("wrong rows"))
        )
    how = (
        f"Of the rows whose label is another one, at {name_layer(summary.layer)}; beside it what the same word does where the class is right. "
        "Where the interval holds 0, even the direction isn’t certain."
    )
    return join(note(how), _columns(lists))


def _shown(summary: Summary, by_class: dict[str, list[Any]]) -> list[tuple[str, list[Any]]]:
    """The classes drawn, those of the most rows, in the order of the model."""
    most = sorted(by_class, key=lambda name: -summary.predicted.get(name, 0))[:MOST_CLASSES]
    return [(name, by_class[name]) for name in by_class if name in most]


def _list(name: str, *pieces: str) -> Html:
    return tag("div", tag("h3", "“", tag("bdi", name), "”"), *pieces)


def _columns(lists: Sequence[Html]) -> Html:
    return tag("div", *lists, class_="columns lists")


def _none(what: str = "texts") -> Html:
    return note(f"No word stands in at least {MIN_TEXTS} {what} of this class and does so.")


def _word(row: dict[str, Any]) -> Html:
    return tag("bdi", row["word"], class_="word")


def _ends(row: dict[str, Any]) -> str:
    return f"{points(row['low'])} to {signed_percent(row['high'])}"


def _interval(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Html:
    """The interval as a line with a dot at the mean, on the scale of all `rows`, which holds 0."""
    low, high = min(0.0, *(one["low"] for one in rows), 0.0), max(0.0, *(one["high"] for one in rows), 0.0)
    wide = (high - low) or 1.0

    def x(number: float) -> float:
        return round(5 + (number - low) / wide * (WIDE - 10), 1)

    middle = HIGH / 2
    return tag(
        "svg",
        tag("line", x1=x(0), x2=x(0), y1=0, y2=HIGH, class_="grid"),
        tag("line", x1=x(row["low"]), x2=x(row["high"]), y1=middle, y2=middle, class_="line first"),
        tag("circle", cx=x(row["mean"]), cy=middle, r=4, class_="point first"),
        viewBox=f"0 0 {WIDE} {HIGH}", class_="interval", aria_hidden="true",
    )  # fmt: skip
