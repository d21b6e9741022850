"""Back-propagation through time by hand: x_t = tanh(W x_{t-1} + U u_t + b)."""

import numpy as np

from assignments.teacher.questions import Case, Code, Test

FUNCTIONS = (
    ("lambda z: np.sin(z[0]) * np.exp(z[1])", [0.7, -0.3]),
    ("lambda z: np.exp(z[0]) / (np.sin(z[0])**3 + np.cos(z[0])**3)", [1.5]),
    ("lambda z: np.tanh(z @ np.arange(1.0, 5.0)) + z[2]**3", [0.1, -0.2, 0.5, 0.05]),
)


def _states(W, U, b, u):
    x = np.zeros((len(u) + 1, len(b)))
    for t in range(1, len(x)):
        x[t] = np.tanh(W @ x[t - 1] + U @ u[t - 1] + b)
    return x


def _network(rng, n, m, T):
    weights = {"W": rng.normal(0, 1.2 / np.sqrt(n), (n, n)), "U": rng.normal(size=(n, m)), "b": rng.normal(0, 0.3, n)}
    return {**weights, "u": rng.normal(size=(T, m))}


def _run(rng, n, m, T, every=False):
    """A network, its states and its targets."""
    network = _network(rng, n, m, T)
    return {**network, "x": _states(**network), "d": rng.uniform(-0.9, 0.9, T) if every else rng.uniform(-0.9, 0.9)}


def _batch(rng, B, n, m, T):
    network = _network(rng, n, m, T)
    u = rng.normal(size=(B, T, m))
    x = np.stack([_states(network["W"], network["U"], network["b"], one) for one in u])
    return {**network, "u": u, "x": x, "d": rng.uniform(-0.9, 0.9, B)}


def _forward(network, hint="x[t] is made of x[t - 1] and u[t - 1]; x[0] is zero, and has a row."):
    return Case("forward(W, U, b, u)", network, hint=hint)


def _forward_complex(rng, n, m, T):
    network = _network(rng, n, m, T)
    for name in ("W", "U", "b"):
        network[name] = network[name] + 0.1j * rng.normal(size=network[name].shape)
    return _forward(network, "Is the array that takes the states complex? A real one drops the imaginary part.")


def _last(part, hint):
    """Cases for one part of the gradient: visible, and hidden with T = 1, one unit and several sizes."""
    place = "WUb".index(part)

    def case(rng, n, m, T, hint=hint):
        return Case(f"bptt_last(W, U, b, u, x, d)[{place}]", _run(rng, n, m, T), hint=hint)

    def hidden(rng):
        return [case(rng, *(int(size) for size in rng.integers([3, 2, 5], [6, 4, 9]))), case(rng, 4, 1, 3),
                case(rng, 3, 2, 1, hint="T = 1: a single step back, and x_0 = 0."),
                case(rng, 1, 1, 6, hint="One unit and one input: still matrices, of shape (1, 1).")]

    return {"visible": [case(np.random.default_rng(2 + place), 2, 1, 3)], "hidden": hidden}


def _every(rng, n, m, T, hint="delta_t has two parts: the error of step t itself, and what comes back from t + 1."):
    return Case("list(bptt_every(W, U, b, u, x, d))", _run(rng, n, m, T, every=True), hint=hint)


def _summed(rng, B, n, m, T, hint="The gradients of all sequences are added: not their mean, nor one of them."):
    return Case("list(bptt_batch(W, U, b, u, x, d))", _batch(rng, B, n, m, T), hint=hint)


def _step(place, hint="A step for each parameter alone, the imaginary part, divided by h.", h=None):
    source, theta = FUNCTIONS[place]
    given = {"f": Code(source), "theta": np.array(theta)}
    if h is None:
        return Case("complex_step(f, theta)", given, hint=hint, rtol=1e-12, atol=1e-14)
    return Case("complex_step(f, theta, h)", {**given, "h": h}, hint=hint, rtol=1e-9, atol=1e-12)


def _theta_after(place):
    source, theta = FUNCTIONS[place]
    return Case("[complex_step(f, theta), theta][1]", {"f": Code(source), "theta": np.array(theta)}, judge="equal",
                hint="This is theta after the call: shift a copy of it.")


def _central(source, theta, exact, steps, hint="Two-sided, each parameter alone, and relative to the largest |exact|."):
    return Case("central_errors(f, theta, exact, steps)",
                {"f": Code(source), "theta": np.array(theta), "exact": np.array(exact), "steps": np.array(steps)},
                hint=hint, rtol=1e-4, atol=1e-12)


