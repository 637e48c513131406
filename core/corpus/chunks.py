"""The rows of a file in chunks, and a chunk's rows as one string for other machines. No torch."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from core.corpus.store import Manifest
from core.tables.format import Limits
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.texts import RefusedRow, TextRow, read_texts

Item = TextRow | RefusedRow


def chunks_of(source: Source, manifest: Manifest, limits: Limits) -> Iterator[tuple[int, list[Item]]]:
    """(index, rows) of every chunk of the file, the unusable rows among them; memory holds one chunk."""
    settings = manifest.plan.settings
    table = open_table(source, settings.format, limits)
    index, items = 0, []
    for item in read_texts(table, settings.columns):
        items.append(item)
        if len(items) == settings.chunk_rows:
            yield index, items
            index, items = index + 1, []
    if items:
        yield index, items


def write_items(items: list[Item]) -> str:
    """The rows of a chunk as JSON, in ASCII: halves of characters, which UTF-8 can't hold, stay what they are."""
    return json.dumps([asdict(item) for item in items])


def read_items(written: str) -> list[Item]:
    """What `write_items` was given."""
    return [RefusedRow(**item) if "reason" in item else TextRow(**item) for item in json.loads(written)]
