"""Decorrelator: values are kept, correlation goes to 1 / (2 D - 1)."""

import numpy as np
import pytest

from stochastic import Bitstream, Counter, Decorrelator, Pcg, scc


def decorrelator(depth):
    return Decorrelator(
        depth=depth, a_generator=Pcg(width=16, seed=101), b_generator=Pcg(width=16, seed=102)
    )


@pytest.mark.parametrize("depth", [2, 3, 4, 8, 32])
def test_correlation_of_one_stream_with_itself(depth):
    x = Bitstream.from_bits(np.random.default_rng(depth).random(1 << 20) < 0.5, "unipolar")
    out = decorrelator(depth).apply(a=x, b=x)
    # 1 / 3 with D = 2, 1 / 7 with 4, 1 / 15 with 8; the reference found .32, .14 and .055.
    assert abs(scc(out["a_out"], out["b_out"]) - 1 / (2 * depth - 1)) < 5 / 1024


def test_every_bit_leaves_once():
    bits = np.random.default_rng(1).random((500, 1000)) < 0.3
    x = Bitstream.from_bits(bits, "unipolar")
    circuit = decorrelator(5)
    outputs, state = circuit.run({"a": bits.T.astype(int), "b": bits.T.astype(int)})
    for name in "ab":
        remaining = np.bitwise_count(state.registers[f"{name}_buffer"])
        after = outputs[f"{name}_out"].sum(axis=0) + remaining
        # Bits 1 and 3 of the five are 1 after reset.
        np.testing.assert_array_equal(after, x.count() + 2)


def test_bad_use_is_one_sentence():
    with pytest.raises(ValueError, match="^Decorrelator depth must be between 2 and 4, not 5$"):
        Decorrelator(depth=5, a_generator=Counter(width=2), b_generator=Counter(width=3))
    with pytest.raises(
        ValueError,
        match="^Decorrelator needs two generators of different sequences, not Counter",
    ):
        Decorrelator(depth=2, a_generator=Counter(width=2), b_generator=Counter(width=2))
