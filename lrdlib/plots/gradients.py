"""Figures on gradients: how far they agree, what truncation drops, what they cost, what they cannot help."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, band, figure, label, shades, style

__all__ = ["agreement", "costs", "lags", "parity", "times", "windows"]

_PALE, _BASE, _DARK = shades(3)
_LOOKS = {"BPTT": {"color": _BASE, "marker": "o"}, "RTRL": {"color": _DARK, "marker": "s"},
          "local feedback": {"color": _PALE, "marker": "^"},
          "truncated": {"color": COLOURS["noise"], "marker": "D", "linestyle": "--"}}


def _label_ends(ax, ends):
    """Name lines at their right ends (name -> x, y, text), moved up where they would hide each other."""
    gap = 17 * max(text.count("\n") + 1 for *_, text in ends.values())
    height = 72 * ax.bbox.height / ax.figure.dpi
    low, high = np.log(ax.get_ylim())
    last = {}
    for name, (x, y, text) in sorted(ends.items(), key=lambda end: end[1][1]):
        place = (np.log(y) - low) / (high - low) * height
        last[x] = max(place, last.get(x, -np.inf) + gap)
        label(ax, x, y, text, _look(name)["color"], dx=9, dy=last[x] - place)


def _look(name):
    """The exact algorithms in shades of the gradient's colour, what is not exact in grey."""
    return _LOOKS["truncated" if name.startswith("truncated") else name]


@style()
def agreement(steps, central, complex_step, algorithms):
    """How far each derivative lies from BPTT's, relative to the largest entry, against the step h.

    Parameters
    ----------
    steps : array_like (K,)
    central, complex_step : array_like (K,)
        Differences of the central difference and of the complex step.
    algorithms : dict of str to float
        Differences of the algorithms that take no step; 0 is drawn at the bottom.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    floor = 1e-17
    for values, colour, text, at, width in ((central, COLOURS["noise"], "central difference", 0.37, 6),
                                            (complex_step, COLOURS["class1"], "complex step", 0.3, 2)):
        values = np.maximum(values, floor)
        ax.plot(steps, values, color=colour, linewidth=width)
        k = int(at * (len(values) - 1))
        label(ax, steps[k], values[k], text, colour, dx=10, dy=10)
    for name, value in algorithms.items():
        ax.axhline(max(value, floor), color=COLOURS["gradient"], linewidth=1.4)
        label(ax, steps[-1], max(value, floor), name, COLOURS["gradient"], dx=8, dy=0, fontsize=11)
    ax.set(xscale="log", yscale="log", xlabel="step $h$",
           ylabel="difference from BPTT\n(relative to the largest entry)")
    ax.set_ylim(3e-18, 1)
    return fig


@style()
def lags(shares, windows, error):
    """The contribution of each lag to the gradient, and what a window leaves out of it.

    Parameters
    ----------
    shares : dict of str to array (R, T)
        For each kind of net: the norm of each lag's contribution, relative to the gradient's.
    windows : array_like (W,)
    error : dict of str to array (R, W)
        For the same kinds: the norm of what is left out, relative to the gradient's.

    Returns
    -------
    Figure
    """
    fig, (top, bottom) = figure(2, height=6.4)
    for ax, data, x in ((top, shares, None), (bottom, error, windows)):
        for (name, values), colour in zip(data.items(), shades(max(len(data), 2))):
            at = np.arange(values.shape[1]) if x is None else np.asarray(x)
            low, mid, high = np.quantile(np.maximum(values, 1e-18), [0.25, 0.5, 0.75], axis=0)
            ax.plot(at, mid, color=colour)
            band(ax, at, low, high, colour)
            shown = np.flatnonzero(mid > 3e-9)[-1]
            inside = shown == len(mid) - 1
            label(ax, at[shown], mid[shown], name, colour, dx=6 if inside else 4, dy=0 if inside else 8)
        ax.set(yscale="log", ylim=(1e-9, 3))
    share = "(share of the gradient's norm)"
    top.set(xlabel="lag $k$ (steps back from the cost)", ylabel=f"contribution of lag $k$\n{share}")
    bottom.set(xlabel="window (steps)", ylabel=f"left out\n{share}")
    return fig


@style()
def windows(window, solved, low, high, reach):
    """Runs that learn to keep the bit, against the window of truncated back-propagation.

    Parameters
    ----------
    window : array_like (W,)
    solved, low, high : array_like (W,)
        Share of runs, and its interval.
    reach : int
        The least window that reaches a free input.

    Returns
    -------
    Figure
    """
    fig, ax = figure()
    ax.axvline(reach, color=COLOURS["bound"], linestyle="--", linewidth=1.4)
    ax.errorbar(window, solved, [np.subtract(solved, low), np.subtract(high, solved)],
                color=COLOURS["gradient"], marker="o", capsize=3)
    label(ax, reach, 0.94, "first window that\nreaches a free input", COLOURS["bound"], dx=-8)
    ax.set(xlabel="window (steps)", ylabel="solved runs (share)", ylim=(-0.03, 1.03), xticks=window)
    return fig


@style()
def costs(n, operations, T, memory):
    """Operations against the number of units, and memory against the length, as counted.

    Parameters
    ----------
    n : array_like (N,)
    operations : dict of str to array_like (N,)
        For each algorithm: "BPTT", "RTRL", "local feedback" or "truncated ...".
    T : array_like (K,)
    memory : dict of str to array_like (K,)

    Returns
    -------
    Figure
    """
    fig, (top, bottom) = figure(2, height=6.6)
    for ax, x, data in ((top, n, operations), (bottom, T, memory)):
        for name, values in data.items():
            ax.plot(x, values, **_look(name))
        ax.set(xscale="log", yscale="log")
        _label_ends(ax, {name: (x[-1], values[-1], name) for name, values in data.items()})
    top.set(xlabel="units $n$", ylabel="multiplications\n(one sequence)", xticks=n,
            xticklabels=list(map(str, n)))
    bottom.set(xlabel="length $T$ (steps)", ylabel="numbers held", xticks=T, xticklabels=list(map(str, T)))
    for ax in (top, bottom):
        ax.minorticks_off()
    return fig


@style()
def times(in_units, in_length):
    """Measured times against the number of units and the length, with fitted power laws.

    Parameters
    ----------
    in_units, in_length : dict of str to (x, seconds, (slope, half))
        For each algorithm, named as for `costs`: sizes, times, and the exponent of a power law through
        the points' centre, with the half width of its interval.

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, height=7.4)
    panels = zip(axes, (in_units, in_length), ("units $n$", "length $T$ (steps)"))
    for ax, measured, xlabel in panels:
        for name, (x, seconds, (slope, half)) in measured.items():
            look, y = _look(name), 1e3 * np.asarray(seconds)
            centre = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
            ax.plot(x, centre[1] * (np.asarray(x) / centre[0]) ** slope, color=look["color"], linewidth=1.4)
            ax.plot(x, y, **look | {"linestyle": ""})
        ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel="time of one gradient (ms)")
        _label_ends(ax, {name: (x[-1], 1e3 * seconds[-1], f"{name}\n{slope:.1f} ± {half:.1f}")
                         for name, (x, seconds, (slope, half)) in measured.items()})
    axes[1].set(xticks=x, xticklabels=list(map(str, x)))
    axes[1].minorticks_off()
    return fig


