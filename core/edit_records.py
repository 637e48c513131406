"""What was asked of an edited text and what came of it: suggestions for a place, and the smallest edit that flips an answer.
numpy and `str`, frozen, picklable. Shapes: C classes (outputs), as in `records`.
"""

from dataclasses import dataclass

import numpy as np

from core.edits import DELETE, MASK, REPLACE, Edit
from core.labels import SINGLE_LABEL

FLIP_WAYS = (MASK, DELETE, REPLACE)
"""What a search may do to a word to flip the answer: mask it, leave it out, or put another word of the head's in its place."""


@dataclass(frozen=True, eq=False)
class Fill:
    """One word that the language-model head would put in a place."""

    text: str
    probability: float
    """Of the head, over its whole vocabulary, 0 to 1."""
    outputs: np.ndarray
    """(C) what the classifier says of the text with this word in the place, as `Prediction.outputs`."""


@dataclass(frozen=True, eq=False)
class Suggestions:
    """The head's own words for one place, most probable first; none where it has no whole word to offer."""

    word: int
    """The place: index into `Tokens.word_spans`."""
    fills: tuple[Fill, ...]
    how: str
    """Where they come from, in one sentence."""
    seconds: float


@dataclass(frozen=True, eq=False)
class FlipStep:
    """One word changed, those of the steps before it being changed already."""

    word: int
    """Index into `Tokens.word_spans` of the text the search began with; `said` is the word as it stands there."""
    said: str
    replacement: str | None
    """What stands in its place; None: it was masked or left out, as the flip's `way` has it."""
    outputs: np.ndarray
    """(C) what the classifier says after this step, as `Prediction.outputs`."""


@dataclass(frozen=True, eq=False)
class Flip:
    """The smallest edit found that makes the classifier answer otherwise, or how near the search came."""

    way: str
    """One of FLIP_WAYS."""
    steps: tuple[FlipStep, ...]
    """In the order in which they were found; those that turned out not to be needed are left out."""
    flipped: bool
    """False: `most` changes did not suffice, or there was nothing to change; `steps` are then the best found."""
    labels: tuple[str, ...]
    """(C) names of the outputs."""
    before: int
    """Index of the label that was said, or, of several labels at once, of the one explained: what is to flip."""
    outputs_before: np.ndarray
    """(C) what the classifier says of the text unchanged."""
    problem_type: str
    """One of `labels.PROBLEM_TYPES`, never a regression."""
    text: str
    text_pair: str | None
    """The text, or both, with the steps done."""
    most: int
    """How many words the search was allowed to change."""
    tried: int
    """Rows that the classifier was run on: of a text in several windows, each window that differs is one."""
    is_smallest_of: str
    """What the search covered, and so what “smallest” may claim, in one sentence."""
    seconds: float

    @property
    def outputs(self) -> np.ndarray:
        """(C) what the classifier says in the end."""
        return self.steps[-1].outputs if self.steps else self.outputs_before

    @property
    def after(self) -> int:
        """Index of the label that is said in the end; of several labels at once, and of one output, the one that was to flip."""
        return int(self.outputs.argmax()) if self.problem_type == SINGLE_LABEL else self.before

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The steps as edits of the text the search began with, for `edits.apply_edits`."""
        return tuple(Edit(self.way, (step.word,), step.replacement or "") for step in self.steps)

    def sentence(self) -> str:
        """What was found, in words: what to change, and what the classifier says then."""
        name, was, now = self.labels[self.before], self.outputs_before[self.before], self.outputs[self.before]
        if not self.steps:
            return f"No change of a word was found that moves “{name}” ({was:.1%}) towards another answer."
        if not self.flipped:
            return f"{self._changes()}, and it is still the same answer: “{name}” goes from {was:.1%} to {now:.1%}."
        if self.problem_type == SINGLE_LABEL:
            other = self.after
            return (
                f"{self._changes()}, and the answer is “{self.labels[other]}” ({self.outputs[other]:.1%}) "
                f"instead of “{name}” ({was:.1%})."
            )
        moves = "rises above" if now > was else "falls below"
        return f"{self._changes()}, and “{name}” {moves} one half: from {was:.1%} to {now:.1%}."

    def _changes(self) -> str:
        if self.way == REPLACE:
            return "Put " + _listed([f"“{step.replacement}” for “{step.said}”" for step in self.steps])
        verb = "Mask" if self.way == MASK else "Leave out"
        return f"{verb} " + _listed([f"“{step.said}”" for step in self.steps])


def _listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`"""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
