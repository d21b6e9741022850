"""The vanishing gradient: Jacobian products of a_t = W tanh(a_{t-1}) + u_t, and the share of each lag."""

import numpy as np

from assignments.teacher.questions import Case, Rng, Test

STEPS = 40  # of the path between two states


def _square(rng, n, size=1.0):
    return rng.normal(0, size / np.sqrt(n), (n, n))


def _path(rng, n, T, size=1.0):
    """T Jacobians M'(a) at states drawn at random."""
    return _square(rng, n, size) * (1 - np.tanh(rng.normal(size=(T, 1, n)))**2)


def _jacobian(W, a, hint="Differentiate W[i, j] tanh(a[j]) by a[j]: does the slope belong to row or column?"):
    return Case("jacobian(W, a)", {"W": W, "a": a}, hint=hint)


def _growth(jacobians, hint="M'(a_1) acts after M'(a_0), so it stands on its left; the norm is np.linalg.norm(A, 2)."):
    return Case("log_growth(jacobians)", {"jacobians": jacobians}, hint=hint)


def _far(J, T, hint="Divide the product by its norm after each step, and add up the logarithms of these norms."):
    return Case("log_growth(np.tile(J, (T, 1, 1)))[-3:]", {"J": J, "T": T}, hint=hint)


def _turn(rng, factor):
    """A turn of the plane, times a factor: every power's norm is the factor's power."""
    angle = rng.uniform(0, np.pi)
    return factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _far_hidden(rng):
    gone = np.array([[0.0, rng.uniform(1, 2)], [0.0, 0.0]])  # its square is 0
    return [_far(_turn(rng, rng.uniform(0.3, 0.6)), 3000), _far(_turn(rng, rng.uniform(2, 3)), 3000),
            _far(np.array([[rng.uniform(0.1, 0.5)]]), 2000), _far(np.array([[0.5, 1.0], [0.0, 0.25]]), 2500),
            _growth(np.array([gone, gone, np.eye(2)]),
                    hint="A product of 0 has the logarithm -inf, and keeps it: no NaN.")]


def _bound(jacobians, hint="One lambda for the whole path: the largest operator norm (not the largest eigenvalue)."):
    return Case("log_bound(jacobians)", {"jacobians": jacobians}, hint=hint)


def _driven(rng, n, T, size=1.2):
    """A network, a path of it under inputs, and an error at its end."""
    W, a = _square(rng, n, size), [rng.normal(size=n)]
    for _ in range(T):
        a.append(W @ np.tanh(a[-1]) + rng.normal(0, 0.5, n))
    return {"W": W, "a": np.array(a), "e": rng.normal(size=n)}


def _lags(given, hint="c_k is an outer product of e_{T-k} and tanh(a_{T-k-1}): in which order? Is W transposed?"):
    return Case("contributions(W, a, e)", given, hint=hint)


def _one(given):
    return _lags(given, hint="At step tau, W multiplied tanh(a_{tau-1}); and e_{tau-1} has tanh' at that same state.")


def _unchanged(given, name):
    return Case(f"[contributions(W, a, e), {name}][1]", given, judge="equal",
                hint=f"This is {name} after the call: your function changes its argument. Work on a copy.")


def _lags_hidden(rng):
    some = _driven(rng, 3, 5)
    return [_lags(some), _unchanged(some, "a"), _unchanged(some, "e"), _lags(_driven(rng, 2, 8)),
            _lags(_driven(rng, 4, 1), hint="T = 1: there is one lag, and no way back.")]


def _shares(c, hint="The root of the sum of the squared entries of each matrix, over the sum of these roots."):
    return Case("lag_shares(c)", {"c": c}, hint=hint)


def _shares_hidden(rng):
    some = rng.normal(size=(5, 3, 3))
    return [_shares(some), _shares(np.array([some[0], -some[0]]), hint="Two contributions of equal size: a half each."),
            _shares(1e-3 * rng.normal(size=(6, 1, 1)), hint="One unit: sizes are absolute values."),
            _shares(some * np.array([1, 0, 1, 0, 0])[:, None, None], hint="A lag that contributes 0 has the share 0."),
            _shares(rng.normal(size=(1, 2, 2)), hint="A single lag has all."),
            _shares(np.zeros((3, 2, 2)), hint="All contributions are 0: NaN for each lag.")]


def _reach(shares, part, hint="Lags 0 .. K - 1 are K lags, counted from lag 0; `at least` includes equality."):
    return Case("reach(shares, part)", {"shares": np.array(shares), "part": part}, hint=hint)


def _reach_hidden(rng):
    falling = 0.5 ** np.arange(1, 12)
    return [_reach(falling / falling.sum(), float(rng.choice([0.7, 0.9, 0.99]))),
            _reach([0.125, 0.125, 0.25, 0.5], 0.6), _reach([0.5, 0.25, 0.125, 0.125], 0.75),
            _reach([0.75, 0.25], 0.6, hint="Lag 0 alone may be enough: then K = 1."),
            _reach([0.0, 0.0, 0.5, 0.5], 0.25), _reach([1.0], 0.9, hint="One lag is all there is.")]


