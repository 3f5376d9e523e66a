"""Multiplier of integral streams."""

import itertools

import numpy as np
import pytest

from stochastic import IntegralMultiplier


@pytest.mark.parametrize("encoding_a", ["unipolar", "bipolar"])
@pytest.mark.parametrize("encoding_b", ["unipolar", "bipolar"])
def test_every_input(encoding_a, encoding_b):
    gate = IntegralMultiplier(
        range_a=3, range_b=2, encoding_a=encoding_a, encoding_b=encoding_b
    )
    low_a = 0 if encoding_a == "unipolar" else -3
    low_b = 0 if encoding_b == "unipolar" else -2
    pairs = np.array(list(itertools.product(range(low_a, 4), range(low_b, 3))))
    outputs, _ = gate.run({"a": pairs[:, 0], "b": pairs[:, 1]})
    assert outputs["product"][:, 0].tolist() == [a * b for a, b in pairs.tolist()]
    unipolar = encoding_a == encoding_b == "unipolar"
    assert gate.outputs[0].range == ((0, 6) if unipolar else (-6, 6))


def test_a_bit_gates_or_negates():
    gate = IntegralMultiplier(range_a=4, range_b=1, encoding_a="bipolar")
    assert gate.run({"a": [-4, -4], "b": [0, 1]})[0]["product"][:, 0].tolist() == [0, -4]
    sign = IntegralMultiplier(range_a=4, range_b=1, encoding_b="bipolar")
    assert sign.run({"a": [4, 4], "b": [-1, 1]})[0]["product"][:, 0].tolist() == [-4, 4]


def test_too_wide_products_are_refused():
    message = "^IntegralMultiplier range_b with range_a 256 must be between 1 and 256, not 257$"
    with pytest.raises(ValueError, match=message):
        IntegralMultiplier(range_a=256, range_b=257)
