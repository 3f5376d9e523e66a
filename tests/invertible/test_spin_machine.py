"""The serial machine: the same states as the engine and as the parallel network."""

import dataclasses

import numpy as np
import pytest

from sim.checks.machine_in_verilog import run_machine_in_verilog
from stochastic.generators.generator import Generator
from stochastic.invertible import (
    Hamiltonian,
    Noise,
    Schedule,
    SpinEngine,
    SpinMachine,
    SpinNetwork,
)
from stochastic.invertible.reference import noise_words

pytestmark = pytest.mark.slow


def random_hamiltonian(rng, n, degree, size):
    links = [(i, j) for i in range(n) for j in range(i) if rng.random() < degree / n]
    return Hamiltonian(
        h=tuple(rng.integers(-size, size + 1, n).tolist()),
        J=tuple((i, j, int(rng.integers(-size, size + 1))) for i, j in links),
    )


def torus(rows, columns, seed):
    """Return random signs on the edges of a torus, the shape of G11."""
    rng = np.random.default_rng(seed)
    place = np.arange(rows * columns).reshape(rows, columns)
    pairs = [
        pair
        for axis in (0, 1)
        for pair in zip(place.flat, np.roll(place, 1, axis).flat, strict=True)
    ]
    signs = rng.choice([-1, 1], len(pairs)).tolist()
    return Hamiltonian(
        h=(0,) * place.size,
        J=tuple((int(i), int(j), w) for (i, j), w in zip(pairs, signs, strict=True)),
    )


def counters_of(machine, sweeps):
    """Return the counters after each sweep, ``[sweeps, n, replicas]``."""
    outputs, _ = machine.run(cycles=sweeps * machine.sweep_clocks)
    moved = outputs["valid"][:, 0] == 1
    index = outputs["index"][moved, 0].reshape(sweeps, machine.size)
    assert np.array_equal(index, np.tile(np.arange(machine.size), (sweeps, 1)))
    assert np.array_equal(outputs["spins"], outputs["counters"] >= 0)
    return outputs["counters"][moved].reshape(sweeps, machine.size, machine.replicas)


CASES = {
    "dense noise": {},
    "sparse noise": {"noise": Noise(weight=6, density=1, density_bits=1), "replicas": 64},
    "more bits than neighbours": {
        "noise": Noise(weight=5, density=77, density_bits=8),
        "replicas": 7,
    },
    "no noise": {"noise": Noise(weight=0), "replicas": 2},
    "any limit": {"schedule": Schedule(limits=(3, 7, 5, 1), hold=2, repeat=True)},
    "symmetric": {"symmetric": True, "replicas": 9},
    "another seed": {"seed": 2**63 - 1},
}


@pytest.mark.parametrize("case", CASES)
def test_machine_equals_the_engine(case):
    rng = np.random.default_rng(len(case))
    hamiltonian = random_hamiltonian(rng, 12, 4, 5)
    values = {"noise": Noise(weight=3), "schedule": Schedule.doubling(1, 16, hold=5)}
    machine = SpinMachine(hamiltonian=hamiltonian, **{**values, **CASES[case]})
    engine = SpinEngine(
        hamiltonian,
        noise=machine.noise,
        limit=machine.schedule.maximum,
        seed=machine.seed,
        symmetric=machine.symmetric,
        initial="zero",
    )
    for counters in counters_of(machine, 30):
        engine.run(machine.schedule, 1)
        assert np.array_equal(engine.counters[: machine.replicas], counters.T)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listed(Generator):
    """Words from a list."""

    values: tuple[int, ...]

    @property
    def period(self):
        return len(self.values)

    def _words(self, n, start):
        return np.array(self.values[start : start + n], np.uint32)


