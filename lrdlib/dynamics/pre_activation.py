"""The networks of this library as maps of their pre-activation, the coordinates in which noise is added."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm
from lrdlib.dynamics.maps import Map
from lrdlib.networks import ACTIVATIONS, LatchNeuron, LocalFeedback, Network, Recurrent, TimeDelay

__all__ = ["PreActivation"]


class PreActivation(Map):
    """A network between two inputs, in its pre-activation: ``M(a) = W f(a) + c``.

    With connections V that act within the step, ``M(a) = W f(a) + V f(M(a)) + c``. Noise that is added to the
    pre-activation is added to a: ``a_t = M(a_{t-1}) + u_t`` is the system of TNN94, section IV.

    Parameters
    ----------
    W : array_like (R, n, n)
        Recurrent weights; ``W[r, i, j]`` leads from unit j to unit i.
    c : array_like (R or 1, n), optional
        Constant input, biases included; by default 0.
    activation : {"tanh", "logistic", "linear"}
        f.
    V : array_like (R or 1, n, n), optional
        Connections within the step, strictly lower triangular.

    Raises
    ------
    TypeError, ValueError
        If W is not square, another shape does not fit, or anything is not finite.

    Examples
    --------
    >>> neuron = PreActivation([[[2.0]]])
    >>> float(neuron.jacobian([[[0.0]]])[0, 0, 0, 0])
    2.0
    """

    exact_bounds = True

    def __init__(self, W, c=None, activation="tanh", V=None):
        W = check.array("W", W, ("R", "n", "n"))
        self.W = np.array(W, dtype=float)
        self.runs, self.n, _ = W.shape
        self.domain = None
        self.activation = check.choice("activation", activation, ACTIVATIONS)
        self.bounded = activation != "linear"
        self.c = np.zeros((1, self.n)) if c is None else self._shared("c", c, (self.n,))
        self.V = None if V is None else self._shared("V", V, (self.n, self.n))
        if self.V is not None and np.triu(self.V).any():
            raise ValueError("V must be strictly lower triangular: a unit reads units before it, got others")
        self.exact_bounds = self.V is None

    @classmethod
    def of(cls, network, theta, u=None):
        """The map that a network is while its input stays the same.

        Parameters
        ----------
        network : LatchNeuron, LocalFeedback, Recurrent or TimeDelay
            The latch neuron after its first L steps. The state of `TimeDelay`, a window, has no activation.
        theta : array_like (R, P)
        u : array_like (R or 1, I), optional
            The input, as the network receives it; by default 0.

        Returns
        -------
        PreActivation

        Raises
        ------
        TypeError, ValueError
            If the network is of another family, or the shapes do not fit.
        """
        check.instance("network", network, Network, "a lrdlib.networks.Network")
        theta = check.array("theta", theta, ("R", network.n_parameters))
        R, I, n = len(theta), network.n_inputs, network.n_state
        u = np.zeros((1, I)) if u is None else check.array("u", u, ("R|1", I))
        if len(u) not in (1, R):
            raise ValueError(f"u must have 1 or R = {R} runs, got {len(u)}")
        if isinstance(network, LatchNeuron):
            w, _ = network._parts(theta)
            return cls(np.broadcast_to(w[:, None, None], (R, 1, 1)), u, network.activation)
        p = network._views(theta)
        if isinstance(network, LocalFeedback):
            return cls(p["w"][:, :, None] * np.eye(n), (p["U"] @ u[..., None])[..., 0] + p["b"], network.activation)
        if isinstance(network, Recurrent):
            M, V = network._matrices(theta)
            c = (M[:, :, n:-1] @ u[..., None])[..., 0] + M[:, :, -1]
            return cls(M[:, :, :n], c, network.activation, V if network.same_step.any() else None)
        if isinstance(network, TimeDelay):
            c = np.concatenate([u, np.zeros((len(u), n - I))], axis=1)
            return cls(np.broadcast_to(np.eye(n, k=-I), (R, n, n)), c, "linear")
        raise TypeError(f"network must be of a family whose pre-activation is known, got {network!r}")

    def select(self, runs):
        """The map of some of the runs.

        Parameters
        ----------
        runs : array_like of int (r,)

        Returns
        -------
        PreActivation

        Raises
        ------
        TypeError, ValueError
            If a run does not exist.
        """
        runs = check.array("runs", runs, ("r",), dtype=int, low=0, high=self.runs - 1)
        c, V = (part if part is None or len(part) == 1 else part[runs] for part in (self.c, self.V))
        return PreActivation(self.W[runs], c, self.activation, V)

    def slope(self, a):
        """f'(a), to full relative precision also where f is saturated.

        Parameters
        ----------
        a : array_like
            Pre-activations of any shape.

        Returns
        -------
        ndarray, of that shape
        """
        return self._slope(np.asarray(check.array("a", a, complex_ok=True)))

    def norm_bounds(self, a, radius, rng=None):
        """As `Map.norm_bounds`, and exact: the norm lies between the two on the whole ball.

        ``|W f'(z)|`` grows with every ``|f'(z_j)|``, so on a box its extremes lie where each slope is
        extreme. The bounds are those of the smallest box round the ball. With connections within the step
        they are an estimate, and need `rng`.
        """
        if not self.exact_bounds:
            return super().norm_bounds(a, radius, rng)
        return self._norm_bounds(*self._ball(a, radius))

    def _norm_bounds(self, a, r, rng=None):
        if not self.exact_bounds:
            return super()._norm_bounds(a, r, rng)
        if self.activation == "linear":
            norm = np.broadcast_to(spectral_norm(self.W)[:, None], (self.runs, a.shape[1]))
            return norm, norm
        far, near = self._extreme_slopes(a - r[..., None], a + r[..., None])
        W = self.W[:, None]
        return spectral_norm(W * far[:, :, None]), spectral_norm(W * near[:, :, None])

    def _extreme_slopes(self, low, high):
        """The least and the largest slope of each unit, for a between low and high."""
        if self.activation == "linear":
            return np.ones_like(low), np.ones_like(low)
        far = np.maximum(np.abs(low), np.abs(high))
        near = np.where((low < 0) & (high > 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
        return self._slope(far), self._slope(near)

    def _shared(self, name, value, shape):
        value = np.array(check.array(name, value, ("R|1", *shape)), dtype=float)
        if len(value) not in (1, self.runs):
            raise ValueError(f"{name} must have 1 or R = {self.runs} runs, got {len(value)}")
        return value

    def _slope(self, a):
        if self.activation == "linear":
            return np.ones_like(a)
        scale = 1 if self.activation == "tanh" else 0.5
        e = np.exp(-2 * scale * np.where(a.real < 0, -a, a))  # f' is even: of a and -a, the one that does not overflow
        return (2 * scale) ** 2 * e / (1 + e) ** 2

    def _step(self, a):
        f = ACTIVATIONS[self.activation][0]
        out = np.matmul(f(a), self.W.transpose(0, 2, 1)) + self.c[:, None]
        if self.V is not None:
            for i in range(1, self.n):
                out[..., i] += (f(out[..., :i]) * self.V[:, None, i, :i]).sum(-1)
        return out

    def _jacobian(self, a):
        J = self.W[:, None] * self._slope(a)[:, :, None]
        if self.V is not None:
            slope = self._slope(self._step(a))
            for i in range(1, self.n):
                J[:, :, i] += ((self.V[:, None, i, :i] * slope[..., :i])[..., None] * J[:, :, :i]).sum(2)
        return J
