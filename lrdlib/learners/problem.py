"""What a learner may see of a task, what it pays for it, and what is kept of its work."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib import gradients
from lrdlib.batch import Batch, _last
from lrdlib.gradients.core import cost as cost_of
from lrdlib.learners._fitting import fitting
from lrdlib.learners.budget import CHARGES, Budget
from lrdlib.learners.history import History
from lrdlib.networks import Network

__all__ = ["Problem"]


class Problem:
    """A task as R learning runs meet it: it hands out batches, charges for them, and judges.

    All learners are counted alike, for they get data from here only. A run ends when it is solved,
    when its budget does not pay for the next batch, or when it diverges; the others go on. The
    test of convergence is not charged: it is the experimenter's, not the learner's.

    Parameters
    ----------
    task : Task
    network : Network, optional
        For learners that train one; others give `units`.
    runs : int
        Number of runs, R.
    rng : numpy.random.Generator
        All data come from it. A run's data do not depend on when other runs end.
    budget : Budget
    training_size : int, optional
        Sequences of a fixed training set for each run. By default every batch is new.
    test_size : int, optional
        Sequences of the set on which convergence is tested, drawn once for each run. By default that
        is the training set.
    test_task : Task, optional
        What to test on, if another than `task`: longer sequences, say, or other noise. Wants a
        `test_size`.
    tolerance : float
        A run is solved when at most this share of the test's sequences is wrong.
    common : bool
        Whether all runs see the same draws (scaled to the noise of each): then differences between
        runs are not differences of luck.
    units : int, optional
        What a step is charged, instead of the network's units.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, task and network do not fit, or there is nothing to
        test on.

    Attributes
    ----------
    active : ndarray of int
        The runs that have not ended.
    spent : dict of str to ndarray of int (R,)
    """

    def __init__(self, task, network=None, *, runs, rng, budget, training_size=None, test_size=None,
                 test_task=None, tolerance=0.0, common=False, units=None):
        self.runs = R = check.count("runs", runs)
        self.rng = check.generator("rng", rng)
        self.budget = check.instance("budget", budget, Budget, "a lrdlib.learners.Budget")
        self.tolerance = check.real("tolerance", tolerance, 0, 1)
        self.common = bool(check.instance("common", common, (bool, np.bool_), "True or False"))
        if network is not None:
            check.instance("network", network, Network, "a lrdlib.networks.Network, or None")
            if network.runs not in (None, R):
                raise ValueError(f"network must be for R = {R} runs, got one for {network.runs}")
        elif units is None:
            raise TypeError("units must be given if there is no network")
        self.network = network
        self.units = check.count("units", network.n_units if units is None else units)
        self.task = fitting("task", task, network)
        self.test_task = task if test_task is None else fitting("test_task", test_task, network)
        if test_size is None and (training_size is None or test_task is not None):
            raise ValueError("test_size must be given with a test_task, and where there is no training set")
        sizes = {"training_size": training_size, "test_size": test_size}
        for name, size in sizes.items():
            if size is not None:
                check.count(name, size)
        self._full = None if training_size is None else self._sample("task", training_size)
        self._full_test = self._full if test_size is None else self._sample("test_task", test_size)
        self._training, self._test = self._full, self._full_test
        self._order = np.empty((1 if self.common else R, 0), int)  # of the training set, from here on
        self.active = np.arange(R)
        self.status = np.full(R, "running", dtype="<U9")
        self.spent = {name: np.zeros(R, int) for name in CHARGES}
        self._error = np.ones(R)

    def draw(self, size=None):
        """The next batch for the active runs, charged to each of them.

        Parameters
        ----------
        size : int, optional
            Sequences. With a fixed training set they come from it, each once before any comes again,
            in an order that is drawn anew each time round (a batch may end one round and begin the
            next); by default the whole set, in its own order.

        Returns
        -------
        Batch or None
            For the runs in `active`, in that order; None when no run is left. Runs that cannot
            pay for the batch end first, so look at `active` after this call.

        Raises
        ------
        TypeError, ValueError
            If `size` is no positive integer, is more than the training set, or is missing where
            there is none.
        """
        size = self._size(size)
        self.end("exhausted", ~self.affords(size))
        if not self.active.size:
            return None
        batch = self._batch(size)
        self.spent["evaluations"][self.active] += 1
        self.spent["presentations"][self.active] += size
        self.spent["unit_steps"][self.active] += batch.lengths.sum(1) * self.units
        return batch

    def affords(self, size=None):
        """Which active runs can pay for another batch; unit-steps are reckoned at the full length T.

        Parameters
        ----------
        size : int, optional
            Sequences, as for `draw`.

        Returns
        -------
        ndarray of bool (number of active runs,)

        Raises
        ------
        TypeError, ValueError
            As `draw`.
        """
        size = self._size(size)
        price = {"evaluations": 1, "presentations": size, "unit_steps": size * self.task.T * self.units}
        limits = {name: getattr(self.budget, name) for name in CHARGES}
        return np.all([self.spent[name][self.active] + price[name] <= limit
                       for name, limit in limits.items() if limit is not None], axis=0)

    def _size(self, size):
        if size is None:
            if self._full is None:
                raise ValueError("size must be given where there is no fixed training set, got None")
            return self._full.size
        size = check.count("size", size)
        if self._full is not None and size > self._full.size:
            raise ValueError(f"size must be at most that of the training set, {self._full.size}, got {size}")
        return size

    def _batch(self, size):
        if self._full is None:
            return self._sample("task", size).select(self.active)
        if size == self._full.size:
            return self._training
        if self._order.shape[1] < size:
            round_ = np.tile(np.arange(self._full.size), (len(self._order), 1))
            self._order = np.hstack([self._order, self.rng.permuted(round_, axis=1)])
        rows, self._order = self._order[:, :size], self._order[:, size:]
        return self._training.pick(rows if len(rows) == 1 else rows[self.active])

    def _sample(self, name, size):
        """A batch of a task that may be the user's own, and is what was asked for."""
        task, R = getattr(self, name), self.runs
        batch = check.instance(f"what {name}.sample gives", task.sample(self.rng, size, R, self.common), Batch,
                               "a lrdlib.tasks.Batch")
        B, T, I = batch.inputs.shape[1:]
        if batch.runs not in (1, R) or B != size or T > task.T or I != task.n_inputs:
            raise ValueError(f"what {name}.sample gives must be for 1 or R = {R} runs, with inputs of shape "
                             f"(R|1, {size}, <= {task.T}, {task.n_inputs}), got {batch.runs} runs and inputs of "
                             f"shape {batch.inputs.shape}")
        return batch

    def gradient(self, theta, batch, algorithm=gradients.bptt):
        """Cost and gradient of the active runs on a batch that `draw` gave.

        Parameters
        ----------
        theta : ndarray (number of active runs, P)
        batch : Batch
        algorithm : callable
            One of `lrdlib.gradients`, or a function of one's own that returns a `Gradient`. It is called
            as ``algorithm(network, theta, batch, cost=cost)``.

        Returns
        -------
        Gradient

        Raises
        ------
        TypeError, ValueError
            If the problem has no network, an argument is not of the said kind, or the runs in `theta`
            are not those that are active.
        """
        network, theta = self._network_and(theta)
        if not callable(algorithm):
            raise TypeError(f"algorithm must be a function as in lrdlib.gradients, got {algorithm!r}")
        g = algorithm(network, theta, batch, cost=self.task.cost)
        shapes = [np.shape(getattr(g, name, None)) for name in ("gradient", "cost", "diverged")]
        kinds = {np.asarray(getattr(g, name, None)).dtype.kind for name in ("gradient", "cost")}
        wanted = [theta.shape, theta.shape[:1], theta.shape[:1]]
        if not isinstance(g, gradients.Gradient) or shapes != wanted or kinds != {"f"}:
            raise TypeError(f"algorithm, or gradient, must return a lrdlib.gradients.Gradient for theta of shape "
                            f"{theta.shape}, got {type(g).__name__} with gradient, cost and diverged of "
                            f"shapes {shapes}, of kinds {sorted(kinds)}")
        return g

    def cost(self, theta, batch):
        """The cost alone, of the active runs on a batch that `draw` gave.

        Parameters
        ----------
        theta : ndarray (number of active runs, P)
        batch : Batch

        Returns
        -------
        ndarray (number of active runs,)
            C, summed over the batch; infinite for a run that leaves the finite numbers.

        Raises
        ------
        TypeError, ValueError
            As `gradient`, and if the cost of finite outputs is NaN.
        """
        network, theta = self._network_and(theta)
        return cost_of(network, theta, batch, self.task.cost)

    @property
    def training(self):
        """The training set of the active runs, a `Batch` or None, for who says by `charge` what was seen of it."""
        return self._training

    def charge(self, evaluations, presentations, unit_steps, end=True):
        """Charge the active runs for sequences of `training` that they saw otherwise than by `draw`.

        Parameters
        ----------
        evaluations, presentations, unit_steps : array_like of int (number of active runs,)
            Not negative.
        end : bool
            Whether runs that have spent a limit of the budget, or more, end then; if not, they may still
            be tested.

        Raises
        ------
        TypeError, ValueError
            If they are not.
        """
        amounts = {"evaluations": evaluations, "presentations": presentations, "unit_steps": unit_steps}
        amounts = {name: check.array(name, amount, self.active.shape, dtype=int, low=0)
                   for name, amount in amounts.items()}
        check.instance("end", end, (bool, np.bool_), "True or False")
        for name, amount in amounts.items():
            self.spent[name][self.active] += amount
        if not end:
            return
        over = [self.spent[name][self.active] >= getattr(self.budget, name)
                for name in CHARGES if getattr(self.budget, name) is not None]
        self.end("exhausted", np.any(over, axis=0))

    def test(self, theta, overflow_ends=True):
        """Test convergence: the share of wrong answers of each active run; those that pass end.

        A run whose outputs leave the finite numbers ends as diverged; all its answers count as wrong.

        Parameters
        ----------
        theta : ndarray (number of active runs, P)
        overflow_ends : bool
            If False, a run whose outputs leave the finite numbers goes on: all its answers are wrong.

        Returns
        -------
        ndarray (number of runs that were active,)

        Raises
        ------
        TypeError, ValueError
            If the problem has no network, or an argument is not of the said kind.
        """
        check.instance("overflow_ends", overflow_ends, (bool, np.bool_), "True or False")
        network, theta = self._network_and(theta)
        with np.errstate(over="ignore", invalid="ignore"):
            trajectory = network._run(theta, self._test.inputs, self._test.groups)
        outputs = _last(trajectory.outputs, self._test.lengths)
        finite = np.isfinite(outputs)
        if not overflow_ends:
            return self._mark(np.where(finite, outputs, 0), finite)
        whole, error = finite.all(1), np.ones(len(outputs))
        self._error[self.active] = error
        self.diverge(~whole)
        if whole.any():
            error[whole] = self.judge(outputs[whole])
        return error

    def _network_and(self, theta):
        """The network of the active runs, and theta if it is theirs."""
        if self.network is None:
            raise TypeError("network must be given to the Problem for this, got None")
        self._must_run()
        shape = (self.active.size, self.network.n_parameters)
        return self.network.select(self.active), check.array("theta", theta, shape)

    def _must_run(self):
        if not self.active.size:
            raise ValueError("all runs have ended: there is none left to go on with")

    def judge(self, outputs):
        """As `test`, from the outputs of a learner's own model on the test's batch.

        Parameters
        ----------
        outputs : ndarray (number of active runs, B)

        Returns
        -------
        ndarray (number of runs that were active,)

        Raises
        ------
        TypeError, ValueError
            If the outputs have another shape, or one is not finite.
        """
        self._must_run()
        return self._mark(check.array("outputs", outputs, (self.active.size, self._test.size)))

    def _mark(self, outputs, counted=True):
        """The share of wrong answers of the active runs; what is not counted is wrong."""
        correct = self.test_task.correct(outputs, self._test.targets)
        error = 1 - (check.mask("what test_task.correct gives", correct, outputs.shape) & counted).mean(1)
        self._error[self.active] = error
        self.end("solved", error <= self.tolerance + 1e-12)
        return error

    def diverge(self, which):
        """End those active runs that diverged.

        Parameters
        ----------
        which : ndarray of bool (number of active runs,)

        Raises
        ------
        TypeError, ValueError
            If it is not.
        """
        self.end("diverged", check.mask("which", which, self.active.shape))

    def end(self, status, which=None):
        """End some of the active runs, all by default, for a reason.

        Parameters
        ----------
        status : {"solved", "exhausted", "stuck", "diverged", "stopped"}
            See `History`.
        which : ndarray of bool (number of active runs,), optional

        Raises
        ------
        TypeError, ValueError
            If an argument is not of the said kind.
        """
        check.choice("status", status, ("solved", "exhausted", "stuck", "diverged", "stopped"))
        which = np.ones(self.active.shape, bool) if which is None else check.mask("which", which, self.active.shape)
        if not which.any():
            return
        self.status[self.active[which]] = status
        self.active = self.active[~which]
        if self.active.size:  # smaller arrays for those who go on
            self._training = self._full and self._full.select(self.active)
            self._test = self._full_test.select(self.active)

    def history(self, theta, records):
        """The `History` of a learner that ends with theta (R, P) and kept these records, which are trusted."""
        curve = {name: np.stack([record[name] for record in records]) for name in records[0]}
        return History(theta, self.status.copy(), **{k: v.copy() for k, v in self.spent.items()},
                       error=self._error.copy(), curve=curve)

    def record(self, cost):
        """What the curve of a `History` keeps at a test; `cost` (R,) is the learner's, and trusted."""
        return {**{k: v.copy() for k, v in self.spent.items()}, "error": self._error.copy(),
                "cost": cost.copy()}