@pytest.mark.parametrize("symmetric", [False, True])
def test_machine_equals_the_network_of_the_same_random_bits(symmetric):
    """Each replica is the parallel network whose generators hold that replica's bits."""
    rng = np.random.default_rng(8)
    hamiltonian, sweeps, n = random_hamiltonian(rng, 7, 3, 4), 40, 7
    noise = Noise(weight=4, density=3, density_bits=2)
    machine = SpinMachine(
        hamiltonian=hamiltonian,
        schedule=Schedule(limits=(2, 9, 6), hold=3),
        noise=noise,
        replicas=3,
        seed=11,
        symmetric=symmetric,
    )
    source = noise_words(machine.state)
    words = [[[next(source) for _ in range(3)] for _ in range(n)] for _ in range(sweeps + 1)]
    counters = counters_of(machine, sweeps)
    for replica in range(3):
        bits = (np.array(words, np.uint64) >> np.uint64(replica)) & np.uint64(1)
        values = bits.astype(np.int64) @ [1, 2, 4]
        network = SpinNetwork(
            hamiltonian=hamiltonian,
            schedule=machine.schedule,
            noise=noise,
            sources=tuple(
                Listed(width=3, values=tuple(values[:, i].tolist())) for i in range(n)
            ),
            symmetric=symmetric,
        )
        outputs, _ = network.run(cycles=sweeps + 1)
        # The network shows the counters before it moves them.
        assert np.array_equal(outputs["counters"][1:], counters[:, :, replica])


def test_clocks_of_a_sweep():
    """An entry for h and for each neighbour, or for each random bit, and four clocks."""
    chain = Hamiltonian(h=(0,) * 3, J=((0, 1, 1), (1, 2, 1)))
    for density_bits, expected in ((0, 2 + 3 + 2 + 4), (1, 2 + 3 + 2 + 4), (2, 3 * 3 + 4)):
        machine = SpinMachine(
            hamiltonian=chain,
            schedule=Schedule.constant(2),
            noise=Noise(weight=1, density_bits=density_bits),
        )
        assert machine.sweep_clocks == expected
        outputs, _ = machine.run(cycles=expected)
        first = 1 + max(1, density_bits)
        # The last entry of the first row is read in clock `first - 1`.
        assert int(outputs["valid"][:, 0].argmax()) == first - 1 + 4


def large_machine(**changes):
    noise = Noise(weight=6, density=1, density_bits=1)
    schedule = Schedule.geometric(4, 28, steps=10, hold=2)
    values = {"schedule": schedule, "noise": noise, "replicas": 4, **changes}
    return SpinMachine(**{"hamiltonian": torus(40, 20, 1), **values})


@pytest.mark.simulator
def test_800_spins_for_1000_sweeps_in_verilog():
    run = run_machine_in_verilog(large_machine(), 1000)
    assert (run.mismatches, run.wrong_states, run.first_mismatch) == (0, 0, "")
    # 800 rows of h and four neighbours, and four more clocks.
    assert run.clocks == 1000 * (800 * 5 + 4)
    assert run.states == 1000 * 800 * 4
    # Ground states of such graphs have about -1.4 a spin.
    assert run.least_energy < -1.2 * 800


@pytest.mark.simulator
@pytest.mark.parametrize("fault", ["weight", "saturation", "seed"])
def test_planted_faults_of_800_spins_are_caught(fault):
    machine = large_machine()
    (i, j, weight), *others = machine.hamiltonian.J
    wrong = Hamiltonian(h=machine.hamiltonian.h, J=((i, j, weight + 1), *others))
    hardware = machine.replace(
        **{
            "weight": {"hamiltonian": wrong},
            "saturation": {"symmetric": True},
            "seed": {"seed": 2},
        }[fault]
    )
    run = run_machine_in_verilog(machine, 20, hardware=hardware)
    assert run.mismatches > 0
    assert run.wrong_states > 0
    assert run.first_mismatch


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"replicas": 65}, ValueError, "SpinMachine replicas must be between 1 and 64, not 65"),
        (
            {"seed": -1},
            ValueError,
            "SpinMachine seed must be between 0 and 9223372036854775807, not -1",
        ),
        ({"noise": 3}, TypeError, "SpinMachine noise must be a Noise, not 3"),
        ({"symmetric": 1}, TypeError, "SpinMachine symmetric must be True or False, not 1"),
        (
            {"hamiltonian": Hamiltonian(h=())},
            ValueError,
            "SpinMachine spins must be between 1 and 65536, not 0",
        ),
    ],
)
def test_bad_parameters(changes, kind, message):
    with pytest.raises(kind) as error:
        large_machine(**changes)
    assert str(error.value) == message
