"""Adder of integral streams."""

import itertools

import numpy as np
import pytest

from stochastic import IntegralAdder


def test_every_input():
    rows = list(itertools.product(range(-2, 3), repeat=3))
    adder = IntegralAdder(fan_in=3, range=2, encoding="bipolar")
    outputs, _ = adder.run({"values": np.array(rows)})
    assert outputs["sum"][:, 0].tolist() == [a + b + c for a, b, c in rows]


def test_the_sum_has_the_range_of_all():
    port = IntegralAdder(fan_in=5, range=3).outputs[0]
    assert (port.range, port.width) == ((0, 15), 4)
    port = IntegralAdder(fan_in=4, range=2, encoding="bipolar").outputs[0]
    assert (port.range, port.width) == ((-8, 8), 5)


def test_too_many_are_refused():
    message = "^IntegralAdder fan_in of range 4096 must be between 1 and 16, not 17$"
    with pytest.raises(ValueError, match=message):
        IntegralAdder(fan_in=17, range=4096)
