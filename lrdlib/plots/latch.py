"""Figures of training the latch: its inputs, its cost surface, Fig. 3, its ceilings, and where failures come from."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LogNorm

from lrdlib.plots.style import COLOURS, DENSITY, INK, band, figure, label, style

__all__ = ["cost_surface", "density", "failures", "frequency", "gradient_sizes", "letting_go", "narx",
           "sensitivity", "sequences"]

_GREY = "#5b6270"
_PALE = "#dfe2e7"
_PARTLY = "#9cc7ea"
_CLASSES = ("class0", "class1")


def _lengths(ax, T):
    """The lengths T on a logarithmic axis, in plain numbers."""
    ax.set(xscale="log", xlim=(T[0], T[-1]))
    ax.set_xticks([5, 10, 20, 50, 100, 200], ["5", "10", "20", "50", "100", "200"])
    ax.minorticks_off()


def _curves(ax, T, curves, **line):
    """Shares against T with their bands and names, as `frequency` describes them; bounds are dashed."""
    for curve in curves:
        colour = COLOURS[curve["colour"]]
        if curve.get("bound"):
            ax.plot(T, curve["rate"], color=colour, linestyle=(0, (4, 3)), linewidth=1.6)
        else:
            ax.plot(T, curve["rate"], color=colour, markersize=4, **line)
            band(ax, T, curve["low"], curve["high"], colour)
        at = np.argmin(np.abs(T - curve["at"]))
        label(ax, T[at], curve["rate"][at], curve["name"], colour, dx=curve.get("dx", 7), dy=curve.get("dy", 0))


@style()
def sequences(inputs, states, classes, L):
    """Inputs h_t of the latch and what the neuron makes of them, as in Fig. 2.

    Parameters
    ----------
    inputs : array (B, T)
        h_t: free for t <= L, noise afterwards.
    states : array (B, T + 1)
        x_t, from x_0 on.
    classes : array of int (B,)
    L : int

    Returns
    -------
    Figure
    """
    fig, (top, bottom) = figure(2, 1, height=5.6, sharex=True)
    T = inputs.shape[1]
    for h, x, c in zip(inputs, states, classes):
        colour = COLOURS[_CLASSES[c]]
        top.plot(np.arange(1, L + 1), h[:L], "o-", color=colour, linewidth=1.5)
        top.plot(np.arange(L, T + 1), h[L - 1:], color=COLOURS["noise"], linewidth=1.0, zorder=1)
        bottom.plot(np.arange(T + 1), x, color=colour, linewidth=1.5)
    for ax in (top, bottom):
        ax.axvspan(0.5, L + 0.5, color="#f3f0e4", zorder=0)
        ax.axhline(0, color="#a9afba", linewidth=0.9)
    bottom.axhline(0.8, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    bottom.axhline(-0.8, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    label(bottom, T, 0.8, "target of\nclass 1", INK)
    label(bottom, T, -0.8, "target of\nclass 0", INK)
    label(top, L / 2 + 0.5, np.abs(inputs).max() * 1.18, "free", _GREY, dx=0)
    label(top, (T + L) / 2, np.abs(inputs).max() * 1.18, "noise", _GREY, dx=0)
    top.set(ylabel="input $h_t$", ylim=np.array([-1.05, 1.32]) * np.abs(inputs).max())
    bottom.set(ylabel="output $x_t$", xlabel="step $t$", ylim=(-1.1, 1.1), xlim=(0, T), yticks=[-1, 0, 1])
    return fig


@style()
def cost_surface(w, h, cost, paths=()):
    """The cost over the weight w and the free input h (class 1 gets +h, class 0 gets -h), with paths of descent.

    Parameters
    ----------
    w : array (nw,)
    h : array (nh,)
    cost : array (nw, nh)
        Mean cost of a sequence.
    paths : sequence of array (K, 2)
        (w, h) at each epoch; drawn from the open circle to the full one.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4, format="png")
    mesh = ax.pcolormesh(w, h, cost.T, cmap=DENSITY.reversed(), norm=LogNorm(max(cost.min(), 1e-3), cost.max()),
                         shading="gouraud", rasterized=True)
    for path in paths:
        for width, colour in ((4.2, "white"), (2.2, COLOURS["gradient"])):
            ax.plot(*path.T, color=colour, linewidth=width)
        ax.plot(*path[0], "o", color=COLOURS["gradient"], markerfacecolor="white")
        ax.plot(*path[-1], "o", color=COLOURS["gradient"], markeredgecolor="white")
    ax.axvline(1, color="white", linestyle=(0, (4, 3)), linewidth=1.2)
    bar = fig.colorbar(mesh, ax=ax, label="mean cost of a sequence", pad=0.02)
    bar.outline.set_visible(False)
    ax.set(xlabel="weight $w$", ylabel="free input $h$ of class 1", xlim=(w[0], w[-1]), ylim=(h[0], h[-1]))
    ax.grid(False)
    return fig


