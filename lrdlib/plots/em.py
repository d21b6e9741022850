"""Figures on EM: what a target says of each step, the likelihood, convergence, forgetting, and the corners of the tables."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = ["convergence", "corners", "forgetting", "likelihoods", "messages"]

_GREY = "#5b6270"
_FAILED = "#b9bfc9"


@style()
def messages(differences, names):
    """What the target at the end says of the state at each step, for several models.

    Parameters
    ----------
    differences : sequence of array (T + 1,)
        ``|P(right | q_t = 1) - P(right | q_t = 0)|`` for t = 0 .. T.
    names : sequence of str
        What each line is called, in their order from the first to the last.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    colours = shades(len(names))
    ax.axhline(1, color=COLOURS["bound"], linestyle=(0, (4, 3)), linewidth=1.4)
    floor = 10.0 ** np.floor(np.log10(min(np.min(each) for each in differences)))
    places = apart([np.log10(each[0]) for each in differences], 0.075 * -np.log10(floor))
    for values, name, place, colour in zip(differences, names, places, colours):
        t = np.arange(len(values))
        ax.plot(t, values, color=colour)
        label(ax, 0, 10**place, name, colour, dx=-8)
    ax.set(yscale="log", xlim=(0, t[-1]), ylim=(floor, 3), xlabel="step $t$")
    ax.yaxis.tick_right()
    ax.spines["right"].set_visible(True)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", right=False)
    ax.set_title("What the target at the end says of step $t$")
    ax.set_ylabel(r"$|\,b_t(1) - b_t(0)\,|$")
    ax.yaxis.set_label_position("right")
    return fig


@style()
def likelihoods(cost, solved):
    """Minus the log-likelihood of a sequence, iteration by iteration, of many runs.

    Parameters
    ----------
    cost : array (K, R)
        Per sequence; constant after a run's end.
    solved : array of bool (R,)

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    k = np.arange(1, len(cost) + 1)
    for values, good in sorted(zip(cost.T, solved), key=lambda each: each[1]):
        colour = COLOURS["class1"] if good else _FAILED
        ax.plot(k, values, color=colour, linewidth=1.1, alpha=0.8, zorder=2 + good)
    ax.axhline(np.log(2), color=COLOURS["bound"], linestyle=(0, (4, 3)), linewidth=1.4, zorder=4)
    label(ax, k[-1], np.log(2), "log 2:\nguessing", COLOURS["bound"])
    end = cost[-1]
    label(ax, k[-1], end[solved].mean() if solved.any() else 0, f"solved\n({solved.sum()} runs)", COLOURS["class1"])
    between = (~solved) & (end < 0.9 * np.log(2))
    if between.any():
        label(ax, k[-1], np.median(end[between]), "settled\nelsewhere", _GREY)
    ax.set(xlabel="iteration of EM", ylabel="$-\\log L$ of a sequence", xlim=(1, k[-1]), ylim=(-0.02, 0.76))
    return fig


@style()
def convergence(curves):
    """The share of runs that converge against T, with intervals.

    Parameters
    ----------
    curves : sequence of dict
        ``T``, ``rate``, ``low``, ``high`` (arrays), ``name``, ``colour`` (a key of `COLOURS`), and optionally ``at``, the
        T at which the name stands, with its offset ``dx``, ``dy`` in points.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4)
    for curve in curves:
        colour, T = COLOURS[curve["colour"]], np.asarray(curve["T"])
        ax.plot(T, curve["rate"], "o" + curve.get("line", "-"), color=colour, markersize=5)
        band(ax, T, curve["low"], curve["high"], colour)
        k = int(np.argmin(np.abs(T - curve.get("at", T[-1]))))
        label(ax, T[k], curve["rate"][k], curve["name"], colour if curve["colour"] != "noise" else _GREY,
              dx=curve.get("dx", 8), dy=curve.get("dy", 0))
    ax.set(xscale="log", xlabel="length $T$ (steps)", ylabel="runs that converge (share)", ylim=(-0.03, 1.06))
    seen = sorted({int(t) for curve in curves for t in curve["T"]})
    ax.set_xticks(seen, [str(t) for t in seen])
    ax.set_xlim(seen[0] * 0.93, seen[-1] * 1.07)
    ax.minorticks_off()
    return fig


@style()
def forgetting(lengths, families):
    """Dobrushin's coefficient of products of transition matrices against their length.

    Parameters
    ----------
    lengths : array (K,)
    families : dict of str to array (K, 3)
        log10 of the coefficient: quartiles over products; from those that forget most to those that forget least.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4)
    low, ends = -20.0, []
    for (name, quartiles), colour in zip(families.items(), shades(len(families))):
        ax.plot(lengths, quartiles[:, 1], color=colour)
        band(ax, lengths, quartiles[:, 0], quartiles[:, 2], colour)
        out = np.flatnonzero(quartiles[:, 1] < low)
        if out.size:  # the line leaves the picture: its name stands where it does
            k = out[0]
            share = (low - quartiles[k - 1, 1]) / (quartiles[k, 1] - quartiles[k - 1, 1])
            ends.append((np.exp(np.log(lengths[k - 1]) + share * np.log(lengths[k] / lengths[k - 1])), low, name, colour))
        else:
            ends.append((lengths[-1], quartiles[-1, 1], name, colour))
    right = [k for k, end in enumerate(ends) if end[1] > low]
    for k, place in zip(right, apart([ends[k][1] for k in right], 1.5)):
        label(ax, ends[k][0], place, ends[k][2], ends[k][3])
    for k, end in enumerate(ends):
        if end[1] == low:
            label(ax, end[0], low + 1.2 + 2.2 * k, end[2], end[3], dx=-4 if k == 0 else 10, ha="right" if k == 0 else "left")
    ax.set(xscale="log", xlabel="steps in the product", ylabel=r"$\log_{10}$ of Dobrushin's coefficient",
           xlim=(lengths[0], lengths[-1]), ylim=(low, 0.8))
    ax.set_xticks(lengths, [str(t) for t in lengths])
    ax.minorticks_off()
    return fig


@style()
def corners(paths, solved):
    """The determinants of the two tables of a two-state model, from the start of training to its end.

    Parameters
    ----------
    paths : array (K, R, 2)
        Determinants at each iteration: of the table for input -1, and of that for +1.
    solved : array of bool (R,)

    Returns
    -------
    Figure
    """
    fig, ax = figure(width=5.6, height=5.2)
    ax.axhline(0, color="#a9afba", linewidth=1)
    ax.axvline(0, color="#a9afba", linewidth=1)
    for path, good in sorted(zip(np.swapaxes(paths, 0, 1), solved), key=lambda each: each[1]):
        colour = COLOURS["class1"] if good else _FAILED
        ax.plot(*path.T, color=colour, linewidth=1.5, zorder=2 + good)
        ax.plot(*path[0], "o", color=colour, markerfacecolor="white", markersize=4, zorder=4)
        ax.plot(*path[-1], "o", color=colour, markersize=5, zorder=4)
    for x, y, text, colour in ((1, -1, "keep, change:\nparity", COLOURS["class1"]), (1, 1, "keep, keep", _GREY),
                               (-1, 1, "change, keep", _GREY), (-1, -1, "change,\nchange", _GREY)):
        label(ax, x, y, text, colour, dx=0, dy=22 * y if abs(y) else 0, ha="center")
    ax.set(xlabel="determinant of the table for $-1$", ylabel="determinant of the table for $+1$", xlim=(-1.35, 1.35),
           ylim=(-1.35, 1.35), xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    label(ax, 0, 0, "", INK)
    return fig
