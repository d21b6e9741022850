"""Figures on the contest of methods: error against presentations, our values beside N93's, and rankings.

Each method has one name and one look in all of them. Gradient methods are shades of the gradient's colour, searches of
another; with the exact curvature a line is dashed.
"""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import NullFormatter, PercentFormatter, ScalarFormatter

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = ["LOOKS", "NAMES", "beside_tables", "chance_by_prototypes", "error_by_presentations", "rankings",
           "solved_by_prototypes"]

#: What a method is called in a figure.
NAMES = {
    "descent": "back-propagation", "pseudo-newton": "pseudo-Newton", "time-weighted": "time-weighted p.-N.",
    "pseudo-newton-exact": "pseudo-Newton, exact", "time-weighted-exact": "time-weighted, exact",
    "multi-grid": "multi-grid", "multi-grid-0.9": "multi-grid, 1/0.9", "annealing": "annealing",
    "discrete": "discrete errors", "em": "EM", "guessing": "guessing",
}

_, _PALE, _BASE, _, _DARK = shades(5)
_, _SEARCH_PALE, _SEARCH, _, _SEARCH_DARK = shades(5, "#00897b")
#: How its line is drawn.
LOOKS = {
    "descent": {"color": _PALE, "marker": "o"}, "pseudo-newton": {"color": _BASE, "marker": "o"},
    "time-weighted": {"color": _DARK, "marker": "o"},
    "pseudo-newton-exact": {"color": _BASE, "marker": ".", "linestyle": "--"},
    "time-weighted-exact": {"color": _DARK, "marker": ".", "linestyle": "--"},
    "multi-grid": {"color": _SEARCH, "marker": "s"},
    "multi-grid-0.9": {"color": _SEARCH_PALE, "marker": "s", "linestyle": "--"},
    "annealing": {"color": _SEARCH_DARK, "marker": "s"},
    "discrete": {"color": "#b07d00", "marker": "^"}, "em": {"color": "#b3261e", "marker": "D"},
    "guessing": {"color": INK, "marker": "x", "linestyle": ":"},
}
_COUNTS = ("evaluations", "presentations", "unit-steps")


def _percent(ax, top=0.62):
    ax.set(ylim=(-0.03, top), yticks=[0, 0.25, 0.5])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _lengths(ax, ticks):
    """A logarithmic axis of lengths with plain numbers."""
    ax.set_xscale("log")
    ax.set_xticks(ticks)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_formatter(NullFormatter())


def _label_ends(ax, ends, gap):
    """Name lines at their right ends (method -> x, y), apart from each other and tied to their lines."""
    x = max(end[0] for end in ends.values())
    heights = apart([y for _, y in ends.values()], gap)
    lift = max(0.0, -0.02 - heights.min())  # the lowest names stay above the axis
    for (method, (_, y)), height in zip(ends.items(), heights + lift):
        colour = LOOKS[method]["color"]
        ax.annotate(NAMES[method], (x, y), xytext=(1.07, height), textcoords=("axes fraction", "data"), color=colour,
                    fontsize=11, va="center", annotation_clip=False,
                    arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "relpos": (0, 0.5),
                                "shrinkA": 2, "shrinkB": 2})


