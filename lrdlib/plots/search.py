"""Figures on searching without a gradient: annealing, grids that shrink, and random guesses."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import NullFormatter, ScalarFormatter

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = ["acceptance", "grids", "pairs", "race", "slices", "trace", "trials", "waiting"]

_GREY = "#5b6270"
# Searches are no classes: hues of their own, and a marker each for those who do not see hues.
_SEARCHES = (("#b07d00", "o"), ("#00897b", "s"), ("#5e35b1", "^"), (_GREY, "D"))


def _plain(axis, ticks):
    axis.set_ticks(ticks)
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())


@style()
def slices(x, costs):
    """The cost along some lines through the space of weights.

    Parameters
    ----------
    x : array (K,)
        The distance along each line.
    costs : array (n, K)

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=3.4)
    for cost, colour in zip(costs, shades(len(costs), _SEARCHES[2][0])):
        ax.plot(x, cost, color=colour, linewidth=1.6)
    ax.axvline(0, color=INK, linewidth=0.9)
    label(ax, 0, np.max(costs) * 1.08, "first weights", INK)
    ax.set(xlabel="distance along a random direction", ylabel="cost of a sequence", xlim=(x[0], x[-1]),
           ylim=(0, np.max(costs) * 1.15))
    return fig


@style()
def trace(moves, accepted, steps, temperature):
    """One annealing, adjustment by adjustment: moves accepted, steps, and the temperature.

    Parameters
    ----------
    moves : array (K,)
        Moves made before each adjustment.
    accepted, steps : array (K, n)
        For each coordinate.
    temperature : array (K,)

    Returns
    -------
    Figure
    """
    fig, (top, middle, bottom) = figure(3, 1, height=7.0, sharex=True)
    top.axhspan(0.4, 0.6, color="#f3f0e4", zorder=0)
    for k, colour in enumerate(shades(accepted.shape[1], _SEARCHES[0][0])):
        top.plot(moves, accepted[:, k], color=colour, linewidth=0.7, alpha=0.35)
        smooth = np.convolve(accepted[:, k], np.ones(9) / 9, "valid") if len(moves) > 9 else accepted[:, k]
        top.plot(moves[(len(moves) - len(smooth)) // 2 :][: len(smooth)], smooth, color=colour, linewidth=2)
        middle.plot(moves, steps[:, k], color=colour, linewidth=1.8)
    ends = apart(np.log10(steps[-1]), 0.55)
    for k, colour in enumerate(shades(accepted.shape[1], _SEARCHES[0][0])):
        label(middle, moves[-1], 10 ** ends[k], f"$v_{k + 1}$", colour)
    bottom.plot(moves, temperature, color=INK)
    label(top, moves[-1], 0.5, "steps\nstay", _GREY)
    top.set(ylabel="moves accepted", ylim=(-0.03, 1.03))
    middle.set(ylabel="step $v$", yscale="log")
    bottom.set(ylabel="temperature $T$", yscale="log", xlabel="moves", xlim=(0, moves[-1]))
    return fig


@style()
def acceptance(panels):
    """The share of moves accepted along the schedule.

    Parameters
    ----------
    panels : dict of str to dict of str to array (K,)
        For each title the lines by name, from the first to the last adjustment, evenly spread.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), 1, height=2.5 * len(panels) + 0.4, sharex=True, sharey=True, squeeze=False)
    for ax, (title, lines) in zip(axes[:, 0], panels.items()):
        ax.axhspan(0.4, 0.6, color="#f3f0e4", zorder=0)
        ends = np.array([share[-1] for share in lines.values()])
        places = apart(ends, 0.13)
        places += (ends - places).mean()  # as far above their lines as below
        for (name, share), y, colour in zip(lines.items(), places, shades(len(lines), _SEARCHES[0][0])):
            at = np.linspace(0, 100, len(share))
            ax.plot(at, share, color=colour, linewidth=1.8)
            ax.plot([100, 104], [share[-1], y], color=colour, linewidth=0.9, clip_on=False)
            label(ax, 104, y, name, colour, dx=3)
        ax.set(title=title, ylabel="accepted", ylim=(-0.03, 1.08), xlim=(0, 100))
    axes[-1, 0].set_xlabel("adjustments of the steps, % of all")
    return fig


@style()
def grids(tracks):
    """The best cost and the grid's side, evaluation by evaluation.

    Parameters
    ----------
    tracks : dict of str to array (K, 2)
        For each name the best cost and the side after each evaluation.

    Returns
    -------
    Figure
    """
    fig, (top, bottom) = figure(2, 1, height=5.4, sharex=True)
    longest = max(len(track) for track in tracks.values())
    ends = 10 ** apart([np.log10(track[-1, 0]) for track in tracks.values()], 0.14)
    for (name, track), (colour, _), end in zip(tracks.items(), _SEARCHES[1:], ends):
        at = np.arange(1, len(track) + 1)
        top.plot(at, track[:, 0], color=colour)
        bottom.plot(at, track[:, 1], color=colour, linewidth=1.6)
        label(top, at[-1], end, name, colour)
    top.set(ylabel="best cost of a sequence", yscale="log")
    bottom.set(ylabel="half of the grid's side $d$", yscale="log", xlabel="evaluations (of the training set)",
               xlim=(0, longest))
    return fig


@style()
def race(panels, runs, budget):
    """How many presentations several searches need, with each of their settings.

    Parameters
    ----------
    panels : dict of str to list of (str, int, list of (str, array (3,), int))
        For each title the searches: a name, its place among the searches' colours, and for each setting its name,
        the quartiles of the presentations, and how many runs were solved.
    runs : int
    budget : int
        Presentations.

    Returns
    -------
    Figure
    """
    rows = sum(len(settings) for _, _, settings in next(iter(panels.values())))
    fig, axes = figure(len(panels), 1, height=(0.29 * rows + 0.7) * len(panels), sharex=True, squeeze=False)
    for ax, (title, searches) in zip(axes[:, 0], panels.items()):
        y, ticks = 0, []
        for name, place, settings in searches:
            colour, marker = _SEARCHES[place]
            for setting, quartiles, solved in settings:
                ax.plot(quartiles[[0, 2]], [y, y], color=colour, linewidth=3, alpha=0.35, solid_capstyle="butt")
                ax.plot(quartiles[1], y, marker, color=colour)
                label(ax, budget * 1.25, y, f"{solved} of {runs}", colour)
                ticks.append((y, f"{name}, {setting}"))
                y -= 1
            y -= 0.4
        ax.axvline(budget, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
        ax.set(title=title, xscale="log", yticks=[at for at, _ in ticks], yticklabels=[name for _, name in ticks],
               ylim=(y + 0.8, 0.7))
        ax.grid(visible=False, axis="y")
    axes[-1, 0].set_xlabel("presentations (quartiles); at the right: runs solved")
    return fig


@style()
def trials(T, lines, ticks):
    """How many random guesses a problem takes, by length.

    Parameters
    ----------
    T : dict of str to array (K,)
        Lengths, by problem.
    lines : dict of str to array (K, 3)
        Median and the ends of its interval; infinite where that is more than were made.
    ticks : array
        Lengths that the axis names.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    top = 3 * max(values[np.isfinite(values)].max() for values in map(np.asarray, lines.values()))
    for (name, found), (colour, marker) in zip(lines.items(), _SEARCHES):
        middle, low, high = np.asarray(found, float).T
        known = np.isfinite(middle)
        high = np.where(np.isfinite(high), high, top)
        ax.plot(T[name][known], middle[known], marker + "-", color=colour)
        ax.vlines(T[name][known], low[known], high[known], color=colour, alpha=0.35, linewidth=5)
        last = np.flatnonzero(known)[-1]
        label(ax, T[name][last], middle[last], name, colour, dx=10)
    ax.set(xscale="log", yscale="log", xlabel="length $T$ (steps)", ylabel="guesses until solved (median)",
           ylim=(1, top))
    _plain(ax.xaxis, ticks)
    return fig


@style()
def pairs(distance, found, most, groups, xlabel="distance of the two prototypes"):
    """How many guesses each pair of prototypes takes, against the distance of the two or another measure.

    Parameters
    ----------
    distance : array (n,)
    found : array (n, 3)
        Quartiles over runs; infinite where that is more than were made.
    most : int
        Guesses that were made at most.
    groups : dict of str to array of bool (n,)
        Which pairs are drawn alike, by name; at most three groups.
    xlabel : str
        What is given as `distance`.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4)
    low, middle, high = np.minimum(np.asarray(found, float), 1.3 * most).T
    far = np.max(distance)
    for (name, own), (colour, marker) in zip(groups.items(), _SEARCHES[1:]):
        ax.vlines(distance[own], low[own], high[own], color=colour, alpha=0.35, linewidth=1.6)
        ax.plot(distance[own], middle[own], marker, color=colour, markersize=4.5)
        label(ax, 1.03 * far, np.median(middle[own]), name, colour, dx=0, ha="left")
    ax.axhline(most, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    label(ax, 1.03 * far, most, "given up", INK, dx=0, ha="left")
    ax.set(yscale="log", ylim=(0.8, 2 * most), ylabel="guesses until solved",
           xlabel=xlabel, xlim=(0, 1.02 * far))
    return fig


@style()
def waiting(found, rate):
    """The share of runs that are still guessing, beside what a constant chance at every guess makes of it.

    Parameters
    ----------
    found : dict of str to array (R,)
        Guesses that each run made until it was solved, by name; -1 for those that were given up.
    rate : dict of str to float
        The chance at every guess, for those names that have one.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.0)
    most = max(np.max(guesses) for guesses in found.values())
    at = np.unique(np.geomspace(1, most, 200).astype(int))
    places = [(0.85, 16, 12), (0.6, -10, -36), (0.3, 16, 12)]  # of the labels: height, and offset from their curve
    for (name, guesses), (colour, _), place in zip(found.items(), ((COLOURS["class1"], ""), *_SEARCHES), places):
        made = np.where(np.asarray(guesses) < 0, np.inf, guesses)
        left = (made[:, None] > at).mean(0)
        low, high = (np.clip(left + s * 1.96 * np.sqrt(left * (1 - left) / len(made)), 0, 1) for s in (-1, 1))
        ax.step(at, left, color=colour, where="post")
        band(ax, at, low, high, colour)
        height, dx, dy = place
        k = int(np.argmin(np.abs(left - height)))
        label(ax, at[k], left[k], name, colour, dx=dx, dy=dy)
        if name in rate:
            ax.plot(at, (1 - rate[name]) ** at, color=INK, linestyle=(0, (4, 3)), linewidth=1.4)
    ax.set(xscale="log", xlabel="guesses", ylabel="runs not yet solved (share)", ylim=(0, 1.02), xlim=(1, most))
    return fig
