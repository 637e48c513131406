"""What the lessons and the gallery of failures are made of, of one text and one model: numpy and `str`, frozen, picklable.

L layer states (index 0 is the embedding output) · W words · S special positions · T tokens · C classes, as in `records`.
"""

from dataclasses import dataclass

import numpy as np

from core.comparison import Comparison
from core.embedded.failures import FailureText
from core.records import LayerReport, Query

MOST_WORDS = 24
"""Words that the lessons' figures hold, the first of a text: more are not legible side by side."""


@dataclass(frozen=True, eq=False)
class LessonFigures:
    """What the layers hold of the first W words of one text.

    A word's state is the mean over its pieces' states, each from the window in which the report takes that piece; its
    gradient is the sum of its pieces' gradients: what moving all pieces together does to the output explained.
    """

    query: Query
    words: tuple[str, ...]
    """(W) as they stand in the text; the first MOST_WORDS of it, and the first W of `LayerReport.word_texts`."""
    total_words: int
    """Words of the whole text; more than W where the text is long."""
    word_of_token: np.ndarray
    """(T) the word of each token of the report, −1 for special tokens and for words beyond the W."""
    specials: tuple[str, ...]
    """(S) special tokens as the tokenizer writes them, by their place: those of the report ([CLS], [SEP] …)."""
    hidden_norm: np.ndarray
    """(L, W) ‖h‖₂, mean over the word's pieces."""
    gradient_norm: np.ndarray
    """(L, W) ‖Σ g‖₂ over the word's pieces, logits per unit of hidden state."""
    likeness: np.ndarray
    """(L, W, W) cosine between the words' states at a layer, −1 … 1."""
    own_likeness: np.ndarray
    """(L, W) cosine of a word's state with its own at the embedding, −1 … 1; 1 at layer 0."""
    reads: np.ndarray | None
    """(L, W, W) [l, i, j]: how much of the state of word i the language-model head reads as word j of the text, 0 … 1: the
    decoding weights W_ij, mean over i's pieces, sum over j's. A row adds up to 1, or to less where words beyond the W get the
    rest; special tokens get none. None: the model has no language-model head."""
    special_reads: np.ndarray | None
    """(L, S, W) the same for the special positions: as which words the state at [CLS] is read."""
    special_relevance: np.ndarray
    """(L) share of the layer's relevance that lies at special positions, Σ |r_i| there / Σ |r_i| over all tokens of the report; 0
    where a layer has none at all. 1 − it is the report's content share where the text fits into one window."""
    special_shares: np.ndarray
    """(L, S) the same for each of the special positions: rows add up to `special_relevance`."""
    word_shares: np.ndarray
    """(L, W) the same for each word, its pieces together. With special positions and the words beyond the W it adds up to 1."""

    @property
    def mean_likeness(self) -> np.ndarray:
        """(L) mean cosine between two different words; 1: all words' states point the same way. Not a number with one word."""
        n = len(self.words)
        if n < 2:
            return np.full(len(self.likeness), np.nan)
        return (self.likeness.sum((1, 2)) - np.trace(self.likeness, axis1=1, axis2=2)) / (n * (n - 1))


@dataclass(frozen=True, eq=False)
class WorkedProduct:
    """Gradient × hidden state, number by number, for one word at one layer."""

    layer: int
    word: int
    """Index in the report's words."""
    width: int
    """D, the numbers in one hidden state."""
    pieces: tuple[str, ...]
    """The pieces of the word, as the tokenizer writes them."""
    piece: np.ndarray
    """(n) which of `pieces` each of the n largest products belongs to."""
    dimensions: np.ndarray
    """(n) its place in the state, 0 … D − 1; the products of largest magnitude come first."""
    hidden: np.ndarray
    """(n) h at that place."""
    gradient: np.ndarray
    """(n) g = ∂y/∂h at that place."""
    product: np.ndarray
    """(n) h · g, in logits."""
    rest: float
    """Sum of all other products of the word, in logits."""
    others: int
    """How many those are."""
    total: float
    """r = Σ h · g over all places of all pieces, in logits: what the report's undecoded map scores this word at this layer."""


@dataclass(frozen=True, eq=False)
class Slope:
    """What a gradient is: the word embedding of one word is turned down and up, e → α e, and the output explained is measured.

    The word embeddings are what goes in, before positions are added and before the first normalisation; layer state 0 of a
    report comes after both. So the slope is the score of “input gradient × input” on the Compare page, and not the report's
    undecoded score at the embedding.
    """

    word: int
    alphas: np.ndarray
    """(A) 0 … 1.5; 0: the word's embedding is all zeros, 1: the text as it is."""
    logit: np.ndarray
    """(A) the output explained (of a contrast, the difference of two), measured."""
    at_one: float
    """The same at α = 1, where the tangent touches."""
    slope: float
    """⟨∂y/∂e, e⟩ summed over the word's pieces: the change of the output per unit of α, at α = 1."""

    def tangent(self, alpha: float | np.ndarray) -> float | np.ndarray:
        """What the output would be at α if it went on as straight as it goes at α = 1."""
        return self.at_one + self.slope * (alpha - 1)


@dataclass(frozen=True, eq=False)
class Failure:
    """A text on which an explanation misleads, with what this run of the model says of it."""

    case: FailureText
    query: Query
    report: LayerReport
    comparison: Comparison | None
    """Where two methods are set side by side, or one is tried on random weights (`comparison.sanity`)."""
    top_words: tuple[int, ...]
    """Index of the top word: of the headline method at its layer, or one for each of `case.methods`."""
    figure: float
    """What decides: probability of the wrong class; Spearman's ρ of two methods; share of the layer's saliency on the top word;
    likeness of the map to that of random weights (|Spearman's ρ|)."""
    finding: str
    """One or two sentences with this run's figures."""
    holds: bool
    """Whether this run still shows what the gallery claims (other machines round otherwise)."""