def _kept(seed, w, s, runs, T, hint="The share of the runs with a_T > 0, whatever happened on the way."):
    return Case("latch(rng, w, s, runs, T)[0]", {"rng": Rng(seed), "w": w, "s": s, "runs": runs, "T": T}, hint=hint)


def _left(seed, w, s, runs, T, hint="Slopes at a_0 .. a_{T-1}; the sum of their logarithms, run by run; the median."):
    return Case("latch(rng, w, s, runs, T)[1]", {"rng": Rng(seed), "w": w, "s": s, "runs": runs, "T": T}, hint=hint)


def _seed(rng):
    return int(rng.integers(10**6))


def _kept_hidden(rng):
    return [_kept(_seed(rng), w, 0.4, 301, 60) for w in (0.7, 1.2, 1.4)] + [
        _kept(_seed(rng), 1.1, 1.0, 200, 1, hint="One step: a_1 = w tanh(1) + u_1.")]


def _left_hidden(rng):
    return [_left(_seed(rng), rng.uniform(0.5, 0.9), 0.3, 101, 50),
            _left(_seed(rng), rng.uniform(1.2, 1.6), 0.5, 64, 80),
            _left(_seed(rng), 3.0, 0.2, 20, 500, hint="The product is too small to be held: add up logarithms."),
            _left(_seed(rng), 1.3, 0.5, 7, 1, hint="One step: one slope, at a_0 = 1.")]


TESTS = (
    Test("vanishing-jacobian", page=("theorems", "Stretching and shrinking"),
         visible=[_jacobian(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.0, 1.0]))],
         hidden=lambda rng: [_jacobian(_square(rng, n), rng.normal(size=n)) for n in (1, 3, 4)]),
    Test("vanishing-growth", page=("where_the_gradient_goes", "The way back, multiplied out"),
         visible=[_growth(np.array([[[0.0, 2.0], [0.0, 0.5]], [[0.5, 0.0], [1.0, 0.0]]]))],
         hidden=lambda rng: [_growth(_path(rng, 3, 6)), _growth(_path(rng, 2, 1), hint="One step: one norm."),
                             _growth(_path(rng, 1, 5)), _growth(_path(rng, 4, 12, 2.0))]),
    Test("vanishing-far", page=("where_the_gradient_goes", "The way back, multiplied out"),
         visible=[_far(np.array([[0.0, -0.5], [0.5, 0.0]]), 2000)],
         hidden=_far_hidden),
    Test("vanishing-bound", page=("theorems", "Theorem 4: the past fades"),
         visible=[_bound(np.array([[[0.5, 1.0], [0.0, 0.5]], [[0.25, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 0.5]]]))],
         hidden=lambda rng: [_bound(_path(rng, 3, 7)), _bound(_path(rng, 2, 1)), _bound(_path(rng, 4, 5, 3.0))]),
    Test("vanishing-large-norms", page=("where_the_gradient_goes", "The exploding side"),
         visible=[Case("list(stretched_and_gone())", judge="two_states", steps=STEPS, norms=1.5, most=1e-6,
                       hint="A matrix far from normal: a large entry off the diagonal, small ones on it.")],
         hidden=lambda rng: []),
    Test("vanishing-small-eigenvalues", page=("theorems", "Exercise 2: two harmless matrices"),
         visible=[Case("list(shrunk_and_exploded())", judge="two_states", steps=STEPS, radii=0.5, least=1e6,
                       hint="Two units that excite each other; each state silences one: where do errors go?")],
         hidden=lambda rng: []),
    Test("vanishing-one-unit", page=("where_the_gradient_goes", "A gradient is a sum over lags"),
         visible=[_one({"W": np.array([[2.0]]), "a": np.array([[0.5], [1.0], [1.5]]), "e": np.array([0.4])})],
         hidden=lambda rng: [_one(_driven(rng, 1, T)) for T in (1, 4, 9)]),
    Test("vanishing-contributions", page=("where_the_gradient_goes", "A gradient is a sum over lags"),
         visible=[_lags(_driven(np.random.default_rng(1), 2, 2))],
         hidden=_lags_hidden),
    Test("vanishing-shares", page=("where_the_gradient_goes", "A gradient is a sum over lags"),
         visible=[_shares(np.array([[[3.0, 0.0], [0.0, 4.0]], [[-1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]))],
         hidden=_shares_hidden),
    Test("vanishing-reach", page=("where_the_gradient_goes", "The recent past towers"),
         visible=[_reach([0.5, 0.25, 0.125, 0.125], 0.8)],
         hidden=_reach_hidden),
    Test("vanishing-kept", page=("where_the_gradient_goes", "Robust or trainable"),
         visible=[_kept(1, 1.2, 0.3, 50, 20)],
         hidden=_kept_hidden),
    Test("vanishing-left", page=("theorems", "Theorem 4: the past fades"),
         visible=[_left(1, 1.2, 0.3, 50, 20)],
         hidden=_left_hidden),
)
