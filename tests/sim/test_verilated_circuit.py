"""The Verilog as a library: the same outputs as the golden model's, and the build's cache."""

import re

import numpy as np
import pytest

import rtl
from sim.catalog import find
from sim.simulation.verilated_circuit import VerilatedCircuit, build
from stochastic import Lfsr

pytestmark = pytest.mark.simulator


def run_both(entry, parameters, cycles):
    rng = np.random.default_rng(1)
    inputs = entry.stimulus(parameters, cycles, 1, rng)
    enable, rst = rng.random(cycles) < 0.8, rng.random(cycles) < 0.02
    circuit = VerilatedCircuit(parameters)
    # In two runs, so that the state must last from one to the next.
    parts = []
    for part in (slice(0, cycles // 3), slice(cycles // 3, cycles)):
        parts.append(
            circuit.run(
                {name: values[part] for name, values in inputs.items()},
                cycles=part.stop - part.start,
                enable=enable[part],
                rst=rst[part],
            )
        )
    found = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    expected, _ = parameters.run(inputs, cycles=cycles, lanes=1, enable=enable, rst=rst)
    return found, expected


# Ports of one bit and of several words; elements of 62 bits without a sign and of 64 with
# one; a circuit without inputs, and one without a clock.
@pytest.mark.parametrize(
    ("name", "width"), [("momentum_sgd", 14), ("mac", 62), ("lfsr", 32), ("requantizer", 64)]
)
def test_the_library_equals_the_model(name, width):
    entry = find(name)
    parameters = next(p for p in entry.all if any(port.width == width for port in p.outputs))
    found, expected = run_both(entry, parameters, 3000)
    assert found.keys() == expected.keys()
    for port, values in expected.items():
        np.testing.assert_array_equal(found[port], values, err_msg=port)


def test_a_build_is_made_once_and_follows_the_verilog(monkeypatch):
    circuit = Lfsr(width=5)
    first = build(circuit)
    made = first.stat().st_mtime_ns
    assert build(circuit) == first
    assert first.stat().st_mtime_ns == made
    text = rtl.to_verilog(circuit, "circuit")
    # A tap moved by one bit: another text, another library, other words.
    wrong = re.sub(r"word\[(\d)\]", lambda tap: f"word[{(int(tap[1]) + 1) % 5}]", text, count=1)
    assert wrong != text
    monkeypatch.setattr(rtl, "to_verilog", lambda *_: wrong)
    assert build(circuit) != first
    shown = VerilatedCircuit(circuit).run({}, cycles=31)["word"][:, 0]
    assert not np.array_equal(shown, circuit.words(31))


def test_two_instances_do_not_share_their_state():
    circuit = Lfsr(width=5)
    one, other = VerilatedCircuit(circuit), VerilatedCircuit(circuit)
    assert one.run({}, cycles=3)["word"][:, 0].tolist() == circuit.words(3).tolist()
    assert other.run({}, cycles=4)["word"][:, 0].tolist() == circuit.words(4).tolist()
    assert one.run({}, cycles=2)["word"][:, 0].tolist() == circuit.words(2, 3).tolist()


def test_lengths_must_agree():
    circuit = VerilatedCircuit(Lfsr(width=5))
    with pytest.raises(ValueError, match="^enable has 2 cycles, not 3$"):
        circuit.run({}, cycles=3, enable=[True, False])
