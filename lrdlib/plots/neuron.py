"""Figures of the one-neuron latch: its fixed points, what moves it, and how long its bit survives."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = [
    "bounds_compared",
    "cobweb",
    "critical_inputs",
    "density_spread",
    "hysteresis",
    "pitchfork",
    "survival_curves",
    "times_to_switch",
    "worst_and_random",
]

_GREY = "#5b6270"
_CRITICAL = r"h^{{*}}"  # doubly braced: mathtext sets a bare star with the space of a product


@style()
def cobweb(w, h, orbits):
    """Cobweb plots of x -> tanh(w x + h), one panel a column.

    Parameters
    ----------
    w, h : sequence of float, one or two of each
        Recurrent weight and constant input of each panel.
    orbits : sequence of array (K, T + 1), one a panel
        K orbits in x each; those that end above zero take the colour of class 1, the others that of class 0.

    Returns
    -------
    Figure
    """
    size = {"width": 6.2, "height": 3.6} if len(w) == 2 else {"width": 5.0, "height": 5.0}
    fig, axes = figure(1, len(w), squeeze=False, sharey=True, **size)
    x = np.linspace(-1, 1, 401)
    for ax, weight, drive, runs in zip(axes[0], w, h, orbits):
        ax.plot(x, x, color="#a9afba", linewidth=1.2)
        ax.plot(x, np.tanh(weight * x + drive), color=INK)
        for run in runs:
            colour = COLOURS["class1" if run[-1] > 0 else "class0"]
            across, up = np.repeat(run, 2)[:-1], np.repeat(run, 2)[1:]
            ax.plot(across, np.concatenate([[run[0]], up[1:]]), color=colour, linewidth=1.4)
            ax.plot(run[0], run[0], "o", color=colour, markerfacecolor="white")
            ax.plot(run[-1], run[-1], "o", color=colour)
        ax.set(xlabel="output now, $x_{t-1}$", xlim=(-1.04, 1.04), ylim=(-1.04, 1.04), aspect="equal",
               xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        ax.set_title(f"$w={weight:g}$, $h={drive:.3g}$")
    axes[0, 0].set_ylabel("output next, $x_t$")
    return fig


@style()
def pitchfork(points):
    """Fixed points without input against w: stable branches solid, the unstable one dashed.

    Parameters
    ----------
    points : lrdlib.dynamics.FixedPoints
        Of shape (W,), at rising w and h = 0.

    Returns
    -------
    Figure
    """
    fig, ax = figure()
    w, x = points.w, points.x
    for branch, colour in ((0, COLOURS["class0"]), (2, COLOURS["class1"])):
        ax.plot(w, x[:, branch], color=colour)
    rests = np.ma.masked_where(points.count > 1, x[:, 1])
    ax.plot(w, rests, color=INK)
    repels = np.ma.masked_where(points.count == 1, x[:, 1])
    ax.plot(w, repels, color=INK, linestyle=(0, (4, 3)), linewidth=1.5)
    centre = w[len(w) * 3 // 4]
    label(ax, centre, 0.62, r"$+\bar x$: the bit is 1", COLOURS["class1"], dx=0)
    label(ax, centre, -0.62, r"$-\bar x$: the bit is 0", COLOURS["class0"], dx=0)
    label(ax, centre, 0, "unstable", dx=0, dy=10)
    label(ax, (w[0] + 1) / 2, 0, "one rest point:\nno memory", dx=0, dy=18)
    ax.set(xlabel="recurrent weight $w$", ylabel="fixed point $x$", xlim=(w[0], w[-1]), ylim=(-1.05, 1.05))
    return fig


@style()
def hysteresis(points, h, x, critical):
    """Fixed points against the input for one w, and the neuron while its input is swept up and down.

    Parameters
    ----------
    points : lrdlib.dynamics.FixedPoints
        Of shape (H,), at rising h and one w > 1.
    h, x : array (T,)
        The input, first rising and then falling, and the output it leads to.
    critical : float
        h*(w).

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    for branch in (0, 2):
        ax.plot(points.h, points.x[:, branch], color="#c5cad3", linewidth=7, solid_capstyle="butt")
    ax.plot(points.h, points.x[:, 1], color=_GREY, linestyle=(0, (4, 3)), linewidth=1.5)
    turn = int(np.argmax(h)) + 1
    for part, colour, name, dx in ((slice(0, turn), COLOURS["class1"], "rising", 1),
                                   (slice(turn - 1, None), COLOURS["class0"], "falling", -1)):
        ax.plot(h[part], x[part], color=colour, linewidth=1.9)
        jump = int(np.argmax(np.abs(np.diff(x[part]))))
        place = h[part][jump], 0.5 * dx
        arrow = {"arrowstyle": "-|>,head_width=.35,head_length=.7", "color": colour, "linewidth": 0}
        ax.annotate("", (place[0], 0.22 * dx), (place[0], -0.22 * dx), zorder=5, arrowprops=arrow)
        label(ax, *place, f"input\n{name}", colour, dx=9 * dx)
    for side in (-1, 1):
        ax.axvline(side * critical, color=COLOURS["bound"], linestyle="--", linewidth=1)
        name = f"${_CRITICAL}$" if side > 0 else f"$-{_CRITICAL}$"
        label(ax, side * critical, -0.6 * side, name, COLOURS["bound"], dx=9 * side)
    label(ax, 0, 0, "unstable", _GREY, dx=14, dy=12)
    ax.set(xlabel="input $h$ (added to the pre-activation)", ylabel="output $x$", ylim=(-1.05, 1.05),
           xlim=(points.h[0], points.h[-1]))
    return fig


