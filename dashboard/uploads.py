"""What a person drops or pastes → a table of texts, or a sentence why not. Knows neither Streamlit nor models.

Cells and names of files are anyone's words: they are handed on as they are, for components that show and never interpret them.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from core.embedded.calibration_texts import CALIBRATION_TEXTS
from core.embedded.gallery import GALLERIES
from core.errors import DataError, quoted
from core.model_spec import ModelSpec
from core.records import PAIR_BREAK
from core.tables.format import PAGE_LIMITS, Format
from core.tables.guess import Guess, guess_format
from core.tables.packing import in_bytes, unpacked
from core.tables.reading import open_table
from core.tables.source import Source
from core.tables.table import Refused
from core.tables.texts import Columns, TextRow, guess_columns, read_texts

MOST_FILES, MOST_BYTES = 10, 40_000_000  # that one person may have lying here
LONGEST_PASTE = 400_000  # characters: with four bytes each they stay below server.maxWidgetStateSize
LONGEST_NAME = 120  # characters of a file's name
PASTED, EXAMPLES = "pasted table", "example sentences.csv"
N_EXAMPLES = 20
PREVIEWED, LOOKED_AT, COUNTED = 5, 200, 50_000  # rows: shown, asked for what columns hold, and counted
LISTED = 20  # unusable rows that are listed, and different labels
SHOWN_CELL = 300  # characters of a cell in a preview
SAMPLE, SNIPPETS, SNIPPET = 1 << 17, 3, 60  # bytes asked for signs that an encoding decides, pieces shown, characters of each


@dataclass(frozen=True)
class Upload:
    """A file that can be read, at least in part."""

    source: Source
    fingerprint: str
    """Of its bytes."""

    @property
    def name(self) -> str:
        """As the person knows it."""
        return self.source.name

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.source.content)


@dataclass(frozen=True)
class Preview:
    """The first rows of a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...] | str], ...]
    """(number, cells, or in a sentence why there are none)"""
    guess: Columns
    """What the columns seem to hold."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """What the rows hold."""

    n_rows: int
    is_all: bool
    """Whether these are all rows of the file, and not only those that were counted."""
    n_unusable: int
    unusable: tuple[tuple[int, str], ...]
    """(number, reason) of the first."""
    labels: tuple[tuple[str, int], ...]
    """(label, rows), most rows first; of many only the first."""
    n_labels: int
    """Different ones."""


def take(name: str, content: bytes, taken: tuple[Upload, ...] = ()) -> Upload:
    """A file as the browser sent it, beside those that lie here already. DataError, in a sentence, for what can't be read."""
    name = _short_name(PurePosixPath(name.replace("\\", "/")).name) or "file"
    if len(taken) >= MOST_FILES:
        raise DataError(f"{MOST_FILES} files are here already. Take one away first.")
    if len(content) + sum(upload.size for upload in taken) > MOST_BYTES:
        raise DataError(f"All files here together may have {in_bytes(MOST_BYTES)}. Take one away first.")
    source = Source(name, content=content)
    guess_format(source, PAGE_LIMITS)
    return Upload(source, source.fingerprint())


def paste(text: str, taken: tuple[Upload, ...] = ()) -> Upload:
    """A table, or a text a line, that was pasted, beside the files that lie here already. DataError for an empty one."""
    if not text.strip():
        raise DataError("Nothing was pasted yet. Copy some rows of a table, or some lines, and paste them into the box.")
    if len(text) > LONGEST_PASTE:
        raise DataError(
            f"{len(text):,} characters were pasted; at most {LONGEST_PASTE:,} are taken. Save them as a file and drop that."
        )
    return take(PASTED, text.encode("utf-8", "replace"), taken)


def examples_for(spec: ModelSpec) -> tuple[str, ...]:
    """Sentences to try the page with: the model's own, else those of the first model."""
    name = spec.name if spec.name in GALLERIES else None
    own = spec.gallery or tuple(GALLERIES["sentiment"].values())
    more = CALIBRATION_TEXTS[name] if name else () if spec.gallery else CALIBRATION_TEXTS["sentiment"]
    short = [text for text in own if "\n" not in text or (PAIR_BREAK in text and spec.pair)]
    return tuple(dict.fromkeys((*short, *more)))[:N_EXAMPLES]


