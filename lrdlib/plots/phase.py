"""Phase portraits: attractors, basins, reduced attracting sets, and balls of uncertainty that pass through them."""

from __future__ import annotations

import matplotlib.colors
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lrdlib.plots.style import COLOURS, INK, figure, label, style

__all__ = ["balls", "borne", "latching", "line", "portrait", "radii"]

_GREY = "#5b6270"
_PLANE = {"xlabel": "pre-activation $a_1$", "ylabel": "pre-activation $a_2$", "aspect": "equal"}
_OTHERS = ["#c9a227", COLOURS["noise"]]  # attractors between the leftmost, which is class 0, and the rightmost, class 1
_DRAWN = 1000  # points of a curve that are drawn
_DEPTHS = [0.13, 0.42, 0.8]  # of the tint: beta, Gamma, Gamma in the norm's sense


def _tinted(colour, depth):
    return 1 - depth + depth * np.array(matplotlib.colors.to_rgb(colour))


def _sides(labels):
    """A colour for each attractor, from left to right."""
    K = max(1, int(np.max(labels)) + 1)
    between = [_OTHERS[k % len(_OTHERS)] for k in range(K - 2)]
    return [COLOURS["class0"], *between, COLOURS["class1"]] if K > 1 else [COLOURS["class1"]]


def _ground(ax, picture):
    """Basins as pale, reduced sets as deeper tints of the attractor's colour."""
    points = round(len(picture["sets"][0]) ** 0.5)
    rgb = np.ones((points**2, 3))
    for depth, label_ in zip(_DEPTHS if len(picture["sets"]) > 1 else _DEPTHS[:1], picture["sets"]):
        for k, colour in enumerate(_sides(picture["sets"][0])):
            rgb[np.asarray(label_) == k] = _tinted(colour, depth)
    low, high = picture["low"], picture["high"]
    ax.imshow(rgb.reshape(points, points, 3).transpose(1, 0, 2), origin="lower", zorder=0,
              extent=(low[0], high[0], low[1], high[1]))
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), **_PLANE)
    ax.grid(False)


def _marks(ax, points, eigenvalues, offset=(9, -11)):
    """Fixed points by their kind, and the names of those that attract, from left to right; how many of each kind."""
    kinds = {"attracts": 0, "saddle": 0, "repels": 0}
    for k in np.argsort([point[0] for point in points], kind="stable"):
        point, values = points[k], np.abs(eigenvalues[k])
        kind = "attracts" if values.max() < 1 else "repels" if values.min() > 1 else "saddle"
        ax.plot(*point, zorder=6, **_KINDS[kind])
        if kind == "attracts" and all(low < x < high for x, (low, high) in zip(point, (ax.get_xlim(), ax.get_ylim()))):
            label(ax, *point, f"$X_{{{kinds[kind]}}}$", dx=offset[0], dy=offset[1], zorder=8)
        kinds[kind] += 1
    return kinds


_KINDS = {
    "attracts": {"marker": "o", "color": INK, "markeredgecolor": "white", "markersize": 10, "linestyle": ""},
    "saddle": {"marker": "D", "color": "white", "markeredgecolor": INK, "markeredgewidth": 1.8, "markersize": 7,
               "linestyle": ""},
    "repels": {"marker": "o", "color": "white", "markeredgecolor": INK, "markeredgewidth": 1.8, "markersize": 8,
               "linestyle": ""},
}


def _key(fig, handles, columns=3):
    fig.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=1.4, columnspacing=1.4,
               handletextpad=0.6)


def _sets_key(names):
    grey = _GREY
    return [Patch(facecolor=_tinted(grey, depth), label=name) for depth, name in zip(_DEPTHS, names)]


