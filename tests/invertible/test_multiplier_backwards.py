"""The catalogue's 4 x 4 multiplier with a clamped product, in the model and in Verilog."""

import numpy as np
import pytest

from sim.catalog import entry_of
from sim.checks.first_difference import first_difference
from sim.simulation.verilated_circuit import VerilatedCircuit
from stochastic.invertible import Hamiltonian, multiplier

CYCLES = 10_000


@pytest.mark.parametrize("product", [143, 15, 225])
def test_most_frequent_operands_are_factors(product):
    """One replica for 20,000 cycles; with other seeds it may stay in a wrong state for long."""
    circuit = entry_of("multiplier_backwards").default
    ports, cycles = multiplier(4, 4).build().ports, 20_000
    clamp, value = np.zeros((2, circuit.size), int)
    for bit, spin in enumerate(ports["p"]):
        clamp[spin], value[spin] = 1, product >> bit & 1
    inputs = {"clamp": np.tile(clamp, (cycles, 1)), "clamp_value": np.tile(value, (cycles, 1))}
    outputs, _ = circuit.run(inputs)
    places = 1 << np.arange(4)
    a, b = (outputs["spins"][:, list(ports[name])] @ places for name in "ab")
    pair = np.bincount(16 * a + b).argmax()
    assert (pair // 16) * (pair % 16) == product


@pytest.mark.simulator
@pytest.mark.slow
def test_verilog_and_planted_faults():
    """10,000 cycles have no mismatch; one wrong J and a saturation off by one are seen."""
    entry = entry_of("multiplier_backwards")
    circuit = entry.default
    inputs = entry.stimulus(circuit, CYCLES, 1, np.random.default_rng(1))
    expected, _ = circuit.run(inputs)
    *others, (i, j, weight) = circuit.hamiltonian.J
    wrong = Hamiltonian(h=circuit.hamiltonian.h, J=(*others, (i, j, weight - 1)))
    for hardware, equal in (
        (circuit, True),
        (circuit.replace(hamiltonian=wrong), False),
        (circuit.replace(symmetric=True), False),
    ):
        shown = VerilatedCircuit(hardware).run(inputs)
        assert (first_difference(circuit, expected, shown) == "") is equal