@style()
def density(w0, s, rate, runs, ceiling=None):
    """Share of runs that converge over w0 and s, as in Fig. 3(a), with both readings of the noise.

    Parameters
    ----------
    w0 : array (nw,)
    s : array (ns,)
        Standard deviations.
    rate : array (nw, ns)
    runs : int
        Runs in each cell.
    ceiling : array (nw, ns), optional
        Share of runs that the best free inputs solve with w kept at w0; its level of one half is drawn dashed.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.8, format="png")
    half_w, half_s = (w0[1] - w0[0]) / 2, (s[1] - s[0]) / 2  # a cell reaches half a step to each side
    mesh = ax.pcolormesh(w0, s, rate.T, cmap=DENSITY, vmin=0, vmax=1, rasterized=True)
    if ceiling is not None:
        ax.contour(w0, s, ceiling.T, [0.5], colors="white", linestyles="--", linewidths=1.8)
        at = len(s) * 3 // 5
        x = np.interp(0.5, ceiling[:, at], w0)
        label(ax, x, s[at], "w kept at w0:\nhalf could", INK, dx=-8, fontsize=10.5)
    bar = fig.colorbar(mesh, ax=ax, label=f"share of {runs} runs that converge", pad=0.13)
    bar.outline.set_visible(False)
    ax.set(xlabel="first weight $w_0$", ylabel="noise: standard deviation $s$", xlim=(w0[0] - half_w, w0[-1] + half_w), ylim=(s[0] - half_s, s[-1] + half_s))
    right = ax.twinx()
    variances = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    variances = variances[np.sqrt(variances) <= s[-1]]
    right.set(ylim=ax.get_ylim(), yticks=np.sqrt(variances), yticklabels=[f"{v:g}" for v in variances],
              ylabel="the same as variance $s^2$")
    right.spines["right"].set_visible(False)
    ax.grid(False)
    right.grid(False)
    return fig


@style()
def frequency(T, curves, titles):
    """Frequency of convergence against T, one panel a reading of the noise, as in Fig. 3(b).

    Parameters
    ----------
    T : array (nT,)
    curves : sequence (panels) of sequence of dict
        Each with "rate", "low", "high" (arrays (nT,)), "name", "colour" (a key of COLOURS), "at" (the length at
        which it bears its label), and optionally "bound": True for a ceiling, which is drawn dashed, and "dy".
    titles : sequence of str

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(curves), 1, height=3.3 * len(curves), sharex=True, squeeze=False)
    for ax, panel, title in zip(axes[:, 0], curves, titles):
        _curves(ax, T, panel, marker="o")
        ax.set(title=title, ylim=(-0.04, 1.06), ylabel="runs that converge", yticks=[0, 0.5, 1],
               yticklabels=["0", "50%", "100%"])
        _lengths(ax, T)
    axes[-1, 0].set_xlabel("length $T$ (steps)")
    return fig


