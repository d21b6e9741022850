"""Autonomous maps a -> M(a), R systems at a time: what the theory of TNN94, section IV, is about.

A system with input is ``a_t = M(a_{t-1}) + u_t``; without input it is ``a_t = M(a_{t-1})``. All that this package
computes of a map, its Jacobians, distances and the sets made from them, is in the coordinates a in which the
map is given. For the networks of this library that is the pre-activation, in which the paper adds its noise.
"""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm
from lrdlib.networks import ACTIVATIONS, LatchNeuron, LocalFeedback, Network, Recurrent, TimeDelay

__all__ = ["Map", "PreActivation", "augmented"]

_STEP = 1e-100  # of the complex step: its square is lost in rounding whatever the function
_SAMPLES = 256  # points of a ball at which a map without exact bounds is looked at


class Map:
    """A differentiable map ``a -> M(a)`` in n dimensions, given as a function.

    Parameters
    ----------
    function : callable
        Takes points (R or 1, B, n) and returns their images (R, B, n).
    n : int
        Dimensions.
    jacobian : callable, optional
        Takes points (R or 1, B, n) and returns M' there, (R, B, n, n). By default it is taken from
        `function` by the complex step, and `function` must then be analytic and accept complex points.
    runs : int
        R, how many systems `function` holds.
    domain : (low, high), optional
        The box in which the map is defined, each bound a number or n of them. By default everywhere.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind; later, if `function` or `jacobian` returns anything but
        finite numbers of the said shape, or a point lies outside the domain.

    Examples
    --------
    >>> import numpy as np
    >>> logistic = Map(lambda a: 3.2 * a * (1 - a), n=1, domain=(0, 1))
    >>> float(logistic.jacobian([[[0.25]]])[0, 0, 0, 0])
    1.6
    """

    #: Whether `norm_bounds` is a proof, not a look at some points.
    exact_bounds = False

    def __init__(self, function, n, jacobian=None, runs=1, domain=None):
        for name, value in (("function", function), ("jacobian", jacobian)):
            if not callable(value) and not (name == "jacobian" and value is None):
                raise TypeError(f"{name} must be callable, got {value!r}")
        self.n = check.count("n", n)
        self.runs = check.count("runs", runs)
        self.domain = None if domain is None else _box("domain", domain, self.n)
        self._function, self._derivative = function, jacobian

    def __call__(self, a):
        """M(a).

        Parameters
        ----------
        a : array_like (R or 1, B, n)

        Returns
        -------
        ndarray (R, B, n)

        Raises
        ------
        TypeError, ValueError
            If `a` is no finite array of that shape or leaves the domain, or the map returns NaN.
        """
        return self._finite("map", self._step(self.points("a", a)))

    def jacobian(self, a):
        """M'(a), in the coordinates a.

        Parameters
        ----------
        a : array_like (R or 1, B, n)

        Returns
        -------
        ndarray (R, B, n, n)
            ``[r, p, i, j]`` is the derivative of the i-th component by ``a_j``.

        Raises
        ------
        TypeError, ValueError
            As for calling the map.
        """
        return self._finite("jacobian", self._jacobian(self.points("a", a)))

    def orbit(self, a0, steps, inputs=None):
        """``a_0 .. a_T`` of ``a_t = M(a_{t-1}) + u_t``.

        Parameters
        ----------
        a0 : array_like (R or 1, B, n)
        steps : int
            T >= 1.
        inputs : array_like (R or 1, B or 1, T, n), optional
            ``inputs[r, p, t - 1]`` is ``u_t``; without them the system is autonomous.

        Returns
        -------
        ndarray (R, B, T + 1, n)

        Raises
        ------
        TypeError, ValueError
            If an argument has a wrong kind or shape, the state leaves the domain, or the map returns NaN.
        """
        a, T = self.points("a0", a0), check.count("steps", steps)
        u = None
        if inputs is not None:
            u = check.array("inputs", inputs, ("R|1", "B|1", T, self.n))
            for axis, size, name in ((0, self.runs, "R"), (1, a.shape[1], "B")):
                if u.shape[axis] not in (1, size):
                    raise ValueError(f"inputs must have 1 or {name} = {size} on axis {axis}, got {u.shape[axis]}")
        out = np.empty((self.runs, a.shape[1], T + 1, self.n), np.result_type(a))
        out[:, :, 0] = a
        for t in range(T):
            a = self._step(out[:, :, t])
            out[:, :, t + 1] = a if u is None else a + u[:, :, t]
            self._inside("map", out[:, :, t + 1])
        return self._finite("map", out)

    def norm_bounds(self, a, radius, rng=None):
        """How small and how large ``|M'|`` (operator norm) is on the ball of this radius round each point.

        Here from `a` and random points of the ball: an estimate, from within. Maps with `exact_bounds` give
        bounds that hold for the whole ball.

        Parameters
        ----------
        a : array_like (R or 1, B, n)
            Centres, in the coordinates a.
        radius : float or array_like (R or 1, B)
            >= 0.
        rng : numpy.random.Generator, optional
            Where the points come from; needed unless the bounds are exact.

        Returns
        -------
        low, high : ndarray (R, B)

        Raises
        ------
        TypeError, ValueError
            If an argument is not of the said kind, or the ball leaves the domain.
        """
        return self._norm_bounds(*self._ball(a, radius), check.generator("rng", rng))

    def points(self, name, a):
        """`a` as an array (R or 1, B, n) inside the domain, or an error that names it."""
        a = check.array(name, a, ("R|1", "B", self.n), complex_ok=True)
        if len(a) not in (1, self.runs):
            raise ValueError(f"{name} must have 1 or R = {self.runs} runs, got {len(a)}")
        self._inside(name, a)
        return a

    # Kernels: they trust their arguments, and accept complex points.

    def _step(self, a):
        return self._asked("function", self._function, a, (self.n,))

    def _jacobian(self, a):
        if self._derivative is not None:
            return self._asked("jacobian", self._derivative, a, (self.n, self.n))
        columns = [self._step(a + 1j * _STEP * e).imag / _STEP for e in np.eye(self.n)]
        return np.stack(columns, axis=-1)

    def _asked(self, name, function, a, shape):
        """What the user's function says, if it is what it should be."""
        said = function(a)
        wanted = f"{name} must return numbers of shape {(self.runs, a.shape[1], *shape)}"
        if not isinstance(said, np.ndarray) or said.dtype.kind not in "iufc":
            raise TypeError(f"{wanted}, got {type(said).__name__} of dtype {getattr(said, 'dtype', None)}")
        if said.shape != (self.runs, a.shape[1], *shape):
            raise ValueError(f"{wanted}, got shape {said.shape}")
        return self._finite(name, said)

    def _finite(self, name, values):
        if not np.isfinite(values).all():
            where = np.argwhere(~np.isfinite(values).all(axis=tuple(range(2, values.ndim))))[0]
            raise ValueError(f"{name} must be finite, got NaN or infinity for point {where[1]} of run {where[0]}")
        return values

    def _inside(self, name, a):
        if self.domain is None:
            return
        low, high = self.domain
        out = ((a.real < low) | (a.real > high)).any(-1)
        if out.any():
            point = a[tuple(np.argwhere(out)[0])]
            raise ValueError(f"{name} must stay inside the map's domain, from {low} to {high}, got {point}")

    def _ball(self, a, radius):
        a = self.points("a", a)
        r = check.array("radius", radius, [(), ("R|1", a.shape[1])], low=0)
        if r.ndim and len(r) not in (1, self.runs):
            raise ValueError(f"radius must have 1 or R = {self.runs} runs, got {len(r)}")
        return a, np.broadcast_to(r, (max(len(a), len(r) if r.ndim else 1), a.shape[1]))

    def _norm_bounds(self, a, r, rng=None):
        z = rng.normal(size=(_SAMPLES, self.n))
        z *= (rng.uniform(size=_SAMPLES) ** (1 / self.n) / np.linalg.norm(z, axis=1))[:, None]
        z[0] = 0
        balls = a[:, :, None] + r[:, :, None, None] * z
        balls = balls.reshape(len(balls), -1, self.n)
        self._inside("radius", balls)
        norms = spectral_norm(self._jacobian(balls)).reshape(self.runs, a.shape[1], -1)
        return norms.min(-1), norms.max(-1)


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
            return cls(np.broadcast_to(w[:, None, None], (R, 1, 1)), u)
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
        if np.iscomplexobj(a):
            return scale**2 / np.cosh(scale * a) ** 2
        e = np.exp(-2 * scale * np.abs(a))
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


