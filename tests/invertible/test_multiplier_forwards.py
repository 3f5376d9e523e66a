"""The catalogue's 4 x 4 multiplier with clamped operands, in the model and in Verilog."""

import numpy as np
import pytest

from sim.catalog import entry_of
from sim.checks.first_difference import first_difference
from sim.simulation.verilated_circuit import VerilatedCircuit
from stochastic.invertible import Hamiltonian, multiplier

CYCLES = 10_000


def port_values(outputs, name):
    where = list(multiplier(4, 4).build().ports[name])
    return outputs["spins"][:, where] @ (1 << np.arange(len(where)))


def test_product_is_the_most_frequent_one():
    entry = entry_of("multiplier_forwards")
    inputs = entry.stimulus(entry.default, 64 * 20, 1, np.random.default_rng(2))
    stretches = np.flatnonzero(inputs["clamp"][::64].any(axis=1))
    held = {name: np.repeat(values[::64], 8000, axis=0) for name, values in inputs.items()}
    outputs, _ = entry.default.run(held)
    a, b, p = (port_values(outputs, name).reshape(20, 8000) for name in "abp")
    for k in stretches.tolist():
        assert np.ptp(a[k]) == np.ptp(b[k]) == 0
        assert np.bincount(p[k]).argmax() == a[k, 0] * b[k, 0]


@pytest.mark.simulator
@pytest.mark.slow
def test_verilog_and_planted_faults():
    """10,000 cycles have no mismatch; one wrong J and a saturation off by one are seen."""
    entry = entry_of("multiplier_forwards")
    circuit = entry.default
    inputs = entry.stimulus(circuit, CYCLES, 1, np.random.default_rng(1))
    expected, _ = circuit.run(inputs)
    (i, j, weight), *others = circuit.hamiltonian.J
    wrong = Hamiltonian(h=circuit.hamiltonian.h, J=((i, j, weight + 1), *others))
    for hardware, equal in (
        (circuit, True),
        (circuit.replace(hamiltonian=wrong), False),
        (circuit.replace(symmetric=True), False),
    ):
        shown = VerilatedCircuit(hardware).run(inputs)
        assert (first_difference(circuit, expected, shown) == "") is equal
