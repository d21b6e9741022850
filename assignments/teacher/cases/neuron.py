"""The neuron and its critical input: x_t = tanh(w x_{t-1} + h_t)."""

import numpy as np

from assignments.teacher.questions import Case, Code, Rng, Test
from lrdlib.dynamics import critical_input, orbit, stable_state, survival

DEVIATIONS = 5.5  # a right answer leaves such an interval once in 26 million


def _follow(w, h, x, hint="x_t is made of x_{t-1} and h_t, and h_t is h[..., t - 1]: counting starts at 0."):
    return Case("follow(w, h, x)", {"w": w, "h": h, "x": x}, hint=hint)


def _untouched(w, h, x):
    return Case("[follow(w, h, x), h][1]", {"w": w, "h": h, "x": x}, judge="equal",
                hint="This is the array h after the call: your function changes its argument. Work on a copy.")


def _follow_hidden(rng):
    some = {"w": rng.uniform(0.5, 2), "h": rng.normal(size=int(rng.integers(5, 9))), "x": rng.uniform(-0.9, 0.9)}
    return [_follow(**some), _untouched(**some),
            _follow(rng.uniform(0.5, 2), rng.normal(size=1), rng.uniform(-0.9, 0.9),
                    hint="One input makes a path of two outputs."),
            _follow(-rng.uniform(1, 2), rng.normal(size=4), 0.0)]


def _many_hidden(rng):
    N, T = (int(size) for size in rng.integers([3, 6], [5, 9]))
    hint = "Each row is a neuron of its own, and time is the last axis."
    some = {"w": rng.uniform(0.5, 2), "h": rng.normal(size=(N, T)), "x": rng.uniform(-0.9, 0.9, N)}
    return [_follow(**some, hint=hint), _untouched(**some),
            _follow(rng.uniform(0.5, 2, N), rng.normal(size=(N, N)), rng.uniform(-0.9, 0.9, N),
                    hint="Each row is a neuron of its own, with its own weight if w is an array."),
            _follow(rng.uniform(0.5, 2), rng.normal(size=(1, T)), rng.uniform(-0.9, 0.9, 1), hint=hint),
            _follow(rng.uniform(0.5, 2), rng.normal(size=(N, 1)), rng.uniform(-0.9, 0.9, N), hint=hint)]


def _sensitivity(w, path, hint="There are T factors, and tanh'(a_t) = 1 - x_t^2: is each state taken after its step?"):
    return Case("sensitivity(w, path)", {"w": w, "path": path}, hint=hint, rtol=1e-7, atol=1e-15)


def _sensitivity_hidden(rng):
    w = rng.uniform(0.8, 2)
    return [_sensitivity(w, orbit(w, rng.normal(0, 0.5, T), rng.uniform(-0.9, 0.9))) for T in (1, 2, 6)] + [
        _sensitivity(-w, orbit(-w, rng.normal(0, 0.5, 3), 0.3))]


def _attractors(w, hint):
    return Case("attractors(w)", {"w": w}, hint=hint)


def _strong_hidden(rng):
    return [_attractors(w, "Two places, -x and x with x = tanh(w x), to seven digits. Near w = 1 iteration is slow.")
            for w in (rng.uniform(1.2, 2), rng.uniform(3, 6), 1.001)]


def _weak_hidden(rng):
    return [_attractors(w, "There is one place of rest as long as the curve's slope at zero is not above 1.")
            for w in (rng.uniform(0.1, 0.9), 0.999, 1.0)]


def _critical(w):
    return Case("critical_input(w)", {"w": w},
                hint="Put x = -u, u = sqrt(1 - 1/w), into h = atanh(x) - w x. Mind the signs.")


def _bracket(border, low, high, width):
    given = {"flips": Code(f"lambda h: h >= {border!r}"), "low": low, "high": high, "width": width}
    return [Case("bisect(flips, low, high, width)", given, judge="between", low=np.array([border - width, border]),
                 high=np.array([border, border + width]),
                 hint="low must never flip and high always must: which of them does the middle replace?"),
            Case("float(np.diff(bisect(flips, low, high, width))[0])", given, judge="between", low=0.0, high=width,
                 hint="This is high - low at the end: it must be no more than width.")]


def _bisect_hidden(rng):
    narrow = _bracket(rng.uniform(0.2, 0.8), 0.0, 1.0, 1e-9)
    return narrow + _bracket(rng.uniform(-3, -1), -5.0, 2.0, 1e-3) + _bracket(0.5, 0.4, 0.7, 0.4) + [
        Case("bisect(flips, low, high, width)",
             {"flips": Code("lambda h: h >= 0.3"), "low": 0.25, "high": 0.5, "width": 0.5},
             hint="If they are near enough from the start, there is nothing to do.")]


def _time(w, h, most, hint="Count the first step as 1, and keep the first time at which x_t > 0.", x=None):
    x = float(-stable_state(w)) if x is None else x
    return Case("flip_time(w, h, x, most)", {"w": w, "h": h, "x": x, "most": most}, hint=hint)


