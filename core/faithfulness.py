"""The hiding and revealing games (METHOD 8): is the model's answer carried by the words that a ranking puts first?

    places = rank of each word, 0 first · k = ⌈share · W⌉, at least 1
    hide: keep words with place ≥ k     reveal: keep words with place < k

Signed scores rank by raw value: a word that speaks against the class comes last. Ties are broken at random, as a row
without signal would else score by position; its games are then played in several random orders and averaged.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
from scipy.stats import kendalltau

from core.comparison import FRACTIONS, Game, HidingSteps
from core.errors import MethodError

TIE_ORDERS = 5  # random orders that a row with ties is played in, as many as Random has seeds
MOST_STEPS = 40  # words that are hidden one by one
_STREAM = 8  # apart from the draws of methods that use the same seed

Name = TypeVar("Name", bound=Hashable)


class HiddenWords(Protocol):
    """What answers for a text with words hidden: `removal.MaskedTexts`, or any function of (n, W) bool."""

    n_words: int
    seed: int
    """Depends on the text alone."""

    def says(self, keep: np.ndarray) -> np.ndarray:
        """(n) probability of the class explained, or value of a regression."""

    def outputs(self, keep: np.ndarray) -> np.ndarray:
        """(n, C) all outputs."""

    def predicted(self, keep: np.ndarray) -> np.ndarray | None:
        """(n) index of the predicted class; None where there are no classes to choose from."""


def play(
    masked: HiddenWords,
    draws: np.ndarray,
    seed: int | None = None,
    leave_one_out: np.ndarray | None = None,
    by_magnitude: bool = False,
) -> Game:
    """The game of one ranking, averaged over its draws (S, W). See `play_all`."""
    return play_all(masked, {"": draws}, seed, leave_one_out, by_magnitude)[""]


def play_all(
    masked: HiddenWords,
    rankings: Mapping[Name, np.ndarray],
    seed: int | None = None,
    leave_one_out: np.ndarray | None = None,
    by_magnitude: bool = False,
    tie_orders: int = TIE_ORDERS,
) -> dict[Name, Game]:
    """The game of each ranking, name → draws (S, W); all masks go to the model at once.

    `seed` of the order of tied words; None: the text's own. `leave_one_out` (W): what Kendall's τ compares with.
    `by_magnitude`: rank by |score|. Raises MethodError for scores of a wrong shape or that are no numbers, and where the
    model answers with what is no number.
    """
    seed = masked.seed if seed is None else seed
    reference = np.abs(leave_one_out) if by_magnitude and leave_one_out is not None else leave_one_out
    rankings = {name: _checked(name, draws, masked.n_words, by_magnitude) for name, draws in rankings.items()}
    places = [places_of(draws, seed, tie_orders) for draws in rankings.values()]  # (O, W) each
    sizes = words_of(FRACTIONS, masked.n_words)  # (N)
    kept = [order[:, None, :] < sizes[:, None] for order in places]  # (O, N, W): the words revealed
    ends = np.stack([np.ones(masked.n_words, bool), np.zeros(masked.n_words, bool)])
    rows = np.concatenate([ends, *(np.concatenate([~part, part]).reshape(-1, masked.n_words) for part in kept)])
    keep, where = np.unique(rows, axis=0, return_inverse=True)
    says, is_kept = _answers(masked, keep)[where], _kept_labels(masked, keep, where)
    cuts = np.cumsum([2, *(2 * part.shape[0] * part.shape[1] for part in kept)])
    games = {}
    for (name, draws), start, end in zip(rankings.items(), cuts, cuts[1:]):
        hide, reveal = says[start:end].reshape(2, -1, len(sizes)).mean(1)  # (N) each
        kept_labels = (None, None) if is_kept is None else is_kept[start:end].reshape(2, -1, len(sizes)).mean(1)
        games[name] = Game(
            fractions=np.array(FRACTIONS),
            whole=float(says[0]),
            empty=float(says[1]),
            hide=hide,
            reveal=reveal,
            hide_kept=kept_labels[0],
            reveal_kept=kept_labels[1],
            leave_one_out=None if reference is None else order_agreement(draws, reference),
        )
    return games


def _answers(masked: HiddenWords, keep: np.ndarray) -> np.ndarray:
    """(n) what the model says of each masked text (n, W); MethodError where that is no number."""
    says = masked.says(keep).astype(float)
    broken = keep[~np.isfinite(says)]
    if len(broken):
        raise MethodError(
            f"The model answers {len(broken)} of {len(keep)} copies of this text with words hidden with values that are no numbers "
            f"(the fullest of them lacks {(~broken).sum(1).min()} of {masked.n_words} words), so the games can't be played. "
            "Leave this text out, or hide words another way."
        )
    return says


def _kept_labels(masked: HiddenWords, keep: np.ndarray, where: np.ndarray) -> np.ndarray | None:
    """(rows) bool, whether each row `where` of the masked texts (n, W) has the label of the first row, the whole text."""
    predicted = masked.predicted(keep)
    return None if predicted is None else predicted[where] == predicted[where[0]]


def hide_one_by_one(masked: HiddenWords, scores: np.ndarray, seed: int | None = None) -> HidingSteps:
    """What the model says as the words of highest score (W) are hidden one after the other, K = min(W, MOST_STEPS)."""
    scores = _checked("", scores[None], masked.n_words, by_magnitude=False)
    place = places_of(scores, masked.seed if seed is None else seed, 1)[0]  # (W)
    n_steps = min(masked.n_words, MOST_STEPS)
    keep = place >= np.arange(n_steps + 1)[:, None]  # (K + 1, W)
    return HidingSteps(np.argsort(place)[:n_steps], masked.says(keep), masked.outputs(keep))


def words_of(fractions: Sequence[float], n_words: int) -> np.ndarray:
    """(N) how many words each share of them is: rounded up, at least one."""
    exact = np.round(np.asarray(fractions) * n_words, 9)  # 0.07 · 100 is 7.000000000000001, which is not 8 words
    return np.maximum(1, np.ceil(exact)).astype(int)


def places_of(draws: np.ndarray, seed: int, tie_orders: int = TIE_ORDERS) -> np.ndarray:
    """(O, W) place of each word in each order played, 0 for the highest score; O = S, or S × `tie_orders` where scores (S, W) tie."""
    has_ties = (np.diff(np.sort(draws, axis=1), axis=1) == 0).any()
    rows = np.repeat(draws, tie_orders if has_ties else 1, axis=0)
    chance = np.random.default_rng((seed, _STREAM)).random(rows.shape)
    return np.lexsort((chance, -rows), axis=-1).argsort(-1)


def order_agreement(draws: np.ndarray, reference: np.ndarray) -> float | None:
    """Kendall's τ_b with the reference (W), mean over draws (S, W); None where there is no order: fewer than two words, or all tied."""
    if draws.shape[1] < 2 or np.ptp(reference) == 0:
        return None
    found = [kendalltau(row, reference).statistic for row in draws if np.ptp(row) > 0]
    return float(np.mean(found)) if found else None


def _checked(name: Hashable, draws: np.ndarray, n_words: int, by_magnitude: bool) -> np.ndarray:
    draws = np.asarray(draws, dtype=float)
    if draws.ndim != 2 or not len(draws) or draws.shape[1] != n_words:
        raise MethodError(
            f"The scores to play with{_of(name)} have shape {draws.shape}; (S, {n_words}) with at least one row is expected."
        )
    if not np.isfinite(draws).all():
        raise MethodError(f"The scores to play with{_of(name)} hold values that are no numbers, so the words have no order.")
    return np.abs(draws) if by_magnitude else draws


def _of(name: Hashable) -> str:
    return f" (“{name}”)" if name else ""
