"""Figures on theorems 1 to 4: what grows, what shrinks, what stays, and how tight the bounds are."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, figure, label, shades, style

__all__ = ["ball_images", "guarantees", "pairs", "products", "tightness", "tube"]

_GREY = "#5b6270"
_PLANE = {"xlabel": "pre-activation $a_1$", "ylabel": "pre-activation $a_2$"}


@style()
def ball_images(rings, sizes, shown):
    """A ball of states and its images, each round the image of the centre; and its radius by step.

    Parameters
    ----------
    rings : array (K, N, 2)
        The ball's surface after the steps of `shown`, minus the centre's image, in the pre-activation a.
    sizes : array (T + 1,)
        The ball's radius at each step, relative to the first.
    shown : sequence of int (K,)

    Returns
    -------
    Figure
    """
    fig, (left, right) = figure(2, height=6.2, height_ratios=[1.25, 1])
    for ring, t, colour in zip(rings, shown, shades(len(shown), COLOURS["class1"])):
        closed = np.concatenate([ring, ring[:1]])
        left.plot(*closed.T, color=colour)
        top = ring[np.argmax(ring[:, 1] + 0.3 * ring[:, 0])]
        last = t == shown[-1]
        label(left, *(ring[np.argmax(ring[:, 0])] if last else top), f"$t={t}$", colour, dx=5, dy=-9 if last else 5)
        right.plot(t, sizes[t], "o", color=colour, zorder=3, clip_on=False)
    left.plot(0, 0, "+", color=INK)
    left.set(xlabel="$a_1$ from the centre", ylabel="$a_2$ from the centre", aspect="equal")
    left.margins(0.14)
    right.plot(np.arange(len(sizes)), sizes, color=INK, linewidth=1.4)
    right.axhline(1, color=COLOURS["bound"], linestyle="--", linewidth=1)
    label(right, len(sizes) - 1, 1, "the first radius", COLOURS["bound"], dx=-1, dy=9)
    right.set(xlabel="step $t$", ylabel="radius of the image\n(first radius: 1)", xlim=(0, len(sizes) - 1),
              ylim=(0, None))
    return fig


@style()
def pairs(panels):
    """Sets of states, a pair of points in each, and their images under M: open before, full after.

    Parameters
    ----------
    panels : sequence of dict, one or two
        ``title``; ``outline`` (N, 2), the set's border; ``pair`` (2, 2) and ``image`` (2, 2), in the
        pre-activation a.

    Returns
    -------
    Figure
    """
    fig, axes = figure(1, len(panels), squeeze=False, height=4.1)
    half = 1.18 * max(np.abs(np.concatenate([panel[name] for name in ("outline", "pair", "image")])
                             - np.mean(panel["outline"], axis=0)).max() for panel in panels)
    for ax, panel in zip(axes[0], panels):
        ax.plot(*np.asarray(panel["outline"]).T, color=COLOURS["noise"], linewidth=1.6)
        centre = np.mean(panel["outline"], axis=0)
        looks = (("image", "after", INK, {"markerfacecolor": INK, "linewidth": 1.4}, 0.88),
                 ("pair", "before", _GREY, {"markerfacecolor": "white", "linewidth": 3.4, "alpha": 0.75}, -0.88))
        for key, name, colour, look, height in looks:
            points = np.asarray(panel[key])
            far = np.linalg.norm(points[1] - points[0])
            ax.plot(*points.T, "o-", color=colour, zorder=4 if key == "image" else 3, **look)
            label(ax, centre[0], centre[1] + height * half, f"{name}: {far:.2f} apart", colour, dx=0, fontsize=11)
        ax.set(aspect="equal", xlim=centre[0] + [-half, half], ylim=centre[1] + [-half, half], **_PLANE)
        ax.set_title(panel["title"])
    axes[0, -1].set_ylabel("" if len(panels) > 1 else _PLANE["ylabel"])
    return fig


@style()
def guarantees(w, guaranteed, critical):
    """How much input a neuron's state bears: what theorem 3 guarantees, and what it takes.

    Parameters
    ----------
    w : array (W,)
    guaranteed, critical : array (W,)
        The bound of theorem 3, and h*(w).

    Returns
    -------
    Figure
    """
    fig, ax = figure()
    ax.fill_between(w, 0, guaranteed, color=COLOURS["class1"], alpha=0.15, linewidth=0)
    ax.fill_between(w, guaranteed, critical, color=COLOURS["noise"], alpha=0.25, linewidth=0)
    ax.plot(w, guaranteed, color=COLOURS["class1"])
    ax.plot(w, critical, color=COLOURS["bound"], linestyle="--")
    half, most = len(w) // 2, len(w) * 3 // 4
    label(ax, w[half], critical[half], r"$h^{*}(w)$: the bit is lost", COLOURS["bound"], dx=-8, dy=8)
    label(ax, w[most], guaranteed[most] * 0.45, "guaranteed by theorem 3", COLOURS["class1"], dx=0)
    between = w[most], (guaranteed[most] + critical[most]) / 2
    arrow = {"arrowstyle": "-", "color": _GREY, "linewidth": 1}
    ax.annotate("borne, not guaranteed", between, (w[half // 4], 0.8 * critical[-1]), color=_GREY, va="center",
                arrowprops=arrow)
    ax.set(xlabel="recurrent weight $w$", ylabel="bound of the inputs\n(added to the pre-activation)",
           xlim=(w[0], w[-1]), ylim=(0, None))
    return fig


@style()
def tube(path, d, opponents):
    """A neuron's path without input, the tube of radius d round it, and the path under several opponents.

    Parameters
    ----------
    path : array (T + 1,)
        Pre-activations a without input.
    d : float
    opponents : dict of str to array (T + 1,)
        By name, the paths under inputs; one called "beyond the bound" takes the colour of class 0.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4)
    t = np.arange(len(path))
    ax.fill_between(t, path - d, path + d, color=COLOURS["class1"], alpha=0.13, linewidth=0)
    lines = [ax.plot(t, path, color=COLOURS["class1"], label="no input")[0]]
    for name, line in opponents.items():
        beyond, chance = name.startswith("beyond"), "random" in name
        colour = COLOURS["class0"] if beyond else COLOURS["noise"] if chance else INK
        lines += ax.plot(t, line, color=colour, linewidth=1.2 if chance else 1.8, label=name)
    for side in (-1, 1):
        edge = ax.plot(t, path + side * d, color=COLOURS["bound"], linestyle="--", linewidth=1, label=r"tube, $\pm d$")
    ax.legend(handles=[*lines, *edge], loc="lower left", bbox_to_anchor=(0.0, 0.08))
    ax.set(xlabel="step $t$", ylabel="pre-activation $a_t$", xlim=(0, t[-1]))
    return fig


