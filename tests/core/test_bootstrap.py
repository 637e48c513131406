"""Intervals hold the true mean as often as they say."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from core.bootstrap import mean_interval, paired_difference


@pytest.mark.parametrize("shape", ["normal", "exponential"])
def test_95_of_100_intervals_hold_the_true_mean(shape):
    chance = np.random.default_rng(5)
    trials = chance.normal(1.0, 2.0, (60, 500)) if shape == "normal" else chance.exponential(1.0, (60, 500))
    found = mean_interval(trials)  # 500 trials of 60 texts each
    covered = np.mean((found.low <= 1.0) & (found.high >= 1.0))
    assert 0.90 <= covered <= 0.98
    assert found.n == 60 and found.mean.shape == (500,)


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(0).normal(size=80)
    ours = mean_interval(values)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.mean == pytest.approx(values.mean())
    np.testing.assert_allclose([ours.low, ours.high], [theirs.low, theirs.high], atol=0.02)


def test_each_column_is_a_figure_of_its_own():
    values = np.random.default_rng(0).normal(size=(30, 2, 3))
    whole = mean_interval(values, seed=4)
    part = mean_interval(values[:, 1, 2], seed=4)
    for name in ("mean", "low", "high"):
        assert getattr(whole, name).shape == (2, 3)
        np.testing.assert_allclose(getattr(whole, name)[1, 2], getattr(part, name))


def test_equal_seeds_give_equal_intervals_and_others_do_not():
    values = np.random.default_rng(0).normal(size=30)
    one, again, other = (mean_interval(values, seed) for seed in (0, 0, 1))
    assert (one.low, one.high) == (again.low, again.high) and one.low != other.low


def test_equal_values_leave_no_doubt_and_one_text_tells_nothing():
    sure = mean_interval(np.full(9, 0.3))
    np.testing.assert_allclose([sure.mean, sure.low, sure.high], 0.3)
    single = mean_interval([0.3])
    assert single.mean == 0.3 and np.isnan(single.low) and np.isnan(single.high) and not single.excludes_zero


@pytest.mark.parametrize("values", [[], np.zeros((0, 3)), 1.0, [1.0, np.nan]])
def test_what_has_no_mean_is_told(values):
    with pytest.raises(ValueError, match="at least one text"):
        mean_interval(values)


def test_pairs_are_told_apart_where_means_are_not():
    chance = np.random.default_rng(0)
    hardness = chance.normal(0, 3, 100)
    one, other = hardness + 0.2 + chance.normal(0, 0.1, 100), hardness + chance.normal(0, 0.1, 100)
    apart = paired_difference(one, other)
    assert apart.excludes_zero and apart.mean == pytest.approx(0.2, abs=0.05) and apart.low > 0.15
    assert mean_interval(one).low < mean_interval(other).mean < mean_interval(one).high
    assert paired_difference(other, one).high == pytest.approx(-apart.low, abs=0.01)
    assert not paired_difference(one, one).excludes_zero


def test_texts_that_do_not_match_are_told():
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\)"):
        paired_difference(np.zeros(3), np.zeros(2))
