"""Figures on windows and states: echoes of an input, what training finds, and the three requirements."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.ticker import NullFormatter, ScalarFormatter

from lrdlib.plots.style import COLOURS, INK, band, figure, label, shades, style

__all__ = ["echoes", "fans", "requirements", "sequences", "solved_by_length"]

_GREY = "#5b6270"
_RATES = "#b05fa3"  # a family of learning rates: tints of the gradient's colour
# Systems are no classes: hues of their own, and a marker each for those who do not see hues.
_SYSTEMS = ({"color": _GREY, "marker": "s"}, {"color": "#b07d00", "marker": "^"},
            {"color": "#00897b", "marker": "o"}, {"color": INK, "marker": "D"})


def _lengths(ax, ticks):
    """A logarithmic axis of lengths with plain numbers."""
    ax.set_xscale("log")
    ax.set_xticks(ticks)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_formatter(NullFormatter())


@style()
def sequences(inputs, groups):
    """Input sequences of the task, one below the other: the first input tells the class, the rest is noise.

    Parameters
    ----------
    inputs : array (B, T)
    groups : array of int (B,)
        The class of each.

    Returns
    -------
    Figure
    """
    B, T = inputs.shape
    fig, ax = figure(height=0.6 * B + 1.0)
    steps, gap = np.arange(1, T + 1), 2.8
    for row, (u, group) in enumerate(zip(inputs, groups)):
        ground = -gap * row
        colour = COLOURS[f"class{group}"]
        ax.axhline(ground, color="#e8eaee", linewidth=0.8)
        ax.vlines(steps[1:], ground, ground + u[1:], color=COLOURS["noise"], linewidth=2)
        ax.plot(steps[1:], ground + u[1:], ".", color=COLOURS["noise"], markersize=4)
        ax.vlines(1, ground, ground + u[0], color=colour, linewidth=3.5)
        ax.plot(1, ground + u[0], "o", color=colour)
        label(ax, T + 0.5, ground, f"class {group}", colour)
    ax.grid(False)
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="step $t$", ylabel=f"input $u_t$ of {B} sequences", yticks=[], xlim=(0, T + 1))
    return fig


@style()
def echoes(static, loops, w):
    """How much the outputs differ, step by step, when the first input alone is changed.

    Parameters
    ----------
    static : array (K, T)
        Differences for K static networks with a window.
    loops : array (J, T)
        Differences for units with a loop.
    w : array (J,)
        Their loop weights, ascending.

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, 1, height=6.4, sharex=True, sharey=True)
    t = np.arange(1, static.shape[1] + 1)
    axes[0].plot(t, static.T, color=_GREY, linewidth=0.9, alpha=0.45)
    end = int(np.flatnonzero(static.any(0))[-1]) + 1
    axes[0].axvline(end + 0.5, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
    label(axes[0], end + 0.5, 1.6, f"from step {end + 1} on: exactly 0,\nwhatever the weights", dx=10)
    axes[0].set_title(f"{len(static)} random static networks")
    for response, weight, colour in zip(loops, w, shades(len(w) + 1, "#00897b")[1:]):
        axes[1].plot(t, response, color=colour)
        faded = np.flatnonzero(response < 0.4)  # lines that fade are labelled where they come apart
        at, dx, dy = (faded[0], 8, 6) if faded.size else (len(t) // 2, 0, -14)
        label(axes[1], t[at], response[at], f"$w = {weight:g}$", colour, dx=dx, dy=dy)
    axes[1].set_title("One unit with a loop")
    axes[1].set_xlabel("step $t$ (the input at step 1 is changed)")
    for ax in axes:
        ax.set(ylabel="difference of\nthe outputs", ylim=(0, 2.05), xlim=(0.5, t[-1] + 0.5))
    return fig


@style()
def fans(names, outputs, firsts):
    """What several systems make of first inputs from -1 to 1 that are followed by the same noise.

    Parameters
    ----------
    names : sequence of str, one to four
    outputs : sequence of array (B, T)
    firsts : array (B,)
        The first inputs: drawn in the colour of class 1 where positive, else of class 0.

    Returns
    -------
    Figure
    """
    rows = (len(names) + 1) // 2
    columns = min(len(names), 2)
    fig, axes = figure(rows, columns, height=2.9 * rows, squeeze=False, sharex=True)
    for place, (ax, name, lines) in enumerate(zip(axes.flat, names, outputs)):
        for line, first in zip(lines, firsts):
            colour = COLOURS["class1" if first > 0 else "class0"]
            ax.plot(np.arange(1, len(line) + 1), line, color=colour, linewidth=1.5, alpha=0.85)
        ax.axhline(0, color=COLOURS["bound"], linestyle="--", linewidth=1)
        ax.set_title(name)
        ax.set(ylim=(-1.6, 1.6), yticks=[-1, 0, 1])
        if place % columns == 0:
            ax.set_ylabel("output $o_t$")
        if place >= len(names) - columns:
            ax.set_xlabel("step $t$")
    return fig


def _apart(values, gap):
    """Heights for labels of lines that end at these values: in the same order, and at least a gap apart."""
    heights = np.array(values, float)
    order = np.argsort(heights, kind="stable")
    for below, above in pairwise(order):
        heights[above] = max(heights[above], heights[below] + gap)
    return heights


@style()
def solved_by_length(T, solved, low, high, delays, titles, rates, by_rate):
    """The share of runs that solved the task, by its length, for two networks and two learners.

    Parameters
    ----------
    T : array (nT,)
    solved, low, high : array (2, 2, nT)
        Share and interval, by network and by learner (descent, guessing), at the best setting of each length.
    delays : int
        D, the window of the first network.
    titles : sequence of str
        The two networks.
    rates : array (K,)
        The learning rates of descent, ascending.
    by_rate : array (2, nT, K)
        Share of runs that descent solved, by network, length and rate.

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, 1, height=7.4, sharex=True, sharey=True)
    looks = ({"color": INK, "marker": "s", "linestyle": ":"}, {"color": COLOURS["gradient"], "marker": "o"})
    for ax, title, share, below, above, family in zip(axes, titles, solved, low, high, by_rate):
        for line, colour in zip(family.T, shades(len(rates), _RATES)):
            ax.plot(T, line, color=colour, linewidth=1.2, marker="o", markersize=3)
        for learner, look in zip((1, 0), looks):  # descent on top
            band(ax, T, below[learner], above[learner], look["color"])
            ax.plot(T, share[learner], **look)
        ax.axvline(delays, color=COLOURS["bound"], linestyle="--", linewidth=1)
        ax.set(ylim=(-0.06, 1.06), yticks=[0, 0.5, 1], ylabel="runs solved (share)")
        ax.set_title(title)
    _lengths(axes[1], [2, 5, 10, 20, 50, 100])
    label(axes[0], delays, 0.5, f"the window:\n$D = {delays}$ inputs", dx=10)
    label(axes[0], T[-1], 0.05, "descent and guessing alike", _GREY, dx=0, dy=8, ha="right")
    ends = by_rate[1, -1]
    for rate, height, colour in zip(rates, _apart(ends, 0.085), shades(len(rates), _RATES)):
        label(axes[1], T[-1], height, f"rate {rate:g}", colour, dx=9, fontsize=10)
    label(axes[1], T[0], 0.35, "gradient descent:\nbold, the best rate\nat each length", COLOURS["gradient"], dx=4)
    label(axes[1], T[-1], solved[1, 1, -1], "random guessing", dx=0, dy=-14, ha="right")
    axes[1].set_xlabel("length $T$ (steps)")
    return fig


@style()
def requirements(T, kept, right, low, high, updates, limit, names):
    """The three requirements of four systems, by length, one panel each.

    Parameters
    ----------
    T : array (nT,)
    kept : array (4, nT)
        Distance between the classes at T without noise, relative to that after the first step.
    right, low, high : array (4, nT)
        Share of right answers under noise, with its interval.
    updates : array of int (4, nT)
        Updates that training took; -1 where it did not end within the limit.
    limit : int
    names : sequence of str

    Returns
    -------
    Figure
    """
    fig, axes = figure(3, 1, height=9.6, sharex=True)
    never = 4 * limit
    for k, look in enumerate(_SYSTEMS):
        axes[0].plot(T, kept[k], markersize=5, **look)
        band(axes[1], T, low[k], high[k], look["color"])
        axes[1].plot(T, right[k], markersize=5, **look)
        trained = updates[k] > 0
        axes[2].plot(T[trained], updates[k][trained], markersize=5, **look)
        axes[2].plot(T[~trained], np.full((~trained).sum(), never * 2.0 ** (k - 1.5)), linestyle="none",
                     markersize=5, markerfacecolor="white", **look)
    at = {x: min(int(np.searchsorted(T, x)), len(T) - 1) for x in (6, 11, 20, 50, 70)}
    for ax, k, x, y, dx, dy in (
        (axes[0], 0, 11, 0.75, 8, 0), (axes[0], 1, 6, kept[1][at[6]], -6, -10),
        (axes[0], 2, 70, kept[2][at[70]], 0, -12), (axes[0], 3, 70, kept[3][at[70]], 0, 10),
        (axes[1], 0, 11, right[0][at[11]], 0, -12), (axes[1], 1, 20, right[1][at[20]], 0, 14),
        (axes[1], 2, 50, right[2][at[50]], 0, 12), (axes[1], 3, 70, right[3][at[70]], 0, 10),
    ):
        label(ax, T[at[x]], y, names[k], _SYSTEMS[k]["color"], dx=dx, dy=dy)
    for k, dx, dy in ((1, -12, -12), (2, 0, 11), (3, -12, -12)):
        trained = np.flatnonzero(updates[k] > 0)
        if trained.size:
            end = trained[-1]
            label(axes[2], T[end], updates[k][end], names[k], _SYSTEMS[k]["color"], dx=dx, dy=dy, ha="right")
    axes[2].axhline(limit, color=COLOURS["bound"], linestyle="--", linewidth=1)
    label(axes[2], T[0], never, "not within\nthe budget", dx=0, ha="left")
    axes[0].set_title("1. Store: how much of the difference is left")
    axes[1].set_title("2. Resist noise: right answers")
    axes[2].set_title("3. Be trainable: updates until right")
    axes[0].set(ylabel="distance of the classes\n(first step = 1)", ylim=(-0.06, 1.45), yticks=[0, 0.5, 1])
    axes[1].set(ylabel="share of sequences", ylim=(0.44, 1.06), yticks=[0.5, 0.75, 1])
    axes[2].set(ylabel="updates", yscale="log", ylim=(0.6, never * 6), xlabel="length $T$ (steps)")
    axes[2].set_yticks([1, 10, 100, 1000])
    axes[2].yaxis.set_minor_formatter(NullFormatter())
    _lengths(axes[2], [2, 5, 10, 20, 50, 100])
    return fig
