"""Parallel Sobol generator against SciPy's sequence and the serial generator."""

import numpy as np
import pytest
from scipy.stats import qmc

from stochastic import ParallelSobol, Sobol


@pytest.mark.parametrize("count", [2, 4, 8])
@pytest.mark.parametrize("dimension", [0, 1, 5, 20])
def test_words_are_scipys(count, dimension):
    points = qmc.Sobol(dimension + 1, scramble=False).random(256)[:, dimension]
    expected = np.floor(points * 256).astype(int).reshape(-1, count)
    circuit = ParallelSobol(width=8, count=count, dimension=dimension)
    outputs, _ = circuit.run(cycles=256 // count)
    np.testing.assert_array_equal(outputs["words"], expected)
    np.testing.assert_array_equal(circuit.words(256 // count), expected)


@pytest.mark.parametrize("count", [2, 4, 8])
@pytest.mark.parametrize("width", [4, 5, 11])
def test_period_and_later_cycles(count, width):
    circuit = ParallelSobol(width=width, count=count, dimension=3)
    outputs, _ = circuit.run(cycles=3 * 2**width // count)
    serial = Sobol(width=width, dimension=3).words(12 * 2**width)
    np.testing.assert_array_equal(outputs["words"].ravel(), serial[: 3 * 2**width])
    np.testing.assert_array_equal(circuit.words(5, 7).ravel(), serial[7 * count : 12 * count])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 8, "count": 3}, "ParallelSobol count must be 2, 4 or 8, not 3"),
        (
            {"width": 3, "count": 8},
            "ParallelSobol width of 8 words must be between 4 and 24, not 3",
        ),
        (
            {"width": 8, "count": 2, "dimension": 1024},
            "Sobol dimension must be between 0 and 1023, not 1024",
        ),
    ],
)
def test_bad_parameters_are_one_sentence(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        ParallelSobol(**options)
