"""Intervals and the exact test, beside scipy's and beside what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reproduction.intervals import clopper_pearson, fisher, wilson

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.floats(0.5, 0.999)


@given(counts, levels)
@pytest.mark.parametrize("interval, method", [(wilson, "wilson"), (clopper_pearson, "exact")])
def test_intervals_are_those_of_scipy(interval, method, count, level):
    k, n = count
    low, high = interval(k, n, level)
    reference = stats.binomtest(k, n).proportion_ci(level, method=method)
    assert low == pytest.approx(reference.low, abs=1e-9)
    assert high == pytest.approx(reference.high, abs=1e-9)
    assert 0 <= low <= k / n <= high <= 1


def test_wilson_at_the_edges():
    assert wilson(0, 18)[0] == 0.0
    assert wilson(18, 18)[1] == 1.0
    low, high = wilson(np.array([0, 9, 18]), 18)
    assert low.shape == high.shape == (3,)
    np.testing.assert_allclose(low, 1 - high[::-1])  # failures are as good as successes


def _coverage(interval, n, p):
    """The exact probability that the interval holds p."""
    k = np.arange(n + 1)
    low, high = interval(k, n)
    return stats.binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum()


@pytest.mark.parametrize("n", [18, 50, 100])
def test_coverage(n):
    p = np.linspace(0.01, 0.99, 99)
    exact = [_coverage(clopper_pearson, n, q) for q in p]
    score = [_coverage(wilson, n, q) for q in p]
    assert min(exact) >= 0.95
    assert 0.94 < np.mean(score) < 0.97  # near the level on average, where the exact one is above
    assert np.mean(score) < np.mean(exact)


@given(counts, counts)
def test_fisher_is_scipys(a, b):
    (k, n), (l, m) = a, b
    reference = stats.fisher_exact([[k, n - k], [l, m - l]]).pvalue
    assert fisher(k, n, l, m) == pytest.approx(reference, rel=1e-6, abs=1e-12)
    assert fisher(k, n, l, m) == pytest.approx(fisher(l, m, k, n), rel=1e-9)


def test_fisher_broadcasts():
    p = fisher(np.array([[1, 9], [5, 5]]), 10, 5, 10)
    assert p.shape == (2, 2) and p[1, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("function", [wilson, clopper_pearson])
@pytest.mark.parametrize("k, n, level, error", [
    (3, 2, 0.95, ValueError), (-1, 2, 0.95, ValueError), (0, 0, 0.95, ValueError), (0.5, 2, 0.95, TypeError),
    (1, float("nan"), 0.95, TypeError), (1, 2, 1.0, ValueError), (1, 2, float("nan"), ValueError)])
def test_counts_that_are_none_are_refused(function, k, n, level, error):
    with pytest.raises(error):
        function(k, n, level)
