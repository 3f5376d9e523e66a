"""The parallel network: equal to its gates one by one, to plain steps, and to its schedule."""

import numpy as np
import pytest

from fixedpoint.circuit import Parameters
from stochastic import Xorshift32
from stochastic.invertible import (
    Hamiltonian,
    Noise,
    Schedule,
    SpinNetwork,
    noise_sources,
)

AND = Hamiltonian(h=(1, 1, -2), J=((0, 1, -1), (0, 2, 2), (1, 2, 2)))


def network(noise=None, **changes):
    noise = noise or Noise(weight=2, density=1, density_bits=1)
    sharing = changes.get("sharing", 1)
    values = {
        "hamiltonian": AND,
        "schedule": Schedule.doubling(1, 8, hold=3, repeat=True),
        "noise": noise,
        "sources": noise_sources(3, noise, sharing=sharing),
    }
    return SpinNetwork(**{**values, **changes})


CASES = [
    network(),
    network(sharing=2, symmetric=True),
    network(clamping=True, initial=(-1, 0, -1), directed=((0, 2, -3),)),
]


@pytest.mark.parametrize("circuit", CASES)
def test_network_equals_its_gates(circuit):
    """Each counter is that of the gate alone, fed with the network's own spins."""
    rng = np.random.default_rng(1)
    inputs = {p.name: rng.integers(0, 2, (200, p.count)) for p in circuit.inputs}
    outputs, _ = circuit.run(inputs, cycles=200)
    starts, neighbours, _ = circuit.rows
    for i in range(circuit.size):
        gate = circuit.gate(i)
        if circuit.sharing > 1:
            shift = i % circuit.sharing * circuit.noise.bits
            source = circuit.sources[i // circuit.sharing]
            gate = gate.replace(
                generator=Shifted(width=circuit.noise.bits, source=source, by=shift)
            )
        read = neighbours[starts[i] : starts[i + 1]]
        own = {"spins": outputs["spins"][:, read], "limit": outputs["limit"]}
        own |= {name: values[:, [i]] for name, values in inputs.items()}
        alone, _ = gate.run(own)
        assert np.array_equal(alone["counter"][:, 0], outputs["counters"][:, i])
        assert np.array_equal(alone["spin"][:, 0], outputs["spins"][:, i])


class Shifted(Xorshift32.__base__):
    """A generator's word without its lowest bits."""

    def __init__(self, width, source, by):
        self._set(width=width, phase=0, source=source, by=by)

    def replace(self, **changes):
        return self

    @property
    def period(self):
        return self.source.period

    def _words(self, n, start):
        return (self.source.words(n, start) >> self.by).astype(np.uint32)


@pytest.mark.parametrize("circuit", CASES)
def test_kernel_equals_steps(circuit):
    rng = np.random.default_rng(2)
    cycles = 60
    inputs = {p.name: rng.integers(0, 2, (cycles, p.count)) for p in circuit.inputs}
    enable = rng.random(cycles) < 0.8
    outputs, state = circuit.run(inputs, cycles=cycles, enable=enable)
    registers = {r.name: r.reset for r in circuit.registers}
    words, position = [g.words(cycles).tolist() for g in circuit.generators], 0
    for t in range(cycles):
        now = {name: values[t].tolist() for name, values in inputs.items()}
        after, shown = circuit.step(registers, [w[position] for w in words], **now)
        assert outputs["spins"][t].tolist() == shown["spins"]
        assert outputs["counters"][t].tolist() == shown["counters"]
        assert outputs["limit"][t].tolist() == [shown["limit"]]
        if enable[t]:
            registers, position = after, position + 1
    assert {n: int(v[0]) for n, v in state.registers.items()} == registers


def test_limit_follows_the_schedule():
    circuit = network()
    outputs, _ = circuit.run(cycles=30)
    assert outputs["limit"][:, 0].tolist() == circuit.schedule.values(30).tolist()
    held = network(schedule=Schedule(limits=(2, 5), hold=4))
    outputs, _ = held.run(cycles=20)
    assert outputs["limit"][:, 0].tolist() == [2] * 4 + [5] * 16


def test_and_gate_runs_forwards_and_backwards():
    """Clamped at any of its pins, the most frequent state is a row of the truth table."""
    noise = Noise(weight=2)
    circuit = network(
        noise,
        sources=noise_sources(3, noise, seed=3),
        schedule=Schedule.constant(4),
        clamping=True,
    )
    cycles = 4000
    for clamp, value, expected in [
        ((1, 1, 0), (0, 0, 0), {(0, 0, 0)}),
        ((1, 1, 0), (1, 0, 0), {(1, 0, 0)}),
        ((1, 1, 0), (1, 1, 0), {(1, 1, 1)}),
        ((0, 0, 1), (0, 0, 1), {(1, 1, 1)}),
        ((0, 0, 1), (0, 0, 0), {(0, 0, 0), (0, 1, 0), (1, 0, 0)}),
    ]:
        outputs, _ = circuit.run(
            {"clamp": np.tile(clamp, (cycles, 1)), "clamp_value": np.tile(value, (cycles, 1))}
        )
        states, counts = np.unique(outputs["spins"], axis=0, return_counts=True)
        order = np.argsort(-counts)[: len(expected)]
        assert {tuple(s) for s in states[order].tolist()} == expected


def test_parameters_go_through_json():
    for circuit in CASES:
        assert Parameters.from_json(circuit.to_json()) == circuit


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"sources": ()}, ValueError, "SpinNetwork sources must be 3 generators, not 0"),
        (
            {"sources": (Xorshift32(width=2),) * 3},
            ValueError,
            "SpinNetwork sources must all differ",
        ),
        (
            {"sources": noise_sources(3, Noise(weight=1))},
            ValueError,
            "SpinNetwork source must have 2 bits or more, not 1",
        ),
        (
            {"directed": ((0, 3, 1),)},
            ValueError,
            "a directed link names spin 3, but the spins are 0 to 2",
        ),
        ({"initial": (0,)}, ValueError, "SpinNetwork initial must be a tuple of 3 integers"),
        (
            {"schedule": 3},
            TypeError,
            "SpinNetwork schedule must be a Schedule, not 3",
        ),
    ],
)
def test_bad_parameters(changes, kind, message):
    with pytest.raises(kind) as error:
        network(**changes)
    assert str(error.value) == message
