"""Labelled texts from a file: csv, tsv, JSON, Parquet or xlsx, any of them packed. numpy and `str`.

A row that can't be used is listed with its number and why, and the rest goes on. People's marks may come with a text:
`rationale`, 0 or 1 for each of its `tokens`; `word_scores`, how strongly each token speaks for the label, or the same by
label; or `evidences` as ERASER writes them, (start, end) in words of the text.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import DataError, quoted
from core.labelled_rows import fingerprint_of, format_of, read_rows
from core.records import PAIR_BREAK
from core.tables.format import SHELL_LIMITS
from core.tables.source import Source

LONGEST_NUMBER = 9  # digits of a label that may be the number of a class
LARGEST_FILE = 200  # megabytes, unpacked: a few of these packed may hold thousands, and all of them are read at once
LARGEST_FIELD = 10_000_000  # characters; a quote that never closes would else swallow a file in silence


@dataclass(frozen=True, eq=False)
class HumanMarks:
    """What people said of the words of one text."""

    spans: np.ndarray
    """(M, 2) character offsets of what was marked, start and end; of a pair, in `Query.joined`."""
    scores: dict[str, np.ndarray]
    """Label → (M) how strongly each speaks for it; 1 or 0 for rationales."""


@dataclass(frozen=True, eq=False)
class LabelledText:
    """One usable row."""

    row: int
    """Its number in the file, from 1; a header is not counted."""
    text: str
    label: str
    marks: HumanMarks | None = None
    pair: str | None = None
    """The second text, of a pair."""

    @property
    def n_between_spaces(self) -> int:
        """How many words a count by spaces finds in the text, or in both."""
        return len(f"{self.text} {self.pair or ''}".split())


@dataclass(frozen=True, eq=False)
class LabelledFile:
    """Everything read from one file."""

    path: Path
    fingerprint: str
    """Of the file's bytes and of the columns read."""
    texts: tuple[LabelledText, ...]
    unusable: dict[int, str] = field(default_factory=dict)
    """Row → why it can't be used, in a sentence."""

    @property
    def every_label(self) -> tuple[str, ...]:
        """Every label that a row has, or that people's marks speak for; sorted."""
        marked = {label for text in self.texts if text.marks is not None for label in text.marks.scores}
        return tuple(sorted({text.label for text in self.texts} | marked))

    def draw(self, n: int, seed: int) -> list[LabelledText]:
        """At most n texts in an order that the seed decides; the first texts stay the same when n grows."""
        order = np.random.default_rng(seed).permutation(len(self.texts))
        return [self.texts[i] for i in order[:n]]


def read_labelled(path: Path | str, text_column: str = "text", label_column: str = "label", pair_column: str | None = None) -> LabelledFile:
    """Read FILE.{csv,tsv,jsonl,…}, packed or not. Columns are named as the header or the json names them; several names joined by
    commas are read one after the other, but `pair_column` as a second text. Columns given by number, from 1, mean a table without
    header. Raises DataError."""
    source = Source.of(path)
    limits = replace(SHELL_LIMITS, file=LARGEST_FILE * 1_000_000, unpacked=LARGEST_FILE * 1_000_000, cell=LARGEST_FIELD, row=LARGEST_FIELD)
    text_columns, label_column = [name.strip() for name in text_column.split(",")], label_column.strip()
    pair_column = None if pair_column is None else pair_column.strip()
    single = [label_column] if pair_column is None else [label_column, pair_column]
    format = format_of(source, limits)
    texts, unusable = [], {}
    for number, row in read_rows(source, format, limits, [*text_columns, *single]):
        try:
            texts.append(_labelled(number, row, text_columns, label_column, pair_column))
        except _Unusable as reason:
            unusable[number] = str(reason)
    if not texts:
        first = f" Row {min(unusable)}: {unusable[min(unusable)]}" if unusable else " It is empty."
        raise DataError(f"{quoted(source.name)} holds no row that can be used.{first}")
    return LabelledFile(Path(path), fingerprint_of(source, format, limits, (text_columns, *single)), tuple(texts), unusable)


def match_labels(found: Iterable[str], labels: tuple[str, ...]) -> dict[str, int]:
    """Label of a file → index of the class that it means among a model's `labels` (C); labels that mean none are left out. By
    name, upper and lower case alike; else by number, counted from 1 if the largest is C and none is 0, otherwise from 0."""
    found, names = list(found), {name.casefold(): index for index, name in enumerate(labels)}
    numbers = {label: int(label) for label in found if label.isdecimal() and label.casefold() not in names and len(label) <= LONGEST_NUMBER}
    first = 1 if numbers and 0 not in numbers.values() and max(numbers.values()) == len(labels) else 0
    classes = {label: names.get(label.casefold(), numbers.get(label, -1) - first) for label in found}
    return {label: index for label, index in classes.items() if index in range(len(labels))}


