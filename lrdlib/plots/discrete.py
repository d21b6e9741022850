"""Figures on discrete errors: what comes back, whether its sign can be trusted, and how the learning goes."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = ["agreement", "curves", "decay", "owed", "rates", "wishes"]

_MUTED = "#5b6270"


@style()
def decay(sizes, gradients):
    """The size of what comes back, by lag, relative to lag 0: discrete errors above gradients.

    Parameters
    ----------
    sizes, gradients : dict of float to array (K,)
        By the weight of the loop; lags 0 .. K - 1.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    for families, colour in ((sizes, COLOURS["class1"]), (gradients, COLOURS["gradient"])):
        for tone, (w, values) in zip(shades(len(families), colour), families.items()):
            values = np.asarray(values) / values[0]
            ax.plot(values, color=tone)
            if families is gradients:
                at = np.flatnonzero(values > 1e-14)[-1]
                label(ax, at, values[at], f"$w = {w:g}$", tone, dx=8, dy=4)
    lags = len(next(iter(sizes.values()))) - 1
    label(ax, 0.62 * lags, 1, "desired change, all three", COLOURS["class1"], dx=0, dy=-16)
    label(ax, 0.62 * lags, 1e-5, "gradient of tanh units", COLOURS["gradient"], dx=0)
    ax.set(yscale="log", ylim=(1e-18, 10), xlim=(0, lags), xlabel="lag $k$ (steps back from the answer)",
           ylabel="size, relative to lag 0")
    return fig


@style()
def wishes(panels):
    """What one unit is asked by each of several answers: one row an answer, time to the right.

    Parameters
    ----------
    panels : dict of str to array (K, T)
        By title: the wish at each step, negative (where the answer should have been), positive, or 0.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), 1, height=2.6 * len(panels), sharex=True, format="png")
    colours = ListedColormap([COLOURS["class0"], "white", COLOURS["class1"]])
    for ax, (title, wish) in zip(np.atleast_1d(axes), panels.items()):
        K, T = np.shape(wish)
        ax.imshow(np.sign(wish), cmap=colours, vmin=-1, vmax=1, aspect="auto", extent=(0.5, T + 0.5, K, 0))
        ax.grid(visible=False)
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.set(title=title, yticks=[], ylabel="answers")
    ax.set_xlabel("step $t$ (the answer falls on the last)")
    return fig


@style()
def agreement(measured, law, below, below_law, noise=0.0):
    """Agreement of the sign with the original one by lag, and what of it depends on the original error.

    Parameters
    ----------
    measured, below : dict of float to array (K,)
        By MAX/|g|, at lags 0 .. K - 1.
    law, below_law : callable (ratio, lags)
        The closed forms, drawn dashed.
    noise : float
        Values in `below` that are not larger cannot be told from 0.

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, 1, height=6.8, sharex=True)
    tones = dict(zip(measured, reversed(shades(len(measured)))))
    for ax, found, form in zip(axes, (measured, below), (law, below_law)):
        lags = np.arange(len(next(iter(found.values()))))
        fine = np.linspace(0, lags[-1], 200)
        ends = np.array([form(ratio, lags[-1]) for ratio in found])
        places = apart(ends, 0.09) if ax is axes[0] else ends
        for place, (ratio, values) in zip(places, found.items()):
            ax.plot(fine, form(ratio, fine), color=COLOURS["bound"], linewidth=1.1, dashes=(4, 3), zorder=1)
            clear = np.asarray(values) > (noise if ax is axes[1] else -1)
            ax.plot(lags[clear], np.asarray(values)[clear], "o", color=tones[ratio], markersize=5)
            if ax is axes[0]:
                label(ax, lags[-1], place, f"{ratio:g}", tones[ratio], dx=10)
    label(axes[0], lags[-1], 1, "MAX/$|g|$", INK, dx=-4, dy=13)
    axes[0].set(ylim=(0, 1.12), ylabel="agreement with\nthe original sign")
    if noise:
        axes[1].axhspan(noise / 10, noise, color=COLOURS["noise"], alpha=0.22, linewidth=0)
        label(axes[1], 0, noise, "not told from 0", _MUTED, dx=2, dy=-10)
    axes[1].set(yscale="log", ylim=(max(noise, 1e-3) / 2, 1.5), xlabel="lag $k$", xlim=(-0.3, lags[-1] + 0.2),
                ylabel="difference between a\nwrong and a right answer")
    return fig


