"""The first rows of a table, as they are in the file; above each column what it is taken for."""

from dashboard import corpus_wording
from dashboard.components.assets import register
from dashboard.uploads import Preview

_preview_table = register("preview_table")


def show(preview: Preview, roles: dict[str, str | None], key: str) -> None:
    """Draw them. `roles`: what a column is → its name."""
    _preview_table(data=table_data(preview, roles), key=key)


def table_data(preview: Preview, roles: dict[str, str | None]) -> dict:
    """What the component draws."""
    taken = {name: corpus_wording.ROLES[role] for role, name in roles.items() if name is not None}
    rows = [
        {"number": number, "refused": cells} if isinstance(cells, str) else {"number": number, "cells": cells}
        for number, cells in preview.rows
    ]
    return {
        "title": corpus_wording.PREVIEW,
        "columns": [{"name": name, "role": taken.get(name, "")} for name in preview.columns],
        "rows": rows,
        "notes": preview.notes,
    }
