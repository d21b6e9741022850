"""The look of the figures: colours that stay apart, sizes that stay readable, files that stay the same."""

from __future__ import annotations

import importlib
import inspect
import io
import itertools
import pkgutil
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

import lrdlib.plots
from lrdlib.plots import cover
from lrdlib.plots.style import COLOURS, DENSITY, INK, Figure, band, figure, label, shades, style

TOPICS = [importlib.import_module(f"lrdlib.plots.{module.name}")
          for module in pkgutil.iter_modules(lrdlib.plots.__path__) if module.name != "style"]

# How colours look with a colour-vision deficiency: Machado, Oliveira and Fernandes (2009), severity 1, in linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of a linear RGB colour."""
    x, y, z = TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = [c ** (1 / 3) if c > 0.008856 else 7.787 * c + 16 / 116 for c in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(colour):
    """With white, as the web's guidelines count it."""
    return 1.05 / (TO_XYZ[1] @ linear(colour) + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_the_colours_stay_apart(vision):
    seen = {name: lab(VISION[vision] @ linear(colour)) for name, colour in COLOURS.items()}
    least = min(np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2))
    assert least > 20  # 2.3 is just noticeable


def test_the_colours_stand_out_from_white():
    assert min(contrast(colour) for colour in COLOURS.values()) >= 3
    assert contrast(INK) >= 7
    assert contrast(shades(5)[0]) >= 2


def test_the_density_map_gets_steadily_lighter():
    lightness = [lab(linear(DENSITY(x)[:3]))[0] for x in np.linspace(0, 1, 33)]
    assert np.diff(lightness).min() > 0


def test_shades_go_from_pale_to_dark():
    lightness = [lab(linear(colour))[0] for colour in shades(6, COLOURS["class1"])]
    assert np.diff(lightness).max() < 0
    assert shades(1, "#123456") == ["#123456"]


@style()
def drawing(format="svg"):
    fig, ax = figure(format=format)
    ax.plot([0, 1], [1, 0], color=COLOURS["gradient"])
    band(ax, [0, 1], [0.9, -0.1], [1.1, 0.1], COLOURS["gradient"])
    label(ax, 1, 0, "$w = 2$", COLOURS["gradient"])
    ax.set(xlabel="lag (steps)", ylabel=r"$|\partial x_t / \partial x_\tau|$")
    return fig


def test_the_same_data_give_the_same_svg():
    one, two = drawing().image(), drawing().image()
    assert one == two and one.startswith("<?xml") and "<dc:date>" not in one


@pytest.mark.parametrize("format, mime", [("svg", "image/svg+xml"), ("png", "image/png")])
def test_a_figure_displays_itself(format, mime):
    data, metadata = drawing(format)._repr_mimebundle_()
    assert list(data) == [mime] == list(metadata)
    assert metadata[mime]["width"] == 614  # 6.4 inches of 96 pixels


def test_a_figure_is_rendered_once(monkeypatch):
    from IPython.core.formatters import DisplayFormatter

    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append(data))
    formatter = DisplayFormatter()
    formatter.formatters["image/png"].for_type(matplotlib.figure.Figure, lambda fig: b"as a backend would")
    assert formatter.format(drawing()) == ({}, {})
    assert [list(data) for data in shown] == [["image/svg+xml"]]


def test_the_ground_is_opaque_white():
    with matplotlib.rc_context({"savefig.facecolor": "none", "figure.facecolor": "black"}):
        image = drawing("png").image()
    pixels = matplotlib.image.imread(io.BytesIO(image))
    assert (pixels[0, 0] == 1).all()


def test_a_label_stands_outside_and_is_not_cut_off():
    fig = drawing()
    fig.draw_without_rendering()
    text = next(child for child in fig.axes[0].texts)
    assert text.get_window_extent().x1 < fig.bbox.x1
    assert text.get_window_extent().x0 > fig.axes[0].transData.transform((1, 0))[0]


def test_nothing_happens_to_the_readers_settings():
    before = dict(matplotlib.rcParams)
    drawing().image()
    assert dict(matplotlib.rcParams) == before


def test_no_figure_needs_pyplot():
    names = ", ".join(["lrdlib.plots.style", *(topic.__name__ for topic in TOPICS)])
    code = f"import sys, {names}; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.__name__)
def test_every_plot_function_has_the_look(topic):
    functions = [f for name, f in inspect.getmembers(topic, inspect.isfunction)
                 if f.__module__ == topic.__name__ and not name.startswith("_")]
    assert functions and [f.__name__ for f in functions if not hasattr(f, "__wrapped__")] == []


@pytest.mark.parametrize("arguments, error", [
    ({"rows": 0}, ValueError), ({"rows": 1.5}, TypeError), ({"columns": -1}, ValueError),
    ({"width": 0}, ValueError), ({"height": "tall"}, TypeError), ({"height": float("nan")}, ValueError),
    ({"format": "gif"}, ValueError), ({"format": 3}, TypeError),
])
def test_figure_refuses(arguments, error):
    with pytest.raises(error, match=next(iter(arguments))):
        figure(**arguments)


def test_shades_refuses():
    with pytest.raises(ValueError, match="n must be"):
        shades(0)


def test_the_cover():
    w = np.linspace(1.1, 2, 5)
    fig = cover.keeping_or_learning(w, np.linspace(0.5, 1, 5), np.logspace(-3, -60, 5) * [[0.1], [1], [10]], 100)
    above, below = fig.axes
    assert isinstance(fig, Figure) and below.get_yscale() == "log" and below.get_ylim()[1] == 1
    assert "100" in above.get_title(loc="left") and "w" in below.get_xlabel()