@style()
def parity(states, local, by_hand, odd):
    """A local-feedback net and a solution by hand under repetitions of (+1, -1).

    Parameters
    ----------
    states : array_like (K, n)
        States of the local-feedback units after each repetition.
    local, by_hand : array_like (K,)
        Outputs of the two nets after each repetition.
    odd : array_like of int (K,)
        The parity after each repetition.

    Returns
    -------
    Figure
    """
    fig, axes = figure(3, height=7.6, sharex=True)
    k = np.arange(1, len(odd) + 1)
    for unit in np.asarray(states).T:
        axes[0].plot(k, unit, color=COLOURS["noise"], linewidth=1.6)
    axes[0].set(ylabel="its states $x_i$", title="Local feedback: each unit goes one way")
    for ax, o, title in ((axes[1], local, "... and so the output settles"),
                         (axes[2], by_hand, "By hand: the output turns for ever")):
        ax.axhline(0.5, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
        ax.plot(k, o, color=INK, linewidth=1.2, alpha=0.5)
        for value, name in ((1, "class1"), (0, "class0")):
            ax.plot(k[odd == value], np.asarray(o)[odd == value], "o", color=COLOURS[name])
        ax.set(ylabel="output", ylim=(-0.08, 1.08), title=title)
    label(axes[2], k[odd == 1][-1], 1, "odd", COLOURS["class1"], dx=9)
    label(axes[2], k[odd == 0][-1], 0, "even", COLOURS["class0"], dx=9)
    axes[2].set(xlabel="repetitions of the inputs (+1, -1)")
    return fig