def augmented(function, n, n_inputs, domain=None):
    """A system whose input is not additive, as one whose input is: ``x_t = F(x_{t-1}, u_t)`` augmented.

    The state is z = (x, v), where v holds the input of the coming step. Then ``z_t = M(z_{t-1}) + (0, u_{t+1})``
    with ``M(x, v) = (F(x, v), 0)``: its input is added, so that the theory for additive input applies
    (TNN94, section IV, as a second-hand account has it; this form is ours).

    Parameters
    ----------
    function : callable
        F(x, u), from x (1, B, n) and u (1, B, n_inputs) to (1, B, n); analytic, for complex numbers too.
    n, n_inputs : int
        Dimensions of x and of u.
    domain : (low, high), optional
        The box of z.

    Returns
    -------
    Map
        In n + n_inputs dimensions.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.
    """
    if not callable(function):
        raise TypeError(f"function must be callable, got {function!r}")
    n, n_inputs = check.count("n", n), check.count("n_inputs", n_inputs)

    def M(z):
        x = function(z[..., :n], z[..., n:])
        return np.concatenate([x, np.zeros_like(z[..., n:])], axis=-1)

    return Map(M, n + n_inputs, domain=domain)


def _box(name, value, n):
    try:
        low, high = value
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a pair (low, high), got {value!r}") from None
    low, high = (np.broadcast_to(check.array(name, side, [(), (n,)]), n) for side in (low, high))
    if (low >= high).any():
        raise ValueError(f"{name} must be a pair with low < high, got {low} and {high}")
    return low, high
