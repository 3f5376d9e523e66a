"""The bit-sliced Metropolis engine: a scalar reference, the Boltzmann law, and descent."""

import numpy as np
import pytest

from stochastic.invertible import Hamiltonian, MetropolisEngine
from stochastic.invertible.seeds import split_seed

# The kernel is compiled for planes of one word and of eight.
pytestmark = pytest.mark.slow

MASK = 2**64 - 1


def network(n, seed):
    """Return random biases, and weights of both signs between some of the spins."""
    rng = np.random.default_rng(seed)
    J = np.triu(rng.integers(-3, 4, (n, n)) * (rng.random((n, n)) < 0.6), 1)
    return Hamiltonian.from_dense(rng.integers(-2, 3, n), J + J.T)


def xorshift(word):
    word ^= word << 13 & MASK
    word ^= word >> 7
    return word ^ (word << 17 & MASK)


class Reference:
    """64 replicas, one spin and one replica after the other, in Python's integers."""

    def __init__(self, hamiltonian, word):
        self.h, self.J = hamiltonian.dense()
        self.word = word
        reach = np.abs(self.h) + np.abs(self.J).sum(axis=1)
        self.digits = int(reach.max()).bit_length()
        self.spins = np.empty((64, len(self.h)), int)
        for i in range(len(self.h)):
            self.word = xorshift(self.word)
            self.spins[:, i] = [1 if self.word >> r & 1 else -1 for r in range(64)]
        self.pool, self.moves, self.choice = None, 0, 1

    def draw(self, temperature):
        """Return 64 random numbers of the law P(X >= x) = exp(-2 x / T), and who moves."""
        numbers = np.zeros(64, int)
        with np.errstate(divide="ignore"):
            chances = 1 / (1 + np.exp(2.0 ** np.arange(1, self.digits + 1) / temperature))
        for k, chance in enumerate([*chances, 7 / 8]):
            p, plane = round(chance * 2**16), 0
            # From the lowest one of the probability upwards; none if it is 0.
            for bit in range((p & -p).bit_length() - 1 if p else 16, 16):
                self.word = xorshift(self.word)
                inverse = ~self.word & MASK
                plane = plane | inverse if p >> bit & 1 else plane & inverse
            bits = np.array([plane >> r & 1 for r in range(64)])
            if k < self.digits:
                numbers += bits << k
        return numbers, bits == 1

    def sweep(self, temperature):
        if self.pool is None:
            self.pool = [self.draw(temperature) for _ in range(128)]
        for i in range(len(self.h)):
            if self.moves % 8 == 0:
                self.pool[self.moves // 8 % 128] = self.draw(temperature)
            self.moves += 1
            self.choice = (self.choice * 6364136223846793005 + 1442695040888963407) & MASK
            numbers, moving = self.pool[(self.choice >> 33) % 128]
            field = self.h[i] + self.spins @ self.J[i]
            flips = self.spins[:, i] * field <= (numbers if temperature else 0)
            self.spins[flips & moving, i] *= -1


def test_equal_to_a_scalar_reference():
    hamiltonian = network(9, 4)
    engine = MetropolisEngine(hamiltonian, replicas=640, seed=5)
    seeds = split_seed(5, 10).tolist()
    references = {k: Reference(hamiltonian, seeds[k]) for k in (0, 9)}
    for temperature in (np.float64(6), np.float64(2.5), np.float64(0)):
        engine.run([temperature] * 20)
        for k, reference in references.items():
            for _ in range(20):
                reference.sweep(temperature)
            assert np.array_equal(engine.spins[64 * k : 64 * (k + 1)], reference.spins)


def test_same_states_on_any_threads_and_in_any_pieces():
    hamiltonian, temperatures = network(12, 1), np.linspace(5, 0, 60)
    whole = MetropolisEngine(hamiltonian, replicas=1088, seed=3)
    whole.run(temperatures)
    parts = MetropolisEngine(hamiltonian, replicas=1088, seed=8, threads=3)
    parts.reset(3)
    for piece in np.split(temperatures, [7, 8, 40]):
        parts.run(piece)
    assert np.array_equal(whole.spins, parts.spins)
    whole.reset(4)
    whole.run(temperatures)
    assert not np.array_equal(whole.spins, parts.spins)


@pytest.mark.parametrize("temperature", [2.0, 4.0])
def test_boltzmann_law(temperature):
    hamiltonian = network(6, 2)
    engine = MetropolisEngine(hamiltonian, replicas=1024)
    engine.run([temperature] * 50)
    counts = np.zeros(64)
    for _ in range(150):
        engine.run([temperature] * 5)
        counts += np.bincount((engine.spins > 0) @ (1 << np.arange(6)), minlength=64)
    measured = counts / counts.sum()
    for assumed, near in ((temperature, True), (1.2 * temperature, False)):
        law = np.exp(-(hamiltonian.spectrum - hamiltonian.ground_energy) / assumed)
        assert (np.abs(measured - law / law.sum()).sum() / 2 < 0.025) == near


def test_descent_never_climbs_and_ends_in_local_minima():
    hamiltonian = network(30, 7)
    engine = MetropolisEngine(hamiltonian, replicas=128)
    energies = [hamiltonian.energy(engine.spins)]
    for _ in range(30):
        engine.run([0.0])
        energies.append(hamiltonian.energy(engine.spins))
    assert (np.diff(energies, axis=0) <= 0).all()
    h, J = hamiltonian.dense()
    assert (engine.spins * (h + engine.spins @ J) >= 0).all()


def test_domain_walls_of_a_chain_meet():
    """Walls that all move on by one in each sweep would never vanish."""
    n = 20
    ring = Hamiltonian(h=(0,) * n, J=tuple((i, (i + 1) % n, 1) for i in range(n)))
    engine = MetropolisEngine(ring, replicas=256)
    engine.anneal(500)
    assert (ring.energy(engine.spins) == -n).mean() > 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MetropolisEngine(network(3, 1), replicas=100),
            "MetropolisEngine replicas must be a multiple of 64, not 100",
        ),
        (
            lambda: MetropolisEngine(network(3, 1)).run([1.0, -1.0]),
            "temperatures must be numbers of 0 or more, not -1.0",
        ),
        (
            lambda: MetropolisEngine(network(3, 1)).anneal(0),
            "sweeps must be between 1 and 1099511627776, not 0",
        ),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert str(error.value) == message
