"""Random netlists: the model of all cycles against plain steps."""

import random

import numpy as np
import pytest

from stochastic import (
    Comparator,
    Counter,
    EarlyDecision,
    Integrator,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    Netlist,
    Permuted,
    Sng,
    Stanh,
    StochasticToBinary,
    Synchronizer,
    TrackingForecastMemory,
)

pytestmark = pytest.mark.slow

PARTS = (
    Multiplier(),
    Multiplier(encoding="bipolar"),
    Stanh(states=4),
    EarlyDecision(states=7),
    Isolator(cycles=2),
    Synchronizer(depth=2),
    Integrator(width=3, generator=Lfsr(width=3), initial=5),
    TrackingForecastMemory(generator=Lfsr(width=4), shift=2, initial=7),
    MuxAdder(fan_in=3, generator=Lfsr(width=4)),
    Comparator(width=4, order=(2, 0, 1, 3)),
    Sng(generator=Counter(width=3)),
    Permuted(width=4, generator=Counter(width=4), order=(1, 0, 3, 2)),
    StochasticToBinary(length=5),
)


def random_netlist(number):
    """Return parts joined at random, or None where that is not possible."""
    drawn = random.Random(number)
    parts = {f"p{i}": drawn.choice(PARTS) for i in range(drawn.randint(1, 7))}
    outputs = [(name, port) for name, part in parts.items() for port in part.outputs]
    wires = {}
    for name, part in parts.items():
        for port in part.inputs:
            fitting = [f"{n}.{o.name}" for n, o in outputs if o.width == port.width]
            for i in range(port.count):
                end = f"{name}.{port.name}" + (f"[{i}]" if port.count > 1 else "")
                external = f"in{port.width}_{drawn.randint(0, 1)}"
                constant = drawn.randint(*port.range)
                kind = drawn.random()
                inner = drawn.choice(fitting) if fitting and kind < 0.7 else None
                wires[end] = inner or (constant if kind < 0.8 else external)
    wires |= {f"out_{n}_{o.name}": f"{n}.{o.name}" for n, o in outputs if drawn.random() < 0.6}
    try:
        return Netlist(parts=parts, wires=wires, correlated=True, reinterpreted=True)
    except ValueError as error:
        assert "combinational loop" in str(error) or "at least one output" in str(error)
        return None


def by_steps(netlist, inputs, enable, lane):
    """Return the outputs of one lane, by plain steps."""

    def of_lane(values, count):
        part = values[lane * count : (lane + 1) * count].tolist()
        return part if count > 1 else part[0]

    registers = {r.name: r.reset for r in netlist.registers}
    words = [g.words(len(enable) + 1).tolist() for g in netlist.generators]
    position, shown = 0, []
    for t, enabled in enumerate(enable):
        now = {p.name: of_lane(inputs[p.name][t], p.count) for p in netlist.inputs}
        after, outputs = netlist.step(registers, [w[position] for w in words], **now)
        shown.append(outputs)
        if enabled:
            registers, position = after, position + 1
    return shown


NETLISTS = [n for n in map(random_netlist, range(80)) if n is not None]


def test_the_random_netlists_are_of_every_kind():
    loops = [any(map(n.wiring.loops, n.wiring.groups)) for n in NETLISTS]
    assert loops.count(True) >= 10
    assert loops.count(False) >= 5


@pytest.mark.parametrize("netlist", NETLISTS, ids=lambda n: str(len(n.parts)))
@pytest.mark.parametrize("lanes", [2, 9])
def test_runs_equal_plain_steps(netlist, lanes):
    rng = np.random.default_rng(lanes)
    inputs = {
        p.name: rng.integers(p.range[0], p.range[1] + 1, (40, lanes * p.count))
        for p in netlist.inputs
    }
    enable = rng.random(40) < 0.8
    found, _ = netlist.run(inputs, cycles=40, lanes=lanes, enable=enable)
    for lane in range(lanes):
        for t, outputs in enumerate(by_steps(netlist, inputs, enable, lane)):
            assert {name: values[t, lane] for name, values in found.items()} == outputs