@style()
def owed(nets):
    """In nets: the part of the wishes that depends on the original error, beside the gradient, by lag.

    Parameters
    ----------
    nets : list of dict
        For each panel "title", "owed" (K,), its square with 1 at lag 0, "error" (K,), the standard error of
        that, and "gradient" (K,), relative to lag 0.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(nets), 1, height=3.2 * len(nets), sharex=True)
    for ax, net in zip(np.atleast_1d(axes), nets):
        square, error = np.asarray(net["owed"]), np.asarray(net["error"])
        lags = np.arange(len(square))
        clear = square > 2 * error
        noise = np.sqrt(2 * np.median(error[1:]))
        clear &= np.cumsum(~clear) == 0  # up to the first that is not
        ax.axhspan(1e-3, noise, color=COLOURS["noise"], alpha=0.22, linewidth=0)
        label(ax, 0.66 * lags[-1], noise, "not told from 0", _MUTED, dx=-2, dy=-10)
        ax.plot(lags[clear], np.sqrt(square[clear]), "o-", color=COLOURS["class1"])
        ax.plot(lags, net["gradient"], color=COLOURS["gradient"])
        at = min(6, lags[-1])
        label(ax, at, net["gradient"][at], "gradient (tanh units)", COLOURS["gradient"], dx=6, dy=14)
        end = int(clear.sum()) - 1
        label(ax, end, np.sqrt(square[end]), "owed to the\nerror (sign)", COLOURS["class1"], dx=9)
        ax.set(yscale="log", ylim=(1e-2, 1.6), ylabel="relative to lag 0", title=net["title"])
    ax.set(xlabel="lag $k$", xlim=(-0.3, lags[-1] + 0.3))
    return fig


@style()
def rates(lengths, solved, names):
    """Share of runs that converge, by length, with 95% intervals.

    Parameters
    ----------
    lengths : list of array (K,)
    solved : list of array (K, 3)
        Mean, low and high.
    names : sequence of str

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=3.8)
    for T, share, name, colour in zip(lengths, solved, names, reversed(shades(len(names) + 1, COLOURS["class1"]))):
        mean, low, high = np.asarray(share).T
        band(ax, T, low, high, colour)
        ax.plot(T, mean, "o-", color=colour)
        label(ax, T[-1], mean[-1], name, colour, dx=-6 if T[-1] > 300 else 8, dy=-16 if T[-1] > 300 else 0)
    ticks = sorted({int(T) for each in lengths for T in each})
    ax.set(xscale="log", ylim=(0, 1.05), xlabel="length $T$ (steps)", ylabel="converged runs (share)")
    ax.set_xticks(ticks, [str(T) for T in ticks])
    return fig


@style()
def curves(panels, every):
    """Test errors of a few runs during training, one panel a learner.

    Parameters
    ----------
    panels : dict of str to array (tests, runs)
    every : int
        Presentations between two tests.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), 1, height=2.7 * len(panels), sharex=True, sharey=True)
    for ax, (title, errors) in zip(np.atleast_1d(axes), panels.items()):
        errors = np.asarray(errors)
        hue = COLOURS["gradient"] if "descent" in title else COLOURS["class1"]
        shown = every * np.arange(len(errors))
        for tone, error in zip(shades(errors.shape[1], hue), errors.T):
            end = 1 + (int(np.argmax(error == 0)) if (error == 0).any() else len(error) - 1)
            ax.plot(shown[:end], error[:end], color=tone, linewidth=1.5)
            if error[end - 1] == 0:
                ax.plot(shown[end - 1], 0, "o", color=tone, clip_on=False, zorder=5)
        ax.set(title=title, ylabel="test error", ylim=(0, 1))
    ax.set(xlabel="presentations", xlim=(0, shown[-1]))
    return fig