@style()
def failures(T, parts, names):
    """What becomes of the runs at each length: shares stacked to one.

    Parameters
    ----------
    T : array (nT,)
    parts : array (parts, nT)
        Shares; the first is that of the runs that converge.
    names : sequence of str

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.0)
    colours = [COLOURS["class1"], _PARTLY, COLOURS["gradient"], _PALE][: len(parts)]
    ax.stackplot(T, parts, colors=colours, linewidth=0)
    below = np.cumsum(parts, axis=0) - parts
    for k, (part, base, name, colour) in enumerate(zip(parts, below, names, colours)):
        inside = np.argmin(np.abs(np.log(T) - np.average(np.log(T), weights=part)))
        point = T[inside], base[inside] + part[inside] / 2
        if k == 1:  # a narrow band: its name stands beside it, on the first part
            ax.annotate(name, point, (T[0] * 1.15, 0.3), color="white", va="center",
                        arrowprops={"arrowstyle": "-", "color": "white", "shrinkA": 0, "shrinkB": 0})
            continue
        dark = colour in (COLOURS["class1"], COLOURS["gradient"])
        ax.annotate(name, point, ha="center", va="center", color="white" if dark else INK)
    ax.set(xlabel="length $T$ (steps)", ylabel="share of runs", ylim=(0, 1),
           yticks=[0, 0.5, 1], yticklabels=["0", "50%", "100%"])
    _lengths(ax, T)
    return fig


@style()
def gradient_sizes(T, weight, inputs):
    """Sizes of two gradients against T: the median over training sets, and the band that holds 90% of them.

    Parameters
    ----------
    T : array (nT,)
    weight, inputs : array (nT, 3)
        The 5%, 50% and 95% quantiles of the size of dC/dw, and of dC/dh_t at a free input.

    Returns
    -------
    Figure
    """
    fig, ax = figure()
    for sizes, name, colour, dy in ((weight, "$dC/dw$", INK, 14), (inputs, "$dC/dh_L$", COLOURS["gradient"], -16)):
        ax.plot(T, sizes[:, 1], "o-", color=colour, markersize=4)
        band(ax, T, sizes[:, 0], sizes[:, 2], colour)
        label(ax, T[len(T) // 2], sizes[len(T) // 2, 1], name, colour, dx=-4, dy=dy)
    ax.set(yscale="log", xlabel="length $T$ (steps)", ylabel="size, for a sequence", xlim=(T[0], T[-1]),
           ylim=(max(inputs[-1, 1] / 30, 1e-12), None))
    return fig


@style()
def letting_go(w, solved):
    """The weight of every run against the epoch: runs that converge, and runs that do not.

    Parameters
    ----------
    w : array (epochs, R)
    solved : array of bool (R,)

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.0)
    epochs = np.arange(len(w))
    for good, colour in ((False, COLOURS["class0"]), (True, COLOURS["class1"])):
        ax.plot(epochs, w[:, solved == good], color=colour, linewidth=0.9, alpha=0.6)
    ax.axhline(1, color=COLOURS["bound"], linestyle=(0, (4, 3)), linewidth=1.4)
    label(ax, epochs[-1], 1, "$w=1$", INK)
    label(ax, epochs[-1], np.median(w[-1, solved]), "converged", COLOURS["class1"])
    label(ax, epochs[-1], np.median(w[-1, ~solved]), "did not", COLOURS["class0"])
    ax.set(xlabel="epoch", ylabel="weight $w$", xlim=(0, epochs[-1]), ylim=(-1, 3))
    return fig


@style()
def sensitivity(shares, claims):
    """In which share of settings each claim holds, level by level of every setting.

    Parameters
    ----------
    shares : dict of str to array (claims, 3)
        For each level ("rate 0.1", ...), for each claim, the shares reproduced, partly and not.
    claims : sequence of str

    Returns
    -------
    Figure
    """
    names = list(shares)
    fig, axes = figure(1, len(claims), width=7.6, height=0.34 * len(names) + 1.0, sharey=True, squeeze=False)
    rows = np.arange(len(names))[::-1]
    for k, (ax, claim) in enumerate(zip(axes[0], claims)):
        left = np.zeros(len(names))
        for part, colour in zip(np.array([shares[name][k] for name in names]).T,
                                (COLOURS["class1"], _PARTLY, _PALE)):
            ax.barh(rows, part, left=left, color=colour, height=0.74)
            left = left + part
        ax.set(title=claim, xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "50%", "100%"], yticks=rows)
        ax.set_yticklabels(names)
        ax.tick_params(axis="y", length=0, labelcolor=INK)
        ax.grid(False)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
    return fig


@style()
def narx(T, curves):
    """The NARX paper's latching experiment: runs in which no string is wrong, against T.

    Parameters
    ----------
    T : array (nT,)
    curves : sequence of dict
        As for `frequency`.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=3.6)
    _curves(ax, T, curves)
    ax.set(xlabel="length $T$ (steps)", ylabel="runs without a wrong string", ylim=(-0.04, 1.06), xlim=(T[0], T[-1]),
           yticks=[0, 0.5, 1], yticklabels=["0", "50%", "100%"])
    return fig
