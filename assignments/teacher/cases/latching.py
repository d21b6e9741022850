"""Basins and robust latching: a_t = W tanh(a_{t-1}) + u_t."""

import numpy as np

from assignments.teacher.questions import Case, Code, Rng, Test

FIRST = np.array([[1.4, 0.8], [0.3, 0.9]])
SECOND = np.array([[2.0, -1.8], [0.3, 0.2]])
NORM = Code("lambda J: np.linalg.norm(J, 2)")
RADIUS = Code("lambda J: np.abs(np.linalg.eigvals(J)).max()")


def _settle(W, a):
    """The attractor to which a state goes."""
    for _ in range(3000):
        a = W @ np.tanh(a)
    return a


def _net(rng, n):
    """Weights of n units that hold themselves, with an attractor where all are positive; and that attractor."""
    W = np.diag(rng.uniform(1.3, 1.9, n)) + rng.uniform(0, 0.3, (n, n))
    return W, _settle(W, np.full(n, 2.0))


def _twisted(rng):
    """Two units far from normal, and their attractor on the positive side."""
    W = SECOND * rng.uniform(0.95, 1.05, (2, 2))
    return W, _settle(W, np.array([1.0, 0.3]))


def _newton(W, a, hint="Is the slope taken at the present a, and the whole of a - M(a) taken to zero?"):
    return Case("fixed_point(W, a)", {"W": W, "a": a}, hint=hint, atol=1e-8)


def _newton_hidden(rng):
    (W, X), (V, Y) = _net(rng, 2), _twisted(rng)
    start = X + rng.uniform(-0.2, 0.2, 2)
    return [_newton(W, start), _newton(V, Y + rng.uniform(-0.1, 0.1, 2)),
            Case("[fixed_point(W, a), a][1]", {"W": W, "a": start}, judge="equal",
                 hint="This is the array a after the call: your function changes its argument.")]


def _saddles_hidden(rng):
    several, single = _net(rng, 4), _net(rng, 1)
    hint = "A state that is followed leaves this point; Newton's method goes to it. Any number of units must do."
    return [_newton(_net(rng, 2)[0], rng.uniform(-0.1, 0.1, 2), hint),
            _newton(several[0], several[1] + rng.uniform(-0.1, 0.1, 4), hint),
            _newton(several[0], rng.uniform(-0.05, 0.05, 4), hint),
            _newton(single[0], single[1] + 0.1, hint)]


def _sizes(J):
    return Case("list(radius_and_norm(J))", {"J": J}, hint="Eigenvalues may be complex or negative: their absolute "
                "values count. The norm is the largest singular value.")


def _sizes_hidden(rng):
    turn, size = rng.uniform(0.5, 2.5), rng.uniform(0.5, 1.5)
    spiral = size * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return [_sizes(spiral @ np.array([[1, 1.5], [0, 1]])), _sizes(-np.diag(rng.uniform(0.1, 2, 3))),
            _sizes(rng.normal(size=(4, 4))), _sizes(np.array([[-rng.uniform(0.1, 2)]]))]


def _basin(W, X, starts, steps, hint="States are rows: M(a) of all of them is tanh(a) @ W.T."):
    return Case("basin(W, X, starts, steps)", {"W": W, "X": X, "starts": starts, "steps": steps}, judge="equal",
                hint=hint)


def _basins_hidden(rng):
    (W, X), (V, Y), (single, Z) = _net(rng, 2), _twisted(rng), _net(rng, 1)
    starts = rng.uniform(-3, 3, (60, 2))
    several = _net(rng, 3)[0]
    corners = np.array([_settle(several, a) for a in (np.full(3, 2.0), np.full(3, -2.0))])
    return [_basin(W, np.array([X, -X]), starts, 60), _basin(V, np.array([-Y, Y]), starts, 60),
            _basin(V, np.array([-Y, Y]), starts, 1, "After exactly so many steps: here after one."),
            _basin(several, corners, rng.uniform(-2, 2, (20, 3)), 60),
            _basin(np.diag(rng.uniform(1.5, 2, 2)), np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]), starts, 60,
                   "There may be more than two attractors."),
            _basin(single, np.array([Z, -Z]), rng.uniform(-1, 1, (1, 1)), 40),
            Case("[basin(W, X, starts, 3), starts][1]", {"W": W, "X": np.array([X, -X]), "starts": starts},
                 judge="equal", hint="This is the array starts after the call: your function changes its argument.")]


