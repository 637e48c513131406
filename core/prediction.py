"""What a classifier said of a text: one of several classes, several labels at once, or a value. numpy and `str`."""

from dataclasses import dataclass

import numpy as np

from core.labels import MULTI_LABEL, PROBLEM_TYPES, REGRESSION, SINGLE_LABEL


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the classifier said of the whole text."""

    labels: tuple[str, ...]
    """(C) names of the outputs."""
    outputs: np.ndarray
    """(C) what the model says: softmax of the logits (the shares add up to 1), sigmoid of each (multi-label: they need not),
    or the logits themselves (regression: values on the model's own scale, no probabilities)."""
    logits: np.ndarray
    """(C) the classifier's raw outputs; over several windows, their mean weighted by content tokens."""
    target: int
    """Index of the output explained; `against` is that of the one contrasted with, if any."""
    against: int | None = None
    problem_type: str = SINGLE_LABEL
    """One of `labels.PROBLEM_TYPES`."""

    def __post_init__(self) -> None:
        if self.problem_type not in PROBLEM_TYPES:
            raise ValueError(f"problem_type is “{self.problem_type}”; it must be one of {', '.join(PROBLEM_TYPES)}.")
        n = len(self.labels)
        for name in ("outputs", "logits"):
            got = getattr(self, name).shape
            if got != (n,):
                raise ValueError(f"Prediction.{name} has shape {got}; with {n} labels it must have {(n,)}.")
        for name in ("target", "against"):
            got = getattr(self, name)
            if got not in range(n) and (got is not None or name == "target"):
                raise ValueError(f"Prediction.{name} is {got}; it must be 0 to {n - 1}.")

    @property
    def is_probability(self) -> bool:
        """Whether the outputs are probabilities; those of a regression are not."""
        return self.problem_type != REGRESSION

    @property
    def predicted(self) -> int:
        """Index of the most probable class; of a regression, which chooses none, the first output."""
        return int(self.outputs.argmax()) if self.is_probability else 0

    @property
    def said(self) -> tuple[int, ...]:
        """Indices of what the classifier says of the text: the predicted class; every label above one half, else the most
        probable one, most probable first (multi-label); every value (regression)."""
        if not self.is_probability:
            return tuple(range(len(self.labels)))
        chosen = [int(i) for i in np.argsort(-self.outputs) if self.problem_type == MULTI_LABEL and self.outputs[i] > 0.5]
        return tuple(chosen) or (self.predicted,)

    @property
    def sides(self) -> tuple[str, str]:
        """What a negative and a positive score do to what is explained."""
        return ("against", "for") if self.is_probability else ("lowers", "raises")

    def tell(self, index: int) -> str:
        """An output in figures: `98.2%`, or the value of a regression."""
        value = float(self.outputs[index])
        return f"{value:.1%}" if self.is_probability else f"{value:.4g}"

    @property
    def question(self) -> str:
        """What is explained, in words: `positive`, or `positive rather than negative`."""
        name = self.labels[self.target]
        return name if self.against is None else f"{name} rather than {self.labels[self.against]}"