def _time_hidden(rng):
    w = rng.uniform(1.2, 2)
    edge = float(critical_input(w))
    h = edge * rng.uniform(1.5, 3)
    x, t = float(-stable_state(w)), 0
    while x <= 0:
        x, t = np.tanh(w * x + h), t + 1
    return [_time(w, edge * np.concatenate([[0.5, 0.99], rng.uniform(1.01, 4, 6)]), 400),
            _time(w, np.array([h]), t, hint="The last step that is allowed counts too."),
            _time(w, np.array([h]), t - 1, hint="After `most` steps the answer is np.inf."),
            _time(w, np.array([h, 5.0]), 60, hint="A neuron may have flipped at the very first step: that is L_1 = 1."),
            _time(0.5, np.array([-0.1, 0.1]), 50, x=-0.6)]


def _kept(w, x, s, T, n, seed, probability=None):
    p = float(survival(w, s, T, abs(x))[-1]) if probability is None else probability
    off = DEVIATIONS * np.sqrt(n * p * (1 - p))
    return Case("count_kept(w, x, s, T, n, rng)", {"w": w, "x": x, "s": s, "T": T, "n": n, "rng": Rng(seed)},
                judge="between", low=float(np.ceil(n * p - off)), high=float(np.floor(n * p + off)),
                hint="Counted: the neurons that end with the sign of x. Is s the standard deviation, and the noise new "
                     "for each neuron and step?")


def _kept_hidden(rng):
    w, seeds = rng.uniform(1.15, 1.35), rng.integers(10**6, size=5)
    rest = float(stable_state(w))
    return [_kept(w, rest, 0.2, 40, 20_000, int(seeds[0])), _kept(w, -rest, 0.2, 40, 20_000, int(seeds[1])),
            _kept(w, 0.15, 0.2, 1, 100_000, int(seeds[2])), _kept(w, 0.15, 0.2, 2, 100_000, int(seeds[3])),
            _kept(w, rest, 0.0, 7, 13, int(seeds[4]), probability=1.0)]


def _interval(k, n, **z):
    call = "interval(k, n, z)" if z else "interval(k, n)"
    return Case(f"list({call})", {"k": k, "n": n, **z}, rtol=1e-7, atol=1e-12,
                hint="p = k / n; everything is divided by 1 + z^2 / n, the square root too.")


def _interval_hidden(rng):
    n = int(rng.integers(30, 90))
    return [_interval(int(rng.integers(1, n)), n), _interval(0, n), _interval(n, n, z=2.576),
            _interval(rng.integers(0, n + 1, 6), n, z=1.0)]


TESTS = (
    Test("neuron-follow", page=("neuron", "The neuron"),
         visible=[_follow(2.0, np.array([0.3, -0.2, 0.5]), -0.9), _untouched(2.0, np.array([0.3, -0.2, 0.5]), -0.9)],
         hidden=_follow_hidden),
    Test("neuron-follow-many", page=("neuron", "The neuron"),
         visible=[_follow(1.5, np.array([[0.3, -0.2, 0.5], [0.0, 0.1, 0.0]]), np.array([-0.9, 0.2]),
                          hint="Each row is a neuron of its own, and time is the last axis.")],
         hidden=_many_hidden),
    Test("neuron-sensitivity", page=("neuron", "Where it rests"),
         visible=[_sensitivity(2.0, np.array([0.1, np.tanh(0.2)]),
                               hint="One step: the slope of tanh(w x + h) at x_0, and tanh' there is 1 - x_1^2."),
                  _sensitivity(1.5, orbit(1.5, [0.4, -0.2], 0.1))],
         hidden=_sensitivity_hidden),
    Test("neuron-attractors", page=("neuron", "Where it rests"),
         visible=[_attractors(2.0, "Two places, -x and x with x = tanh(w x), in rising order.")],
         hidden=_strong_hidden),
    Test("neuron-attractors-weak", page=("neuron", "Where it rests"),
         visible=[_attractors(0.8, "How often does tanh(0.8 x) meet the diagonal? The answer is still an array.")],
         hidden=_weak_hidden),
    Test("neuron-critical", page=("neuron", "What it takes to flip the bit"),
         visible=[_critical(2.0), _critical(np.array([1.25, 3.0]))],
         hidden=lambda rng: [_critical(rng.uniform(1.05, 1.5)), _critical(rng.uniform(1, 6, 5)), _critical(1.0)]),
    Test("neuron-bisect", page=("neuron", "What it takes to flip the bit"),
         visible=_bracket(0.3, 0.0, 1.0, 0.001),
         hidden=_bisect_hidden),
    Test("neuron-time", page=("neuron", "How long it takes: $L_1$"),
         visible=[_time(2.0, np.array([0.45, 0.6, 1.5]), 100)],
         hidden=_time_hidden),
    Test("neuron-kept", page=("neuron", "The bit under noise"),
         visible=[_kept(1.25, float(stable_state(1.25)), 0.2, 17, 4000, 7)],
         hidden=_kept_hidden),
    Test("neuron-interval", page=("neuron", "The bit under noise"),
         visible=[_interval(90, 100)],
         hidden=_interval_hidden),
)
