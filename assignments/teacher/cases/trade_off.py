"""The tests of the assignment *Out of the trade-off*."""

import numpy as np

from assignments.teacher.questions import Case, Code, Rng, Test, fresh

TRADE = ("where_the_gradient_goes", "Robust or trainable")
LAGS = ("where_the_gradient_goes", "A gradient is a sum over lags")
OTHERS = ("where_the_gradient_goes", "Not every gradient is short-sighted")
INTEGRATOR = ("memory", "Exercise 3: how an integrator fails")

SLOPE = "The slope of step k is taken at the state before it, a_{k-1}; the product of none is 1."
EDGE = "The slope is largest where the state is nearest to 0: at a_bar - d."
NOTHING = "Where lambda is 1 or more nothing is promised: b = 0, and the bound is infinite."
COMPLEX = "The imaginary part of run(start + i h), divided by h."
ORDER = "First the bits, then the noise of all runs at once, (R, T); all three start at bits * a_bar."
INPUT = "The gate multiplies the input, not the state; the linear unit's gate is 1."
NOTHING_KEPT = "A state of 0 has no sign, so its bit is not kept."
ENDS = "Is everything divided by 1 + z²/R, and the root taken of both terms?"
STATES = "s_0 = 0 comes first; the gate is open as far as the logistic of alpha m + beta says."
KAPPA = "dv/dkappa is g u, summed over the steps, times the error s_T - d; then the mean over the batch."
GATE = "dv/dbeta is kappa u g (1 - g); for alpha the same, times m."
FRESH = "A new batch at every step, drawn before the gradient is taken at the p of that step."
SHARE = "The share of each run's own sequences: the mean over axis 1; at need itself it is solved."


def batch(rng, R, B, T):
    """Parameters, inputs, markers and targets of the gated unit."""
    return {"p": rng.normal(0, 1, (R, 3)), "u": rng.normal(0, 1, (R, B, T)),
            "m": rng.integers(2, size=(R, B, T)).astype(float), "d": rng.choice([-1.0, 1.0], (R, B))}


def without_targets(rng, R, B, T):
    """The same without targets."""
    return {name: value for name, value in batch(rng, R, B, T).items() if name != "d"}


def carried_cases(rng):
    """Paths of several shapes; one of a single state."""
    for shape in ((9,), (4, 6), (2, 3, 5), (3, 1)):
        yield Case("carried(w, a)", {"w": rng.uniform(1.1, 3), "a": rng.normal(0, 1, shape)}, hint=SLOPE)


def promise_cases(rng):
    """Distances at which something is promised, and others."""
    a_bar = rng.uniform(1.2, 2)
    for share in rng.uniform(0.02, 0.25, 2):
        yield Case("list(promise(w, a_bar, d, T))",
                   {"w": rng.uniform(1.6, 2.5), "a_bar": a_bar, "d": share * a_bar, "T": int(rng.integers(1, 30))},
                   hint=EDGE)
    yield Case("list(promise(2.0, a_bar, d, T))",
               {"a_bar": a_bar, "d": np.array([0.1, 0.2, 0.97]) * a_bar, "T": np.array([0, 7, 7])}, hint=NOTHING)


def derivative_cases(rng):
    """Functions of which the derivative is known, or is not."""
    for run in ("lambda x: np.exp(-x) * np.sin(3 * x)", "lambda x: x**3 / (1 + x**2)", "lambda x: 1e-12 * np.tanh(x)"):
        yield Case("derivative(run, start)", {"run": Code(run), "start": rng.normal(0, 1, 5)}, rtol=1e-9, atol=1e-24,
                   hint=COMPLEX)


def hold_cases(part, hint):
    """Cases for some of the arrays that `hold` gives."""
    def cases(rng):
        for T in (1, 12):
            yield Case(f"hold(rng, R, T, sigma, w, a_bar, gate){part}",
                       {"rng": fresh(rng), "R": int(rng.integers(4, 9)), "T": T, "sigma": rng.uniform(0.2, 1),
                        "w": rng.uniform(1.5, 2.5), "a_bar": rng.uniform(1, 2), "gate": rng.uniform(0.05, 0.5)},
                       hint=hint)
    return cases


def kept_cases(rng):
    """Some are kept, all, or none; and states of 0."""
    bits = rng.choice([-1, 1], 30)
    luck = rng.normal(0.5, 1, 30) * bits
    yield Case("list(kept(final, bits))", {"final": luck, "bits": bits}, hint=ENDS)
    yield Case("list(kept(final, bits, z=2.576))", {"final": 3.0 * bits, "bits": bits}, hint="Is z used?")
    yield Case("list(kept(final, bits))", {"final": np.where(luck > 1, 0, luck), "bits": bits}, hint=NOTHING_KEPT)


def forward_cases(rng):
    """States for several sizes."""
    for size in ((1, 1, 1), (2, 3, 7), (4, 1, 2)):
        yield Case("forward(p, u, m)", without_targets(rng, *size), hint=STATES)