def example_file(spec: ModelSpec, taken: tuple[Upload, ...] = ()) -> Upload:
    """The same as a file, beside those that lie here already. DataError where these are too many."""
    rows = [text.split(PAIR_BREAK, 1) if spec.pair else [text] for text in examples_for(spec)]
    wide = max(len(row) for row in rows)
    table = io.StringIO()
    csv.writer(table).writerows([["text", "text_pair"][:wide], *(row + [""] * (wide - len(row)) for row in rows)])
    return take(EXAMPLES, table.getvalue().encode(), taken)


def look(upload: Upload, member: str | None = None, encoding: str | None = None) -> Guess:
    """How the file seems to be written. DataError for a member of a zip that can't be read."""
    return guess_format(upload.source, PAGE_LIMITS, member, encoding)


def readings(upload: Upload, member: str | None, encodings: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Encoding → pieces of the file that depend on it, as it reads them. Of encodings that read all of them alike, the first."""
    with unpacked(upload.source, member, PAGE_LIMITS) as stream:
        head = stream.read(SAMPLE)
    found: dict[tuple[str, ...], str] = {}
    for encoding in encodings:
        lines = head.decode(encoding, "replace").splitlines()
        pieces = tuple(_around(line) for line in lines if not line.isascii())[:SNIPPETS]
        found.setdefault(pieces or tuple(lines[:SNIPPETS]), encoding)
    return {encoding: pieces for pieces, encoding in found.items()}


def _around(line: str) -> str:
    """The piece of the line around its first sign beyond ASCII."""
    line = " ".join(line.split())
    at = next((place for place, sign in enumerate(line) if not sign.isascii()), 0)
    start = max(0, at - SNIPPET // 2)
    piece = line[start : start + SNIPPET]
    return ("…" if start else "") + piece + ("…" if start + SNIPPET < len(line) else "")


def preview(upload: Upload, format: Format) -> Preview:
    """The table's first rows, read so. DataError for what can't be read so."""
    table = open_table(upload.source, format, PAGE_LIMITS)
    first = list(islice(table.rows(), LOOKED_AT))
    rows = tuple(
        (number, cells.reason if isinstance(cells, Refused) else tuple(short(cell, SHOWN_CELL) for cell in cells))
        for number, cells in first[:PREVIEWED]
    )
    return Preview(table.columns, rows, guess_columns(table.columns, [cells for _, cells in first]), table.notes)


def count(upload: Upload, format: Format, columns: Columns) -> Count:
    """What the rows hold, up to COUNTED of them. DataError for a column that there isn't, or a file that breaks off."""
    n_rows, unusable, labels, n_unusable = 0, [], Counter(), 0
    rows = read_texts(open_table(upload.source, format, PAGE_LIMITS), columns)
    for row in islice(rows, COUNTED):
        n_rows += 1
        if isinstance(row, TextRow):
            labels.update([] if row.label is None else [row.label])
        else:
            n_unusable += 1
            if len(unusable) < LISTED:
                unusable.append((row.number, row.reason))
    is_all = n_rows < COUNTED or next(rows, None) is None
    return Count(n_rows, is_all, n_unusable, tuple(unusable), tuple(labels.most_common(LISTED)), len(labels))


def columns_of(picked: dict[str, str | None]) -> Columns:
    """Role → column. DataError where one column is to be two things."""
    chosen = Counter(name for name in picked.values() if name is not None)
    twice = [name for name, times in chosen.items() if times > 1]
    if twice:
        raise DataError(f"The column {quoted(twice[0])} is chosen for two things. Choose another one, or none, for one of them.")
    return Columns(**picked)


def _short_name(name: str) -> str:
    """The name of a file with the middle of a long one left out: its endings tell what it is."""
    ending = "".join(PurePosixPath(name).suffixes[-2:])
    return name if len(name) <= LONGEST_NAME else short(name, max(LONGEST_NAME - len(ending), 1)) + ending[-LONGEST_NAME // 2 :]


def short(text: str, longest: int = LONGEST_NAME) -> str:
    """The beginning of a long text."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
