"""The one look of every figure in the book.

A plot function is decorated with :func:`style`, asks :func:`figure` for its axes, draws with the colours
of :data:`COLOURS`, and returns the figure::

    from lrdlib.plots.style import COLOURS, band, figure, label, style

    @style()
    def convergence(lengths, rate, low, high):
        fig, ax = figure()
        ax.plot(lengths, rate, color=COLOURS["class1"])
        band(ax, lengths, low, high, COLOURS["class1"])
        label(ax, lengths[-1], rate[-1], "w learned", COLOURS["class1"])
        ax.set(xlabel="length T (steps)", ylabel="converged runs (share)")
        return fig

The choices behind it:

- **The colours mean something**, the same thing in every figure, and stay apart for readers with each of
  the common colour-vision deficiencies. Ordered families (several w, several T) take :func:`shades`.
- **The ground is opaque white**, so that a figure is as readable on the book's dark theme as on paper.
- **The text is 12 points on a figure 6.4 inches wide**: as large as the body text beside it on a
  laptop, and readable when the whole is shrunk to the width of a phone. Prefer panels below each other
  to panels side by side, and two columns at the most.
- **A figure shows itself.** :class:`Figure` is not pyplot's: it has no global state, nothing has to be
  closed, and a notebook (or a widget's ``interactive_output``) displays it once, in the format that its
  plot function chose: SVG for lines, PNG for densities. The same data give the same SVG, byte for byte.
"""

from __future__ import annotations

import io

import matplotlib
import matplotlib.figure
import numpy as np
from matplotlib import patheffects
from matplotlib.colors import LinearSegmentedColormap

from lrdlib import _validate

__all__ = ["COLOURS", "DENSITY", "INK", "Figure", "apart", "band", "figure", "label", "shades", "style"]

INK = "#1b1f27"
"""Text, axes and everything without a meaning of its own."""

COLOURS = {
    "class1": "#0a74c4",
    "class0": "#d95f02",
    "noise": "#8d94a0",
    "gradient": "#8a1f7a",
    "bound": INK,
}
"""What each colour means: the two classes, noise, gradients, and bounds and ceilings (drawn dashed)."""

DENSITY = LinearSegmentedColormap.from_list(
    "lrdlib", ["#14213d", "#23507f", "#4886a8", "#8db8ad", "#d9dca6", "#fff7d1"]
)
"""The colour map of shares and densities: dark for 0, light for 1, even in lightness."""

_MUTED = "#5b6270"
_LOOK = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.transparent": False,
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "mathtext.fontset": "cm",
    "text.color": INK,
    "axes.edgecolor": "#a9afba",
    "axes.linewidth": 0.9,
    "axes.labelcolor": INK,
    "axes.labelsize": 12,
    "axes.labelpad": 6,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e8eaee",
    "grid.linewidth": 0.8,
    "axes.formatter.use_mathtext": True,
    "axes.prop_cycle": matplotlib.cycler(color=[INK]),
    "xtick.color": "#a9afba",
    "ytick.color": "#a9afba",
    "xtick.labelcolor": _MUTED,
    "ytick.labelcolor": _MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 11,
    "image.interpolation": "nearest",
    "svg.fonttype": "path",
    "svg.hashsalt": "lrdlib",
}
_RESOLUTION = 160  # pixels an inch, of a PNG


