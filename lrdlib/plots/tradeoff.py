"""Figures of the trade-off: what a bit bears, beside the factor by which its gradient changes each step."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap, LogNorm

from lrdlib.plots.style import COLOURS, DENSITY, INK, figure, label, shades, style

__all__ = ["contracting_corner", "neuron_curve", "open_corner", "reachable_set"]

_GREY = "#5b6270"
_DASH = (0, (4, 3))


@style()
def neuron_curve(h_star, factor, w, bears, slopes, shown):
    """One neuron: what its weaker state bears against the slope there, without bias and with.

    Parameters
    ----------
    h_star, factor : array (N,)
        Without bias, along rising weights: the critical input, and the slope at the stable state.
    w : array (W,)
        Weights for which a bias is added.
    bears, slopes : array (W, C)
        Input that the weaker state bears, and slope there, as the bias grows from 0 to the critical input.
    shown : int
        How many of the weights that lie on the curve are drawn, counted from the largest.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    width = h_star[-1]
    for k in np.flatnonzero(bears[:, 0] <= width)[-shown:]:
        ax.plot(bears[k], slopes[k], color=COLOURS["noise"], linewidth=1.2)
        ax.plot(bears[k, 0], slopes[k, 0], "o", color=COLOURS["gradient"], markerfacecolor="white", zorder=4)
        label(ax, bears[k, 0], slopes[k, 0], f"$w={w[k]:g}$", COLOURS["gradient"], dx=9, dy=9)
    ax.plot(h_star, factor, color=COLOURS["gradient"], linewidth=2.6)
    label(ax, 0.62 * width, 0.72, "robust and trainable:\nno neuron is here", INK, dx=0)
    k = np.searchsorted(h_star, 0.72 * width)
    label(ax, h_star[k], factor[k], "no bias", COLOURS["gradient"], dx=6, dy=14)
    label(ax, 0.02 * width, 0.30, "a bias, towards\nthe weaker side", _GREY, dx=2, dy=-30)
    ax.set(xlabel="input that the weaker state bears (pre-activation)", ylabel="slope there, factor a step",
           xlim=(0, 1.02 * width), ylim=(0, 1.02))
    return fig


@style()
def contracting_corner(edges, factor_edges, density, bred, corner, T):
    """Systems by theorem 3's bound over the radius of its ball, and the factor of the state's gradient at rest.

    Parameters
    ----------
    edges, factor_edges : array (X + 1,), (Y + 1,)
        Edges of the bins, both on linear axes.
    density : int array (X, Y)
        Systems in each.
    bred : array (K, 2)
        Share borne and factor of the systems that were bred to come close.
    corner : float
        Share and gradient from which a system counts as robust and as trainable.
    T : int
        Steps over which the gradient is taken.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.6, format="png")
    _counts(fig, ax, edges, factor_edges, density)
    share = np.linspace(0, 1, 50)
    ax.plot(share, 1 - share, color=COLOURS["bound"], linestyle=_DASH, linewidth=1.6)
    label(ax, 0.42, 0.58, "$1 - b/d$: the limit of\ntheorems 3 and 4", COLOURS["bound"], dx=10, dy=16)
    _corner(ax, corner, corner ** (1 / T), 1, 1.12)
    label(ax, 0.95, 1.04, "robust and trainable", dx=0, ha="right")
    ax.plot(*bred.T, "D", color=COLOURS["class0"], markeredgecolor="white", markersize=7, zorder=5)
    k = bred[:, 1].argmax()
    label(ax, *bred[k], "bred to come close", COLOURS["class0"], dx=12, dy=2, fontsize=11)
    ax.set(xlabel="$b/d$: input borne by theorem 3, over the radius of its ball", xlim=(0, 1), ylim=(0, 1.12),
           ylabel=rf"$|\partial a_{{{T}}}/\partial a_0|^{{1/{T}}}$ at rest, whole state")
    return fig


@style()
def open_corner(edges, factor_edges, densities, frontiers, bred, proved, built, corner, T):
    """Systems by what an opponent needs and a gradient's factor under noise: of the state above, of the bit below.

    Parameters
    ----------
    edges, factor_edges : array (X + 1,), (Y + 1,)
        Edges of the bins; of log10 of the input, and of the factor.
    densities : sequence of int array (X, Y), two
    frontiers : sequence of array (X,), two
        The largest factor of each column.
    bred, built : sequence of array (K, 2), two of each
        Input and factor of the systems that were bred, and built.
    proved : sequence of bool array (K,), two
        Which of those bred are proved to be as robust as the corner asks.
    corner : float
    T : int

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, height=8.2, format="png", sharex=True)
    for k, ax in enumerate(axes):
        _counts(fig, ax, 10 ** np.asarray(edges), factor_edges, densities[k])
        some = frontiers[k] > 0
        middle = 10 ** ((edges[1:] + edges[:-1]) / 2)
        ax.plot(middle[some], frontiers[k][some], color=COLOURS["bound"], linestyle=_DASH, linewidth=1.4)
        _corner(ax, corner, corner ** (1 / T), 10 ** edges[-1], 1.2)
        inside = built[k][built[k][:, 0] < 10 ** (edges[-1] - 0.1)]
        ax.plot(*inside.T, "s", color=COLOURS["class1"], markeredgecolor="white", markersize=7, zorder=4)
        for sure, face in ((proved[k], COLOURS["class0"]), (~proved[k], "white")):
            ax.plot(*bred[k][sure].T, "D", color=COLOURS["class0"], markerfacecolor=face, markersize=7, zorder=5)
        what = "whole state" if k == 0 else "bit"
        norm = rf"|\partial a_{{{T}}}/\partial a_0|" if k == 0 else rf"|v^\top\partial a_{{{T}}}/\partial a_0|"
        ax.set(xscale="log", ylim=(0, 1.2), xlim=(10 ** edges[0], 10 ** edges[-1]),
               ylabel=rf"${norm}^{{1/{T}}}$, mean under noise")
        ax.set_title(f"Gradient of the {what}")
    x = 10 ** (edges[0] + 0.25)
    for y, text, colour, sign, face in ((0.34, "bred", COLOURS["class0"], "D", "white"),
                                        (0.22, "bred, robustness proved", COLOURS["class0"], "D", COLOURS["class0"]),
                                        (0.10, "built by hand", COLOURS["class1"], "s", COLOURS["class1"])):
        axes[0].plot(x, y, sign, color=colour, markerfacecolor=face, markersize=7)
        label(axes[0], x, y, text, colour, dx=10)
    axes[1].set_xlabel("least input found that breaks the bit (pre-activation)")
    return fig


