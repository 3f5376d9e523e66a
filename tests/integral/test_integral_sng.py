"""B2IS: error against range and length, and refusal of equal generators."""

import numpy as np
import pytest

from stochastic import IntegralSng, Lfsr, Pcg


def test_variance_is_that_of_independent_streams():
    m, code, cycles = 4, 77, 20_000
    unit = IntegralSng(stream_generators=tuple(Pcg(width=8, seed=i) for i in range(m)))
    outputs, _ = unit.run({"code": np.full((cycles, 1), code)})
    p = code / 256
    # The variance of a sample variance of N binomial values is below 2 v^2 / N (1 + 1 / m).
    variance = m * p * (1 - p)
    error = 5 * variance * np.sqrt(2.5 / cycles)
    assert abs(outputs["value"].var() - variance) < error


def test_full_scale_and_zero():
    unit = IntegralSng(stream_generators=(Lfsr(width=4), Lfsr(width=4, phase=5)))
    for code, value in ((0, 0), (16, 2)):
        outputs, _ = unit.run({"code": np.full((15, 1), code)})
        assert set(outputs["value"].ravel()) == {value}


def test_equal_sequences_are_refused():
    same = Lfsr(width=4), Lfsr(width=4, phase=15)
    with pytest.raises(ValueError, match="^IntegralSng needs two generators of different"):
        IntegralSng(stream_generators=same)
    with pytest.raises(ValueError, match="width 4, not 5$"):
        IntegralSng(stream_generators=(Lfsr(width=4), Lfsr(width=5)))
    with pytest.raises(
        TypeError, match=r"must be a tuple of at least one generator, not \(\)$"
    ):
        IntegralSng(stream_generators=())