@style()
def critical_inputs(w, h, found_w, lower, upper):
    """h*(w): the closed form as a line, brackets from iterating the map as points.

    Parameters
    ----------
    w, h : array (W,)
        The closed form.
    found_w, lower, upper : array (K,)
        Weights, and bounds on h* there.

    Returns
    -------
    Figure
    """
    fig, ax = figure()
    ax.fill_between(w, 0, h, color=COLOURS["class0"], alpha=0.13, linewidth=0)
    ax.plot(w, h, color=COLOURS["bound"])
    middle = (lower + upper) / 2
    ax.errorbar(found_w, middle, [middle - lower, upper - middle], fmt="o", color=COLOURS["class1"],
                markerfacecolor="white", markeredgewidth=1.8, zorder=4)
    last = len(w) * 9 // 10
    label(ax, w[last], h[last], f"${_CRITICAL}(w)$", dx=-10, dy=8)
    weak = "too weak: the bit stays, for ever"
    label(ax, w[last], h[last] * 0.3, weak, COLOURS["class0"], dx=0, ha="right")
    label(ax, w[0], h[-1] * 0.72, "strong enough:\nthe bit can be written", _GREY, dx=10)
    label(ax, found_w[-3], middle[-3], "found by iterating", COLOURS["class1"], dx=12, dy=-6)
    ax.set(xlabel="recurrent weight $w$", ylabel="constant input $h$", xlim=(w[0], w[-1]), ylim=(0, h[-1]))
    return fig


@style()
def times_to_switch(w, excess, steps, law):
    """L1 against how far the input exceeds h*, both on logarithmic axes, for several w.

    Parameters
    ----------
    w : array (W,)
    excess : array (H,)
        h - h*(w).
    steps : array (W, H)
        L1.
    law : array (W, H)
        The asymptotic law.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4)
    for k, colour in enumerate(shades(len(w), COLOURS["class1"])):
        ax.plot(excess, law[k], color=COLOURS["bound"], linestyle="--", linewidth=1)
        ax.plot(excess, steps[k], color=colour, drawstyle="steps-mid")
    at = len(excess) // 8
    label(ax, excess[at], steps[0, at], f"$w={w[0]:g}$", dx=10, dy=12)
    label(ax, excess[at], steps[-1, at], f"$w={w[-1]:g}$", dx=-10, dy=-12)
    at = len(excess) * 3 // 5
    label(ax, excess[at], law[0, at], rf"dashed: $\pi\,/\sqrt{{u\,(h-{_CRITICAL})}}$", COLOURS["bound"], dx=10, dy=20)
    ax.set(xscale="log", yscale="log", xlabel=f"input above the critical one, $h - {_CRITICAL}(w)$",
           ylabel="steps to switch, $L_1$", xlim=(excess[0], excess[-1]))
    return fig


@style()
def density_spread(a, densities, steps):
    """The density of the pre-activation after some numbers of noisy steps, one above the other.

    Parameters
    ----------
    a : array (N,)
        Pre-activations.
    densities : array (K, N)
        One density a row.
    steps : sequence of int (K,)
        After how many steps.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(steps), height=1.15 * len(steps) + 0.6, sharex=True, sharey=True, squeeze=False)
    for ax, p, n in zip(axes[:, 0], densities, steps):
        for side, colour in ((a >= 0, COLOURS["class1"]), (a <= 0, COLOURS["class0"])):
            ax.fill_between(a, 0, p, where=side, color=colour, alpha=0.3, linewidth=0)
            ax.plot(a[side], p[side], color=colour)
        right = p[a > 0].sum() / p.sum()
        label(ax, a[0], densities.max() * 0.72, f"{n} step{'s' if n > 1 else ''}", dx=4)
        label(ax, a[-1], densities.max() * 0.72, f"{right:.0%} right", COLOURS["class1"], dx=-4)
        ax.axvline(0, color=COLOURS["bound"], linestyle="--", linewidth=1)
        ax.set(yticks=[], xlim=(a[0], a[-1]), ylim=(0, None))
        ax.spines["left"].set_visible(False)
        ax.grid(False)
    axes[-1, 0].set_xlabel("pre-activation $a$ (negative: the bit is lost)")
    fig.supylabel("density", fontsize=12)
    return fig


