"""The reasons why some faults cannot be shown."""

import numpy as np
import pytest

import rtl
from sim.catalog import find
from sim.checks.faults import faults
from stochastic import Lfsr
from tests.support.argued_faults import ARGUED, FAR, LEVEL, SLOW, WINDOW

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


def only(reason):
    """Return the parameters of the only row with a reason."""
    (argued,) = [each for each in ARGUED if each.reason == reason]
    return find(argued.name).all[argued.number]


def test_the_first_counter_neither_falls_nor_ends():
    p = only(SLOW)
    assert not p.inputs
    outputs, _ = p.run({}, cycles=LONGEST, lanes=1)
    first = outputs["y1"][:, 0]
    assert (first[1:] >= first[:-1]).all()
    assert first.max() < 1 << p.width


def lowest(p, cycles):
    """Return how low the counter comes while the spins pull it down in every cycle."""
    pull = p.h - sum(map(abs, p.weights))
    noise = np.where(p.generator.words(cycles) & 1, 1, -1) * p.noise.weight
    value = found = p.initial
    for step in (noise + pull).tolist():
        value = max(min(value + step, p.limit - 1), -p.limit)
        found = min(found, value)
    return found


def test_the_counter_stays_above_its_lower_end():
    p = only(LEVEL)
    step = p.noise.weight + abs(p.h) + sum(map(abs, p.weights))
    # After some periods of the noise the counter is back at its upper end.
    assert lowest(p, 200 * p.generator.period) > -p.limit + 3 * step
    # One more unit of pull for each spin, and it drifts there.
    assert lowest(p.replace(weights=(-9,) * 9), 200 * p.generator.period) == -p.limit
