"""What the pictures of studies show."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")
from sim.commands.study_pictures import draw_accuracy


def row(network, optimizer, length, difference, error=None):
    return {
        "network": network,
        "optimizer": optimizer,
        "cycles_per_step": length,
        "difference": difference,
        "difference_error": error,
    }


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws and returns the points by label and the columns by name."""
    figures = []
    monkeypatch.setattr(
        "sim.commands.study_pictures._save", lambda figure, path: figures.append(figure)
    )

    def draw(rows, models):
        draw_accuracy(Path("accuracy.png"), rows, models, 0.5)
        (axes,) = figures.pop().axes
        points = {
            c.get_label(): [tuple(p) for p in c.lines[0].get_xydata().tolist()]
            for c in axes.containers
        }
        return points, {
            t.get_text(): x
            for t, x in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
        }

    return draw


def test_lengths_and_formats_have_columns(drawn):
    rows = [
        row("vgg16", "float SGD", "", 0),
        row("vgg16", "circuit", 1, -1.0, 0.25),
        row("vgg16", "circuit", 4, -0.5),
        row("vgg16", "fixed point, 8-bit", "", 0.75),
        row("resnet18", "float SGD", "", 0),
        row("resnet18", "hybrid", 4, 0.125),
        row("resnet18", "fixed point, 16-bit", "", 0.0),
    ]
    points, columns = drawn(rows, ["vgg16", "resnet18"])
    assert columns == {
        "L = 1": 0,
        "L = 4": 2,
        "fixed point,\n8-bit": 3,
        "fixed point,\n16-bit": 4,
    }
    assert points == {
        "vgg16": [(0 - 0.03, -1.0), (2 - 0.03, -0.5)],
        "vgg16, fixed point, 8-bit": [(3 - 0.03, 0.75)],
        "resnet18, hybrid": [(2 + 0.03, 0.125)],
        "resnet18, fixed point, 16-bit": [(4 + 0.03, 0.0)],
    }


@pytest.mark.parametrize("rows", [[], [row("vgg16", "float SGD", "", 0)]])
def test_nothing_but_float_runs_so_far(drawn, rows):
    assert drawn(rows, ["vgg16"]) == ({}, {})


def test_formats_alone(drawn):
    points, columns = drawn([row("vgg16", "fixed point, 8-bit", "", 0.75)], ["vgg16"])
    assert points == {"vgg16, fixed point, 8-bit": [(1, 0.75)]}
    assert columns == {"fixed point,\n8-bit": 1}
