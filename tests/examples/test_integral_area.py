"""Area of networks on integral streams: which circuits are synthesized, and the estimate."""

import numpy as np

from examples.integral_area import circuits, few_neurons, report
from sim.checks.network_replay import hardware_of
from stochastic import IntegralNeuron
from stochastic.networks import StreamNetwork, circuit_of
from tests.support.stream_layers import small_layers


def small_network():
    streams = StreamNetwork(small_layers(np.random.default_rng(1)), length=20)
    sizes = [layer.outputs for layer in streams.layers]
    return circuit_of(streams, parallel=sizes), hardware_of(streams)


def test_circuits_are_parts_of_the_network():
    parallel, whole = small_network()
    found = circuits(parallel, whole)
    assert isinstance(found["neuron"], IntegralNeuron)
    assert all(layer.direct for layer in parallel.layers)
    for number, layer in enumerate(parallel.layers):
        two = found[f"layer {number}, 2 in parallel"]
        assert two == few_neurons(layer, 2)
        assert (two.weights, two.direct) == (layer.weights[:2], True)
        shared = whole.layers[number]
        assert found[f"layer {number}, all, {shared.parallel} at a time"] == shared
    # The last layer is synthesized as a whole.
    last = len(parallel.layers) - 1
    assert (
        found[f"layer {last}, {parallel.layers[last].neurons} in parallel"]
        == (parallel.layers[last])
    )


def test_estimate_adds_the_second_neuron_for_each_other(capsys):
    parallel, _ = small_network()
    luts = {}
    for number in range(len(parallel.layers)):
        luts[f"layer {number}, 1 in parallel"] = 1000
        luts[f"layer {number}, 2 in parallel"] = 1700
    report(parallel, luts)
    neurons = [layer.neurons for layer in parallel.layers]
    lines = capsys.readouterr().out.splitlines()
    for number, count in enumerate(neurons):
        expected = f"{1000 + 700 * (count - 1):,} LUTs estimated"
        assert lines[number] == f"layer {number}, all {count} in parallel: {expected}"
    total = sum(1000 + 700 * (count - 1) for count in neurons)
    assert lines[-1].startswith(f"all neurons in parallel: {total:,} LUTs estimated, ")
