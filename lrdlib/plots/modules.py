"""Figures on two modules: what the second hands back to the first."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, figure, label, shades, style

__all__ = ["handed_back"]


@style()
def handed_back(sizes, informative):
    """The error that module B hands back to module A, by step, relative to that at the end.

    Parameters
    ----------
    sizes : dict of str to array (T,)
        For each kind of B: the size of ``dC/dh_t``, t = 1 .. T, over that of ``dC/dh_T``.
    informative : int
        The first steps, in which A sees what is to be remembered.

    Returns
    -------
    Figure
    """
    fig, ax = figure(height=4.2)
    ax.axvspan(1, informative, color=COLOURS["class1"], alpha=0.12, linewidth=0)
    for (name, values), colour in zip(sizes.items(), shades(len(sizes))):
        t = np.arange(1, len(values) + 1)
        ax.plot(t, values, color=colour)
        flat = values.min() > 0.5
        at = len(t) // 2 if flat else informative + 1
        label(ax, t[at], values[at], name, colour, dx=0 if flat else 10, dy=10 if flat else -9)
    ax.set(yscale="log", xlabel="step $t$", ylabel="error handed back, $|dC/dh_t|$\n(at the end: 1)", xlim=(1, len(t)))
    ax.set_ylim(top=1e7)
    label(ax, informative, 1e4, "what is to be remembered", INK, dx=5, fontsize=11)
    return fig