def read_marks(text: str, pair: str | None, label: str, written: object) -> HumanMarks:
    """People's marks of one text, or pair, as a column of any name holds them: by what `written` is, as the module says. Marks that
    aren't written by label speak for `label`. DataError, in a sentence, where it is none of this."""
    name = "evidences" if isinstance(written, list) and all(isinstance(one, (list, dict)) for one in written) else "rationale"
    try:
        return _marks_of({name: written}, label, _spans_of(text, pair)) or HumanMarks(np.zeros((0, 2), int), {})
    except _Unusable as reason:
        raise DataError(str(reason)) from None


class _Unusable(Exception):
    """Why one row can't be used."""


def _labelled(number: int, row: dict[str, Any] | str, text_columns: list[str], label_column: str, pair_column: str | None = None) -> LabelledText:
    if isinstance(row, str):
        raise _Unusable(row)
    label = row.get(label_column)
    if isinstance(label, bool) or not isinstance(label, (str, int)) or not str(label).strip():
        raise _Unusable(f"It has no label in {quoted(label_column)}.")
    text, spans = _text_of(row, text_columns)
    if not text.strip():
        raise _Unusable("Its text is empty.")
    spans, pair = _between_spaces(text) if spans is None else spans, None
    if pair_column is not None:
        pair, _ = _text_of({pair_column: row.get(pair_column)}, [pair_column])
        if not pair.strip():
            raise _Unusable("Its second text is empty.")
        spans = np.concatenate([spans, _of_second(text, pair)])
    label = str(label).strip()
    return LabelledText(number, text, label, _marks_of(row, label, spans), pair)


def _text_of(row: dict[str, Any], text_columns: list[str]) -> tuple[str, np.ndarray | None]:
    """The text, and (M, 2) where its tokens stand if it came as tokens: joined by spaces."""
    tokens = row.get("tokens")
    if text_columns[0] not in row and tokens is not None:
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise _Unusable("Its tokens are no list of texts.")
        ends = np.cumsum([len(token) + 1 for token in tokens]) - 1
        return " ".join(tokens), np.stack([ends - [len(token) for token in tokens], ends], axis=1) if tokens else None
    parts = [row.get(name) for name in text_columns]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts):
        raise _Unusable(f"It has no text in {quoted(text_columns[[isinstance(part, str) for part in parts].index(False)])}.")
    return " ".join(text for text in texts if text.strip()), None


def _marks_of(row: dict[str, Any], label: str, spans: np.ndarray) -> HumanMarks | None:
    """People's marks of the tokens at `spans` (M, 2), whichever way they are written."""
    if "evidences" in row:
        return HumanMarks(spans, {label: _marked(row["evidences"], len(spans))})
    for name in ("rationale", "word_scores"):
        if row.get(name) is not None:
            by_label = row[name] if isinstance(row[name], dict) else {label: row[name]}
            return HumanMarks(spans, {str(key): _numbers(values, name, len(spans)) for key, values in by_label.items()})
    return None


def _spans_of(text: str, pair: str | None) -> np.ndarray:
    """(M, 2) the tokens of a text, or of a pair, that came without any."""
    first = _between_spaces(text)
    return first if pair is None else np.concatenate([first, _of_second(text, pair)])


def _of_second(text: str, pair: str) -> np.ndarray:
    """(M, 2) the tokens of the second text, in which marks go on."""
    return _between_spaces(pair) + len(text) + len(PAIR_BREAK)


def _between_spaces(text: str) -> np.ndarray:
    """(M, 2) the spans that `str.split` finds: the tokens of a text that came without."""
    spans, end = [], 0
    for part in text.split():
        start = text.index(part, end)
        end = start + len(part)
        spans.append((start, end))
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _numbers(values: Any, name: str, n: int) -> np.ndarray:
    if not isinstance(values, list) or len(values) != n:
        raise _Unusable(f"Its {name} is no list of {n} numbers, one for each token.")
    if not all(type(value) in (int, float) and abs(value) <= sys.float_info.max for value in values):  # no NaN, nor 400 digits
        raise _Unusable(f"Its {name} holds something that is no number.")
    return np.array(values, dtype=float)


def _marked(evidences: Any, n: int) -> np.ndarray:
    """(n) 1 for the tokens of any evidence, of lists (start, end, …) or ERASER's objects with start_token and end_token, which it
    writes in groups."""
    marks = np.zeros(n)
    for evidence in _flat(evidences) if isinstance(evidences, list) else [None]:
        ends = [evidence.get("start_token"), evidence.get("end_token")] if isinstance(evidence, dict) else evidence
        if not isinstance(ends, list) or len(ends) < 2 or not all(type(end) is int for end in ends[:2]) or not 0 <= ends[0] < ends[1] <= n:
            raise _Unusable(f"Its evidences are no (start, end) within its {n} words.")
        marks[ends[0] : ends[1]] = 1.0
    return marks


def _flat(evidences: list[Any]) -> list[Any]:
    """The evidences of all groups, and those that stand in none."""
    return [one for group in evidences for one in (group if isinstance(group, list) and group and isinstance(group[0], dict) else [group])]