def style():
    """The look, as a decorator of plot functions or as a context: ``@style()`` or ``with style():``."""
    return matplotlib.rc_context(_LOOK)


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that a notebook displays by itself, as SVG or as PNG.

    Parameters
    ----------
    *args, **kwargs
        As for :class:`matplotlib.figure.Figure`.
    format : {"svg", "png"}
        What a notebook is shown.
    """

    def __init__(self, *args, format="svg", **kwargs):
        super().__init__(*args, **kwargs)
        self._format = _validate.choice("format", format, ("svg", "png"))

    def image(self):
        """The figure as it is displayed.

        Returns
        -------
        str or bytes
            The text of the SVG, or the bytes of the PNG.
        """
        file = io.BytesIO()
        with style():
            self.savefig(
                file,
                format=self._format,
                dpi=_RESOLUTION,
                metadata={"Date": None} if self._format == "svg" else None,
            )
        return file.getvalue().decode() if self._format == "svg" else file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        mime = {"svg": "image/svg+xml", "png": "image/png"}[self._format]
        return {mime: self.image()}, {mime: {"width": int(96 * self.get_figwidth())}}

    def _ipython_display_(self):
        from IPython.display import display  # where this is called, it is there

        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)  # and no second rendering by a backend for notebooks


def figure(rows=1, columns=1, *, width=None, height=None, format="svg", **options):
    """A figure with its axes, laid out so that nothing overlaps.

    Parameters
    ----------
    rows, columns : int
        The grid of axes. Two columns are the most that a phone can show.
    width, height : float, optional
        In inches. By default 6.4 wide (7.4 with two columns), and 3.6 high for each row.
    format : {"svg", "png"}
        SVG for lines, PNG for densities and clouds of points.
    **options
        To :meth:`matplotlib.figure.Figure.subplots`, such as ``sharex=True``.

    Returns
    -------
    fig : Figure
    axes : matplotlib.axes.Axes or numpy.ndarray of them

    Raises
    ------
    TypeError, ValueError
        If a count is not a positive integer, a size not a positive number, or the format unknown.
    """
    rows = _validate.count("rows", rows)
    columns = _validate.count("columns", columns)
    width = (6.4 if columns == 1 else 7.4) if width is None else width
    height = 3.6 * rows if height is None else height
    size = [_validate.real(name, value, 0, open_low=True) for name, value in
            [("width", width), ("height", height)]]
    with style():
        fig = Figure(figsize=size, format=format, layout="constrained")
        fig.get_layout_engine().set(w_pad=0.08, h_pad=0.08, wspace=0.06, hspace=0.08)
        return fig, fig.subplots(rows, columns, **options)


def label(ax, x, y, text, colour=INK, *, dx=6, dy=0, **options):
    """A direct label: text beside the point (x, y), in the colour of the line it names.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : float
        The point, in data coordinates; the last point of a line puts its label at the right of it.
    text : str
    colour : str
    dx, dy : float
        Offset of the text from the point, in typographic points. A negative `dx` puts the text at its left.
    **options
        To :meth:`matplotlib.axes.Axes.annotate`, such as ``ha="center"``.

    Returns
    -------
    matplotlib.text.Annotation
    """
    options = {"ha": "left" if dx > 0 else "right" if dx < 0 else "center", "va": "center", **options}
    return ax.annotate(
        text, (x, y), (dx, dy), textcoords="offset points", color=colour, annotation_clip=False,
        path_effects=[patheffects.withStroke(linewidth=3, foreground="white")], **options,
    )


def apart(values, gap):
    """Places for labels: the values, each moved down as far as the one above it needs.

    Parameters
    ----------
    values : array_like (K,)
        In data coordinates.
    gap : float
        The least distance between two labels.

    Returns
    -------
    ndarray (K,)
    """
    placed = np.array(values, dtype=float)
    order = np.argsort(-placed, kind="stable")
    for k, below in enumerate(order[1:]):
        placed[below] = min(placed[below], placed[order[k]] - gap)
    return placed


def band(ax, x, low, high, colour, **options):
    """The interval from low to high around a line, as a pale band of its colour.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, low, high : array_like
        One-dimensional, of the same size.
    colour : str
    **options
        To :meth:`matplotlib.axes.Axes.fill_between`.

    Returns
    -------
    matplotlib.collections.FillBetweenPolyCollection
    """
    return ax.fill_between(x, low, high, **{"color": colour, "alpha": 0.18, "linewidth": 0, **options})


def shades(n, colour=COLOURS["gradient"]):
    """An ordered family of one colour, from pale to dark.

    Parameters
    ----------
    n : int
        How many.
    colour : str
        The family runs from a pale tint of this colour, through it, to a dark shade.

    Returns
    -------
    list of str
        Colours as ``"#rrggbb"``; the palest is still visible on white.
    """
    n = _validate.count("n", n)
    base = np.array(matplotlib.colors.to_rgb(colour))
    ramp = LinearSegmentedColormap.from_list("shades", [0.45 * base + 0.55, base, 0.45 * base])
    return [matplotlib.colors.to_hex(ramp(x)) for x in np.linspace(0, 1, n)] if n > 1 else [colour]
