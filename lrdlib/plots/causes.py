"""The figure on what was left open of a protocol: the error against each thing that is varied."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import PercentFormatter

from lrdlib.plots.style import COLOURS, INK, figure, shades, style

__all__ = ["one_thing_changed"]


@style()
def one_thing_changed(cells, base, names, chance=0.5, target=None):
    """The mean error with one thing changed at a time, one panel for each thing, one line for each length.

    Parameters
    ----------
    cells : list of dict
        With "T", "change", "value", "mean_error" and "standard_error".
    base : dict
        The value of each thing where it is not varied: marked by a ring.
    names : dict of str to str
        Which changes to show, in this order, and what their axes are called.
    chance : float
        Drawn as a bound.
    target : (float, float), optional
        A band of published errors.

    Returns
    -------
    Figure
    """
    lengths = sorted({cell["T"] for cell in cells})
    rows = -(-len(names) // 2)
    fig, axes = figure(rows, 2, height=2.5 * rows + 0.5, sharey=True, squeeze=False)
    for place, (ax, (change, name)) in enumerate(zip(axes.flat, names.items())):
        if target:
            ax.axhspan(*target, color=COLOURS["noise"], alpha=0.25, linewidth=0)
        ax.axhline(chance, color=COLOURS["bound"], linewidth=1.2, linestyle="--")
        for T, colour in zip(lengths, shades(len(lengths))):
            some = sorted((c for c in cells if c["T"] == T and c["change"] == change), key=lambda c: c["value"])
            value = [cell["value"] for cell in some]
            mean, half = (np.array([cell[key] for cell in some]) for key in ("mean_error", "standard_error"))
            ax.errorbar(range(len(value)), mean, 1.96 * half, color=colour, marker="o", markersize=5, linewidth=1.8,
                        elinewidth=1.2, label=f"$T = {T}$")
            at = value.index(base[change])
            ax.plot(at, mean[at], "o", color=INK, markerfacecolor="none", markersize=10, markeredgewidth=1.2)
        ax.set(xlabel=name, ylim=(-0.03, 0.65), yticks=[0, 0.25, 0.5], xticks=range(len(value)))
        step = 1 + len(value) // 7  # no label on another
        ax.set_xticklabels([_plain(v) if k % step == 0 else "" for k, v in enumerate(value)], fontsize=10)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        if place % 2 == 0:
            ax.set_ylabel("mean error")
    for ax in axes.flat[len(names):]:
        ax.set_axis_off()
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=len(lengths))
    return fig


def _plain(value):
    """``.003``, ``0``, ``1``, ``30k``."""
    if value >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:g}".removeprefix("0") or "0"
