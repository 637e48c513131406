"""What the eight steps have in common: the run they tell of, and the question at the end of each. Plain data, no Streamlit."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.capability import Capabilities
from core.combine import merge_tokens, normalise
from core.lesson_records import LessonFigures
from core.markup import visible
from core.model_spec import ModelSpec
from core.records import LayerReport
from dashboard import wording
from dashboard.learn_wording import LAYER, READ

BOLD, PLAIN = "\x02", "\x03"  # around what is bold; no text from anyone holds them once it is `visible`


def strong(value: object) -> str:
    """Something in bold: a number of this run, or a word of the text."""
    return f"{BOLD}{visible(str(value))}{PLAIN}"


def word_in_quotes(text: str) -> str:
    """A word of somebody's text in a sentence, not too long of it."""
    return f"“{strong(wording.clip(text, 30))}”"


def percent(share: float) -> str:
    """A share for people, in whole points; never 0 % or 100 % where it isn't that."""
    if 0 < share < 0.005:
        return "<\xa01\xa0%"
    if 0.995 < share < 1 - 1e-6:  # shares are sums of 32-bit floats
        return ">\xa099\xa0%"
    return f"{100 * share:.0f}\xa0%"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; with more digits where it is small."""
    digits = digits if abs(value) >= 0.1 else digits + 1
    told = f"{value:+.{digits}f}".replace("-", "−")
    return told if any(c in "123456789" for c in told) else "0" if value == 0 else "≈ 0"


def cosine(value: float) -> str:
    """How alike two states are, −1 … 1."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


@dataclass(frozen=True)
class Option:
    """One answer on offer."""

    text: str
    because: str
    """Why it is right, or wrong, with this run's number."""


@dataclass(frozen=True)
class Question:
    """What a step asks at its end. All of it follows from the run."""

    prompt: str
    options: tuple[Option, ...]
    right: int
    """Index of the one right option."""

    def __post_init__(self):
        texts = [option.text for option in self.options]
        if len(set(texts)) != len(texts) or not 2 <= len(texts) <= 5 or self.right not in range(len(texts)):
            raise ValueError(
                f"{self.prompt!r} has the options {texts}, of which {self.right} is right: 2 to 5 different ones are expected."
            )


def ask(prompt: str, right: Option, *wrong: Option, order=None) -> Question:
    """The question with its options in an order that does not give the right one away: by `order` (a key), else by their text.

    Wrong options that read like an earlier one are left out.
    """
    kept = {right.text: right}
    for option in wrong:
        kept.setdefault(option.text, option)
    options = tuple(sorted(kept.values(), key=order or (lambda option: option.text)))
    return Question(prompt, options, options.index(right))


@dataclass(frozen=True, eq=False)
class Context:
    """One run, as the steps tell of it. L layer states, W the words of `figures`, T tokens."""

    spec: ModelSpec
    facts: Capabilities
    report: LayerReport
    figures: LessonFigures
    word: int
    """Index of the word that the steps work on."""
    layer: int
    """The layer state that the worked product is of."""

    @property
    def n_states(self) -> int:
        """L"""
        return len(self.report.layer_outputs)

    @property
    def last(self) -> int:
        """The last layer state."""
        return self.n_states - 1

    @property
    def recommended(self) -> int:
        """The layer shown first on Explore."""
        return self.report.choice.layer

    @property
    def has_head(self) -> bool:
        """Whether there is a language-model head to read layers with."""
        return self.figures.reads is not None and "decoded" in self.report.maps

    @property
    def label(self) -> str:
        """The class explained, or the output."""
        return wording.clip(visible(self.report.prediction.labels[self.report.prediction.target]), 40)

    @property
    def unit(self) -> str:
        """Of the scores: logits, or points of the model's own scale."""
        return self.report.maps["undecoded"].unit

    @cached_property
    def words(self) -> tuple[str, ...]:
        """(W) the words, fit for showing."""
        return tuple(wording.clip(visible(word), 30) for word in self.figures.words)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """(W) the words, those that stand more than once with their number: `the (2nd)`."""
        total, seen, found = Counter(self.words), Counter(), []
        for word in self.words:
            seen[word] += 1
            nth = {1: "1st", 2: "2nd", 3: "3rd"}.get(seen[word], f"{seen[word]}th")
            found.append(f"{word} ({nth})" if total[word] > 1 else word)
        return tuple(found)

    @cached_property
    def names(self) -> list[str]:
        """(L) the layers' short names, the recommended one with a star."""
        return wording.starred_names(self.report, self.report.headline)

    @property
    def spoken(self) -> list[str]:
        """(L) the layers' names in words, the recommended one marked."""
        return [self.layer_name(layer) + (" ★" if layer == self.recommended else "") for layer in range(self.n_states)]

    def layer_name(self, layer: int) -> str:
        """A layer in a sentence."""
        return wording.layer_name(layer)

    @property
    def about(self) -> str:
        """What figures keep their slider for: another text or model begins anew."""
        return f"{hash((self.report.query, self.spec))}"

    @property
    def is_cut(self) -> str:
        """Of a long text, a sentence that says how much the figures show; else empty."""
        shown, total = len(self.words), self.figures.total_words
        return "" if shown >= total else f" The figure shows the first {shown} of {total:,} words."

    def word_scores(self, method: str) -> np.ndarray:
        """(L, W) a layer method's score of each word: the sum over its pieces."""
        return merge_tokens(self.report.maps[method].scores, self.report.tokens)[:, : len(self.words)]

    def special_scores(self) -> np.ndarray:
        """(L, S) the undecoded scores at the special positions."""
        return self.report.maps["undecoded"].scores[:, self.report.tokens.is_special]

    def others(self, right: int, values: np.ndarray, gap: float) -> list[int]:
        """Two words at most to offer besides the right one: lower by more than `gap`, the next one and one of the middle."""
        found = [int(i) for i in np.argsort(-values, kind="stable") if i != right and values[right] - values[i] > gap]
        with_letters = [i for i in found if any(c.isalnum() for c in self.words[i])] or found
        return with_letters if len(with_letters) <= 2 else [with_letters[0], with_letters[len(with_letters) // 2]]


def shades(values: np.ndarray) -> list:
    """(…, n) values as shares of their row's largest magnitude, for colouring; a row of zeros stays without colour."""
    return np.round(normalise(np.asarray(values, dtype=float)), 3).tolist()


def strips(context: Context, note: str, **own: object) -> dict:
    """What the component `layer_strips` draws: what all its figures have in common, and what is this one's own.

    `note` says how to read it.
    """
    common = {
        "about": context.about,
        "slider": LAYER,
        "names": context.names,
        "spoken": context.spoken,
        "start": 0,
        "pick": 0,
        "pickRow": None,
        "curves": None,
        "bar": None,
        "read": [f"{READ}:", note + context.is_cut],
    }
    return common | own


def strip(title: str, chips: Iterable[str], shares: list, figures: list, kind: str = "signed", **own: object) -> dict:
    """One row of chips in such a figure: how strongly each is coloured and the figure below it, for every layer.

    `kind`: "signed" (for and against) or "share" (0 … 1).
    """
    look = {"special": [], "byPick": False, "captions": True}
    return look | {"title": title, "chips": list(chips), "kind": kind, "shares": shares, "figures": figures} | own


def signed_strip(title: str, chips: Iterable[str], scores: np.ndarray, **own: object) -> dict:
    """The same for (L, n) scores, coloured on each layer's own scale."""
    return strip(title, chips, shades(scores), [[signed(value) for value in row] for row in scores], **own)
