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
        k = int(np.argmin(np.abs(np.log(values) - np.log(values).min() * 0.55)))
        ends = np.log(values).min() > -1
        label(ax, t[k] if not ends else t[-1] * 0.6, values[k], name, colour, dx=8 if not ends else 0,
              dy=-4 if not ends else 10)
    ax.set(yscale="log", xlabel="step $t$", ylabel="error handed back, $|dC/dh_t|$\n(at the end: 1)", xlim=(1, len(t)))
    label(ax, informative / 2 + 0.5, ax.get_ylim()[0], "what is to be\nremembered", INK, dx=0, dy=22, fontsize=11)
    return fig
