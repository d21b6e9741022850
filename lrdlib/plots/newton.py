"""Figures on the rescaled gradient: curvature by lag, the recursion beside the exact one, mu, and the step by lag."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, apart, band, figure, label, shades, style

__all__ = ["derivatives", "errors", "evenness", "longest", "parts", "shared", "solved"]

_MUTED = "#5b6270"


@style()
def derivatives(names, gradient, curvature, limits):
    """First and second derivative by each instance of a weight, and the one over the other, by lag.

    Parameters
    ----------
    names : sequence of str (K,)
    gradient, curvature : array (K, T)
        Sizes, of lags 0 .. T - 1.
    limits : array (K,)
        What each ratio tends to: dashed.

    Returns
    -------
    Figure
    """
    fig, (top, bottom) = figure(2, height=6.4, sharex=True)
    lag = np.arange(np.shape(gradient)[1])
    for k, (name, g, c, limit, colour) in enumerate(zip(names, gradient, curvature, limits, shades(len(names)))):
        top.plot(lag, g, color=colour)
        top.plot(lag, c, color=colour, linestyle=":")
        label(top, lag[-1], g[-1], name, colour)
        bottom.axhline(limit, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
        bottom.plot(lag, np.asarray(g) / c, color=colour)
    high = 1.06 * np.max(np.asarray(gradient) / np.asarray(curvature))
    for limit, name, colour in zip(apart(limits, 0.075 * high), names, shades(len(names))):
        label(bottom, lag[-1], limit, name, colour)
    top.set(yscale="log", title="First derivative (solid), second (dotted)", ylabel="size (median)")
    bottom.set(title="First over second", xlabel="lag $k$ (steps back from the cost)", ylabel="ratio of medians",
               ylim=(0, high), xlim=(0, lag[-1]))
    return fig


@style()
def errors(rows, plain=(), high=1.05):
    """How far the recursion is off, by lag.

    Parameters
    ----------
    rows : dict of str to array (T,)
        Medians of the relative error, of lags 0 .. T - 1.
    plain : dict of str to array (T,), optional
        Others, drawn dashed.
    high : float
        The upper end of the axis.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    looks = [(name, values, colour, "-") for (name, values), colour in zip(rows.items(), shades(len(rows)))]
    looks += [(name, values, _MUTED, "--") for name, values in dict(plain).items()]
    places = apart([values[-1] for _, values, _, _ in looks], 0.075 * high)
    for (name, values, colour, line), place in zip(looks, places):
        lag = np.arange(len(values))
        ax.plot(lag, values, color=colour, linestyle=line, marker="o", markersize=3.5, linewidth=1.6, clip_on=False)
        label(ax, lag[-1], place, name, colour, dx=9)
    ax.set(ylim=(0, high), xlim=(0, lag[-1]), xlabel="lag $k$ (steps back from the cost)",
           ylabel="relative error (median)")
    ax.set_xticks(range(0, len(lag), 5))
    return fig


@style()
def shared(panels):
    """The size of the second derivative by a shared weight: the recursion's sum over time beside the exact one.

    Parameters
    ----------
    panels : sequence of dict
        ``title``; ``exact`` and ``recursion``, arrays of the same size without a 0. Where their signs differ, the point
        is grey; within the pale band the sizes differ by less than a factor of two.

    Returns
    -------
    Figure
    """
    fig, axes = figure(1, len(panels), height=4.1, squeeze=False, format="png", sharex=True, sharey=True)
    sizes = np.log10(np.abs([np.ravel(panel[key]) for panel in panels for key in ("exact", "recursion")]))
    ends = 10.0 ** (np.quantile(sizes, [0.002, 1]) + np.array([-0.3, 0.3]))
    for ax, panel in zip(axes[0], panels):
        x, y = np.ravel(panel["exact"]), np.ravel(panel["recursion"])
        same = x * y > 0
        band(ax, ends, ends / 2, ends * 2, COLOURS["bound"])
        ax.plot(ends, ends, color=COLOURS["bound"], linestyle="--", linewidth=1)
        for which, colour in ((same, COLOURS["gradient"]), (~same, COLOURS["noise"])):
            ax.plot(np.abs(x[which]), np.abs(y[which]), "o", color=colour, markersize=2.2, alpha=0.5,
                    markeredgewidth=0)
        ax.set(title=panel["title"], xlabel="exact, in size", xscale="log", yscale="log", xlim=ends, ylim=ends,
               aspect="equal")
    axes[0, 0].set_ylabel("recursion, summed over $t$, in size")
    return fig