@style()
def line(panels):
    """The factor |M'| of a one-dimensional map along its line, over the basins and the reduced sets.

    Parameters
    ----------
    panels : sequence of dict
        From top to bottom. ``a`` (N,), the points; ``slope`` (N,), |M'| there; ``sets``, labels (N,) of basin and
        reduced set; ``edges``, where the reduced set ends; ``name``, of the axis; ``title``, optional.

    Returns
    -------
    Figure
    """
    fig, axes = figure(len(panels), height=3.4 * len(panels), squeeze=False)
    for ax, panel in zip(axes[:, 0], panels):
        thin = max(1, len(panel["a"]) // _DRAWN)
        a, slope = np.asarray(panel["a"])[::thin], np.asarray(panel["slope"])[::thin]
        top = slope.max() * 1.25
        for depth, labels in zip(_DEPTHS, panel["sets"]):
            for k, colour in enumerate(_sides(labels)):
                ax.fill_between(a, 0, top, where=np.asarray(labels)[::thin] == k, linewidth=0, zorder=0,
                                facecolor=_tinted(colour, depth))
        ax.plot(a, slope, color=COLOURS["gradient"])
        ax.axhline(1, color=COLOURS["bound"], linestyle="--", linewidth=1)
        for edge in panel["edges"]:
            ax.plot([edge, edge], [0, 1], color=COLOURS["bound"], linewidth=1)
            label(ax, edge, 0, f"{edge:.3f}".replace("-", "\N{MINUS SIGN}"), dx=5 if edge < 0 else -5, dy=10)
        middle = (a[0] + a[-1]) / 2
        for k, end, inner in ((0, a[0], min), (1, a[-1], max)):
            edge = inner(panel["edges"], default=middle)
            label(ax, (end + edge) / 2, 0.72 * top, rf"$\Gamma(X_{k})$", INK, dx=0)
            label(ax, a[0] + (0.41 + 0.18 * k) * (a[-1] - a[0]), 0.28 * top, rf"$\beta(X_{k})$", INK, dx=0)
        ax.set(xlabel=panel["name"], ylabel="$|M'|$", xlim=(a[0], a[-1]), ylim=(0, top))
        ax.set_yticks([0, 1, 2] if slope.max() < 3 else [0, 1])
        ax.grid(False)
        if "title" in panel:
            ax.set_title(panel["title"])
    return fig


@style()
def portrait(pictures, names=(r"basin $\beta$", r"reduced set $\Gamma$")):
    """Phase portraits of two units, below each other: basins, reduced sets, fixed points, orbits.

    Parameters
    ----------
    pictures : dict or sequence of dict
        ``low``, ``high`` (2,), the box; ``sets``, labels of its grid (points^2,), each a subset of the one before;
        and, each optional, ``points`` (K, 2) with ``eigenvalues`` (K, 2), fixed points; ``cycles``, a sequence
        of (l, 2); ``orbits``, a sequence of (T + 1, 2); ``title``.
    names : sequence of str
        What the sets are called.

    Returns
    -------
    Figure
    """
    pictures = [pictures] if isinstance(pictures, dict) else pictures
    fig, axes = figure(1, len(pictures), squeeze=False, format="png",
                       width=6.0 if len(pictures) == 1 else 7.4, height=6.1 if len(pictures) == 1 else 4.6)
    found = {}
    for ax, picture in zip(axes[0], pictures):
        _ground(ax, picture)
        for kind, many in _marks(ax, picture.get("points", ()), picture.get("eigenvalues", ())).items():
            found[kind] = found.get(kind, 0) + many
        for cycle in picture.get("cycles", ()):
            for k, point in enumerate(cycle):
                ax.annotate("", cycle[(k + 1) % len(cycle)], point, zorder=5, arrowprops={
                    "arrowstyle": "-|>,head_width=.3,head_length=.6", "connectionstyle": "arc3,rad=.25",
                    "shrinkA": 7, "shrinkB": 7, "color": INK, "linewidth": 1.4})
                ax.plot(*point, zorder=6, **_KINDS["attracts"])
            found["attracts"] = found.get("attracts", 0) + 1
        for orbit in picture.get("orbits", ()):
            ax.plot(*np.asarray(orbit).T, color=INK, linewidth=1, marker=".", markersize=5, zorder=4)
            ax.plot(*orbit[0], "o", color="white", markeredgecolor=INK, markersize=4.5, zorder=4)
        if "title" in picture:
            ax.set_title(picture["title"])
    for ax in axes[0, 1:]:
        ax.set_ylabel("")
    handles = _sets_key(names[:len(pictures[0]["sets"])])
    handles += [Line2D([], [], label=kind, **_KINDS[kind]) for kind in _KINDS if found.get(kind)]
    _key(fig, handles, 3)
    return fig


@style()
def balls(picture, families, shown):
    """Balls of uncertainty and their images along orbits, over the basins and reduced sets; and their radius by step.

    Parameters
    ----------
    picture : dict
        As for `portrait`.
    families : sequence of lrdlib.dynamics.Ball
        Of one system and one ball each.
    shown : sequence of sequence of int
        For each, the steps at which it is drawn.

    Returns
    -------
    Figure
    """
    fig, (ax, below) = figure(2, format="png", width=6.0, height=8.6, height_ratios=[2.3, 1])
    _ground(ax, picture)
    _marks(ax, picture.get("points", ()), picture.get("eigenvalues", ()))
    for ball, steps, colour, dash in zip(families, shown, _pair(len(families)), ("-", (0, (1, 1)))):
        centre, points, radius = ball.centre[0, 0], ball.points[0, 0], ball.radius[0, 0]
        ax.plot(*centre.T, color=colour, linewidth=1, zorder=4)
        for t in steps:
            ring = np.concatenate([points[t], points[t, :1]])
            ax.fill(*ring.T, facecolor=colour, alpha=0.18, zorder=4, linewidth=0)
            ax.plot(*ring.T, color=colour, linewidth=1.6, zorder=5)
            ax.plot(*centre[t], ".", color=colour, markersize=5, zorder=5)
        t = np.arange(len(radius))
        below.plot(t, radius, color=colour, linewidth=2, linestyle=dash)
        below.plot(steps, radius[list(steps)], "o", color=colour, markersize=5, clip_on=False)
    below.axhline(families[0].radius[0, 0, 0], color=COLOURS["bound"], linestyle="--", linewidth=1)
    label(below, len(radius) - 1, families[0].radius[0, 0, 0], "the first radius", COLOURS["bound"], dx=-1, dy=9)
    below.set(xlabel="step $t$", ylabel="radius in $a$", yscale="log", xlim=(0, len(radius) - 1))
    below.grid(False)
    handles = _sets_key((r"basin $\beta$", r"reduced set $\Gamma$"))
    names = ("ball from outside $\\Gamma$", "ball from inside $\\Gamma$")
    handles += [Line2D([], [], color=colour, label=name, linestyle=dash)
                for colour, name, dash in zip(_pair(len(families)), names, ("-", (0, (1, 1))))]
    _key(fig, handles, 2)
    return fig


def _pair(n):
    return [INK, COLOURS["gradient"]][:n]


@style()
def radii(curves, names, at, sides):
    """The radius of balls by step, on a logarithmic axis, relative to the first.

    Parameters
    ----------
    curves : sequence of array (T + 1,)
    names : sequence of str
    at : sequence of int
        The step at which each curve is named.
    sides : sequence of {-1, 1}
        Whether its name stands below, at the left, or above, at the right.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=3.8)
    for curve, name, t, side, colour in zip(curves, names, at, sides, _pair(len(curves))):
        curve = np.asarray(curve) / curve[0]
        ax.plot(np.arange(len(curve)), curve, color=colour)
        label(ax, t, curve[t], name, colour, dx=8 * side, dy=11 * side)
    ax.axhline(1, color=COLOURS["bound"], linestyle="--", linewidth=1)
    ax.set(xlabel="step $t$", ylabel="radius in $a$ (first radius: 1)", yscale="log", xlim=(0, len(curve) - 1))
    ax.margins(y=0.12)
    return fig


@style()
def latching(picture, paths, t0):
    """Noisy trajectories in the plane, before and after they are robustly latched; and the step at which they are.

    Parameters
    ----------
    picture : dict
        As for `portrait`.
    paths : array (K, T + 1, 2)
    t0 : sequence of int (K,)
        The first latched step of each; T + 1 for never.

    Returns
    -------
    Figure
    """
    fig, ax = figure(format="png", width=6.0, height=6.1)
    _ground(ax, picture)
    _marks(ax, picture.get("points", ()), picture.get("eigenvalues", ()), offset=(0, -25))
    for path, start in zip(np.asarray(paths), t0):
        free, held = path[:start + 1], path[start:]
        ax.plot(*free.T, color=INK, linewidth=1.3, linestyle=(0, (3, 1.5)), marker=".", markersize=5, zorder=4)
        ax.plot(*held.T, color=COLOURS["noise"], linewidth=0.7, marker=".", markersize=4, zorder=3)
        ax.plot(*path[0], "o", color="white", markeredgecolor=INK, markersize=6, zorder=5)
        if start < len(path):
            ax.plot(*path[start], "s", color=INK, markersize=9, markeredgecolor="white", zorder=7)
            label(ax, *path[start], f"$t_0={start}$", dx=7, dy=-15, zorder=8)
    _key(fig, [*_sets_key((r"basin $\beta$", r"reduced set $\Gamma$")),
               Line2D([], [], color=INK, linestyle=(0, (3, 1.5)), label="not yet latched"),
               Line2D([], [], color=COLOURS["noise"], linewidth=0.9, marker=".", label="latched")], 2)
    return fig


@style()
def borne(names, bounds, broken, random):
    """How large inputs each system bears: proved, not proved, broken; and at random. The numbers are absolute.

    Parameters
    ----------
    names : sequence of str (K,)
    bounds, broken, random : array (K,)
        The bound of theorem 3, the opponent's, and that of random inputs which lose a share of the states.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=0.85 * len(names) + 1.7)
    y = -np.arange(len(names))
    for k, at in enumerate(y):
        borne_, chance = bounds[k] / broken[k], random[k] / broken[k]
        ax.plot([0, borne_], [at, at], color=COLOURS["class1"], linewidth=9, solid_capstyle="butt")
        ax.plot([borne_, 1], [at, at], color="#d5d9e0", linewidth=9, solid_capstyle="butt")
        ax.plot(1, at, "|", color=COLOURS["class0"], markersize=20, markeredgewidth=3)
        ax.plot(chance, at, "o", color=COLOURS["noise"], markersize=8)
        label(ax, borne_, at, f"{bounds[k]:.3f}", COLOURS["class1"], dx=0, dy=15,
              ha="center" if borne_ > 0.2 else "left")
        label(ax, 1, at, f"{broken[k]:.3f}", COLOURS["class0"], dx=0, dy=-18)
        label(ax, chance, at, f"{random[k]:.3f}", _GREY, dx=0, dy=-18)
    ax.set(yticks=y, yticklabels=names, ylim=(y[-1] - 0.6, 0.55), xlim=(0, 1.15 * np.max(np.divide(random, broken))),
           xlabel="bound of the inputs $|u_t|$, in units of the opponent's")
    ax.tick_params(axis="y", labelcolor=INK)
    ax.grid(False)
    _key(fig, [Patch(color=COLOURS["class1"], label="borne, by theorem 3"),
               Patch(color="#d5d9e0", label="not proved by it"),
               Line2D([], [], color=COLOURS["class0"], marker="|", markersize=14, markeredgewidth=3, linestyle="",
                      label="broken by an opponent"),
               Line2D([], [], color=COLOURS["noise"], marker="o", markersize=8, linestyle="",
                      label="random inputs: a quarter lost")], 2)
    return fig
