"""Every record that crosses from the engine to a page, a file or a notebook: numpy and `str`, frozen, picklable.

Shapes, used everywhere in the project:
L layer states (index 0 is the embedding output, so L = layers + 1) · B texts in a batch · T tokens · D hidden width ·
V vocabulary · C classes · K top words · W words.
"""

from dataclasses import dataclass

import numpy as np

from core.prediction import Prediction
from core.provenance import Coverage, Provenance

HEADLINE = "decoded"  # the method a page shows first where there is a language-model head
HEADLESS = "undecoded"  # and where there is none
PAIR_BREAK = "\n\n"  # stands between two texts where both are drawn as one string


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class Settings:
    """How to analyse. Hashable, so that it can be part of a cache key."""

    methods: tuple[str, ...] = ()
    """Names of the on-demand methods to run besides those that come with the one pass (see `saliency.METHODS`)."""
    top_k: int = 5
    """K, the decoded words kept for each token and layer."""
    max_windows: int = 8
    overlap: int = 64
    """How many windows of a text longer than the model's limit are read, and the tokens that neighbours share."""
    expected_embedding: bool = False
    """Also measure the chance-corrected cosine of the decoded distribution (doubles the time of decoding)."""

    def __post_init__(self) -> None:
        for name, least in (("top_k", 1), ("max_windows", 1), ("overlap", 0)):
            got = getattr(self, name)
            _require(got >= least, f"{name} is {got}; it must be at least {least}.")


@dataclass(frozen=True)
class Query:
    """One question to the engine. Hashable: the only key of the report cache."""

    model: str
    """Name of the model (`ModelSpec.name`)."""
    text: str
    target: str | None = None
    """Label of the class explained; None: the predicted one."""
    against: str | None = None
    """Label of the class contrasted with: the logit explained is target − against. None: the target's logit alone."""
    settings: Settings = Settings()
    text_pair: str | None = None
    """The second of two texts that the model reads together; None: one text alone."""

    @property
    def joined(self) -> str:
        """The text, or both texts with PAIR_BREAK between: what all spans of a report are offsets into."""
        return self.text if self.text_pair is None else self.text + PAIR_BREAK + self.text_pair

    @property
    def text_spans(self) -> tuple[tuple[int, int], ...]:
        """(start, end) of each text in `joined`."""
        ends = len(self.text), len(self.joined)
        return ((0, ends[0]),) if self.text_pair is None else ((0, ends[0]), (ends[0] + len(PAIR_BREAK), ends[1]))


@dataclass(frozen=True, eq=False)
class Tokens:
    """The T pieces the model read, as its tokenizer writes them, and where they stand on the original string."""

    texts: tuple[str, ...]
    spans: np.ndarray
    """(T, 2) character offsets into `Query.joined`: start, end; (0, 0) for special tokens."""
    is_special: np.ndarray
    """(T) bool: [CLS], [SEP], <s> and their like."""
    word_of: np.ndarray
    """(T) index of the word a token belongs to, −1 for special tokens; `word_spans` (W, 2) are the words' offsets."""
    word_spans: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.texts)
        for name, shape in {"spans": (n, 2), "is_special": (n,), "word_of": (n,)}.items():
            got = getattr(self, name).shape
            _require(got == shape, f"Tokens.{name} has shape {got}; with {n} tokens it must have {shape}.")


