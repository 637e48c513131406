"""What a run is asked to do, and what it finds in each row: numpy and `str`. Shapes as in `core.records`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.records import PAIR_BREAK

if TYPE_CHECKING:
    from core.tables.format import Format
    from core.tables.texts import Columns

TOP_WORDS = 5


def _is_whole(value: object, least: int) -> bool:
    """Whether it is a whole number of at least that."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value >= least)


@dataclass(frozen=True)
class RunSettings:
    """What a person asks of a run. Hashable and fit for JSON; with the file and the model it decides every byte of the result."""

    columns: Columns
    format: Format
    chunk_rows: int = 512
    """Rows of the file in one chunk, the unusable ones too: the most that a kill loses."""
    token_budget: int | None = None
    """Tokens of one batch, padding included; None: chosen for the device when the run starts, and kept in the manifest."""
    coherence_sample: int = 200
    """Rows on which every layer is decoded over the whole vocabulary; 0: none."""
    faithfulness_sample: int = 50
    """Rows on which every layer is put to the hiding and revealing games; they are among the others. 0: none."""
    seed: int = 0
    """Which rows the samples hold."""
    max_windows: int = 8
    overlap: int = 64
    """Of texts longer than the model's limit, as `core.records.Settings`."""
    vocabulary: int = 60_000
    """Words by class and outcome that sums are kept of; above it the rarest are dropped."""

    def __post_init__(self) -> None:
        leasts = {
            "chunk_rows": 1,
            "coherence_sample": 0,
            "faithfulness_sample": 0,
            "max_windows": 1,
            "overlap": 0,
            "vocabulary": 1,
            "seed": 0,
        }
        for name, least in leasts.items():
            got = getattr(self, name)
            if not _is_whole(got, least):
                raise ValueError(f"{name} is {got!r}; it must be a whole number, at least {least}.")
        if self.token_budget is not None and not _is_whole(self.token_budget, 1):
            raise ValueError(f"token_budget is {self.token_budget!r}; it must be a whole number, at least 1, or None.")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return plain | {"columns": self.columns.as_dict(), "format": self.format.as_dict()}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> RunSettings:
        """What `as_dict` gave. ValueError or TypeError for anything else."""
        from core.tables.format import Format
        from core.tables.texts import Columns

        return cls(**saved | {"columns": Columns.from_dict(saved["columns"]), "format": Format.from_dict(saved["format"])})


@dataclass(frozen=True)
class RunPlan:
    """Everything that the rows' analysis depends on besides the model: the settings, and what was found when the run started."""

    settings: RunSettings
    token_budget: int
    """Tokens of one batch, padding included."""
    pads: bool
    """Whether texts of different lengths may share a batch: some families answer otherwise when padded."""
    classes: dict[str, int] = field(default_factory=dict)
    """Label of the file → index of the model's class."""
    coherence_rows: frozenset[int] = frozenset()
    """Numbers of the rows in the samples."""
    faithfulness_rows: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        named = isinstance(self.classes, dict) and all(isinstance(label, str) for label in self.classes)
        whole = [(self.token_budget, 1), *((row, 1) for row in (*self.coherence_rows, *self.faithfulness_rows))]
        whole += [(at, 0) for at in self.classes.values()] if named else []
        if not named or not isinstance(self.pads, bool) or not all(_is_whole(*one) for one in whole):
            raise ValueError("It is no plan of a run: rows and tokens are whole numbers from 1, classes are numbered by name.")

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        rows = {name: sorted(getattr(self, name)) for name in ("coherence_rows", "faithfulness_rows")}
        return plain | {"settings": self.settings.as_dict()} | rows

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> RunPlan:
        """What `as_dict` gave. ValueError or TypeError for anything else."""
        rows = {name: frozenset(saved[name]) for name in ("coherence_rows", "faithfulness_rows")}
        return cls(**saved | rows | {"settings": RunSettings.from_dict(saved["settings"])})


@dataclass(frozen=True, eq=False)
class Sample:
    """What was measured on a row of the samples; None where the row is in none, or it could not be measured."""

    own_top1: np.ndarray | None = None
    """(L) share of the tokens that the language-model head reads first at their own place; `own_log_probability` (L) in nats."""
    own_log_probability: np.ndarray | None = None
    faithfulness: np.ndarray | None = None
    """(L) φ of the headline method at each layer."""
    faithfulness_random: float | None = None
    """φ of a random order of the same words."""


NOT_SAMPLED = Sample()


@dataclass(frozen=True, eq=False)
class RowResult:
    """One analysed row: the predicted class is explained by the headline method (`decoded`, or `undecoded` without a head)."""

    number: int
    """Of the row in the file, from 1."""
    text: str
    text_pair: str | None
    label: str | None
    id: str | None
    rationale: str | None
    predicted: str
    """Name of the class explained: the most probable one; of a regression, its first output."""
    target: int
    """Its index."""
    confidence: float
    """What the model says of it: `outputs[target]`."""
    outputs: np.ndarray
    """(C) as `Prediction.outputs`."""
    correct: bool | None
    """Whether the model says what the label says; None without a label that names a class."""
    layer: int
    """The recommended layer state."""
    tokens: tuple[str, ...]
    """(T)"""
    word_of: np.ndarray
    """(T) int32, the word of each token, −1 if special."""
    word_spans: np.ndarray
    """(W, 2) int32, offsets into `joined`."""
    scores: np.ndarray
    """(L, T) float32"""
    content_share: np.ndarray
    """(L) float32, share of the saliency that lies on words."""
    n_windows: int
    unread: int
    """Characters that were not read."""
    sample: Sample = NOT_SAMPLED

    @property
    def joined(self) -> str:
        """The text, or both texts, as in `Query.joined`."""
        return self.text if self.text_pair is None else self.text + PAIR_BREAK + self.text_pair

    @cached_property
    def words(self) -> tuple[str, ...]:
        """(W) as they stand in the text."""
        joined = self.joined
        return tuple(joined[start:end] for start, end in self.word_spans.tolist())

    def word_scores(self, layer: int | None = None) -> np.ndarray:
        """(W) float64, the sum of each word's pieces at a layer; None: at the recommended one."""
        content = self.word_of >= 0
        scores = self.scores[self.layer if layer is None else layer]
        return np.bincount(self.word_of[content], weights=scores[content], minlength=len(self.word_spans))

    @cached_property
    def top_words(self) -> tuple[tuple[str, float], ...]:
        """The words of largest magnitude at the recommended layer with their scores, strongest first."""
        scores = self.word_scores()
        order = np.argsort(-np.abs(scores), kind="stable")[:TOP_WORDS]
        return tuple((self.words[i], float(scores[i])) for i in order.tolist())


@dataclass(frozen=True)
class RowRefused:
    """One row that could not be used."""

    number: int
    reason: str
    """A sentence."""
