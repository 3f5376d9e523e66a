"""Regenerator: exact values, and the correlation of the new generator."""

import numpy as np
import pytest

from stochastic import Bitstream, Counter, Regenerator, VanDerCorput, scc


@pytest.mark.parametrize("width", [1, 3, 6, 8, 10])
def test_every_value_is_kept_on_both_engines(width):
    window = 1 << width
    first = np.arange(window)[None] < np.arange(window + 1)[:, None]
    bits = np.concatenate([first, np.zeros_like(first)], axis=1)
    x = Bitstream.from_bits(bits, "unipolar")
    for engine in ("bit", "packed"):
        y = Regenerator(generator=VanDerCorput(width=width)).apply(x=x, engine=engine)
        assert not y.bits()[:, :window].any()
        assert y.bits()[:, window:].sum(axis=1).tolist() == list(range(window + 1))


def test_one_generator_makes_streams_of_scc_1():
    rng = np.random.default_rng(1)
    a, b = (
        Bitstream.from_bits(np.tile(rng.random((50, 64)) < 0.5, 2), "unipolar") for _ in "ab"
    )
    circuit = Regenerator(generator=Counter(width=6))
    found = [circuit.apply(x=x).bits()[:, 64:] for x in (a, b)]
    np.testing.assert_array_equal(scc(*found), 1)


def test_bad_parameters_are_one_sentence():
    with pytest.raises(
        ValueError, match="^Regenerator width must be between 1 and 16, not 17$"
    ):
        Regenerator(generator=Counter(width=17))