@style()
def error_by_presentations(panels):
    """The mean error of each method as the presentations go on, one panel for each problem or length.

    Parameters
    ----------
    panels : dict of str to dict
        For each title: method -> (presentations (K,), error (K,), low (K,), high (K,)); the interval may be left out.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), 1, width=7.0, height=4.3 * len(panels), sharex=True, squeeze=False)
    for ax, (title, curves) in zip(axes[:, 0], panels.items()):
        for method, (x, error, *interval) in curves.items():
            look = {**LOOKS[method], "marker": ""}
            if interval:
                band(ax, x, *interval, look["color"], alpha=0.12)
            ax.plot(x, error, **look)
        _percent(ax)
        ax.set(xscale="log", title=title, ylabel="mean error (test sequences)")
        _label_ends(ax, {method: (curve[0][-1], curve[1][-1]) for method, curve in curves.items()}, 0.052)
    axes[-1, 0].set_xlabel("sequence presentations")
    return fig


@style()
def beside_tables(ours, theirs, tuned=None, quantity="error"):
    """What each method reached against the length T, ours beside N93's, one panel for each method.

    Parameters
    ----------
    ours : dict of str to tuple
        method -> (T (K,), mean (K,), low (K,), high (K,)), by the protocol as published.
    theirs : dict of str to tuple
        method -> (T (J,), value (J,)): N93's tables, where they have the method.
    tuned : dict of str to tuple, optional
        As `ours`, with tuned settings.
    quantity : {"error", "presentations"}

    Returns
    -------
    Figure
    """
    rows, spare = -(-len(ours) // 2), len(ours) % 2
    fig, axes = figure(rows, 2, height=2.75 * rows + 0.3, sharex=True, sharey=True, squeeze=False)
    lengths = sorted({int(T) for T, *_ in ours.values() for T in T})
    for place, (ax, (method, (T, mean, low, high))) in enumerate(zip(axes.flat, ours.items())):
        colour = LOOKS[method]["color"]
        if tuned and method in tuned:
            x, y, *_ = tuned[method]
            ax.plot(x, y, color=colour, linewidth=1.4, linestyle=(0, (2, 2)))
        ax.plot(T, mean, color=colour, marker="o", markersize=5)
        ax.vlines(T, low, high, color=colour, linewidth=1.4)
        band(ax, T, low, high, colour)
        if method in theirs:
            ax.plot(*theirs[method], "o", color=INK, markerfacecolor="none", markersize=8, markeredgewidth=1.3)
        ax.set_title(NAMES[method], color=colour)
        if quantity == "error":
            _percent(ax)
        else:
            ax.set_yscale("log")
        _lengths(ax, [T for T in (3, 5, 10, 20, 50, 100, 500) if lengths[0] <= T <= lengths[-1]])
        ax.tick_params(labelbottom=True)
        if place >= len(ours) - 2:
            ax.set_xlabel("length $T$ (steps)")
        if place % 2 == 0:
            ax.set_ylabel(f"mean {quantity}")
    if spare:
        axes[-1, -1].set_axis_off()
    _key(fig, tuned)
    return fig


def _key(fig, tuned):
    """What the three marks mean, above the panels: N93's stand in every one of them."""
    marks = [fig.axes[0].plot([], [], color=COLOURS["noise"], marker="o", markersize=5)[0]]
    names = ["ours, as published"]
    if tuned:
        marks += fig.axes[0].plot([], [], color=COLOURS["noise"], linewidth=1.4, linestyle=(0, (2, 2)))
        names += ["ours, tuned"]
    marks += fig.axes[0].plot([], [], "o", color=INK, markerfacecolor="none", markersize=8, markeredgewidth=1.3)
    fig.legend(marks, [*names, "N93's tables"], loc="outside upper left", ncols=len(marks), handlelength=1.6,
               columnspacing=1.4)


@style()
def rankings(counts, notes=None):
    """The methods ranked by what they spent, cheapest first, in each of the three counts.

    Parameters
    ----------
    counts : dict of str to array_like (3,)
        method -> evaluations, presentations and unit-steps.
    notes : dict of str to str, optional
        What to add to a method's name, its error for instance.

    Returns
    -------
    Figure
    """
    methods = list(counts)
    spent = np.array([counts[method] for method in methods], float)
    rank = spent.argsort(axis=0, kind="stable").argsort(axis=0) + 1
    fig, ax = figure(width=7.4, height=0.56 * len(methods) + 1.1)
    smooth = np.linspace(0, 1, 40)
    ease = smooth**2 * (3 - 2 * smooth)
    for k, method in enumerate(methods):
        look = LOOKS[method]
        for column in (0, 1):
            ax.plot(column + smooth, rank[k, column] + ease * (rank[k, column + 1] - rank[k, column]),
                    color=look["color"], linestyle=look.get("linestyle", "-"), linewidth=3)
        ax.plot(range(3), rank[k], "o", color=look["color"], markersize=9, markeredgecolor="white")
        for column in range(3):
            label(ax, column, rank[k, column], _short(spent[k, column]), INK, dx=0, dy=-14, fontsize=10)
        label(ax, 0, rank[k, 0], NAMES[method], look["color"], dx=-14)
        label(ax, 2, rank[k, 2], NAMES[method] + f"\n{notes[method]}" * bool(notes), look["color"], dx=14, fontsize=11)
    ax.set(xlim=(-0.05, 2.05), ylim=(len(methods) + 0.75, 0.5), xticks=range(3), yticks=[])
    ax.set_xticklabels(_COUNTS)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0, labelsize=12, labelcolor=INK)
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)
    return fig


