"""Means over texts with how sure they are: the percentile bootstrap (Efron & Tibshirani 1993, § 13.3). numpy only.

Texts are drawn with replacement, as many as there are, and the mean is taken anew; the middle 95 % of those means is the
interval. Equal seed and number of texts give equal draws, so that methods on the same texts stay paired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Interval:
    """A mean over texts and its 95 % interval; numbers, or arrays of one shape."""

    mean: np.ndarray
    low: np.ndarray
    """With `high`, the ends; not a number where there is one text, of which nothing follows for others."""
    high: np.ndarray
    n: int
    """Texts."""

    @property
    def excludes_zero(self) -> np.ndarray:
        """Whether 0 lies outside: of a difference, whether it can be told from none."""
        return (self.low > 0) | (self.high < 0)


def mean_interval(values: ArrayLike, seed: int = 0) -> Interval:
    """The mean over the n texts of values (n, …). Raises ValueError for none, or for values that are no numbers."""
    values = np.asarray(values, dtype=float)
    n = len(values) if values.ndim else 0
    if n == 0 or not np.isfinite(values).all():
        raise ValueError(f"The values have shape {values.shape}; (n, …) finite numbers with at least one text are expected.")
    mean = values.mean(0)
    if n == 1:
        return Interval(mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan), 1)
    times_drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)  # (RESAMPLES, n)
    means = mean + np.tensordot(times_drawn, values - mean, axes=1) / n  # (RESAMPLES, …)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Interval(mean, low, high, n)


def paired_difference(one: ArrayLike, other: ArrayLike, seed: int = 0) -> Interval:
    """The mean of one − other (n, …), text by text: far surer than the difference of two means where hard texts are hard for both."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if one.shape != other.shape:
        raise ValueError(f"The values have shapes {one.shape} and {other.shape}; the same texts are expected in both.")
    return mean_interval(one - other, seed)
