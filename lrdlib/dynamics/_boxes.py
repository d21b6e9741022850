"""Boxes of states, carried through ``M(a) = W f(a) + c`` by interval arithmetic; N boxes, each of its own system.

All bounds are inflated by more than rounding can have taken from them. A box is a pair low, high of arrays
(N, n), a matrix of intervals a pair middle, radius of arrays (N, n, n).
"""

from __future__ import annotations

import numpy as np

from lrdlib.networks import ACTIVATIONS

__all__ = ["Boxes"]

_EPS = np.finfo(float).eps
_TINY = 1e-300


def _product(A, B):
    """The product of two matrices of intervals."""
    (a, r), (b, s) = A, B
    n, size = a.shape[-1], np.abs(a)
    radius = size @ s + r @ (np.abs(b) + s)
    return a @ b, radius * (1 + 8 * n * _EPS) + 4 * n * _EPS * (size @ np.abs(b)) + _TINY


class Boxes:
    """The map's l-th iterate and its Jacobian on boxes.

    Parameters
    ----------
    map : PreActivation
        Without connections within the step.
    run : int ndarray (N,)
        The system of each box.
    l : int
    """

    def __init__(self, map, run, l):
        self.map, self.l = map, l
        self.W = map.W[run]
        self.c = map.c[run] if len(map.c) > 1 else np.broadcast_to(map.c, (len(run), map.n))
        self.up, self.down, self.size = np.maximum(self.W, 0), np.minimum(self.W, 0), np.abs(self.W)

    def step(self, low, high):
        """A box that holds M of the box: its exact hull, as each component depends on each unit once."""
        f = ACTIVATIONS[self.map.activation][0]
        n = low.shape[-1]
        below, above = f(low), f(high)
        off = 8 * n * _EPS * (self._times(self.size, np.maximum(np.abs(below), np.abs(above))) + np.abs(self.c)) + _TINY
        return (self._times(self.up, below) + self._times(self.down, above) + self.c - off,
                self._times(self.up, above) + self._times(self.down, below) + self.c + off)

    def image(self, low, high):
        """A box that holds M^l of the box."""
        for _ in range(self.l):
            low, high = self.step(low, high)
        return low, high

    def jacobian(self, low, high):
        """Intervals that hold (M^l)' on the box."""
        total = None
        for i in range(self.l):
            least, most = self.map._extreme_slopes(low, high)
            least, most = least * (1 - 16 * _EPS), most * (1 + 16 * _EPS)
            mid, half = (least + most) / 2, (most - least) / 2 * (1 + 4 * _EPS) + 2 * _EPS * most
            J = self.W * mid[:, None], self.size * half[:, None] + 2 * _EPS * self.size * mid[:, None]
            total = J if total is None else _product(J, total)
            if i < self.l - 1:
                low, high = self.step(low, high)
        return total

    def krawczyk(self, low, high):
        """Krawczyk's operator of ``a - M^l(a)`` on the box, around its middle.

        Every zero in the box lies in the box that it returns too; if that lies inside the box, there is exactly
        one zero in it (R. Krawczyk, Computing 4, 1969; R. E. Moore, SIAM J. Numer. Anal. 14, 1977).

        Returns
        -------
        low, high : ndarray (N, n)
        weight : ndarray (N, n)
            How much the width of each side matters for the width of the result.
        """
        n = low.shape[-1]
        middle = (low + high) / 2
        reach = np.maximum(high - middle, middle - low) * (1 + 2 * _EPS) + _TINY
        J, r = self.jacobian(low, high)
        G = np.eye(n) - J
        Y = _inverse(G)
        at = self.image(middle, middle)
        value = middle - (at[0] + at[1]) / 2
        slack = (at[1] - at[0]) / 2 + 4 * _EPS * (np.abs(middle) + np.abs(at[0]))
        spread, wide = _product((Y, np.zeros_like(Y)), (G, r + 2 * _EPS * (1 + np.abs(J))))
        rest = np.abs(np.eye(n) - spread) + wide + 2 * _EPS * (1 + np.abs(spread))
        size = np.abs(Y)
        centre = middle - self._times(Y, value)
        half = self._times(rest, reach) + self._times(size, slack) + 8 * n * _EPS * (
            self._times(size, np.abs(value)) + np.abs(middle))
        half = half * (1 + 8 * n * _EPS)
        weight = reach * (r.sum(1) + _EPS)
        return centre - half, centre + half, weight

    @staticmethod
    def _times(A, x):
        return np.matmul(A, x[..., None])[..., 0]


def _inverse(A):
    """Roughly the inverse; the identity where there is none to speak of. Krawczyk's operator takes any matrix."""
    n = A.shape[-1]
    size = np.abs(A).max(axis=(-2, -1))
    bad = ~(np.abs(np.linalg.det(A)) > 1e-13 * np.maximum(size, 1e-3) ** n)
    return np.linalg.inv(np.where(bad[:, None, None], np.eye(n), A))
