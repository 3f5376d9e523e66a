"""The unified non-scaled adder: the published law, where it holds, and where it does not."""

import numpy as np
import pytest

from stochastic import Bitstream, UnifiedAdder, VanDerCorput, encode
from stochastic.generators import Sobol

pytestmark = pytest.mark.slow


def sorted_stream(ones, length, encoding):
    return Bitstream.from_bits(np.arange(length) < ones, encoding)


@pytest.mark.parametrize("a", [0, 3, 10, 20, 32])
@pytest.mark.parametrize("b", [0, 7, 16, 32])
def test_published_law_for_unipolar_streams_of_ones_first(a, b):
    streams = [sorted_stream(n, 32, "unipolar") for n in (a, b)]
    assert UnifiedAdder(fan_in=2).apply(streams=streams).count() == min(a + b, 32)


@pytest.mark.parametrize("values", [(0.5, 0.25, -0.125), (-0.75, 0.5, -0.25), (0.9, 0.8, 0.7)])
def test_published_law_for_bipolar_streams_spread_evenly(values):
    generators = [VanDerCorput(width=10), *(Sobol(width=10, dimension=d) for d in (1, 2))]
    streams = [encode(v, g, 1024, "bipolar") for v, g in zip(values, generators, strict=True)]
    total = UnifiedAdder(fan_in=3, encoding="bipolar").apply(streams=streams)
    expected = np.clip(sum(s.value for s in streams), -1, 1)
    # What the accumulator holds: a few ones of 1024.
    assert abs(total.value - expected) <= 2 * 8 / 1024


def test_bipolar_streams_of_ones_first_overshoot():
    # C grows by 3 / 2 a cycle for L / 2 cycles, and then falls by 1 / 2; the ones emitted
    # until the backlog is gone are L / 2 + L / 6.
    streams = [sorted_stream(150, 300, "bipolar")] * 2
    total = UnifiedAdder(fan_in=2, encoding="bipolar").apply(streams=streams)
    assert total.count() == 200
    assert total.value == pytest.approx(1 / 3)


def test_ones_are_conserved():
    rng = np.random.default_rng(2)
    streams = rng.integers(0, 2, (500, 4))
    adder = UnifiedAdder(fan_in=4, encoding="bipolar")
    outputs, state = adder.run({"streams": streams})
    # In halves: each cycle subtracts K - 1 of them.
    left = 2 * streams.sum() - 3 * 500 - 2 * outputs["sum"].sum()
    assert state.registers["stored"].tolist() == [left]


def test_the_accumulator_saturates_at_both_ends():
    adder = UnifiedAdder(fan_in=2, encoding="bipolar", width=4)
    ones, zeros = np.ones((20, 2), int), np.zeros((20, 2), int)
    # At 7 halves before the 1 is paid, and at -8.
    assert adder.run({"streams": ones})[1].registers["stored"].tolist() == [5]
    assert adder.run({"streams": zeros})[1].registers["stored"].tolist() == [-8]


def test_errors():
    message = "^UnifiedAdder width with 4 bipolar streams must be between 5 and 32, not 4$"
    with pytest.raises(ValueError, match=message):
        UnifiedAdder(fan_in=4, encoding="bipolar", width=4)
    with pytest.raises(
        ValueError,
        match="^UnifiedAdder width with 4 unipolar streams must be between 4 and 32, not 3$",
    ):
        UnifiedAdder(fan_in=4, width=3)
