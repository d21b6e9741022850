"""Figures on output delays: how long the latch is learned, and how much of an error arrives."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import NullFormatter

from lrdlib.plots.style import COLOURS, band, figure, label, shades, style

__all__ = ["latched_by_length", "reach_by_length"]


def _colours(D):
    """From pale for one delay to dark."""
    return shades(len(D) + 2)[1:-1] if len(D) < 3 else [shades(5)[k] for k in (1, 2, 4)][: len(D)]


@style()
def latched_by_length(T, D, converged, ceiling, titles):
    """The share of runs that latch, against the length T, one panel for each kind of update.

    Parameters
    ----------
    T : array_like of int (nT,)
    D : sequence of int, at most three
        Output delays.
    converged : array (panels, nD, nT, 3)
        Share of runs, and its interval.
    ceiling : array (nD, nT)
        Share of runs that the best free inputs solve.
    titles : sequence of str

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(titles), 1, height=3.6 * len(titles), sharex=True, squeeze=False)
    for ax, title, rows in zip(axes[:, 0], titles, converged):
        for colour, row, limit in zip(_colours(D), rows, ceiling):
            share, low, high = row.T
            ax.plot(T, limit, color=colour, linestyle="--", linewidth=1.2)
            band(ax, T, low, high, colour)
            ax.plot(T, share, color=colour, marker="o", markersize=5)
        ax.axhline(0.5, color=COLOURS["noise"], linewidth=0.9)
        ax.set(ylim=(-0.05, 1.05), yticks=[0, 0.5, 1], ylabel="runs that latch (share)", title=title)
        _name(ax, T, D, rows[..., 0])
    label(axes[0, 0], T[-1], np.max(ceiling), "the best free inputs (dashed)", COLOURS["bound"], dx=0, dy=12,
          ha="right", fontsize=11)
    axes[-1, 0].set_xlabel("length $T$ (steps)")
    return fig


def _name(ax, T, D, shares):
    """Each line's name where it passes one half, at its right; a line that never does is named at its end."""
    for colour, d, share in zip(_colours(D), D, shares):
        below = [k for k, value in enumerate(share) if value < 0.5]
        k = below[0] if below else len(T) - 1
        label(ax, T[k], share[k], f"$D = {d}$", colour, dx=8, dy=10)


@style()
def reach_by_length(T, D, reach, floor=1e-9):
    """How much of an error of 1 at the end arrives at the last free input before training, against the length T.

    Parameters
    ----------
    T : array_like of int (nT,)
    D : sequence of int, at most three
    reach : array (nD, nT, 3)
        Quartiles over runs.
    floor : float
        What is less is not drawn.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    for colour, d, quartiles in zip(_colours(D), D, np.asarray(reach)):
        seen = quartiles[:, 1] > floor
        low, median, high = np.maximum(quartiles, floor)[seen].T
        band(ax, T[seen], low, high, colour)
        ax.plot(T[seen], median, color=colour, marker="o", markersize=5)
        label(ax, T[seen][-1], median[-1], f"$D = {d}$", colour, dx=8, dy=8)
    ax.set(yscale="log", ylim=(floor, 100), xlim=(0, 1.08 * T[-1]), xlabel="length $T$ (steps)",
           ylabel="share of the error that arrives")
    ax.yaxis.set_minor_formatter(NullFormatter())
    return fig
