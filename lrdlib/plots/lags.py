"""Figures on where the gradient goes: the share of each lag, long products of Jacobians, growth and its bound."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, apart, figure, label, shades, style

__all__ = ["growth", "profiles", "reach", "singular_values", "waterfall"]

_MUTED = "#5b6270"


@style()
def waterfall(shares, rows, row_label, marks=()):
    """The share of each lag, one ridge for each row, the last row in front.

    Parameters
    ----------
    shares : array (K, T)
        Of lags 0 .. T - 1.
    rows : sequence of str (K,)
        What each ridge is called.
    row_label : str
        What the rows are.
    marks : sequence of int
        Lags at which the input that matters came: shaded from the first to the last, in the colour of class 1.

    Returns
    -------
    Figure
    """
    shares = np.asarray(shares)
    K, T = shares.shape
    fig, ax = figure(height=5.4)
    tallest = shares.max()
    back, up = 0.55 * T / K, 1.3 * tallest / K  # how far each row lies behind the one before it
    lag = np.arange(T)

    def floor(lags, row):
        return np.asarray(lags) + back * (K - 1 - row), np.full(np.shape(lags), up * (K - 1 - row))

    for at in range(0, T, 5 if T > 12 else 2):
        x, y = zip(floor(at, 0), floor(at, K - 1))
        ax.plot(x, y, color="#dfe2e8", linewidth=0.8, zorder=1)
    if len(marks):
        near, far = min(marks) - 0.5, max(marks) + 0.5
        corners = [floor(near, 0), floor(far, 0), floor(far, K - 1), floor(near, K - 1)]
        ax.fill(*np.array(corners).T, color=COLOURS["class1"], alpha=0.14, linewidth=0, zorder=1)
        label(ax, *floor((near + far) / 2, K - 1), "what matters\ncame here", COLOURS["class1"], dx=0, dy=-34,
              ha="center")
    for k, (values, name, colour) in enumerate(zip(shares, rows, shades(K))):
        x, base = floor(lag, k)
        for face, alpha in (("white", 0.8), (colour, 0.3)):
            ax.fill_between(x, base, base + values, color=face, alpha=alpha, linewidth=0, zorder=2 + k)
        ax.plot(x, base + values, color=colour, linewidth=1.7, zorder=2 + k)
        label(ax, x[-1], base[-1], name, colour, dx=7)
    tall = next(m for m in (0.5, 0.2, 0.1, 0.05, 0.02, 0.01) if m <= tallest)
    x, y = -0.03 * T, 0
    ax.plot([x, x], [y, y + tall], color=INK, linewidth=2, solid_capstyle="butt", clip_on=False)
    label(ax, x, y + tall / 2, f"share\n{tall:g}", INK, dx=-6, ha="right")
    label(ax, *floor(T - 1, K - 1), row_label, INK, dx=50, dy=0)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set(yticks=[], xticks=range(0, T, 5 if T > 12 else 2), xlim=(-0.05 * T, T - 1 + back * (K - 1)), ylim=(0, None))
    ax.set_xlabel("lag $k$ (steps back from the cost)", loc="left")
    return fig


@style()
def profiles(shares, controls=(), marks=()):
    """The share of each lag for several nets, on a logarithmic scale.

    Parameters
    ----------
    shares : dict of str to array (T,)
        By name.
    controls : sequence of str
        Those that are drawn in grey.
    marks : sequence of int
        As for `waterfall`.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.4)
    colours = iter(shades(len(shares) - len(controls)))
    if len(marks):
        ax.axvspan(min(marks) - 0.5, max(marks) + 0.5, color=COLOURS["class1"], alpha=0.15, linewidth=0)
    seen = {name: int(np.argmax(np.append(share, 0) < 1e-16)) for name, share in shares.items()}
    above = 1  # names of the flat lines stand above and below them by turns
    for name, share in shares.items():
        look = {"color": _MUTED, "linestyle": "--"} if name in controls else {"color": next(colours)}
        ax.plot(np.arange(len(share)), np.where(np.asarray(share) > 0, share, np.nan), **look)
        k = int(0.6 * seen[name])
        if name in controls:
            label(ax, k, share[k], name, look["color"], dx=0, dy=14 * above, ha="center")
            above = -above
        else:  # the steepest line has its name on its left
            left = seen[name] == min(seen.values())
            label(ax, k, share[k], name, look["color"], dx=-7 if left else 8, dy=-6 if left else 7,
                  ha="right" if left else "left")
    ax.set(yscale="log", xlabel="lag $k$ (steps back from the cost)", ylabel="share of lag $k$ (median)",
           xlim=(0, max(map(len, shares.values())) - 1), ylim=(1e-16, 1.5))
    return fig


