"""Figures on EM: what a target says of each step, likelihoods, convergence, forgetting, and where the tables go."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, apart, band, figure, label, shades, style

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
def likelihoods(cost, solved, iterations):
    """Minus the log-likelihood of a sequence, iteration by iteration, of many runs.

    Parameters
    ----------
    cost : array (K, R)
        Per sequence, at each iteration.
    solved : array of bool (R,)
    iterations : array of int (R,)
        How many each run had before it ended.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    for values, good, k in sorted(zip(cost.T, solved, iterations), key=lambda each: each[1]):
        colour, line = COLOURS["class1"] if good else _FAILED, np.arange(1, max(k, 1) + 1)
        ax.plot(line, values[: len(line)], color=colour, linewidth=1.3, zorder=2 + good)
        if good:
            ax.plot(line[-1], values[len(line) - 1], "o", color=colour, markersize=5, zorder=5)
    K = len(cost)
    ax.axhline(np.log(2), color=COLOURS["bound"], linestyle=(0, (4, 3)), linewidth=1.4, zorder=4)
    label(ax, K, np.log(2), "log 2:\nguessing", COLOURS["bound"])
    ends = [values[max(k, 1) - 1] for values, k in zip(cost.T, iterations)]
    low = min(ends)
    if solved.any():
        label(ax, K, np.median(np.array(ends)[solved]), f"solved:\n{solved.sum()} of {len(solved)}", COLOURS["class1"])
    ax.set(xlabel="iteration of EM", ylabel="$-\\log L$ of a sequence", xlim=(1, K),
           ylim=(low - 0.04, max(np.max(cost[0]), np.log(2)) + 0.03))
    return fig


@style()
def convergence(curves):
    """The share of runs that converge against T, with intervals.

    Parameters
    ----------
    curves : sequence of dict
        ``T``, ``rate``, ``low``, ``high`` (arrays), ``name``, ``colour`` (a key of `COLOURS`), and optionally ``at``,
        the T at which the name stands, with its offset ``dx``, ``dy`` in points.

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
    low, right = -20.0, []
    heights = iter([-18.4, -12.0, -6.0, -4.0, -2.0])  # of the names of lines that leave the picture
    for (name, quartiles), colour in zip(families.items(), shades(len(families))):
        ax.plot(lengths, quartiles[:, 1], color=colour)
        band(ax, lengths, quartiles[:, 0], quartiles[:, 2], colour)
        if quartiles[-1, 1] < low:
            y = next(heights, low)
            label(ax, np.interp(-y, -quartiles[:, 1], lengths), y, name, colour, dx=7 if y < -15 else 11)
        else:
            right.append((quartiles[-1, 1], name, colour))
    for (end, name, colour), place in zip(right, apart([end[0] for end in right], 1.5)):
        ax.plot([1, 1.05], [end, place], color=colour, linewidth=1, transform=ax.get_yaxis_transform(), clip_on=False)
        label(ax, lengths[-1] * 1.05, place, name, colour, dx=3)
    ax.set(xlabel="steps in the product", ylabel=r"$\log_{10}$ of Dobrushin's coefficient", xlim=(0, lengths[-1]),
           ylim=(low, 0.8), yticks=range(int(low), 1, 5))
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
    for x, y, text, colour in ((1, -1, "keep, change:\nparity", COLOURS["class1"]), (1, 1, "keep,\nkeep", _GREY),
                               (-1, 1, "change,\nkeep", _GREY), (-1, -1, "change,\nchange", _GREY)):
        label(ax, x, y, text, colour, dx=0, dy=22 * y, ha="center")
    ax.set(xlabel="determinant of the table for $-1$", ylabel="determinant of the table for $+1$", xlim=(-1.35, 1.35),
           ylim=(-1.35, 1.35), xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect="equal")
    return fig
