"""A table of words and figures of which a row may be picked: what it holds may be anyone's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.markup import visible
from dashboard import corpus_results_wording, session
from dashboard.components.assets import register

NUMBER, TEXT, NAME, LONG, VERDICT, WORDS = "number", "text", "name", "long", "verdict", "words"
BEFORE, HIT, AFTER = "before", "hit", "after"
_data_table = register("data_table")


@dataclass(frozen=True)
class Column:
    """A column of such a table."""

    name: str
    kind: str = NUMBER
    """How its cells are drawn: NUMBER, TEXT (two lines), NAME (one short line), LONG, VERDICT (“right”, “wrong” or “”), WORDS (pairs
    of a word and its part, −1 to 1, of the largest score), or BEFORE, HIT and AFTER of a word in its context."""
    help: str = ""


def show(
    label: str,
    columns: Sequence[Column],
    rows: Sequence[tuple],
    key: str,
    *,
    ids: Sequence[int | str] | None = None,
    names: Sequence[str] = (),
    empty: str = "",
    tall: bool = False,
    wide: bool = False,
    about: str = "",
) -> int | str | None:
    """Draw the `rows`, a cell a column. With `ids`, one for each row, rows can be picked, `names` being what their buttons are called:
    returns the id of the one picked, None where it isn't among them. `tall` tables scroll; `about` changes with what they hold.
    """  # fmt: skip
    selected = _known(session.event(key, "pick"), ids)
    found = _data_table(
        data=table_data(label, columns, rows, ids, names, selected, empty, tall, wide, about),
        key=key,
        on_pick_change=lambda: None,
    )
    return _known(getattr(found, "pick", None), ids)


def _known(picked: object, ids: Sequence[int | str] | None) -> int | str | None:
    """The id that the browser names, which may name anything."""
    return next((one for one in ids or () if one == picked), None)


def table_data(label, columns, rows, ids=None, names=(), selected=None, empty="", tall=False, wide=False, about="") -> dict:
    """What the component draws."""
    return {
        "label": label,
        "columns": [{"name": column.name, "kind": column.kind, "help": column.help or None} for column in columns],
        "rows": [
            {"id": at if ids is None else ids[at], "name": names[at] if names else None, "cells": [_shown(cell) for cell in row]}
            for at, row in enumerate(rows)
        ],
        "pickable": ids is not None,
        "selected": selected,
        "empty": empty,
        "tall": tall,
        "wide": wide,
        "page": about,
        "verdicts": corpus_results_wording.VERDICTS,
    }


def _shown(cell):
    if isinstance(cell, str):
        return visible(cell)
    return [[visible(word), share] for word, share in cell] if isinstance(cell, list | tuple) else cell
