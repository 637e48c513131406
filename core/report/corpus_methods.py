"""The methods on a sample of a run's rows, as a table."""

from typing import Any

from core.cards import WALL
from core.corpus.method_table import FLOOR, MethodTable
from core.report.numerals import count, duration, value
from core.report.parts import Html, bullets, join, note, table, tag

HOW = (
    "with only the top words shown, less that with them hidden; the higher, the better a "
    "method’s words carry the class. A method whose interval reaches that of the random order tells nothing here; methods whose intervals overlap can’t be "
    "told apart by this sample. Rows: forward alone + forward and backward. × one pass: its time over that of one forward and backward pass, the median."
)


def method_table(found: MethodTable, is_value: bool = False) -> Html:
    """A row a method, the highest φ first, and what could not be measured. `is_value`: the model answers with values."""
    if not found.lines():
        return note("No row of the sample could be measured.")
    rows = (
        [_name(line), value(line["phi"], "", "+.3f"), _ends(line), f"{line['texts']:,}", _passes(line), f"{line['passes']:.1f}"]
        for line in found.lines()
    )
    speed = "" if found.pass_seconds is None else f" One pass: {duration(found.pass_seconds)}."
    explains, phi = (
        ("the model’s value", "the value")
        if is_value
        else ("its predicted class", "the probability of the class, in points from −1 to 1,")
    )
    lead = (
        f"{count(found.texts, 'row')}, drawn with seed {found.seed}; each explains {explains}, and hidden words are replaced by [MASK] or its like. "
        f"φ is {phi} "
    )
    return join(
        note(lead, HOW, speed),
        table(["method", "φ", "95 %", "texts", "rows of passes", "× one pass"], rows),
        bullets(_missing(found)) if _missing(found) else "",
    )


def _missing(found: MethodTable) -> list[str]:
    left_out = (
        [f"Long texts are in the sample, so these were not run: {', '.join(_label(name) for name in found.left_out)}."]
        if found.left_out
        else []
    )
    refused = [f"{_label(name)} could not serve {count(rows, 'row')}: {why}" for name, rows, why in found.refusals]
    return [*left_out, *refused, *(f"Row {number} could not be measured: {why}" for number, why in found.unusable.items())]


def _label(name: str) -> str:
    return WALL[name].label if name in WALL else name


def _name(line: dict[str, Any]) -> Html:
    return join(line["label"], tag("span", "the floor", class_="ends") if line["method"] == FLOOR else "")


def _ends(line: dict[str, Any]) -> str:
    return "–" if line["low"] is None else f"{value(line['low'], '', '+.3f')} to {value(line['high'], '', '+.3f')}"


def _passes(line: dict[str, Any]) -> str:
    return f"{line['forwards']:,.0f} + {line['backwards']:,.0f}"
