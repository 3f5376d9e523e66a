"""The deterministic multipliers: exact for every pair of codes up to six bits."""

import numpy as np
import pytest

from stochastic import DeterministicMultiplier

METHODS = ("clock-division", "rotation", "relatively-prime")


def every_pair(gate, cycles):
    """Return both codes and the number of ones for every pair."""
    first, second = 1 << gate.width, gate.second_length
    counts = []
    for a in range(first + 1):
        inputs = {
            "a": np.full((cycles, second + 1), a),
            "b": np.tile(np.arange(second + 1), (cycles, 1)),
        }
        counts.append(gate.run(inputs)[0]["product"].sum(axis=0))
    return np.arange(first + 1)[:, None], np.arange(second + 1)[None], np.array(counts)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("width", [2, 3, 4, 5, 6])
def test_every_unipolar_pair_is_exact(method, width):
    gate = DeterministicMultiplier(width=width, method=method)
    assert gate.length == (1 << width) * ((1 << width) - (method == "relatively-prime"))
    a, b, counts = every_pair(gate, gate.length)
    np.testing.assert_array_equal(counts, a * b)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("width", [2, 6])
def test_every_bipolar_pair_is_exact(method, width):
    gate = DeterministicMultiplier(width=width, method=method, encoding="bipolar")
    a, b, counts = every_pair(gate, gate.length)
    x, y = 2 * a / (1 << width) - 1, 2 * b / gate.second_length - 1
    np.testing.assert_allclose(2 * counts / gate.length - 1, x * y, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_cycle_less_is_not_exact(method):
    gate = DeterministicMultiplier(width=3, method=method)
    a, b, counts = every_pair(gate, gate.length - 1)
    assert (counts != a * b).any()


def test_last_comes_once_a_multiplication():
    for method in METHODS:
        gate = DeterministicMultiplier(width=2, method=method)
        zeros = np.zeros(3 * gate.length, int)
        last = gate.run({"a": zeros, "b": zeros})[0]["last"][:, 0]
        assert np.flatnonzero(last).tolist() == [i * gate.length - 1 for i in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 1}, "DeterministicMultiplier width must be between 2 and 12, not 1"),
        (
            {"width": 4, "method": "luck"},
            "DeterministicMultiplier method must be one of clock-division, rotation, "
            "relatively-prime, not 'luck'",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        DeterministicMultiplier(**options)


def test_the_shorter_length_has_no_code_for_two_to_the_n():
    gate = DeterministicMultiplier(width=2, method="relatively-prime")
    with pytest.raises(ValueError, match="^port b takes values from 0 to 3, not 4$"):
        gate.run({"a": [1], "b": [4]})
