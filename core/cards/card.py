"""What a method card says."""

from dataclasses import dataclass

LAYER, GRADIENT, ATTENTION, PERTURBATION, CONTROL = "layer saliency", "gradients", "attention", "perturbation", "control"


@dataclass(frozen=True)
class Card:
    """One method, before it runs on a text."""

    name: str
    label: str
    """Name for people; two methods that differ in anything have different ones."""
    group: str
    formula: str
    signed: bool
    negative: str
    """What a negative score means, in a sentence; of an unsigned method, why there is none."""
    unit: str
    cost: str
    """In rows of forward, or of forward and backward, passes; in words."""
    source: str
    explanation: str
    """One plain sentence for people who have not met the method."""
    is_dear: bool = False
    """Whether it is run on demand only."""
    is_experimental: bool = False