def _short(count):
    """``950``, ``2.9k``, ``81k``, ``1.2M``."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * size:
            return f"{count / size:.2g}{unit}" if count < 99.5 * size else f"{count / size:.0f}{unit}"
    return f"{count:.0f}"


@style()
def solved_by_prototypes(K, T, solved, titles):
    """The share of runs that each learner solved, against the number of prototypes: rows of lengths, columns of nets.

    Parameters
    ----------
    K : array_like of int (nK,)
    T : array_like of int (nT,)
    solved : dict of str to array (columns, nT, nK, 3)
        method -> share, and its interval.
    titles : sequence of str, one or two
        What the columns show.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(T), len(titles), height=2.6 * len(T) + 0.9, sharex=True, sharey=True, squeeze=False)
    lines = {}
    for row, length in enumerate(T):
        for column, title in enumerate(titles):
            ax = axes[row, column]
            for method, values in solved.items():
                share, low, high = np.asarray(values)[column, row].T
                band(ax, K, low, high, LOOKS[method]["color"], alpha=0.12)
                lines[method], = ax.plot(K, share, **LOOKS[method])
            ax.set(ylim=(-0.05, 1.05), yticks=[0, 0.5, 1])
            ax.set_title(f"{title}\n$T = {length}$" if row == 0 else f"$T = {length}$")
            ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            _lengths(ax, K)
        axes[row, 0].set_ylabel("runs solved")
    for ax in axes[-1]:
        ax.set_xlabel("prototypes $K$")
    fig.legend(lines.values(), [NAMES[method] for method in lines], loc="outside upper left", ncols=min(len(lines), 4),
               handlelength=1.8, columnspacing=1.2)
    return fig


@style()
def chance_by_prototypes(K, T, chance, titles):
    """The chance that one guess solves the task, against the number of prototypes; hollow marks where none did.

    Parameters
    ----------
    K : array_like of int (nK,)
    T : array_like of int (nT,)
    chance : array (panels, nT, nK, 3)
        Chance and its interval; where the chance is 0 the interval's upper end is marked.
    titles : sequence of str
        What each panel shows.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(titles), 1, height=3.4 * len(titles), sharex=True, sharey=True, squeeze=False)
    K = np.asarray(K)
    for ax, title, rows in zip(axes[:, 0], titles, np.asarray(chance)):
        ends = []
        for colour, length, row in zip(shades(len(T) + 1, INK)[:-1], T, rows):
            p, low, high = row.T
            met = p > 0
            ax.plot(K[met], p[met], color=colour, marker="x")
            ax.vlines(K[met], low[met], high[met], color=colour, linewidth=1.4)
            ax.plot(K[~met], high[~met], "v", color=colour, markerfacecolor="white")
            ends.append((colour, length, np.where(met, p, high)[-1]))
        ax.set(yscale="log", title=title, ylabel="chance of a guess")
        for (colour, length, end), height in zip(ends, 10 ** apart([np.log10(end) for *_, end in ends], 0.5)):
            label(ax, K[-1], height, f"$T = {length}$", colour, dx=12)
        _lengths(ax, K)
    axes[-1, 0].set_xlabel("prototypes $K$")
    return fig
