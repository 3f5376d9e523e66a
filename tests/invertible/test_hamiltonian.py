"""Hamiltonians: energies by the definition, enumeration, folding and bad input."""

import itertools

import numpy as np
import pytest

from stochastic.invertible import Hamiltonian


def random_hamiltonian(rng, n):
    matrix = np.triu(rng.integers(-4, 5, (n, n)), 1)
    return Hamiltonian.from_dense(rng.integers(-4, 5, n), matrix + matrix.T)


def test_energy_and_spectrum_by_the_definition():
    hamiltonian = random_hamiltonian(np.random.default_rng(1), 6)
    h, J = hamiltonian.dense()
    for index, state in enumerate(itertools.product((-1, 1), repeat=6)):
        m = state[::-1]
        expected = -sum(h[i] * m[i] for i in range(6))
        expected -= sum(J[i, j] * m[i] * m[j] for i in range(6) for j in range(i + 1, 6))
        assert hamiltonian.energy(m) == expected
        assert hamiltonian.spectrum[index] == expected


def test_folding_keeps_all_energies():
    hamiltonian = random_hamiltonian(np.random.default_rng(2), 7)
    folded, constant, free = hamiltonian.fold({1: -1, 5: 1})
    assert free == (0, 2, 3, 4, 6)
    for m in itertools.product((-1, 1), repeat=5):
        full = np.zeros(7, int)
        full[[1, 5]] = -1, 1
        full[list(free)] = m
        assert folded.energy(m) + constant == hamiltonian.energy(full)


def test_pairs_are_sorted_and_summed():
    one = Hamiltonian(h=(0, 0, 1), J=((2, 0, 3), (0, 2, -1), (1, 0, 2), (0, 1, -2)))
    assert one.J == ((0, 2, 2),)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Hamiltonian(h=(0.5,)), "Hamiltonian h must be an integer, not 0.5"),
        (
            lambda: Hamiltonian(h=(0,), J=((0, 1, 1),)),
            "Hamiltonian J names spin 1, but the spins are 0 to 0",
        ),
        (
            lambda: Hamiltonian(h=(0, 0), J=((1, 1, 1),)),
            "Hamiltonian J must join two spins, not 1 with itself",
        ),
        (
            lambda: Hamiltonian(h=(0, 0), J=((0, 1, 1.5),)),
            "Hamiltonian J must be an integer, not 1.5",
        ),
        (
            lambda: Hamiltonian.from_dense([0, 0], [[0, 1], [2, 0]]),
            "J must be symmetric, not J[0, 1] = 1 and J[1, 0] = 2",
        ),
        (
            lambda: Hamiltonian.from_dense([0, 0], [[0, 0.5], [0.5, 0]]),
            "J must hold integers, not 0.5",
        ),
        (
            lambda: Hamiltonian.from_dense([0, 0], [[3, 0], [0, 0]]),
            "J must have a zero diagonal, not J[0, 0] = 3",
        ),
        (
            lambda: Hamiltonian.from_dense([0], [[0, 0], [0, 0]]),
            "h must have the shape [n] and J [n, n], not (1,) and (2, 2)",
        ),
        (
            lambda: Hamiltonian(h=(0, 0)).fold({0: 0}),
            "a clamped spin must be -1 or 1, not 0",
        ),
        (
            lambda: Hamiltonian(h=(0, 0)).energy([1, 1, 1]),
            "spins must have the shape [..., 2], not (3,)",
        ),
    ],
)
def test_bad_input(make, message):
    with pytest.raises((TypeError, ValueError)) as error:
        make()
    assert str(error.value) == message