@style()
def longest(decades, mu, steps, least=-15):
    """The longest step per unit of rate, by the size of the curvature.

    Parameters
    ----------
    decades : array (D,)
        Edges of the bins, in powers of ten: bin b ends at edge b, and one bin more lies beyond the last edge.
    mu : array (M,)
    steps : array (M, D + 1)
        0 where a bin is empty.
    least : float
        The first edge from which bins are shown.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4)
    decades, steps = np.asarray(decades), np.asarray(steps)
    middle = np.append(decades, decades[-1] + 3) - 1.5
    seen = (steps[0] > 0) & (middle > least)
    colours = shades(len(mu))
    heights = []
    for size, row, colour in zip(mu, steps, colours):
        ax.plot(10.0 ** middle[seen], row[seen], color=colour, marker="o", markersize=4)
        heights.append(np.log10(row[seen][0]))
    for place, size, colour in zip(apart(heights, 0.95), mu, colours):
        name = f"{size:g}" if size > 1e-4 else rf"$10^{{{round(np.log10(size))}}}$"
        label(ax, 10.0 ** middle[seen][0], 10.0**place, rf"$\mu$ = {name}", colour, dx=-8)
    left, right = middle[seen][[0, -1]]
    ax.set_ylim(10.0 ** (apart(heights, 0.95).min() - 1), 5 * steps[:, seen].max())
    ax.set(xscale="log", yscale="log", xlabel="size of the curvature (bins of three decades)",
           ylabel="longest step, in units of the rate",
           xlim=(10.0 ** (left - 0.32 * (right - left)), 10.0 ** (right + 1)))
    return fig


@style()
def parts(rows, plain, until=1e-15):
    """What each lag adds to a step, on a logarithmic scale.

    Parameters
    ----------
    rows : dict of str to array (T,)
        The first is drawn darkest.
    plain : array (T,)
        The gradient itself.
    until : float
        The lower end of the axis.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.6)
    looks = [(name, values, colour, "-") for (name, values), colour in zip(rows.items(), reversed(shades(len(rows))))]
    looks.append(("gradient", plain, _MUTED, "--"))
    for name, values, colour, line in looks:
        values = np.asarray(values, float)
        ax.plot(np.arange(len(values)), np.where(values > 0, values, np.nan), color=colour, linestyle=line, label=name)
    ax.legend(loc="lower left", handlelength=1.6, labelspacing=0.3, borderaxespad=0.4)
    ax.set(yscale="log", ylim=(until, None), xlim=(0, len(plain) - 1), xlabel="lag $k$ (steps back from the cost)",
           ylabel="what lag $k$ adds to the step\n(per unit of rate, median)")
    return fig


@style()
def evenness(groups):
    """What the oldest lags move, over what the most recent do: medians and quartiles.

    Parameters
    ----------
    groups : sequence of (str, sequence of (str, array (3,)))
        A title, and rows of a name and quartiles, by default of 1 where old and new move the weights alike.

    Returns
    -------
    Figure
    """
    count = sum(len(rows) for _, rows in groups) + len(groups)
    fig, ax = figure(height=1.1 + 0.33 * count)
    y, ticks, names = 0, [], []
    for (title, rows), colour in zip(groups, shades(len(groups) + 1)[1:]):
        label(ax, 0.012, y, title, colour, dx=1, ha="left", xycoords=ax.get_yaxis_transform(), fontweight="bold")
        y -= 1
        for name, (low, middle, high) in rows:
            ax.plot(np.maximum([low, high], 1e-300), [y, y], color=colour, linewidth=5, alpha=0.4)
            ax.plot(middle, y, "o", color=colour, clip_on=False, zorder=3)
            ticks.append(y)
            names.append(name)
            y -= 1
    ax.axvline(1, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
    label(ax, 1, y + 0.4, "alike", COLOURS["bound"], dx=-5)
    ax.set(xscale="log", yticks=ticks, yticklabels=names, ylim=(y, 0.7),
           xlabel="oldest fifth of the lags over the most recent fifth")
    ax.grid(axis="y", visible=False)
    return fig


@style()
def solved(panels, rate, mu):
    """The share of runs that were solved, by rate over mu.

    Parameters
    ----------
    panels : sequence of dict
        ``title``; ``rows``, a dict of name to (S, 3): share and interval for each setting; ``plain`` (3,), those of
        gradient descent.
    rate, mu : array (S,)
        The settings, drawn side by side in the order of rate / mu.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), height=3.5 * len(panels), sharex=True, squeeze=False)
    rate, mu = np.asarray(rate), np.asarray(mu)
    order = np.lexsort((rate, np.round(np.log10(rate / mu), 6)))
    x = np.arange(len(order))
    for ax, panel in zip(axes[:, 0], panels):
        middle, low, high = panel["plain"]
        ax.axhspan(low, high, color=COLOURS["noise"], alpha=0.15, linewidth=0)
        ax.axhline(middle, color=_MUTED, linestyle="--", linewidth=1.4)
        label(ax, x[-1] + 0.45, middle, "gradient\ndescent", _MUTED, dx=8)
        for k, (name, values) in enumerate(panel["rows"].items()):
            values, at = np.asarray(values)[order], x + 0.17 * (k - 1.5)
            weighted, exact = "weighted" in name, "exact" in name
            colour = COLOURS["gradient"] if weighted else INK
            ax.errorbar(at, values[:, 0], np.abs(values[:, 1:] - values[:, :1]).T, color=colour, linewidth=1.2,
                        linestyle="-" if exact else ":", marker="o", markerfacecolor=colour if exact else "white",
                        label=name, markersize=4.5)
        ax.set(title=panel["title"], ylim=(0, 1.03), ylabel="solved (share)", xlim=(-0.45, x[-1] + 0.45))
        ax.grid(axis="x", visible=False)
    axes[-1, 0].set_xticks(x, [f"{float(f'{a / b:.1g}'):g}\n{a:g}\n{b:g}" for a, b in zip(rate[order], mu[order])])
    axes[-1, 0].set_xlabel(r"rate over $\mu$; below it the rate, and $\mu$")
    axes[0, 0].legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.12), handlelength=2.2, columnspacing=1.4)
    return fig
