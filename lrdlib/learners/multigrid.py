"""Multi-grid random search: random points round the best one, in a grid that shrinks."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners._settings import setting
from lrdlib.learners.learner import Learner, Step

__all__ = ["MultiGridSearch"]


class MultiGridSearch(Learner):
    """Uniform points in a hyperrectangle round the best point, of which improvements only are accepted.

    An evaluation draws ``z_i ~ U[-d, d]`` for each parameter, and sets, with ``theta`` the best point so far,

        if C(theta + z) < C(theta):  theta <- theta + z,  d <- d / shrink.

    The grid is then round the new point, and smaller. The first evaluation is that of theta0.

    Parameters
    ----------
    width : float or array_like (R,)
        Half of the first grid's side, the first d; positive. One for all runs, or one for each.
    shrink : float or array_like (R,)
        By what the side is divided after an improvement; above 1.
    patience : int
        Draws in a row without an improvement after which a grid is given up.
    smallest : float
        In (0, 1): a grid is given up too when its side is less than this share of the first one's.
    restart : bool
        Whether a run whose grid was given up goes on with a grid of the first width round the best
        point; if not, it is stuck.
    batch_size, check_every, check_growth
        As for `Learner`. With a batch smaller than the training set, points are compared on different
        sequences, and the best may owe its cost to luck.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    Bengio & Frasconi (NIPS 6) have the uniform draws in a hyperrectangle round the best point, improvements
    only, and the shrinking and recentring; that an improvement is what shrinks the grid is from memory. The
    factor is 9 as remembered, and a second-hand account has .9: ``shrink=9`` and ``shrink=1 / 0.9``. Not
    known, and reconstructed here: the first width, and what becomes of a grid that has grown too small, for
    which `patience`, `smallest` and `restart` stand.
    """

    stochastic = True
    settings = ("width", "shrink")

    def __init__(self, width=1.0, shrink=9.0, patience=100, smallest=1e-3, restart=True, batch_size=None,
                 check_every=1, check_growth=1.0):
        super().__init__(batch_size, check_every, check_growth)
        self.width = setting("width", width, above=0, high=1e100)
        self.shrink = setting("shrink", shrink, above=1)
        self.patience = check.count("patience", patience)
        self.smallest = check.real("smallest", smallest, 0, 1, open_low=True, open_high=True)
        self.restart = check.instance("restart", restart, (bool, np.bool_), "True or False")

    def _begin(self, problem, theta0, rng):
        return super()._begin(problem, theta0, rng).astype(float)

    def _state(self, problem, theta, rng):
        return _Grid(self._each("width", problem.runs), rng)

    def _step(self, problem, theta, batch, grid):
        active = problem.active
        z = np.zeros_like(theta) if grid.cost is None else grid.draw(theta.shape[1])
        point = (theta + z)[active]
        C = problem.cost(point, batch)
        if grid.cost is None:
            grid.cost = np.full(problem.runs, np.inf)
            grid.cost[active] = C
            return Step(C)
        better = C < grid.cost[active]
        won, lost = active[better], active[~better]
        theta[won], grid.cost[won] = point[better], C[better]
        grid.side[won] /= self._each("shrink", problem.runs)[won]
        grid.failures[won] = 0
        grid.failures[lost] += 1
        used_up = (grid.failures >= self.patience) | (grid.side < self.smallest * grid.first)
        if not self.restart:
            return Step(grid.cost[active], stuck=used_up[active])
        grid.side[used_up], grid.failures[used_up] = grid.first[used_up], 0
        return Step(grid.cost[active])


class _Grid:
    """The hyperrectangle of each run: half its side d, and how often it failed in a row."""

    def __init__(self, width, rng):
        self.rng, self.first, self.side = rng, width, width.astype(float)
        self.failures = np.zeros(len(width), int)
        self.cost = None  # (R,), of the best point, once there is one

    def draw(self, P):
        """z (R, P), for all runs, so that a run's draws do not depend on when others end."""
        return self.rng.uniform(-1, 1, (len(self.side), P)) * self.side[:, None]
