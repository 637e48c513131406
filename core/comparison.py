"""What the Compare page and the command line know of many methods on one text: numpy and `str`, frozen, picklable.

S seeds · W words · L layer states · N fractions of the words, as in `records`.
"""

from dataclasses import dataclass, field

import numpy as np

from core.cards import WALL
from core.cards.card import Card
from core.prediction import Prediction
from core.provenance import Provenance
from core.records import Query

REMOVALS = {
    "mask": "each piece of a hidden word is replaced by [MASK]",
    "delete": "hidden words are left out",
    "unknown": "each piece of a hidden word is replaced by the unknown token",
}
"""Name of a removal operator → what it does, for people. A model without [MASK] gets what `Classifier.mask` names."""
FRACTIONS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""(N) shares of the words that the games hide or show, at least one word, rounded up (METHOD 8)."""


@dataclass(frozen=True)
class Quality:
    """One figure that says how far a map can be trusted."""

    name: str
    """`gap`, `r2`, `spread`, `coherence` or `sanity`."""
    label: str
    value: float
    unit: str
    is_good: bool | None
    """None: there is no line between good and bad."""
    meaning: str


@dataclass(frozen=True, eq=False)
class WordScores:
    """What one method says of the W words of one text."""

    method: str
    """Key in `cards.WALL`."""
    draws: np.ndarray
    """(S, W) one row a seed; methods without chance have one. The first is shown; games are played with each and averaged."""
    layer: int | None = None
    """The layer state of `draws`, where the method has one score a layer."""
    by_layer: np.ndarray | None = None
    """(L, W) scores at every layer state, where the method has them."""
    choices: tuple[tuple[str, str], ...] = ()
    """(name, value) of every choice behind the figures: logit or probability, baseline, steps, samples, seed, replacement …"""
    qualities: tuple[Quality, ...] = ()
    notes: tuple[str, ...] = ()
    forwards: int = 0
    """Rows of forward passes that the method asked for (those with a backward pass not counted)."""
    backwards: int = 0
    """Rows of forward and backward passes."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in WALL:
            raise ValueError(f"There is no method “{self.method}”.")
        if self.draws.ndim != 2 or not len(self.draws):
            raise ValueError(f"{self.method}: draws have shape {self.draws.shape}; (S, W) with at least one row is expected.")
        if self.by_layer is not None and self.by_layer.shape[1:] != self.draws.shape[1:]:
            raise ValueError(f"{self.method}: by_layer has shape {self.by_layer.shape}; (L, {self.draws.shape[1]}) is expected.")

    @property
    def scores(self) -> np.ndarray:
        """(W) the scores to show."""
        return self.draws[0]

    @property
    def card(self) -> Card:
        """What is known of the method before it runs."""
        return WALL[self.method]


@dataclass(frozen=True, eq=False)
class Game:
    """Hiding and revealing the words in the order of one ranking (METHOD 8). Averaged over draws and texts alike."""

    fractions: np.ndarray
    """(N)"""
    whole: float
    """What the model says of the class for the whole text: probability, or value of a regression."""
    empty: float
    """The same with every word hidden."""
    hide: np.ndarray
    """(N) the same with the top words hidden."""
    reveal: np.ndarray
    """(N) the same with only the top words shown."""
    hide_kept: np.ndarray | None
    """(N) share of the draws in which the predicted label stayed; 0 or 1 with one draw. None of a regression: it has no labels."""
    reveal_kept: np.ndarray | None
    leave_one_out: float | None = None
    """Kendall's τ_b of the ranking with leave-one-out's; None with fewer than two words."""

    @property
    def comprehensiveness(self) -> float:
        """p(text) − mean of p(top words hidden): the higher, the more the hidden words mattered (AOPC)."""
        return float(self.whole - self.hide.mean())

    @property
    def sufficiency(self) -> float:
        """p(text) − mean of p(only top words): the lower, the better they carry the class alone (AOPC)."""
        return float(self.whole - self.reveal.mean())

    @property
    def faithfulness(self) -> float:
        """φ = mean of p(revealed) − mean of p(hidden) = comprehensiveness − sufficiency; higher is better."""
        return float(self.reveal.mean() - self.hide.mean())

    @property
    def hide_area(self) -> float:
        """Area under the hiding curve over 0 … the largest fraction, per unit of fraction; lower is better."""
        return self._area(self.whole, self.hide)

    @property
    def reveal_area(self) -> float:
        """Area under the revealing curve over 0 … the largest fraction, per unit of fraction; higher is better."""
        return self._area(self.empty, self.reveal)

    def _area(self, start: float, values: np.ndarray) -> float:
        at = np.concatenate([[0.0], self.fractions])
        return float(np.trapezoid(np.concatenate([[start], values]), at) / at[-1])


@dataclass(frozen=True, eq=False)
class HidingSteps:
    """What the model says as the top words are hidden one after the other."""

    order: np.ndarray
    """(K) the words in the order in which they are hidden."""
    says: np.ndarray
    """(K + 1) what the model says of the class with the first k words hidden, k = 0 … K."""
    outputs: np.ndarray
    """(K + 1, C) all of its outputs."""


@dataclass(frozen=True)
class Sanity:
    """Whether a map changes when the model's weights are made random from the top down (Adebayo et al. 2018, arXiv 1810.03292)."""

    method: str
    steps: tuple[str, ...]
    """What was random at each step: `head`, `head to layer 6`, …, the last: everything."""
    likeness: tuple[float, ...]
    """|Spearman's ρ| of the words' scores with the true model's at each step; not a number where the method could not serve it."""
    passes: bool | None
    """Whether the map of a wholly random model is another one; None: the text is too short to tell, the map has no order, or the
    method could not serve the random models."""
    sentence: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Many methods on one text."""

    query: Query
    removal: str
    """One of REMOVALS: the operator of the perturbation methods and of every game."""
    word_spans: np.ndarray
    """(W, 2) offsets into `Query.joined`."""
    prediction: Prediction
    rows: dict[str, WordScores]
    games: dict[str, Game]
    """Method → its game."""
    layer_games: dict[str, tuple[Game, ...]]
    """Method with a score a layer → (L) a game each."""
    refusals: dict[str, str]
    """Method → why it couldn't run, in a sentence."""
    provenance: Provenance
    forwards: int
    """Rows of masked texts that were run; none twice. What a method runs besides, its own row counts."""
    remembered: int
    """Rows that were asked for and known already."""
    backwards: int = 0
    """Rows of forward and backward passes of all methods; the pass that the one-pass methods share is counted once."""
    sanity: dict[str, Sanity] = field(default_factory=dict)
    answers: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False)
    """Masked text (the packed bits of the words kept) → (C) logits: what need not be asked again."""

    @property
    def words(self) -> tuple[str, ...]:
        """(W) the words as they stand in the texts."""
        return tuple(self.query.joined[start:end] for start, end in self.word_spans)
