"""The share of each lag in a gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check

__all__ = ["LagShares", "lag_shares"]


@dataclass(frozen=True, eq=False)
class LagShares:
    """What each lag k = 0 .. T - 1 has in the gradient of each of R runs; each row sums to 1.

    Attributes
    ----------
    norm : masked ndarray (R, T)
        ``|c_k| / sum_j |c_j|``, in [0, 1]: how large contribution ``c_k`` is. Masked where all are 0.
    signed : masked ndarray (R, T)
        ``c_k . g / |g|^2`` with ``g = sum_j c_j``: how much of the gradient it makes up, negative if it works
        against the rest. Masked where g is 0.
    """

    norm: np.ma.MaskedArray
    signed: np.ma.MaskedArray

    def recent(self, lags):
        """The share that the most recent lags hold together, by norm.

        Parameters
        ----------
        lags : int
            How many, from lag 0 on; more than T are all.

        Returns
        -------
        masked ndarray (R,)

        Raises
        ------
        TypeError, ValueError
            If `lags` is no positive integer.
        """
        return self.norm[:, : check.count("lags", lags)].sum(axis=1)

    def reach(self, share):
        """How many of the most recent lags it takes to hold this share, by norm.

        Up to the rounding of a sum of T terms: lags that hold it but for 4 T eps of it are enough.

        Parameters
        ----------
        share : float
            In (0, 1).

        Returns
        -------
        masked ndarray of int (R,)

        Raises
        ------
        TypeError, ValueError
            If `share` is no such number.
        """
        share = check.real("share", share, 0, 1, open_low=True, open_high=True)
        held = np.ma.getdata(self.norm).cumsum(axis=1)
        enough = held >= share * (1 - 4 * held.shape[1] * np.finfo(float).eps)
        enough[:, -1] = True
        return np.ma.masked_array(1 + enough.argmax(axis=1), mask=np.ma.getmaskarray(self.norm)[:, 0])


def lag_shares(contributions):
    """The share of each lag in the gradient.

    Parameters
    ----------
    contributions : array_like (R, T, P)
        As `lag_contributions` gives them, for a cost at the last step or at every step; to ask about some
        parameters only, leave out the others.

    Returns
    -------
    LagShares

    Raises
    ------
    TypeError, ValueError
        If the contributions are not finite numbers of that shape.

    Notes
    -----
    The contributions of a batch are sums over its sequences, and may cancel: shares of single sequences and of their
    sum differ. Shares depend on the parameters' units: a rescaled parameter changes them.

    Examples
    --------
    >>> shares = lag_shares([[[3.0, 0.0], [0.0, 1.0]]])
    >>> shares.norm.round(9).tolist(), shares.signed.round(9).tolist()
    ([[0.75, 0.25]], [[0.9, 0.1]])
    """
    c = check.array("contributions", contributions, ("R", "T", "P"))
    c, _ = _scaled(c, (1, 2))  # shares have no scale
    direction, largest = _scaled(c, 2)
    size = np.linalg.norm(direction, axis=2) * largest[:, :, 0]
    g, length = _scaled(c.sum(axis=1), 1)
    along = (c * g[:, None]).sum(axis=2)
    return LagShares(_parts(size, size.sum(axis=1)), _parts(along, (g**2).sum(axis=1) * length[:, 0]))


def _scaled(values, axis):
    """Values divided by the largest of them along these axes, and that: so that no square underflows."""
    largest = np.abs(values).max(axis=axis, keepdims=True)
    return values / np.where(largest > 0, largest, 1), largest


def _parts(values, whole):
    """Values over their sum, masked where that is 0."""
    none = np.broadcast_to(whole[:, None] == 0, values.shape)
    return np.ma.masked_array(values / np.where(whole == 0, 1, whole)[:, None], mask=none)
