"""The picture on the book's front page."""

from __future__ import annotations

import numpy as np

from lrdlib.plots.style import COLOURS, INK, band, figure, label, style

__all__ = ["keeping_or_learning"]


@style()
def keeping_or_learning(w, kept, gradient, steps):
    """A neuron's memory above the gradient that could teach it, against its recurrent weight w.

    Parameters
    ----------
    w : array_like (W,)
        Recurrent weights, ascending.
    kept : array_like (W,)
        Probability that the bit survives.
    gradient : array_like (3, W)
        |dx_T/dx_0| along noisy runs: the lower quartile, the median and the upper quartile.
    steps : int
        T, over how many steps both were taken.

    Returns
    -------
    Figure
    """
    fig, (above, below) = figure(2, height=6.4, sharex=True)
    above.plot(w, kept, color=COLOURS["class1"], linewidth=3)
    above.axhline(0.5, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
    label(above, w[-1], 0.5, "no better than tossing a coin", INK, dx=-4, dy=10)
    above.set(ylim=(0.46, 1.03), ylabel="probability", title=f"Does it still know the bit after {steps} noisy steps?")
    rounding, least = np.finfo(float).eps, np.min(gradient)
    band(below, w, gradient[0], gradient[2], COLOURS["gradient"])
    below.plot(w, gradient[1], color=COLOURS["gradient"], linewidth=3)
    below.axhline(rounding, color=COLOURS["bound"], linestyle="--", linewidth=1.2)
    label(below, w[-1], rounding, "below this, lost when added to 1", INK, dx=-4, dy=10)
    below.set(
        yscale="log", xlim=(w[0], w[-1]), ylim=(least, 1), xlabel="recurrent weight $w$",
        ylabel=rf"$|\partial x_{{{steps}}}/\partial x_0|$",
        title=f"How much of a gradient crosses the {steps} steps?",
    )
    decades = 5 * np.ceil(-np.log10(least) / 20)
    below.set_yticks(10.0 ** -np.arange(0, -np.log10(least), decades))
    return fig
