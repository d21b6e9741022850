"""The fully recurrent network, with same-step connections where wanted."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import BENDS, Network, Trajectory
from lrdlib.networks.hard import HARD, UNITS

__all__ = ["Recurrent"]


class Recurrent(Network):
    """n units, each connected to all.

    ``a_t = W x_{t-1} + U u_t + b``, ``x_t = f(a_t)``, ``o_t = x_{output,t}``.

    A connection (i, j) of `same_step` carries ``x_{j,t}`` instead of ``x_{j,t-1}``: unit j comes first
    within the step. The two nets of TNN94, section VI, as the NIPS sibling counts their parameters:

    - two-sequence, 25 parameters: ``Recurrent(5, input_to=[0], train_input=False)``; which unit is
      read is not known, here the last one;
    - parity, 7 parameters: ``Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0],
      same_step=[(1, 0)])``: hidden unit 0 first, output unit 1 then reads it.

    Parameters
    ----------
    n : int
        Number of units.
    n_inputs : int
        I, input channels.
    activation : {"tanh", "logistic", "sign", "step"}
        The last two are hard units without a derivative, -1 or 1 and 0 or 1, the upper value at 0: whoever asks
        them for a gradient gets a `NoDerivative`.
    input_to : list of int, optional
        Units that see the input; by default all.
    train_input : bool
        If False, the input weights are fixed at 1 and are no parameters.
    output : int, optional
        The unit that is read; by default the last.
    bias : bool or list of int
        Units with a trained bias.
    same_step : iterable of (int, int)
        Connections (i, j), j < i, from unit j to unit i that act within the step.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, a unit does not exist or stands twice, or a same-step
        connection does not go from an earlier to a later unit.

    Notes
    -----
    ``layout``: W (n, n), then U (len(input_to), I) if trained, then b (number of biased units,).
    """

    def __init__(self, n, n_inputs=1, activation="tanh", input_to=None, train_input=True, output=None,
                 bias=False, same_step=()):
        self.n_state = self.n_units = n = check.count("n", n)
        self.n_inputs = I = check.count("n_inputs", n_inputs)
        self.activation = check.choice("activation", activation, UNITS)
        self._f, self._slope = UNITS[activation]
        self.input_to = _units("input_to", range(n) if input_to is None else input_to, n)
        if not self.input_to:
            raise ValueError("input_to must name at least one unit, got none")
        self.train_input = check.instance("train_input", train_input, (bool, np.bool_), "True or False")
        self.output = _units("output", [n - 1 if output is None else output], n)[0]
        biased = bias if not isinstance(bias, (bool, np.bool_)) else range(n) if bias else []
        self.biased = _units("bias", biased, n)
        self.same_step = np.zeros((n, n), bool)
        for i, j in _pairs(same_step):
            i, j = _units("same_step", [i, j], n)
            if j >= i:
                raise ValueError(f"same_step must hold pairs (i, j) with j < i, got ({i}, {j})")
            self.same_step[i, j] = True
        self.layout = {"W": (n, n)}
        if train_input:
            self.layout["U"] = (len(self.input_to), I)
        if self.biased:
            self.layout["b"] = (len(self.biased),)
        # Where theta stands in the matrix M of a_t = M [x_{t-1}; u_t; 1]
        U = [i * (n + I + 1) + n + k for i in self.input_to for k in range(I)]
        W = [i * (n + I + 1) + j for i in range(n) for j in range(n)]
        b = [i * (n + I + 1) + n + I for i in self.biased]
        self._place = np.array(W + (U if train_input else []) + b)
        self._row, self._column = np.divmod(self._place, n + I + 1)
        self._fixed = np.array([] if train_input else U, int)
        self.n_weights = n * n + len(U) + len(b)

    def _matrices(self, theta):
        """M (R, n, n + I + 1) for what comes from before, and V (R, n, n) for the same step."""
        n = self.n_state
        M = np.zeros((len(theta), n * (n + self.n_inputs + 1)), theta.dtype)
        M[:, self._place] = theta
        M[:, self._fixed] = 1
        M = M.reshape(len(theta), n, -1)
        V = np.where(self.same_step, M[:, :, :n], 0)
        M[:, :, :n][:, self.same_step] = 0
        return M, V

    def _forward(self, theta, u, groups, x0):
        n, R, (T, _, I, B) = self.n_state, len(theta), u.shape
        f = self._f
        M, V = self._matrices(theta)
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        Z = np.empty((T + 1, R, n + I + 1, B), dtype)  # Z[t] = [x_t; u_{t+1}; 1]
        Z[0, :, :n] = x0
        Z[:-1, :, n:-1] = u
        Z[-1, :, n:-1] = 0
        Z[:, :, -1] = 1
        x = Z[:, :, :n]
        for t in range(1, T + 1):
            a = np.matmul(M, Z[t - 1])
            if not self.same_step.any():
                x[t] = f(a)
                continue
            for i in range(n):  # unit by unit: V reads units that come earlier in this step
                x[t, :, i] = f(a[:, i] + np.matmul(V[:, i : i + 1, :i], x[t, :, :i])[:, 0])
        return Trajectory(self, theta, u, groups, x, x[1:, :, self.output], (Z, M, V))

    def _finals(self, theta, u, lengths, groups=None):
        if type(self)._forward is not Recurrent._forward:  # another network, by inheritance
            return super()._finals(theta, u, lengths, groups)
        n, I = self.n_state, self.n_inputs
        M, V = (np.ascontiguousarray(part.transpose(1, 2, 0)) for part in self._matrices(theta))
        W, U, b = M[:, :n], M[:, n : n + I], M[:, n + I]
        x = np.zeros((n, u.shape[2], len(theta)), theta.dtype)
        a, out, ends = np.empty_like(x), np.empty_like(x[0]), set(lengths.ravel().tolist())

        def f(a, x):  # into x, and for the usual units without a new array
            if self._f is np.tanh:
                np.tanh(a, out=x)
            elif self.activation == "logistic":
                np.tanh(np.multiply(a, 0.5, out=a), out=x)
                np.add(np.multiply(x, 0.5, out=x), 0.5, out=x)
            else:
                x[:] = self._f(a)

        for t in range(1, max(ends) + 1):
            np.einsum("ijr,jbr->ibr", W, x, out=a)
            for i in self.input_to:
                for k in range(I):
                    a[i] += U[i, k] * u[t - 1, k] if self.train_input else u[t - 1, k]
            for i in self.biased:
                a[i] += b[i]
            if self.same_step.any():
                for i in range(n):  # V reads units that come earlier in this step
                    for j in np.flatnonzero(self.same_step[i]):
                        a[i] += V[i, j] * x[j]
                    f(a[i], x[i])
            else:
                f(a, x)
            if t in ends:
                np.copyto(out, x[self.output], where=lengths == t)
        return out

    def accumulator(self, trajectory):
        return np.zeros_like(trajectory.extra[1], dtype=trajectory.x.dtype)

    def collect(self, accumulator):
        return accumulator.reshape(len(accumulator), -1)[:, self._place]

    def pull_output(self, trajectory, t, g, accumulator):
        delta = np.zeros(trajectory.x.shape[1:], trajectory.x.dtype)
        delta[:, self.output] = g
        return delta

    def pull(self, trajectory, t, delta, accumulator):
        n, (_, M, V) = self.n_state, trajectory.extra
        slope = self._slope(trajectory.x[t])
        if not self.same_step.any():
            da = slope * delta  # dC/da_t
        else:
            da, delta = np.empty_like(delta), delta.copy()
            for i in reversed(range(n)):
                da[:, i] = slope[:, i] * delta[:, i]
                delta[:, :i] += V[:, i, :i, None] * da[:, i, None]
        accumulator += self.instances(trajectory, t, da)
        return np.matmul(M[:, :, :n].transpose(0, 2, 1), da)

    def instances(self, trajectory, t, da, power=1):
        """``da_i z_j^power`` for each weight, z_j being what it multiplies at time t, summed over the batch.

        With da = dC/da_t (R, n, B) this is dC/dw_t, the derivative by the weight's instance at time t; with
        da = d2C/da_t^2 and power 2 it is d2C/dw_t^2. In the accumulator's layout.
        """
        Z, x = trajectory.extra[0], trajectory.x
        share = np.matmul(da, (Z[t - 1] ** power).transpose(0, 2, 1))
        if self.same_step.any():
            now = np.matmul(da, (x[t] ** power).transpose(0, 2, 1))
            share[:, :, : self.n_state][:, self.same_step] = now[:, self.same_step]
        return share

    def weights(self, trajectory):
        """W (R, n, n) of x_{t-1}, and V (R, n, n) of the same step, or None without such connections."""
        _, M, V = trajectory.extra
        return M[:, :, : self.n_state], V if self.same_step.any() else None

    def bends(self, trajectory, t):
        """f' and f'' (R, n, B) of the units at time t."""
        y = trajectory.x[t]
        return self._slope(y), BENDS[self.activation](y)

    def links(self):
        """For each parameter the unit that it acts on, the unit that it reads (-1 for an input or 1), and
        whether it reads it in the same step; each (P,)."""
        sender = np.where(self._column < self.n_state, self._column, -1)
        return self._row, sender, (sender >= 0) & self.same_step[self._row, sender]

    def sources(self, trajectory, t):
        """z (R, P, B), what each parameter multiplies at time t."""
        z = trajectory.extra[0][t - 1][:, self._column]
        if self.same_step.any():
            _, sender, same = self.links()
            z[:, same] = trajectory.x[t][:, sender[same]]
        return z

    @property
    def hard(self):
        """Whether the units have two values only, and no derivative."""
        return self.activation in HARD

    def net_inputs(self, trajectory, first, last):
        """a (steps, R, n, B), what each unit's activation function was given from time `first` to `last`."""
        Z, M, V = trajectory.extra
        a = np.matmul(M, Z[first - 1 : last])
        return a + np.matmul(V, trajectory.x[first : last + 1]) if self.same_step.any() else a

    def fan_in(self, trajectory, first, last):
        """``|z|^2`` (steps, R, n, B), the sum over each unit's parameters of the squares of what they multiply."""
        Z, x = trajectory.extra[0][first - 1 : last], trajectory.x
        trained = np.zeros((self.n_state, Z.shape[2]))
        trained[self._row, self._column] = 1
        squares = np.matmul(trained, Z**2)
        if self.same_step.any():
            squares += np.matmul(1.0 * self.same_step, x[first : last + 1] ** 2 - x[first - 1 : last] ** 2)
        return squares

    def reach(self, trajectory):
        """The largest ``|a|`` (R, n) that the weights allow with inputs no larger than those seen."""
        _, M, V = trajectory.extra
        seen = np.abs(trajectory.u).max((0, 3))  # (R or 1, I)
        z = np.concatenate([np.ones((len(seen), self.n_state)), seen, np.ones((len(seen), 1))], axis=1)
        return np.matmul(np.abs(M), z[..., None])[..., 0] + np.abs(V).sum(2)

    def _push(self, trajectory, t, da):
        """dx_t from da_t (R, B, n, any), which leaves out what comes through same-step connections."""
        slope = self._slope(trajectory.x[t]).transpose(0, 2, 1)[..., None]
        if not self.same_step.any():
            return slope * da
        V = trajectory.extra[2][:, None]
        return np.linalg.solve(np.eye(self.n_state) - slope * V, slope * da)

    def state_jacobian(self, trajectory, t):
        W = trajectory.extra[1][:, None, :, : self.n_state]
        return self._push(trajectory, t, W)

    def parameter_jacobian(self, trajectory, t):
        n, Z, x = self.n_state, trajectory.extra[0], trajectory.x
        R, m, B = Z.shape[1:]
        da = np.zeros((R, B, n, n, m), x.dtype)  # da_i/dM_kl = Z_l if i = k
        for i in range(n):
            da[:, :, i, i] = Z[t - 1].transpose(0, 2, 1)
            now = np.flatnonzero(self.same_step[i])
            da[:, :, i, i, now] = x[t][:, now].transpose(0, 2, 1)
        return self._push(trajectory, t, da.reshape(R, B, n, -1)[..., self._place])


def _units(name, units, n):
    try:
        units = [check.count(name, unit, 0) for unit in units]
    except TypeError:
        raise TypeError(f"{name} must hold units, integers from 0 to {n - 1}, got {units!r}") from None
    if any(unit >= n for unit in units) or len(set(units)) < len(units):
        raise ValueError(f"{name} must hold different units from 0 to {n - 1}, got {units}")
    return units


def _pairs(same_step):
    try:
        return [(i, j) for i, j in same_step]
    except (TypeError, ValueError):
        raise TypeError(f"same_step must hold pairs (i, j) of units, got {same_step!r}") from None