@style()
def reach(rows, T):
    """How many of the most recent lags hold 90% of the gradient.

    Parameters
    ----------
    rows : sequence of (str, array (5,), str)
        Name; quantiles 10, 25, 50, 75 and 90%; and its kind: "keeps the bit", "random" or "control".
    T : int
        Steps.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=1.2 + 0.34 * len(rows))
    look = {"keeps the bit": COLOURS["gradient"], "random": COLOURS["noise"], "control": INK}
    for k, (name, (low, first, middle, third, high), kind) in enumerate(rows):
        colour = look[kind]
        ax.plot([low, high], [-k, -k], color=colour, linewidth=1.4, alpha=0.6)
        ax.plot([first, third], [-k, -k], color=colour, linewidth=5, alpha=0.5)
        ax.plot(middle, -k, "o", color=colour, zorder=3, clip_on=False)
    ax.axvline(T // 5, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
    label(ax, T // 5, 0.75, "a fifth of the lags", COLOURS["bound"], dx=6)
    ax.set(yticks=-np.arange(len(rows)), yticklabels=[name for name, *_ in rows], xlim=(0, T),
           xlabel="recent lags that hold 90% of the gradient", ylim=(-len(rows) + 0.4, 1.1))
    for text, (*_, kind) in zip(ax.get_yticklabels(), rows):
        text.set_color(look[kind] if kind != "random" else _MUTED)
    ax.grid(axis="y", visible=False)
    return fig


@style()
def singular_values(log, naive, exponents):
    """Singular values of a product by its length, as they are and as an SVD of the product has them.

    Parameters
    ----------
    log, naive : array (T, n)
        Natural logarithms, for products of 1 .. T Jacobians.
    exponents : array (n,)
        Lyapunov exponents: the slopes of thin dashed lines.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.6)
    t = np.arange(1, len(log) + 1)
    ten = np.log(10)
    for i, colour in enumerate(shades(log.shape[1])):
        ax.plot(t, naive[:, i] / ten, color=COLOURS["noise"], linewidth=1.4, linestyle="-", zorder=1)
        ax.plot(t, exponents[i] * t / ten, color=COLOURS["bound"], linewidth=1, linestyle="--", zorder=2)
        ax.plot(t, log[:, i] / ten, color=colour, zorder=3)
    low, high = ax.get_ylim()
    for i, (place, colour) in enumerate(zip(apart(log[-1] / ten, 0.06 * (high - low)), shades(log.shape[1]))):
        label(ax, t[-1], place, rf"$\sigma_{i + 1}$", colour)
    worst = naive[:, -1] - log[:, -1]
    k = int(0.72 * len(t))
    if worst[k] > 1:
        label(ax, t[k], naive[k, -1] / ten, "an SVD of the product", _MUTED, dx=0, dy=-14, ha="center")
    ax.set(xlabel="steps $t$", ylabel=r"$\log_{10}\,\sigma_i(\partial a_t/\partial a_0)$ (pre-activations)",
           xlim=(0, len(t)))
    return fig


@style()
def growth(panels):
    """The norm of a product of Jacobians, beside the product of their norms, which bounds it.

    Parameters
    ----------
    panels : sequence of dict
        ``title``; ``norms`` (T,), of each Jacobian; ``product`` (T,), natural logarithms of the product's norm.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), height=3.1 * len(panels), sharex=True, squeeze=False)
    for ax, panel in zip(axes[:, 0], panels):
        bound, product = np.cumsum(np.log10(panel["norms"])), np.asarray(panel["product"]) / np.log(10)
        t = np.arange(1, len(bound) + 1)
        ax.axhline(0, color="#a9afba", linewidth=1)
        ax.plot(t, bound, color=COLOURS["bound"], linestyle="--", linewidth=1.6)
        ax.plot(t, product, color=COLOURS["gradient"])
        ends = apart([bound[-1], product[-1]], 0.16 * (bound.max() - min(product.min(), 0)))
        label(ax, t[-1], ends[0], "product\nof norms", COLOURS["bound"])
        label(ax, t[-1], ends[1], "norm of\nproduct", COLOURS["gradient"])
        ax.set(title=panel["title"], xlim=(0, t[-1]), ylabel=r"$\log_{10}$ of the norm")
    axes[-1, 0].set_xlabel("step $t$")
    return fig