@dataclass(frozen=True, eq=False)
class SaliencyMap:
    """Scores of one method, and all that a legend or a formula card needs to say of them."""

    method: str
    """Key in `saliency.METHODS`."""
    label: str
    scores: np.ndarray
    """(L, T) saliency of each token at each layer state; (1, T) where the method has one row for the whole model."""
    signed: bool  # positive speaks for the class, negative against it; unsigned: magnitude only
    unit: str
    formula: str
    source: str
    rows: int
    """Rows of one batched forward and backward pass; the one-pass methods share one."""
    seconds: float
    seed: int | None = None
    """Seed of the random levels, drawn from the token ids of the first window; None for deterministic methods."""
    gap: np.ndarray | None = None
    """(L) Σ of the scores at all positions less y(text) − y(masked text), in logits: the quadrature error of a path; of
    several windows, the largest."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(self.scores.ndim == 2, f"{self.method}: scores have shape {self.scores.shape}; (L, T) is expected.")

    @property
    def has_layers(self) -> bool:
        """Whether there is a row for each layer state."""
        return self.scores.shape[0] > 1

    def at(self, layer: int) -> np.ndarray:
        """(T) scores at a layer state; the one row where there are no layers."""
        return self.scores[layer if self.has_layers else 0]


@dataclass(frozen=True, eq=False)
class LayerDecoding:
    """What the language-model head reads at every token of every layer state."""

    top_ids: np.ndarray
    """(L, T, K) vocabulary ids, most probable first."""
    texts: dict[int, str]
    """The piece each id in `top_ids` stands for."""
    top_probabilities: np.ndarray
    """(L, T, K) exact softmax probabilities over the whole vocabulary."""
    own_rank: np.ndarray
    """(L, T) place of the token itself among all pieces, 1 is best."""
    own_probability: np.ndarray
    """(L, T) exact probability of the token itself."""


@dataclass(frozen=True, eq=False)
class LayerProfile:
    """One number for each layer state."""

    name: str
    label: str
    values: np.ndarray
    """(L)"""
    unit: str
    higher_is_better: bool
    meaning: str


@dataclass(frozen=True)
class LayerChoice:
    """Which layer to show first, and why."""

    layer: int
    rule: str
    """`calibrated` (METHOD 9a), `content share` (9b), `embedding` (9c) or `only row`."""
    reason: str
    """One sentence with the figures that decided."""


@dataclass(frozen=True, eq=False)
class LayerReport:
    """Everything known of one query."""

    query: Query
    tokens: Tokens
    prediction: Prediction
    maps: dict[str, SaliencyMap]
    decoding: LayerDecoding | None
    """None: the model came without a language-model head."""
    profiles: dict[str, LayerProfile]
    """Coherence and content share by layer (METHOD 7)."""
    layer_outputs: np.ndarray
    """(L, C) the classifier's own head on each state: what it would say if it stopped here (as `Prediction.outputs`)."""
    choices: dict[str, LayerChoice]
    """Method → recommended layer."""
    coverage: Coverage
    provenance: Provenance

    def __post_init__(self) -> None:
        got, n_tokens = self.layer_outputs.shape, len(self.tokens.texts)
        _require(len(got) == 2 and got[1] == len(self.prediction.labels), f"layer_outputs has shape {got}; (L, C) is expected.")
        _require(HEADLESS in self.maps, f"The maps are {sorted(self.maps)}; “{HEADLESS}” must be among them.")
        for name, saliency in self.maps.items():
            shape = saliency.scores.shape
            _require(shape in ((got[0], n_tokens), (1, n_tokens)), f"{name}: scores have shape {shape}; {(got[0], n_tokens)} is expected.")
            layer = self.choices[name].layer if name in self.choices else -1
            _require(layer in range(got[0]), f"{name}: the recommended layer is {layer}; it must be 0 to {got[0] - 1}.")

    @property
    def headline(self) -> str:
        """The method to show first: decoded saliency, or undecoded where there is no language-model head."""
        return HEADLINE if HEADLINE in self.maps else HEADLESS

    @property
    def choice(self) -> LayerChoice:
        """The recommended layer of the headline method."""
        return self.choices[self.headline]

    @property
    def layer_names(self) -> tuple[str, ...]:
        """(L) `emb`, `1`, `2`, …"""
        return ("emb", *map(str, range(1, len(self.layer_outputs))))

    @property
    def word_texts(self) -> tuple[str, ...]:
        """(W) the words as they stand in the texts."""
        return tuple(self.query.joined[start:end] for start, end in self.tokens.word_spans)

    def _repr_html_(self) -> str:
        from core.report.notebook import to_html  # here, because it reads these records

        return to_html(self)