def _gamma(W, states, horizon, size, hint="(M^l)' has the earliest Jacobian on the right, and is asked for every l."):
    return Case("[stays_small(W, a, horizon, size) for a in states]",
                {"W": W, "states": states, "horizon": horizon, "size": size}, judge="equal", hint=hint)


def _gamma_hidden(size):
    def hidden(rng):
        W, V = _net(rng, 2)[0], _twisted(rng)[0]
        late = "A product of l Jacobians, for l = 1, 2, ... up to the horizon itself."
        return [_gamma(W, rng.uniform(-2, 2, (60, 2)), 12, size), _gamma(V, rng.uniform(-3, 3, (60, 2)), 12, size),
                _gamma(V, rng.uniform(-3, 3, (60, 2)), 1, size, late),
                _gamma(W, rng.uniform(-2, 2, (150, 2)), 2, size, late),
                _gamma(V, rng.uniform(-3, 3, (150, 2)), 3, size, late),
                _gamma(_net(rng, 3)[0], rng.uniform(-2, 2, (30, 3)), 10, size),
                Case("[stays_small(W, a, 3, size), a][1]", {"W": FIRST, "a": rng.uniform(1.5, 2.5, 2), "size": size},
                     judge="equal", hint="This is the array a after the call: your function changes its argument.")]
    return hidden


def _promise(W, X, d, hint="The largest slope in the box is where |a_j| is smallest: |X_j| - d."):
    return Case("promise(W, X, d)", {"W": W, "X": X, "d": d}, hint=hint)


def _promise_hidden(rng):
    cases = []
    for W, X in (_net(rng, 1), _net(rng, 2), _net(rng, 4)):
        cases += [_promise(W, X, d * np.abs(X).min()) for d in rng.uniform(0.05, 0.3, 2)]
    return [*cases, _promise(FIRST, -_settle(FIRST, np.ones(2)), rng.uniform(0.1, 0.3))]


def _none_hidden(rng):
    strong = np.array([[rng.uniform(1.8, 2.4), 0.1], [0.05, 0.05]])  # its second unit rests near 0
    X, (V, Y) = _settle(strong, np.array([2.0, 0.1])), _twisted(rng)
    zero = "Where the box reaches 0 the slope is largest there, and it is 1."
    none = "If lambda is not below 1 nothing is promised: the answer is 0, and not negative."
    return [_promise(strong, X, X[1] + rng.uniform(0.2, 0.5), zero), _promise(V, Y, rng.uniform(0.1, 0.5), none),
            _promise(FIRST, _settle(FIRST, np.ones(2)), rng.uniform(2, 4), none)]


def _breaks(W, X, pushes, T, rest, hint="The input is added to W tanh(a), in each of the first T steps."):
    return Case("[breaks(W, own, other, u, T, rest) for u in pushes]",
                {"W": W, "own": X, "other": -X, "pushes": pushes, "T": T, "rest": rest}, judge="equal", hint=hint)


def _breaks_hidden(rng):
    (W, X), (V, Y), (single, Z) = _net(rng, 2), _twisted(rng), _net(rng, 1)
    short = "Exactly T steps with the input, then rest steps without, then the question."
    home = _settle(FIRST, np.ones(2))  # from it to states that are nearer to the other, and yet come back
    away = rng.uniform(0.5, 1.5, (20, 1)) * np.stack([-np.ones(20), rng.uniform(1.3, 1.7, 20)], axis=1) - home
    return [_breaks(W, X, -X * rng.uniform(0, 1, (40, 1)), 60, 60),
            _breaks(V, Y, rng.uniform(-0.8, 0.8, (40, 2)), 60, 60),
            _breaks(FIRST, home, away, 1, 60, short), _breaks(FIRST, home, away, 1, 0, short),
            _breaks(FIRST, home, -rng.uniform(0, 2.5, (60, 2)), 2, 60, short),
            _breaks(FIRST, home, -rng.uniform(0, 3, (60, 2)), 3, 1, short),
            _breaks(single, Z, -Z * rng.uniform(0, 1, (20, 1)), 20, 40),
            Case("[breaks(W, own, -own, u, 2, 2), own][1]", {"W": W, "own": X, "u": np.ones(2)}, judge="equal",
                 hint="This is the array own after the call: your function changes its argument.")]