def gradient_cases(column, hint):
    """Cases for some columns of the gradient."""
    def cases(rng):
        for size in ((1, 1, 1), (3, 4, 9), (2, 6, 1)):
            yield Case(f"gradient(p, u, m, d)[:, {column}]", batch(rng, *size), hint=hint)
    return cases


def train_cases(rng):
    """Other gradients, other data."""
    given = {"gradient": Code("lambda p, u, m, d: p - u + m * d"),
             "draw": Code("lambda rng: (rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))")}
    for steps in (0, 1, 7):
        yield Case("train(gradient, p, draw, rng, rate, steps)",
                   {**given, "p": rng.normal(size=(2, 3)), "rng": fresh(rng), "rate": rng.uniform(0.1, 0.5),
                    "steps": steps}, hint=FRESH)
    yield Case("(train(gradient, p, draw, rng, 0.1, 3), p)[1]",
               {**given, "p": rng.normal(size=(2, 3)), "rng": fresh(rng)},
               hint="The caller's p was changed: p -= ... writes into it, p = p - ... does not.")


def solved_cases(rng):
    """Shares at need, above and below; states of 0."""
    d = rng.choice([-1.0, 1.0], (5, 20))
    final = rng.uniform(0.1, 2, d.shape) * d
    for run, wrong in enumerate((0, 1, 2, 4)):
        final[run, :wrong] *= -1
    final[4, :3] = 0
    order = rng.permutation(5)
    yield Case("solved(final, d)", {"final": final[order], "d": d[order]}, "equal", SHARE)
    yield Case("solved(final, d, need=0.75)", {"final": final[order], "d": d[order]}, "equal", SHARE)


RUN = {"rng": Rng(3), "R": 4, "T": 5, "sigma": 0.5, "w": 2.0, "a_bar": 1.9, "gate": 0.1}

TESTS = (
    Test("trade_off-carried", page=LAGS,
         visible=[Case("carried(2.0, a)", {"a": np.array([0.0, 0.5, 1.5])}, hint=SLOPE)], hidden=carried_cases),
    Test("trade_off-promise", page=("theorems", "Theorem 3: how much input a latched state bears"),
         visible=[Case("list(promise(2.0, 1.915, 0.5, 10))", hint=EDGE),
                  Case("list(promise(2.0, 1.915, 1.5, 10))", hint=NOTHING)], hidden=promise_cases),
    Test("trade_off-derivative", page=TRADE,
         visible=[Case("derivative(run, start)", {"run": Code("lambda x: x**3"), "start": np.array([1.0, 3.0])},
                       rtol=1e-12, hint=COMPLEX)],
         hidden=derivative_cases),
    Test("trade_off-hold-latch", page=("neuron", "The bit under noise"),
         visible=[Case("hold(rng, R, T, sigma, w, a_bar, gate)[:2]", RUN, hint=ORDER)],
         hidden=hold_cases("[:2]", ORDER)),
    Test("trade_off-hold-units", page=INTEGRATOR,
         visible=[Case("hold(rng, R, T, sigma, w, a_bar, gate)[2:]", RUN, hint=INPUT)],
         hidden=hold_cases("[2:]", INPUT)),
    Test("trade_off-kept", page=("contest", "Exercise 3: how many runs?"),
         visible=[Case("list(kept(final, bits))",
                       {"final": np.array([0.5, -2.0, 1.0, 0.0]), "bits": np.array([1, -1, -1, 1])},
                       hint=NOTHING_KEPT)], hidden=kept_cases),
    Test("trade_off-forward", page=OTHERS,
         visible=[Case("forward(p, u, m)", {"p": np.array([[1.0, -1.0, 2.0]]), "u": np.array([[[1.0, 0.5, -1.0]]]),
                                            "m": np.array([[[1.0, 0.0, 0.0]]])}, hint=STATES)], hidden=forward_cases),
    Test("trade_off-gradient-weight", page=LAGS,
         visible=[Case("gradient(p, u, m, d)[:, 2]", batch(np.random.default_rng(1), 2, 2, 3), hint=KAPPA)],
         hidden=gradient_cases("2", KAPPA)),
    Test("trade_off-gradient-gate", page=LAGS,
         visible=[Case("gradient(p, u, m, d)[:, :2]", batch(np.random.default_rng(1), 2, 2, 3), hint=GATE)],
         hidden=gradient_cases(":2", GATE)),
    Test("trade_off-train", page=("training_the_latch", "Twenty lines"),
         visible=[Case("train(gradient, p, draw, rng, 0.1, 3)",
                       {"gradient": Code("lambda p, u, m, d: p * u + m - d"), "p": np.array([1.0, -2.0, 0.5]),
                        "draw": Code("lambda rng: (rng.normal(size=3), 1.0, 2.0)"), "rng": Rng(4)}, hint=FRESH)],
         hidden=train_cases),
    Test("trade_off-solved", page=("contest", "The rules"),
         visible=[Case("solved(final, d, need=0.5)", {"final": np.array([[0.2, 1.0], [0.3, -2.0], [-1.0, 0.0]]),
                                                      "d": np.ones((3, 2))}, "equal", SHARE)], hidden=solved_cases),
)
