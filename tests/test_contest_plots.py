"""The contest's figures: every method has a name and a look, and odd shapes of data are drawn too."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from lrdlib.plots import contest
from lrdlib.plots.style import Figure

X = np.geomspace(100, 1e5, 20)
T = np.array([5, 10, 20, 50, 100])


def texts(figure):
    """All that can be read in a figure."""
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


def test_every_method_has_a_name_and_a_look_of_its_own():
    assert set(contest.NAMES) == set(contest.LOOKS)
    assert len(set(contest.NAMES.values())) == len(contest.NAMES)
    looks = {(look["color"], look["marker"], look.get("linestyle", "-")) for look in contest.LOOKS.values()}
    assert len(looks) == len(contest.LOOKS)


def test_ten_lines_have_ten_names_that_do_not_hide_each_other():
    methods = [method for method in contest.NAMES if method != "multi-grid-0.9"]
    curves = {method: (X, np.full(20, 0.01)) for method in methods}  # the worst case: all end alike
    figure = contest.error_by_presentations({"here": curves, "there": {"em": (X, X / 1e6, 0 * X, X / 1e5)}})
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    names = [text for text in figure.axes[0].texts if text.get_text() in contest.NAMES.values()]
    boxes = sorted(Text.get_window_extent(text, canvas.get_renderer()).extents[[1, 3]].tolist() for text in names)
    assert len(boxes) == 10
    assert all(below[1] < above[0] + 2 for below, above in zip(boxes, boxes[1:]))


@pytest.mark.parametrize("methods", [["em"], ["descent", "em", "guessing"], list(contest.NAMES)[:8]])
@pytest.mark.parametrize("quantity", ["error", "presentations"])
def test_a_panel_for_each_method(methods, quantity):
    ours = {method: (T, *np.array([[0.2], [0.1], [0.3]]) * np.ones(5)) for method in methods}
    tuned = {method: (T, np.full(5, 0.1)) for method in methods[:1]}
    figure = contest.beside_tables(ours, {"em": (T, np.zeros(5) + 0.1)}, tuned, quantity)
    assert isinstance(figure, Figure) and figure.image()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[: len(methods)] == [contest.NAMES[method] for method in methods]
    assert "N93's tables" in texts(figure) and "ours, tuned" in texts(figure)


def test_ranks_are_those_of_the_counts():
    counts = {"em": (100, 3000, 9e5), "descent": (2900, 2900, 5e5), "annealing": (3000, 90_000, 1.8e7)}
    figure = contest.rankings(counts, {method: "a note" for method in counts})
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_ydata().tolist() for line in points] == [[1, 2, 2], [2, 1, 1], [3, 3, 3]]
    assert {"100", "2.9k", "90k", "18M"} <= set(texts(figure))
    assert sum("a note" in text for text in texts(figure)) == 3


def test_columns_for_nets_and_rows_for_lengths():
    solved = {"descent": np.full((2, 3, 4, 3), 0.5), "guessing": np.full((2, 3, 4, 3), 0.2)}
    figure = contest.solved_by_prototypes([2, 4, 8, 16], [8, 20, 50], solved, ["small", "large"])
    assert figure.image() and len(figure.axes) == 6
    assert {"back-propagation", "guessing", "small\n$T = 8$"} <= set(texts(figure))


def test_what_was_never_solved_is_marked_at_its_bound():
    chance = np.array([[0.1, 0.05, 0.2], [0.0, 0.0, 1e-4]])[None, None]
    ax = contest.chance_by_prototypes([2, 4], [8], chance, ["here"]).axes[0]
    hollow = [line for line in ax.lines if line.get_marker() == "v"]
    assert hollow[0].get_xdata().tolist() == [4] and hollow[0].get_ydata().tolist() == [1e-4]
