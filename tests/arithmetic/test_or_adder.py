"""The OR adder: every input, its law, and the bound of its error."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, Lfsr, OrAdder, encode


@pytest.mark.parametrize("fan_in", [2, 3, 5])
def test_every_input(fan_in):
    rows = np.array(list(itertools.product((0, 1), repeat=fan_in)))
    total = OrAdder(fan_in=fan_in).run({"streams": rows})[0]["sum"][:, 0]
    assert total.tolist() == [0] + [1] * (2**fan_in - 1)


def test_streams_that_exclude_each_other_are_added_exactly():
    order = np.random.default_rng(1).integers(0, 5, 1000)
    streams = [Bitstream.from_bits(order == i, "unipolar") for i in range(4)]
    total = OrAdder(fan_in=4).apply(streams=streams)
    assert total.count() == sum(int(s.count()) for s in streams)


@pytest.mark.parametrize("p", [(0.01, 0.02), (0.1, 0.2, 0.05), (0.5, 0.25, 0.125, 0.125)])
def test_the_law_is_below_the_sum_by_at_most_half_its_square(p):
    law, total = 1 - np.prod(1 - np.array(p)), sum(p)
    assert 0 <= total - law <= total**2 / 2


def test_equal_generators_are_refused():
    a = encode(0.25, Lfsr(width=8), 255, "unipolar")
    with pytest.raises(ValueError, match=r"^OrAdder needs independent operands, but Lfsr"):
        OrAdder(fan_in=2).apply(streams=[a, a])
    # The OR of streams of one generator is the maximum.
    assert OrAdder(fan_in=2).apply(streams=[a, a], correlated=True).count() == a.count()


def test_errors():
    with pytest.raises(ValueError, match="^OrAdder fan_in must be between 2 and 65536, not 1$"):
        OrAdder(fan_in=1)
    a = Bitstream.from_bits([1, 0], "bipolar")
    with pytest.raises(ValueError, match="^OrAdder streams must be unipolar, not bipolar$"):
        OrAdder(fan_in=2).apply(streams=[a, a])
    b = Bitstream.from_bits([1, 0, 1], "unipolar")
    c = Bitstream.from_bits([1, 0], "unipolar")
    with pytest.raises(ValueError, match="^OrAdder takes streams of one length, not 3 and 2$"):
        OrAdder(fan_in=2).apply(streams=[b, c])