@style()
def products(curves):
    """``|da_t/da_0|`` by step, on a logarithmic scale.

    Parameters
    ----------
    curves : sequence of dict
        ``name``, ``values`` (T,) for t = 1 .. T, and ``at``, the step beside which the name stands; with
        ``bound=True`` drawn dashed.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.6)
    lines = [curve for curve in curves if not curve.get("bound")]
    colours = iter(shades(len(lines))[::-1])
    for curve in curves:
        look = {"color": COLOURS["bound"], "linestyle": "--", "linewidth": 1.4}
        if not curve.get("bound"):
            look = {"color": next(colours)}
        t = np.arange(1, len(curve["values"]) + 1)
        ax.plot(t, curve["values"], **look)
        k = curve["at"] - 1
        label(ax, t[k], curve["values"][k], curve["name"], look["color"], dx=curve.get("dx", 6), dy=curve.get("dy", 9))
    ax.axhline(1, color="#a9afba", linewidth=1)
    ax.set(yscale="log", xlabel="step $t$", ylabel=r"$|\partial a_t/\partial a_0|$ (pre-activations)")
    return fig


@style()
def tightness(histogram, kinds):
    """How near random systems come to what each theorem allows, by the kind of W.

    Parameters
    ----------
    histogram : array (4, kinds, bins)
        Counts of systems over [0, 1], for each theorem.
    kinds : sequence of str

    Returns
    -------
    Figure
    """
    fig, axes = figure(2, 2, height=5.6, sharex=True)
    edges = np.linspace(0, 1, histogram.shape[2] + 1)
    for k, (ax, rows) in enumerate(zip(axes.flat, histogram), 1):
        for counts, kind, colour in zip(rows, kinds, shades(len(kinds), COLOURS["class1"])):
            share = np.cumsum(counts) / counts.sum()
            width = 5 if kind == "symmetric" else 2.2  # so that it shows beneath another line
            ax.plot(edges, np.concatenate([[0], share]), color=colour, linewidth=width)
            if k == 2:  # where the lines leave room
                label(ax, 0.06, 0.88 - 0.16 * kinds.index(kind), kind, colour)
        ax.set(title=f"theorem {k}", xlim=(0, 1), ylim=(0, 1.02))
    for ax in axes[1]:
        ax.set_xlabel("tightness (1: cannot be bettered)")
    for ax in axes[:, 0]:
        ax.set_ylabel("systems (share, cumulative)")
    return fig