def _kept(W, X, starts, s, T, rest, seed, hint="One call of rng.normal(0, s, (N, n)) at each of the T steps."):
    return Case("count_kept(W, own, other, starts, s, T, rest, rng)",
                {"W": W, "own": X, "other": -X, "starts": starts, "s": s, "T": T, "rest": rest, "rng": Rng(seed)},
                judge="equal", hint=hint)


def _kept_hidden(rng):
    (W, X), (V, Y), (single, Z) = _net(rng, 2), _twisted(rng), _net(rng, 1)
    starts = rng.uniform(-1, 3, (400, 2))
    seeds = [int(seed) for seed in rng.integers(1, 10**6, 5)]
    return [_kept(W, X, starts, rng.uniform(0.5, 0.8), 10, 60, seeds[0]),
            _kept(V, Y, np.tile(Y, (500, 1)), rng.uniform(0.5, 0.8), 15, 60, seeds[1]),
            _kept(V, -Y, -starts, rng.uniform(0.5, 0.8), 5, 0, seeds[2], "It may also be asked without any rest."),
            _kept(single, Z, rng.uniform(-1, 1, (300, 1)), 0.5, 8, 40, seeds[3]),
            Case("[count_kept(W, own, -own, starts, 0.5, 2, 2, rng), starts][1]",
                 {"W": W, "own": X, "starts": starts[:5], "rng": Rng(seeds[4])}, judge="equal",
                 hint="This is the array starts after the call: your function changes its argument.")]


_X = _settle(FIRST, np.ones(2)).round(3)
_FEW = np.array([[2.0, 1.0], [-0.3, 0.7], [0.6, -0.2], [-2.0, 1.5]])

TESTS = (
    Test("latching-newton", page=("attractors", "Two units, in the plane"),
         visible=[_newton(FIRST, np.array([2.0, 1.0]))], hidden=_newton_hidden),
    Test("latching-saddles", page=("attractors", "Two units, in the plane"),
         visible=[_newton(FIRST, np.array([0.1, -0.1]), "0 is a fixed point, which a state that is followed leaves.")],
         hidden=_saddles_hidden),
    Test("latching-sizes", page=("attractors", "Eigenvalues are not lengths"),
         visible=[_sizes(np.array([[0.5, 2.0], [-0.3, 0.4]]))], hidden=_sizes_hidden),
    Test("latching-basins", page=("attractors", "Two units, in the plane"),
         visible=[_basin(FIRST, np.array([-_X, _X]), _FEW, 40)], hidden=_basins_hidden),
    Test("latching-gamma-norm", page=("attractors", "The words"),
         visible=[_gamma(FIRST, _FEW, 12, NORM)], hidden=_gamma_hidden(NORM)),
    Test("latching-gamma-radius", page=("attractors", "The words"),
         visible=[_gamma(FIRST, _FEW, 12, RADIUS)], hidden=_gamma_hidden(RADIUS)),
    Test("latching-promise", page=("theorems", "Theorem 3: how much input a latched state bears"),
         visible=[_promise(FIRST, _X, 0.3)], hidden=_promise_hidden),
    Test("latching-promise-none", page=("attractors", "How much input a latched state bears"),
         visible=[_promise(SECOND, _settle(SECOND, np.array([1.0, 0.3])).round(3), 0.2,
                          "If lambda is not below 1 nothing is promised: 0.")],
         hidden=_none_hidden),
    Test("latching-breaks", page=("attractors", "How much input a latched state bears"),
         visible=[_breaks(FIRST, _X, np.array([[-0.1, -0.1], [-1.0, -0.5]]), 30, 40)], hidden=_breaks_hidden),
    Test("latching-kept", page=("attractors", "Robustly latched"),
         visible=[_kept(FIRST, _X, np.tile(_X, (200, 1)), 0.6, 10, 40, 7)], hidden=_kept_hidden),
)
