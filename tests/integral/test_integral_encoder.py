"""Encoder of many numbers."""

import numpy as np
import pytest

from stochastic import IntegralEncoder, Lfsr


def test_a_full_period_holds_as_many_ones_as_the_code():
    unit = IntegralEncoder(generator=Lfsr(width=4, zero_state=True), group=17, length=16)
    one = np.ones((18, 1), int)
    inputs = {"input_valid": one, "codes": np.tile(np.arange(17), (18, 1)), "output_ready": one}
    outputs, _ = unit.run(inputs)
    assert outputs["output_valid"][:, 0].tolist() == [0] + [1] * 16 + [0]
    assert outputs["bits"][1:17].sum(axis=0).tolist() == list(range(17))


def test_the_output_waits():
    unit = IntegralEncoder(generator=Lfsr(width=3), group=2, length=5)
    rng = np.random.default_rng(1)
    ready = rng.integers(0, 2, (40, 1))
    inputs = {"input_valid": np.ones((40, 1), int), "codes": np.tile([3, 6], (40, 1))}
    outputs, _ = unit.run({**inputs, "output_ready": ready})
    taken = (outputs["output_valid"] & ready)[:, 0] == 1
    words = np.tile(Lfsr(width=3).words(5), 8)[: taken.sum(), None]
    np.testing.assert_array_equal(outputs["bits"][taken], words < [3, 6])


def test_bad_options():
    with pytest.raises(ValueError, match="^IntegralEncoder length must be between 2 and 65536"):
        IntegralEncoder(generator=Lfsr(width=3), group=2, length=0)
    with pytest.raises(ValueError, match="^IntegralEncoder group must be between 1 and 4096"):
        IntegralEncoder(generator=Lfsr(width=3), group=0)
    with pytest.raises(TypeError, match="generator must be a generator, not 3$"):
        IntegralEncoder(generator=3, group=2)
