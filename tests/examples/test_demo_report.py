"""The demonstration's picture: what was proven, layer by layer, and what a fault did."""

import pytest

pytest.importorskip("torch")
pyplot = pytest.importorskip("matplotlib.pyplot")

from examples import demo_report
from sim.checks.update_replay import Replayed
from stochastic.training import Epoch

# A convolution with its normalization, and a linear layer.
TENSORS = {"0.weight": 90, "1.weight": 10, "1.bias": 10, "5.weight": 50, "5.bias": 5}
SHARES = (0.5, 0.75)


def replayed(mismatches):
    return [
        Replayed(name, step, count, 34 * count, mismatches.get(name, 0), None)
        for step in (1, 2)
        for name, count in TENSORS.items()
    ]


@pytest.fixture
def figure(tmp_path, monkeypatch):
    """Return the picture of two epochs, and of a fault in the linear layer."""
    seen = []
    monkeypatch.setattr(demo_report, "save_figure", lambda figure, path: seen.append(figure))
    epochs = [Epoch(n, 2, 1.0, 0.5, share, 1.0) for n, share in enumerate(SHARES, 1)]
    wrong = replayed({"5.weight": 7})
    demo_report.draw(
        tmp_path / "demo.png", {"circuit": epochs}, replayed({}), "AND -> OR", wrong
    )
    yield seen[0]
    pyplot.close(seen[0])


def test_each_layer_has_its_parameters_and_bits(figure):
    _, below = figure.axes
    assert [tick.get_text() for tick in below.get_yticklabels()] == ["conv 1", "linear"]
    # Two steps of 110 and of 55 parameters, with 34 bits each.
    widths = [bar.get_width() for bar in below.patches]
    assert widths == [2 * 110 * 34, 2 * 55 * 34, 0, 2 * 7]
    texts = [text.get_text() for text in below.texts]
    assert texts == [
        "220 parameters: 0 differ", "0 differ", "110 parameters: 0 differ", "14 differ",
    ]  # fmt: skip
    assert below.get_title() == "Replay in Verilog: 0 of 11,220 bits differ"
    assert any("AND -> OR" in text.get_text() for text in below.get_legend().get_texts())


def test_the_accuracy_of_every_epoch_is_shown_at_the_width_of_a_telephone(figure):
    above, _ = figure.axes
    (line,) = above.get_lines()
    assert line.get_ydata().tolist() == [50, 75]
    # 600 points at 120 dots an inch.
    assert figure.get_size_inches()[0] == 5