@style()
def survival_curves(steps, curves, names, low=None, high=None):
    """Probability that the bit is right against the number of noisy steps.

    Parameters
    ----------
    steps : array (N,)
    curves : array (K, N)
    names : sequence of str (K,)
        Written at the right end of each curve.
    low, high : array (K, N), optional
        Intervals, as bands.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4)
    colours = shades(len(names), COLOURS["class1"])
    ends = apart([curve[-1] for curve in curves], 0.042)
    for k, (curve, name, colour) in enumerate(zip(curves, names, colours)):
        ax.plot(steps, curve, color=colour)
        if low is not None:
            band(ax, steps, low[k], high[k], colour, alpha=0.3)
        label(ax, steps[-1], ends[k], name)
    ax.axhline(0.5, color=COLOURS["bound"], linestyle="--", linewidth=1)
    label(ax, steps[0], 0.5, "a coin", COLOURS["bound"], dx=6, dy=-10)
    ax.set(xlabel="steps of noise $n$", ylabel="P(the bit is right)", xlim=(steps[0], steps[-1]),
           ylim=(min(0.44, np.min(curves) - 0.02), 1.03))
    return fig


@style()
def worst_and_random(worst, random, bound, critical):
    """A neuron that holds +1 under the worst and under random inputs of the same bound.

    Parameters
    ----------
    worst : array (T + 1,)
        Outputs under the constant input -bound.
    random : array (K, T + 1)
        Outputs under independent inputs, uniform in [-bound, bound].
    bound, critical : float
        The inputs' bound, and h*(w).

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4)
    t = np.arange(len(worst))
    for run in random:
        ax.plot(t, run, color=COLOURS["noise"], linewidth=0.7, alpha=0.55)
    ax.plot(t, worst, color=COLOURS["class0"])
    ax.axhline(0, color=COLOURS["bound"], linestyle="--", linewidth=1)
    chance = f"{len(random)} neurons, random inputs in $\\pm${bound:.3f}"
    enemy = f"constant input $-${bound:.3f} (and ${_CRITICAL}$ = {critical:.3f})"
    label(ax, t[-1], random[:, -1].max(), chance, _GREY, dx=-1, dy=14)
    label(ax, t[-1], worst[-1], enemy, COLOURS["class0"], dx=-1, dy=14)
    label(ax, t[-1], 0, "below this line the bit is lost", COLOURS["bound"], dx=-1, dy=-10)
    ax.set(xlabel="step $t$", ylabel="output $x_t$", xlim=(0, t[-1]), ylim=(-1.05, 1.05))
    return fig


@style()
def bounds_compared(bounds, random, low, high, critical, claimed):
    """Whether the bit survives inputs of one bound: the worst of them, and random ones.

    Parameters
    ----------
    bounds : array (K,)
    random, low, high : array (K,)
        P(the bit is right) under uniform noise of that bound, and an interval.
    critical : float
        h*(w): the worst constant input beyond it flips the bit.
    claimed : float
        The bound within which the literature calls the neuron robust.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4)
    ax.plot([0, critical, critical, bounds[-1]], [1, 1, 0, 0], color=COLOURS["class0"])
    band(ax, bounds, low, high, COLOURS["noise"], alpha=0.4)
    ax.plot(bounds, random, "o-", color=_GREY, markersize=4, linewidth=1.6, clip_on=False, zorder=3)
    ax.axvline(claimed, color=COLOURS["bound"], linestyle="--", linewidth=1)
    label(ax, bounds[-1], 0, "the worst (constant) input", COLOURS["class0"], dx=-4, dy=12)
    label(ax, bounds[-3], random[-3], "random inputs", _GREY, dx=10, dy=14)
    label(ax, claimed, 0.5, f"{claimed:g}, called robust", COLOURS["bound"], dx=8, dy=-14)
    ax.set(xlabel="bound of the inputs (added to the pre-activation)", ylabel="P(the bit is right)",
           xlim=(0, bounds[-1]), ylim=(-0.04, 1.05))
    return fig
