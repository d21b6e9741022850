"""Simulated annealing: against a loop in plain Python, Corana's own test functions, and each rule by itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib import gradients
from lrdlib.learners import Budget, Problem, SimulatedAnnealing
from lrdlib.learners.annealing import _State
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Parity

D = np.array([1.0, 1000, 10, 100])  # d_i of the parabola


def rosenbrock(x):
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


def parabola_with_holes(x, s=0.2, t=0.05, c=0.15):
    """sum d_i x_i^2, with a lower, flat cost in small boxes round the points k s (k integers, not all 0)."""
    d, k = D[: x.shape[1]], np.round(x / s)
    inside = (np.abs(x - k * s) < t).all(1) & k.any(1)
    return np.where(inside, c * (d * (k * s - t * np.sign(k)) ** 2).sum(1), (d * x**2).sum(1))


def by_hand(cost, x0, rng, moves, T, v, r, N_S, N_T, c, eps, N_eps, box, goal):
    """One run, one number at a time: the best point, its cost, evaluations, and how it ended."""
    x, f = list(x0), cost(list(x0))
    best, least, v, n = list(x), f, [v] * len(x0), len(x0)
    ends, count, adjustments, status = [math.inf] * N_eps, [0] * n, 0, "exhausted"
    for move in range(moves):
        h = move % n
        low, high = max(x[h] - v[h], -box), min(x[h] + v[h], box)
        new = list(x)
        new[h] = low + (high - low) * rng.random()
        f_new, p = cost(new), rng.random()
        if f_new <= f or p < math.exp(-(f_new - f) / T):
            x, f = new, f_new
            count[h] += 1
            if f < least:
                best, least = list(x), f
        if least <= goal:
            return best, least, move + 2, "reached"
        if (move + 1) % (n * N_S) == 0:
            for i in range(n):
                share = count[i] / N_S
                if share > 0.6:
                    v[i] *= 1 + c * (share - 0.6) / 0.4
                if share < 0.4:
                    v[i] /= 1 + c * (0.4 - share) / 0.4
                v[i] = min(v[i], 2 * box)
            count, adjustments = [0] * n, adjustments + 1
            if adjustments % N_T == 0:
                if all(abs(f - end) <= eps for end in ends) and f - least <= eps:
                    return best, least, move + 2, "stuck"
                ends, T, x, f = [f, *ends[:-1]], T * r, list(best), least
    return best, least, moves + 1, status


@given(st.integers(0, 10**6), st.sampled_from([(1.0, 1e-9), (0.1, 1e-3), (30.0, 0.5)]), st.floats(0.3, 3),
       st.sampled_from([-1.0, 0.05]))
@settings(max_examples=15, deadline=None)
def test_against_plain_python(seed, heat, c, goal):
    T, eps = heat
    settings_ = {"r": 0.6, "N_S": 5, "N_T": 2, "c": c, "eps": eps, "N_eps": 2, "box": 3.0, "goal": goal}
    x0 = np.random.default_rng(seed).uniform(-3, 3, (1, 3))
    learner = SimulatedAnnealing(T, 0.7, **settings_)
    found = learner.minimise(rosenbrock, x0, np.random.default_rng(seed + 1), 600)
    want = by_hand(lambda x: float(rosenbrock(np.array([x]))[0]), x0[0].tolist(), np.random.default_rng(seed + 1),
                   599, T, 0.7, **settings_)
    np.testing.assert_allclose(found.x[0], want[0], rtol=1e-12)
    assert (found.cost[0], found.evaluations[0], found.status[0]) == (pytest.approx(want[1]), *want[2:])


@pytest.mark.parametrize("cost, n, T0, goal", [
    (rosenbrock, 2, 1e2, 1e-3), (rosenbrock, 4, 1e2, 1e-3), (parabola_with_holes, 2, 1e4, 1e-3),
    (parabola_with_holes, 4, 1e4, 0.003376),  # the minimum, or the flattest of the 80 holes round it
])
def test_corana_functions_are_solved(cost, n, T0, goal):
    """From anywhere in a box that holds many local minima (10 000 holes or more) to the least."""
    rng = np.random.default_rng(0)
    x0 = rng.uniform(-10, 10, (20, n))
    found = SimulatedAnnealing(T0, 5.0, N_T=5, box=10.0, goal=goal).minimise(cost, x0, rng, 40_000)
    assert (found.status == "reached").all()
    np.testing.assert_allclose(cost(found.x), found.cost)
    distance = np.abs(found.x - (1 if cost is rosenbrock else 0)).max()
    assert distance < 0.26


def test_the_parabola_has_holes():
    x = np.array([[0.0, 0.0], [0.04, 0.0], [0.21, 0.0], [0.21, 0.04], [0.21, 0.06], [-0.2, 0.4]])
    want = [0, 0.0016, 0.15 * 0.15**2, 0.15 * 0.15**2, 0.21**2 + 3.6, 0.15 * (0.15**2 + 1000 * 0.35**2)]
    np.testing.assert_allclose(parabola_with_holes(x), want)


def test_about_half_of_the_moves_are_accepted():
    """On a parabola of very unlike curvatures; steps then differ as their square roots."""
    found = SimulatedAnnealing(1.0, 1.0, r=0.999999, N_T=10**6).minimise(
        lambda x: (D * x**2).sum(1), np.zeros((50, 4)), np.random.default_rng(0), 20_000)
    share, steps = found.accepted[50:].mean((0, 1)), np.median(found.steps[50:], (0, 1))
    np.testing.assert_allclose(share, 0.5, atol=0.05)
    np.testing.assert_allclose(steps / steps[0], (D / D[0]) ** -0.5, rtol=0.25)


def test_metropolis_draws_boltzmann():
    """With all settings frozen, x in one dimension has the density exp(-x^2/T)."""
    at = []

    def parabola(x):
        return (x**2).sum(1)

    learner = SimulatedAnnealing(0.5, 1.0, r=0.999999, N_T=10**6, N_S=10**6)
    state = _State(learner, np.zeros((20_000, 1)), np.random.default_rng(0))
    for _ in range(60):
        x = state.propose()
        state.judge(x, parabola(x))
        at.append(state.x.copy())
    assert at[-1].mean() == pytest.approx(0, abs=0.015)
    assert at[-1].var() == pytest.approx(0.25, rel=0.05)


def test_draws_within_the_box_are_those_of_a_redraw():
    learner = SimulatedAnnealing(1e9, 1.0, box=1.0, N_S=10**6)
    rng = np.random.default_rng(0)
    state = _State(learner, np.full((20_000, 1), 0.7), rng)
    state.judge(state.propose(), np.zeros(20_000))
    drawn = np.sort(state.propose()[:, 0])
    redrawn = rng.uniform(-0.3, 1.7, 60_000)
    redrawn = np.sort(redrawn[redrawn <= 1])
    assert np.abs(np.quantile(drawn, [0.1, 0.5, 0.9]) - np.quantile(redrawn, [0.1, 0.5, 0.9])).max() < 0.03


def problem(runs=3, evaluations=100, task=None, network=None, training_size=6, **more):
    return Problem(task or Parity(5, length="half"), network or Recurrent(2), runs=runs, training_size=training_size,
                   rng=np.random.default_rng(0), budget=Budget(evaluations=evaluations), **more)


def theta0(p):
    return p.network.initial(p.runs, np.random.default_rng(1))


def test_training_is_minimising_the_cost_of_a_sequence():
    p = problem()
    p.task.correct = lambda outputs, targets: np.zeros(outputs.shape, bool)
    network, batch, start = p.network, p.training, theta0(p)
    learner = SimulatedAnnealing([0.1, 0.01, 1.0], [0.5, 1.0, 2.0], [0.85, 0.9, 0.5], N_S=3, N_T=2, box=5.0)
    history = learner.train(p, start, np.random.default_rng(2))
    found = learner.minimise(lambda x: gradients.bptt(network, x, batch).cost / 6, start, np.random.default_rng(2), 100)
    np.testing.assert_allclose(history.theta, found.x, rtol=1e-12)
    np.testing.assert_allclose(history.curve["cost"][-1], found.cost, rtol=1e-12)
    assert history.evaluations.tolist() == [100] * 3 and history.presentations.tolist() == [600] * 3
    assert (np.diff(history.curve["cost"][1:], axis=0) <= 0).all()
    assert len({tuple(row) for row in found.temperature.T.tolist()}) == 3


def test_it_solves_the_latch():
    p = Problem(Latch(20, 1, 0.2 / 3**0.5, "uniform", length="half"), LatchNeuron(1), runs=50,
                rng=np.random.default_rng(0), budget=Budget(presentations=3 * 10**4), training_size=30, test_size=100)
    history = SimulatedAnnealing(0.1, N_S=5, N_T=2, box=10.0).train(p, theta0(p), np.random.default_rng(2))
    assert history.solved.mean() > 0.9


def test_a_run_does_not_depend_on_when_others_end():
    net = LatchNeuron(1)
    start = net.initial(3, np.random.default_rng(1))
    solved = start.copy()
    solved[[0, 2]] = net.pack(w=3.0, h=[[-2.0], [2.0]])
    ends = [SimulatedAnnealing(0.1, N_S=2, N_T=2).train(problem(task=Latch(9, 1, 0.2), network=net), theta,
                                                       np.random.default_rng(3)) for theta in (start, solved)]
    assert (ends[1].evaluations[[0, 2]] == 0).all()
    np.testing.assert_allclose(ends[1].theta[1], ends[0].theta[1], rtol=1e-12)


def test_stuck_runs_and_runs_at_the_goal_end():
    p = problem(evaluations=10**5)
    p.task.correct = lambda outputs, targets: np.zeros(outputs.shape, bool)
    history = SimulatedAnnealing(1e-6, N_S=1, N_T=1, eps=10.0).train(p, theta0(p), np.random.default_rng(0))
    # 6 moves a temperature; at the end of the fifth the four costs before it are there to compare with
    assert (history.status == "stuck").all() and (history.evaluations == 1 + 5 * 6).all()
    q = problem(evaluations=10**4)
    q.task.correct = p.task.correct
    history = SimulatedAnnealing(0.1, N_S=1, N_T=1, goal=0.12).train(q, theta0(q), np.random.default_rng(0))
    assert (history.status == "stuck").all() and (history.curve["cost"][-1] <= 0.12).all()


def test_forbidden_points_and_flat_costs():
    """Infinity is refused unless there is nothing else; on a plateau every move is accepted and steps stay finite."""

    def wall(x):
        return np.where(x[:, 0] < 0, np.inf, x[:, 0])

    start = np.array([[-0.5], [3.0]])
    found = SimulatedAnnealing(1.0, N_S=2, N_T=3).minimise(wall, start, np.random.default_rng(0), 2000)
    assert (found.x >= 0).all() and (found.cost < 0.05).all()
    flat = SimulatedAnnealing(1.0, N_S=1, N_T=10**5).minimise(
        lambda x: np.zeros(len(x)), np.zeros((2, 1)), np.random.default_rng(0), 2000)
    assert np.isfinite(flat.x).all() and np.isfinite(flat.steps).all() and (flat.accepted == 1).all()
    boxed = SimulatedAnnealing(1.0, N_S=1, N_T=10**5, box=2.0).minimise(
        lambda x: np.zeros(len(x)), np.zeros((2, 1)), np.random.default_rng(0), 200)
    assert boxed.steps.max() == 4 and np.abs(boxed.x).max() <= 2


@pytest.mark.parametrize("cost, error", [
    (lambda x: np.full(len(x), np.nan), "cost must return .* got NaN"),
    (lambda x: x, r"cost must return numbers of shape \(2,\), got shape \(2, 1\)"),
    (lambda x: 1.0, "cost must return an array"),
    (lambda x: np.zeros(len(x), complex), "cost must return an array of real"),
])
def test_a_cost_that_is_none_is_refused(cost, error):
    with pytest.raises((TypeError, ValueError), match=error):
        SimulatedAnnealing(1.0).minimise(cost, np.zeros((2, 1)), np.random.default_rng(0), 10)


def test_a_cost_cannot_change_the_points():
    def thief(x):
        x[:] = 0
        return np.zeros(len(x))

    with pytest.raises(ValueError, match="read-only"):
        SimulatedAnnealing(1.0).minimise(thief, np.ones((2, 1)), np.random.default_rng(0), 10)


def test_starts_and_settings_must_fit():
    p = problem()
    with pytest.raises(ValueError, match="T0 must be one number or R = 3 of them, got 2"):
        SimulatedAnnealing([1.0, 2.0]).train(p, theta0(p), np.random.default_rng(0))
    with pytest.raises(ValueError, match="theta0 must lie within the box of half-side 0.1"):
        SimulatedAnnealing(1.0, box=0.1).train(p, theta0(p), np.random.default_rng(0))
    with pytest.raises(ValueError, match="x0 must lie within the box"):
        SimulatedAnnealing(1.0, box=0.1).minimise(rosenbrock, np.ones((2, 2)), np.random.default_rng(0), 10)
