"""Simulated annealing with steps that adapt to half acceptance, after Corana and others (1987)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners._settings import setting
from lrdlib.learners.learner import Learner, Step

__all__ = ["Annealed", "SimulatedAnnealing"]

#: Without a box a step may grow as far as this, so that no number leaves the finite ones.
FARTHEST = 1e100


@dataclass(frozen=True, eq=False)
class Annealed:
    """What `SimulatedAnnealing.minimise` found, R runs of n coordinates.

    Attributes
    ----------
    x : ndarray (R, n)
        The best point of each run.
    cost : ndarray (R,)
        Its cost.
    status : ndarray of str (R,)
        "reached" (the goal), "stuck" (the rule of eps) or "exhausted".
    evaluations : ndarray of int (R,)
        Evaluations until each run's end.
    accepted : ndarray (K, R, n)
        Share of moves accepted along each coordinate, in the N_S cycles before the K-th adjustment; NaN
        once the run has ended.
    steps : ndarray (K, R, n)
        The step vector v with which these moves were made; NaN once the run has ended.
    temperature : ndarray (K, R)
        T during these cycles; NaN once the run has ended.
    """

    x: np.ndarray
    cost: np.ndarray
    status: np.ndarray
    evaluations: np.ndarray
    accepted: np.ndarray
    steps: np.ndarray
    temperature: np.ndarray


class SimulatedAnnealing(Learner):
    """One coordinate a move, Metropolis acceptance, and steps that adapt until half of the moves are accepted.

    A move changes the coordinate h, which goes round in cycles:

    - ``x'_h = x_h + r v_h`` with r uniform in [-1, 1], within the box; the move is accepted if
      ``C(x') <= C(x)``, and otherwise with probability ``exp(-(C(x') - C(x)) / T)``;
    - after N_S cycles, of whose moves along h the share ``p_h`` was accepted, the steps are adjusted:
      ``v_h <- v_h (1 + c (p_h - .6) / .4)`` if p_h > .6, ``v_h <- v_h / (1 + c (.4 - p_h) / .4)`` if
      p_h < .4;
    - after N_T adjustments ``T <- r T``, and the run goes on from the best point it has found;
    - a run is stuck when its cost at the end of this temperature lies within eps of those at the ends of the
      N_eps temperatures before, and of the best one.

    In `train` C is the cost of a batch, by default of the whole training set, divided by its size, so that T
    and eps are measured in costs of one sequence; theta holds each run's best point. `minimise` does the same
    with any function.

    Parameters
    ----------
    T0 : float or array_like (R,)
        The first temperature, positive; one for all runs, or one for each.
    v0 : float or array_like (R,)
        The first step along every coordinate, positive.
    r : float or array_like (R,)
        In (0, 1): by what T is multiplied.
    N_S : int
        Cycles between two adjustments of the steps.
    N_T : int, optional
        Adjustments between two reductions of T; by default max(100, 5 n) with n coordinates.
    c : float
        How far an adjustment goes, positive.
    eps : float
        Not negative.
    N_eps : int
    box : float, optional
        Coordinates stay within [-box, box]: a draw from outside is drawn again, which is a uniform draw from
        where step and box overlap. None: everywhere.
    goal : float, optional
        A run whose cost comes down to this is given up as stuck, after a last test.
    batch_size, check_every, check_growth
        As for `Learner`. With a batch smaller than the training set, costs are compared that were measured
        on different sequences.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    Corana, Marchesi, Martini & Ridella (1987), ACM Transactions on Mathematical Software 13(3), 262-280, whose
    letters these are, and whose values are the defaults of r, N_S, N_T, c and N_eps. Bengio & Frasconi (NIPS 6)
    cite it; the factor .85 in TNN94 is from memory, and T0, N_S, N_T, eps and the box are not known. N_S
    and N_T must have been smaller: with 25 weights a temperature would take 20 x 125 x 25 = 62 500 evaluations.
    Reconstructed here: costs at the ends of temperatures before the first count as infinite, so that no run is
    stuck before N_eps reductions; a step does not grow beyond the box's side.
    """

    stochastic = True
    settings = ("T0", "v0", "r")

    def __init__(self, T0, v0=1.0, r=0.85, N_S=20, N_T=None, c=2.0, eps=1e-4, N_eps=4, box=None, goal=None,
                 batch_size=None, check_every=1, check_growth=1.0):
        super().__init__(batch_size, check_every, check_growth)
        self.T0 = setting("T0", T0, above=0, high=FARTHEST)
        self.v0 = setting("v0", v0, above=0, high=FARTHEST)
        self.r = setting("r", r, above=0, below=1)
        self.N_S = check.count("N_S", N_S)
        self.N_T = None if N_T is None else check.count("N_T", N_T)
        self.c = check.real("c", c, 0, FARTHEST, open_low=True)
        self.eps = check.real("eps", eps, 0)
        self.N_eps = check.count("N_eps", N_eps)
        self.box = FARTHEST if box is None else check.real("box", box, 0, FARTHEST, open_low=True)
        self.goal = -np.inf if goal is None else check.real("goal", goal)

    def _begin(self, problem, theta0, rng):
        theta = super()._begin(problem, theta0, rng).astype(float)
        self._starts("theta0", theta)
        return theta

    def _starts(self, name, x):
        """Whether runs can start at x (R, n)."""
        if np.abs(x).max() > self.box:
            raise ValueError(f"{name} must lie within the box of half-side {self.box}, got {np.abs(x).max()}")

    def _state(self, problem, theta, rng):
        return _State(self, theta, rng)

    def _step(self, problem, theta, batch, state):
        active = problem.active
        x, C = state.propose(), np.full(problem.runs, np.inf)
        C[active] = problem.cost(x[active], batch) / batch.size
        state.judge(x, C)
        theta[active] = state.best[active]
        return Step(state.best_cost[active] * batch.size, stuck=state.ended[active])

    def minimise(self, cost, x0, rng, evaluations):
        """Minimise a function with R runs at once, until each has reached the goal, is stuck or out of evaluations.

        Parameters
        ----------
        cost : callable
            ``cost(x)`` of points x (R, n), an array (R,) without NaN; it may be infinite where a point is
            forbidden. Runs that have ended are evaluated too, and not counted.
        x0 : array_like (R, n)
            Where each run starts.
        rng : numpy.random.Generator
        evaluations : int
            The most for each run, the first point's included.

        Returns
        -------
        Annealed

        Raises
        ------
        TypeError, ValueError
            If an argument is not of the said kind, a start lies outside the box, or the cost is NaN or of
            another shape.
        """
        if not callable(cost):
            raise TypeError(f"cost must be a function of points x (R, n), got {cost!r}")
        x0 = np.array(check.array("x0", x0, ("R", "n")), float)
        check.generator("rng", rng)
        check.count("evaluations", evaluations)
        for name in self.settings:
            self._each(name, len(x0))
        self._starts("x0", x0)
        R, state = len(x0), _State(self, x0, rng)
        status, spent = np.full(R, "exhausted"), np.zeros(R, int)
        for _ in range(evaluations):
            going = ~state.ended
            x = state.propose()
            state.judge(x, _cost_of(cost, x))
            spent += going
            if state.ended.all():
                break
        status[state.ended] = "stuck"
        status[state.best_cost <= self.goal] = "reached"
        trace = [np.array([record[k] for record in state.trace]).reshape(-1, *shape)
                 for k, shape in enumerate((x0.shape, x0.shape, (R,)))]
        return Annealed(state.best, state.best_cost, status, spent, *trace)


class _State:
    """R runs side by side: the same coordinate and the same counts for all, everything else for each."""

    def __init__(self, settings, x, rng):
        R, n = x.shape
        self.settings, self.rng = settings, rng
        self.N_T = max(100, 5 * n) if settings.N_T is None else settings.N_T
        self.x, self.cost = x.copy(), None  # the present point, and its cost once it is known
        self.best, self.best_cost = x.copy(), np.full(R, np.inf)
        self.v = np.tile(np.minimum(settings._each("v0", R), 2 * settings.box)[:, None], n)
        self.T = settings._each("T0", R).astype(float)
        self.accepted = np.zeros((R, n), int)
        self.moves = self.adjustments = 0
        self.ends = np.full((settings.N_eps, R), np.inf)  # costs at the ends of the last temperatures
        self.ended = np.zeros(R, bool)
        self.trace = []

    def propose(self):
        """The points (R, n) to evaluate next: the start first, then a move along one coordinate."""
        if self.cost is None:
            return self.x
        h, box = self.moves % self.x.shape[1], self.settings.box
        low = np.maximum(self.x[:, h] - self.v[:, h], -box)
        high = np.minimum(self.x[:, h] + self.v[:, h], box)
        x = self.x.copy()
        x[:, h] = low + (high - low) * self.rng.random(len(x))
        return x

    def judge(self, x, C):
        """Accept or refuse what was proposed, from its costs C (R,); adjust and cool when it is time."""
        first = self.cost is None
        if first:
            self.cost = C.copy()
            taken = ~self.ended
        else:
            with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
                chance = np.exp(-(C - self.cost) / self.T)  # NaN if both are infinite, which is no rise
            taken = ((C <= self.cost) | (self.rng.random(len(C)) < chance)) & ~self.ended
            self.accepted[taken, self.moves % x.shape[1]] += 1
            self.moves += 1
        self.x[taken], self.cost[taken] = x[taken], C[taken]
        better = taken & (C < self.best_cost)
        self.best[better], self.best_cost[better] = x[better], C[better]
        self.ended |= self.best_cost <= self.settings.goal
        if not first and self.moves % (self.settings.N_S * x.shape[1]) == 0:
            self.adjust()

    def adjust(self):
        """Steps after N_S cycles; after N_T of these the temperature too."""
        c, share = self.settings.c, self.accepted / self.settings.N_S
        nothing = np.where(self.ended, np.nan, 1)[:, None]
        self.trace.append((share * nothing, self.v * nothing, self.T * nothing[:, 0]))
        factor = np.where(share > 0.6, 1 + c * (share - 0.6) / 0.4, 1.0)
        factor = np.where(share < 0.4, 1 / (1 + c * (0.4 - share) / 0.4), factor)
        self.v = np.clip(self.v * factor, 1 / FARTHEST, 2 * self.settings.box)
        self.accepted[:] = 0
        self.adjustments += 1
        if self.adjustments % self.N_T == 0:
            self.cool()

    def cool(self):
        """Are we there yet? If not, T <- r T and on from the best point."""
        now, eps = self.cost, self.settings.eps
        with np.errstate(invalid="ignore"):  # infinity less infinity is no agreement
            settled = (np.abs(now - self.ends) <= eps).all(0) & (now - self.best_cost <= eps)
        self.ended |= settled
        self.ends = np.vstack([now[None], self.ends[:-1]])
        self.T = self.T * self.settings._each("r", len(self.T))
        self.x, self.cost = self.best.copy(), self.best_cost.copy()


def _cost_of(cost, x):
    """What the user's function says of the points, which it cannot change."""
    given = x.copy()  # its own, which it may keep
    given.flags.writeable = False
    C = cost(given)
    if not isinstance(C, np.ndarray) or C.dtype.kind not in "iuf":
        raise TypeError(f"cost must return an array of real numbers of shape ({len(x)},), got {type(C).__name__}")
    if C.shape != (len(x),) or np.isnan(C).any():
        raise ValueError(f"cost must return numbers of shape ({len(x)},), got "
                         f"{'NaN' if C.shape == (len(x),) else f'shape {C.shape}'}")
    return C.astype(float)
