"""Autonomous maps a -> M(a), R systems at a time: what the theory of TNN94, section IV, is about.

A system with input is ``a_t = M(a_{t-1}) + u_t``; without input it is ``a_t = M(a_{t-1})``. All that this package
computes of a map, its Jacobians, distances and the sets made from them, is in the coordinates a in which the
map is given. For the networks of this library that is the pre-activation, in which the paper adds its noise.
"""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm, unit_ball

__all__ = ["Map", "augmented"]

_STEP = 1e-100  # of the complex step: its square is lost in rounding whatever the function
_ESCAPED = 1e30  # beyond it a state has left for good
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
    #: Whether no state can leave: its image is bounded, and the map is defined everywhere.
    bounded = False

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
        return self._finite("map", self._step(self.points("a", a, complex_ok=True)))

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
        a, T = self.points("a0", a0, complex_ok=True), check.count("steps", steps)
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

    def points(self, name, a, complex_ok=False):
        """Points that a user gave, checked.

        Parameters
        ----------
        name : str
            What an error calls them.
        a : array_like (R or 1, B, n)
        complex_ok : bool

        Returns
        -------
        ndarray (R or 1, B, n)

        Raises
        ------
        TypeError, ValueError
            If they are no finite numbers of that shape inside the domain.
        """
        a = check.array(name, a, ("R|1", "B", self.n), complex_ok=complex_ok)
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
        said = function(np.array(a))  # a copy: it may work in place
        kind = "numbers" if np.iscomplexobj(a) else "real numbers"
        wanted = f"{name} must return {kind} of shape {(self.runs, a.shape[1], *shape)}"
        masked = isinstance(said, np.ma.MaskedArray)
        if not isinstance(said, np.ndarray) or masked or said.dtype.kind not in ("iufc" if kind == "numbers" else "iuf"):
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
        out = self._outside(a)
        if out.any():
            point = a[tuple(np.argwhere(out)[0])]
            raise ValueError(f"{name} must stay inside the map's domain, from {low} to {high}, got {point}")

    def _outside(self, a):
        """Which points (..., n) lie outside the domain that there is."""
        return ((a.real < self.domain[0]) | (a.real > self.domain[1])).any(-1)

    def _left(self, a):
        """Which states (..., n) have left: the domain, or for infinity."""
        gone = (np.abs(a) > _ESCAPED).any(-1)
        return gone if self.domain is None else gone | self._outside(a)

    def _ball(self, a, radius):
        a = self.points("a", a)
        r = check.array("radius", radius, [(), ("R|1", a.shape[1])], low=0)
        if r.ndim and len(r) not in (1, self.runs):
            raise ValueError(f"radius must have 1 or R = {self.runs} runs, got {len(r)}")
        return a, np.broadcast_to(r, (max(len(a), len(r) if r.ndim else 1), a.shape[1]))

    def _norm_bounds(self, a, r, rng=None):
        for side in (-1, 1):
            self._inside("radius", a + side * r[..., None])
        z = unit_ball(rng, (_SAMPLES,), self.n)
        z[0] = 0
        balls = a[:, :, None] + r[:, :, None, None] * z
        balls = balls.reshape(len(balls), -1, self.n)
        norms = spectral_norm(self._jacobian(balls)).reshape(self.runs, a.shape[1], -1)
        return norms.min(-1), norms.max(-1)


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
