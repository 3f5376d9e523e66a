"""The reasons why some faults cannot be shown."""

import numpy as np
import pytest

import rtl
from sim.catalog import find
from sim.checks.faults import faults
from stochastic import Lfsr
from tests.support.argued_faults import ARGUED, FAR, WINDOW

pytestmark = pytest.mark.simulator

# The longest bench that is emitted.
LONGEST = 10_000_000


@pytest.mark.parametrize("argued", ARGUED, ids=lambda each: f"{each.name} {each.number}")
def test_each_line_is_one_of_the_circuit_and_holds_faults(argued):
    verilog = rtl.to_verilog(find(argued.name).all[argued.number], argued.name)
    planted = [fault.before for fault in faults(verilog)]
    for line in argued.lines:
        assert any(before.startswith(line) for before in planted), line


@pytest.mark.parametrize(
    "argued", [a for a in ARGUED if a.reason == FAR], ids=lambda each: each.name
)
def test_registers_are_far_from_where_a_fault_shows(argued):
    assert argued.distance / argued.step > LONGEST
    parameters = find(argued.name).all[argued.number]
    start = int(np.ravel(parameters.reset(1).registers[argued.register])[0])
    cycles = 500
    for end in range(2):
        inputs = {p.name: np.full((cycles, p.count), p.range[end]) for p in parameters.inputs}
        _, state = parameters.run(inputs, cycles=cycles, lanes=1)
        moved = int(np.ravel(state.registers[argued.register])[0]) - start
        assert abs(moved) <= cycles * argued.step


def tells_xor_from_or(p, cycles):
    """Return whether a comparator of the first neuron of a pass does within some cycles."""
    for neuron in range(0, p.neurons, p.parallel):
        for number, seed in enumerate(p.stream_seeds[: p.fan_in * p.range]):
            code = p.weights[neuron][number // p.range]
            words = Lfsr(width=p.width, seed=seed).words(cycles)
            if code % 4 == 3 and (words == code - 1).any():
                return True
    return False


@pytest.mark.parametrize(
    "argued", [a for a in ARGUED if a.reason == WINDOW], ids=lambda each: str(each.number)
)
def test_no_word_of_a_window_shows_the_fault(argued):
    p = find(argued.name).all[argued.number]
    assert not tells_xor_from_or(p, p.length)
    assert tells_xor_from_or(p, (1 << p.width) - 1)
