"""Images through the Verilog of a network."""

import dataclasses

import numpy as np
import pytest

from sim.checks.network_replay import hardware_of, replay_network
from sim.simulation.verilated_circuit import VerilatedCircuit
from stochastic.networks import StreamNetwork, circuit_of
from tests.support.stream_layers import small_layers

pytestmark = pytest.mark.simulator


@pytest.fixture
def network():
    return StreamNetwork(small_layers(np.random.default_rng(1)), length=20)


@pytest.fixture
def images():
    return np.random.default_rng(2).integers(0, 256, (12, 6), dtype=np.uint8)


def test_every_bit_is_equal(network, images):
    labels = network.classify(images)
    result = replay_network(network, images, labels)
    assert result.passed
    assert (result.images, result.errors) == (12, 0)
    # Two valid bits, a label of 2 bits and the largest sum in every cycle.
    width = hardware_of(network).argmax.outputs[-1].width
    assert result.bits_compared == result.cycles * (4 + width)
    assert replay_network(network, images, (labels + 1) % 3).errors == 12


def test_one_changed_weight_is_seen(network, images):
    # A negative control: the hardware of a network whose last bias is another.
    last = network.layers[-1]
    codes = last.codes.copy()
    codes[-1, 0] = 256 - codes[-1, 0]
    changed = StreamNetwork(
        [*network.layers[:-1], dataclasses.replace(last, codes=codes)], length=20
    )
    result = replay_network(
        network,
        images,
        network.classify(images),
        hardware=VerilatedCircuit(hardware_of(changed)),
    )
    assert result.mismatches > 0
    assert not result.passed


def test_wrong_numbers_of_neurons(network):
    with pytest.raises(ValueError, match=r"^parallel must have 3 numbers, not \[1, 2\]$"):
        circuit_of(network, parallel=[1, 2])
