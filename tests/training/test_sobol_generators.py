"""Sobol generators of the optimizers: the words of one step are spread evenly."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from stochastic.training import OPTIMIZERS


def spread(generator, length):
    """Tell whether the words of every step of every lane lie in L intervals of equal size."""
    optimizer = OPTIMIZERS["dsc-momentum"].make(
        [torch.nn.Parameter(torch.zeros(1))],
        lr=0.01,
        cycles_per_step=length,
        weight_bits=18,
        weight_fraction=15,
        generator=generator,
        sharing="per-lane",
    )
    circuit = optimizer.circuit
    words = np.array(
        [
            lane.words(1 << 13, 0).astype(np.int64)
            for lane in circuit.lane_generators(circuit.gradient_generator)
        ]
    )
    intervals = np.sort((words * length >> 13).reshape(-1, length), axis=1)
    return len(words) == 64 and (intervals == np.arange(length)).all()


@pytest.mark.parametrize("length", [1, 2, 4, 16, 64])
def test_every_lane_meets_each_interval_once_in_a_step(length):
    assert spread("sobol", length)


@pytest.mark.parametrize("length", [2, 4, 16, 64])
def test_words_of_lfsr_are_not_spread_like_this(length):
    assert not spread("lfsr", length)
