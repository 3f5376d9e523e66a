"""The reasons why some faults cannot be shown."""

import itertools
import math
import re
from fractions import Fraction

import numpy as np
import pytest

import rtl
from sim.catalog import find
from sim.checks.equivalent_faults import proof_digests
from sim.checks.faults import faults
from sim.checks.kept_proofs import kept_proofs, least_cycles
from sim.circuits.integral.integral_network import sums_of
from sim.simulation.stimulus import bench_cycles
from stochastic import Lfsr
from tests.support.argued_faults import (
    ALONE,
    ARGUED,
    EDGE,
    FAR,
    GUARD,
    LEVEL,
    LONGEST,
    SLOW,
    TAPS,
    TIE,
    WINDOW,
)

pytestmark = pytest.mark.simulator


@pytest.mark.parametrize("argued", ARGUED, ids=lambda each: f"{each.name} {each.number}")
def test_each_line_holds_a_fault_that_the_table_of_proofs_knows(argued):
    parameters = find(argued.name).all[argued.number]
    verilog = rtl.to_verilog(parameters, argued.name)
    for line in argued.lines:
        planted = [fault for fault in faults(verilog) if fault.before.startswith(line)]
        digests = proof_digests(parameters, verilog, planted)
        if argued.cycles:
            assert argued.cycles in [least_cycles().get(digest) for digest in digests], line
        else:
            assert kept_proofs() & set(digests), line


@pytest.mark.parametrize(
    "argued", [a for a in ARGUED if a.reason == FAR], ids=lambda each: each.name
)
def test_registers_are_far_from_where_a_fault_shows(argued):
    entry = find(argued.name)
    parameters = entry.all[argued.number]
    assert argued.cycles >= 10 * bench_cycles(parameters, entry.directed)
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


@pytest.mark.parametrize(
    "argued", [a for a in ARGUED if a.reason == GUARD], ids=lambda each: str(each.number)
)
def test_guard_bits_absorb_one_unit_more(argued):
    p = find(argued.name).all[argued.number]
    found = re.search(r"digit(\d+)\[(\d+)\] \? \d+'h([0-9a-f]+)", argued.lines[0])
    digit, bit, constant = int(found[1]), int(found[2]), int(found[3], 16)
    # The fault adds one unit.
    assert constant % 2 == 0

    def weights(guard):
        return [Fraction(1 << p.width + guard, p.base**i) for i in range(1, p.digits + 1)]

    (guard,) = (g for g in range(64) if math.ceil(weights(g)[digit]) << bit == constant)
    # Rounded up, the weights exceed the exact ones by this much at most. The exact sum is at
    # least that far below the next integer.
    excess = sum((p.base - 1) * (math.ceil(w) - w) for w in weights(guard))
    assert excess + 1 < Fraction(1 << guard, p.base**p.digits)
    # A unit in place of a guard bit is too much.
    assert excess + (1 << guard) > Fraction(1 << guard, p.base**p.digits)


def test_after_a_reset_the_input_alone_decides():
    (argued,) = [each for each in ARGUED if each.reason == EDGE]
    p = find(argued.name).all[argued.number]
    width = p.generator.width
    assert (p.shift, p.initial) == (1, 1 << width)
    for cycle, word in enumerate(p.generator.words(width).tolist()):
        assert word % (1 << width - cycle) == 0
    # The estimate is never 0, and all others give the same outputs.
    x = np.random.default_rng(1).integers(0, 2, (64, 500))
    x[:, 0] = 0
    outputs = []
    for initial in (1, 2, 12345, 1 << width - 1, 1 << width):
        output, state = p.replace(initial=initial).run({"x": x})
        outputs.append(output["y"])
        assert state.registers["value"].min() >= 1
    assert all((y == outputs[0]).all() for y in outputs)
    assert (p.replace(initial=0).run({"x": x})[0]["y"] != outputs[0]).any()


def test_no_image_has_equal_first_sums():
    p = only(TIE)
    # A code is compared with few words. These stand for all codes.
    codes = sorted({0, *(p.pixels.words(p.length).astype(int) + 1).tolist()})
    sums = [
        sums_of(p, np.array(image))
        for image in itertools.product(codes, repeat=p.layers[0].fan_in)
    ]
    assert len(sums) == 5**4
    first, second, _ = np.transpose(sums)
    assert (first != second).all()
    assert (first > second).any() and (first < second).any()


def test_both_taps_are_never_1():
    p = only(TAPS)
    one, other = (p.pixels.words(1 << p.pixels.width) >> tap - 1 & 1 for tap in p.pixels.taps)
    both = one & other
    assert not both[: p.length].any()
    assert both.any()


def test_a_spin_alone_has_no_neighbours_and_moves_rarely():
    p = only(ALONE)
    assert (p.size, p.hamiltonian.J) == (1, ())
    verilog = rtl.to_verilog(p, "machine")
    words = re.findall(r"entries\[\d+\] = 6'h([0-9a-f]+);", verilog)
    # The weight is in the upper two bits.
    own, *others = (int(word, 16) >> 4 for word in words)
    assert own == 3
    assert others and not any(others)
    valid = p.run({}, cycles=200, lanes=1)[0]["valid"][:, 0]
    assert np.diff(np.flatnonzero(valid)).min() >= 8
