"""What is known of a loaded model, for its card. Plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HeadFitness:
    """How well the language-model head reads: checked when it is loaded, on a few English sentences that are built in."""

    own_top1: float
    """Share of the words at whose place the head names the word itself first, from the embedding alone; 0 to 1."""
    masked_words: int
    """Words that were hidden (causal heads: left out at the end) for the model to find; 0: this was not tried."""
    found_top5: int
    """How many of them were among its five best guesses."""
    base: str
    """Whose last state was read for it: the name of the base model, or words for the classifier's own encoder."""
    sentence: str
    """The verdict in plain words, with what was found and what was not tried."""


@dataclass(frozen=True)
class Capabilities:
    """A loaded classifier in figures and words."""

    name: str
    """As in `ModelSpec`; so are `label` and `trained_for`."""
    label: str
    trained_for: str
    family: str
    """What transformers calls its `model_type`."""
    architecture: str
    """Name of the class that runs it."""
    parameters: int
    """Of the classifier; those of the language-model head that it does not share are in `memory_bytes` alone."""
    layers: int
    """Layers whose states are read, the embedding not counted."""
    width: int
    vocabulary: int
    labels: tuple[str, ...]
    """(C) names of the outputs."""
    problem_type: str
    """One of `labels.PROBLEM_TYPES`."""
    expects_pair: bool
    """Whether it was trained to read two texts at once."""
    max_length: int
    """Tokens in one window, special ones included."""
    device: str
    dtype: str
    memory_bytes: int
    """Weights and buffers of classifier and head, those they share counted once."""
    revision: str
    head_source: str
    """Where the language-model head comes from; empty: there is none."""
    missing_head: str
    """Why there is no head, and how to add one; empty: there is one."""
    takes_head: bool
    """Whether a language-model head can be read on its states; an encoder–decoder's reads those of its decoder."""
    fitness: HeadFitness | None
    """None: there is no head."""
    mask_token: str | None = None
    """The token that masks a word, as it is written into a text; None: the model has none."""