def _central_hidden(rng):
    a, b = rng.uniform(0.5, 1.5, 2)
    product = "lambda z: np.exp(z[0]) * np.sin(z[1])"
    exact = [np.exp(a) * np.sin(b), np.exp(a) * np.cos(b)]
    return [_central(product, [a, b], exact, 10.0 ** np.arange(-3, 0)),
            _central(product, [a, b], [2 * exact[0], -exact[1]], [0.05, 0.01],
                     hint="The error is measured against `exact`, whatever that is, and has no sign."),
            _central(product, [a, b], exact, [1e-20, 0.1],
                     hint="A step that is lost in rounding leaves a difference of 0, and so an error of 1."),
            _central("lambda z: z[0]**3", [a], [3 * a**2], [0.3], hint="One parameter, one step: an array of 1 entry.")]


def _truncated(rng, n, m, T, K, hint="A window of K takes K steps back, from t = T to t = T - K + 1."):
    return Case("list(bptt_truncated(W, U, b, u, x, d, K))", {**_run(rng, n, m, T), "K": K}, hint=hint)


def _truncated_hidden(rng):
    T = int(rng.integers(6, 10))
    return [_truncated(rng, 3, 2, T, int(rng.integers(2, 5))), _truncated(rng, 2, 1, T, 1),
            _truncated(rng, 3, 1, T, T, hint="A window of T is the whole gradient."),
            _truncated(rng, 3, 1, T, T - 1), _truncated(rng, 1, 1, 4, 2),
            _truncated(rng, 2, 2, T, T + 3, hint="A window longer than the sequence is the whole gradient.")]


TESTS = (
    Test("bptt-forward", page=("gradients", "One sum, two ends"),
         visible=[_forward(_network(np.random.default_rng(1), 2, 1, 3))],
         hidden=lambda rng: [_forward(_network(rng, 4, 3, 6)), _forward(_network(rng, 3, 2, 1)),
                             _forward(_network(rng, 1, 1, 5), hint="One unit, one input: still a column of states.")]),
    Test("bptt-forward-complex", page=("gradients", "One sum, two ends"),
         visible=[_forward_complex(np.random.default_rng(1), 2, 1, 2)],
         hidden=lambda rng: [_forward_complex(rng, 4, 2, 5), _forward_complex(rng, 1, 1, 3)]),
    Test("bptt-last-w", page=("gradients", "One sum, two ends"),
         **_last("W", "dC/dW[i, j] sums dC/da_t[i] x_{t-1}[j]: which time, which index? Is tanh' in it? W or W.T?")),
    Test("bptt-last-u", page=("gradients", "One sum, two ends"),
         **_last("U", "dC/dU[i, k] sums dC/da_t[i] u_t[k], and u_t is u[t - 1]. Does the error reach the first step?")),
    Test("bptt-last-b", page=("gradients", "One sum, two ends"),
         **_last("b", "dC/db is the sum of dC/da_t over all steps. Is tanh' in it, and taken at x_t?")),
    Test("bptt-every", page=("gradients", "Exercise 1: a cost at every step"),
         visible=[_every(np.random.default_rng(5), 2, 1, 3)],
         hidden=lambda rng: [_every(rng, 4, 2, 7), _every(rng, 3, 1, 2), _every(rng, 1, 1, 4),
                             _every(rng, 2, 3, 1, hint="T = 1: the last step is the only one.")]),
    Test("bptt-batch", page=("gradients", "One sum, two ends"),
         visible=[_summed(np.random.default_rng(6), 2, 2, 1, 3)],
         hidden=lambda rng: [_summed(rng, 5, 3, 2, 6), _summed(rng, 4, 1, 1, 3), _summed(rng, 3, 3, 3, 3),
                             _summed(rng, 1, 3, 2, 4, hint="A batch of one sequence."), _summed(rng, 3, 2, 1, 1)]),
    Test("bptt-complex-step", page=("gradients", "One sum, two ends"),
         visible=[_step(0), _theta_after(0)],
         hidden=lambda rng: [_step(1, hint="A single parameter."), _step(2), _theta_after(2),
                             _step(0, h=0.1, hint="Is h the step that is taken, and the one that is divided by?")]),
    Test("bptt-central", page=("gradients", "One sum, two ends"),
         visible=[_central("lambda z: z[0]**3 + z[1]", [1.0, 2.0], [3.0, 1.0], [0.1, 0.2])],
         hidden=_central_hidden),
    Test("bptt-truncated", page=("gradients", "What truncation leaves out"),
         visible=[_truncated(np.random.default_rng(8), 2, 1, 4, 2)],
         hidden=_truncated_hidden),
)