@style()
def reachable_set(centres, reached, basin, attractors, path, names=("$a_1$", "$a_2$")):
    """Two units: all that bounded inputs can lead to, inside a basin, and one path under random inputs.

    Parameters
    ----------
    centres : array (2, N)
        Of the cells.
    reached : bool array (N, N)
    basin : (array (M,), bool array (M, M))
        Places along both coordinates, and where they belong to the basin.
    attractors : array (K, 2)
        The first is the one that is held.
    path : array (T + 1, 2)

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=5.6, width=6.0, format="png")
    places, inside = basin
    pale, look = ListedColormap(["#f7e3d4", "#dcebf7"]), {"shading": "nearest", "rasterized": True}
    ax.pcolormesh(places, places, inside.T.astype(float), cmap=pale, vmin=0, vmax=1, **look)
    cells = np.ma.masked_equal(reached.T.astype(float), 0)
    ax.pcolormesh(*centres, cells, cmap=ListedColormap(["#7fb2dd"]), **look)
    ax.plot(*path.T, ".", color=INK, markersize=2.5, markeredgewidth=0)
    for k, point in enumerate(attractors):
        ax.plot(*point, "o", color=COLOURS["class1" if k == 0 else "class0"], markeredgecolor="white", markersize=9)
    away = -np.sign(attractors[0])
    edge = places[-1]
    label(ax, -away[0] * 0.95 * edge, -away[1] * 0.92 * edge, "basin of this state", COLOURS["class1"], dx=away[0],
          ha="left" if away[0] > 0 else "right")
    label(ax, away[0] * 0.95 * edge, away[1] * 0.92 * edge, "the others'", COLOURS["class0"], dx=-away[0],
          ha="right" if away[0] > 0 else "left")
    columns = np.nonzero(reached.any(axis=1))[0]
    end = columns[-1 if away[0] > 0 else 0]
    label(ax, centres[0][end], centres[1][reached[end]].mean(), "all that bounded\ninputs can reach", COLOURS["class1"],
          dx=10 * away[0])
    ax.set(xlabel=f"pre-activation {names[0]}", ylabel=f"pre-activation {names[1]}", xlim=places[[0, -1]],
           ylim=places[[0, -1]], aspect="equal")
    ax.grid(False)
    return fig


def _counts(fig, ax, x_edges, y_edges, counts):
    """Numbers of systems, on a logarithmic scale of DENSITY; empty bins stay white."""
    shown = np.ma.masked_equal(counts.T, 0)
    scale = LogNorm(1, max(10, counts.max()))
    mesh = ax.pcolormesh(x_edges, y_edges, shown, cmap=DENSITY.reversed(), norm=scale, rasterized=True)
    fig.colorbar(mesh, ax=ax, label="random systems", pad=0.02)
    ax.grid(False)


def _corner(ax, left, bottom, right, top):
    box = {"color": COLOURS["gradient"], "linewidth": 1.6}
    ax.plot([left, left, right], [top, bottom, bottom], **box)
    ax.fill_between([left, right], bottom, top, color=COLOURS["gradient"], alpha=0.08, linewidth=0)
