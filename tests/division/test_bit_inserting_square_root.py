"""The bit-inserting square root: no root as published, and one with a history."""

import itertools

import numpy as np
import pytest

from sim.oracles.finite_chains import moments_of_ones
from stochastic import BitInsertingSquareRoot, Bitstream, Lfsr, Pcg

X = np.array([0.04, 0.1, 0.36, 0.7, 0.9])


def measured(circuit):
    bits = np.random.default_rng(1).random((50, 5, 8192)) < X[:, None]
    found = circuit.apply(x=Bitstream.from_bits(bits, "unipolar"))
    return found.value.mean(axis=0)


def test_as_published_the_mean_is_exact_and_no_root():
    found = measured(BitInsertingSquareRoot())
    np.testing.assert_allclose(found, 2 * X / (1 + X), atol=0.005)
    assert np.abs(found - np.sqrt(X)).max() > 0.1


def test_mean_by_enumeration_of_every_stream_of_twelve_bits():
    # P(Q) = x / (1 + x) in the long run; from Q = 0 its distance shrinks by -x a cycle.
    bits = np.array(list(itertools.product((0, 1), repeat=12)))
    root = BitInsertingSquareRoot().run({"x": bits.T})[0]["root"]
    for x in (0.1, 0.36, 0.7):
        chance = np.prod(np.where(bits, x, 1 - x), axis=1)
        trace = x / (1 + x) * (1 - (-x) ** np.arange(12))
        expected = trace + (1 - trace) * x
        np.testing.assert_allclose(root @ chance, expected, atol=1e-12)


def test_the_flip_flop_sees_x_and_not_the_output():
    rng = np.random.default_rng(2)
    x = (rng.random((8192, 20)) < 0.36).astype(int)
    root = BitInsertingSquareRoot().run({"x": x})[0]["root"]
    # The trace of the published loop, rebuilt from its output.
    trace = np.zeros_like(root)
    for t in range(len(root) - 1):
        trace[t + 1] = root[t] & (1 - trace[t])
    seen = root[trace == 0].mean()
    assert seen == pytest.approx(0.36, abs=0.01)
    assert root.mean() == pytest.approx(2 * 0.36 / 1.36, abs=0.01)


@pytest.mark.parametrize(("width", "worst"), [(2, 0.06), (3, 0.05), (5, 0.02)])
def test_a_history_makes_it_a_root(width, worst):
    found = measured(BitInsertingSquareRoot(generator=Pcg(width=width, seed=3)))
    assert np.abs(found - np.sqrt(X)).max() < worst


def test_a_plain_delay_does_not():
    # J one or two cycles late: the exact mean of a chain of trace and outputs.
    for delay, expected in ((1, 0.681), (2, 0.602)):
        mask = (1 << delay) - 1

        def advance(state, word, bit, delay=delay, mask=mask):
            trace, history = state >> delay, state & mask
            one = trace | bit
            j = history >> (delay - 1)
            return (j & 1 - trace) << delay | (history << 1 | one) & mask, one

        mean, _ = moments_of_ones(
            advance, 2 << delay, 0, np.array([[0.36]]), np.zeros(4096, int)
        )
        assert mean[0] / 4096 == pytest.approx(expected, abs=0.002)


def test_errors():
    message = "^BitInsertingSquareRoot generator must have a width up to 5, not 6$"
    with pytest.raises(ValueError, match=message):
        BitInsertingSquareRoot(generator=Lfsr(width=6))
    with pytest.raises(ValueError, match="^BitInsertingSquareRoot x must be unipolar, not bip"):
        BitInsertingSquareRoot().apply(x=Bitstream.from_bits([1], "bipolar"))
