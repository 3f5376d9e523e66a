"""The synthesiser against published matrices, and tables that have no Hamiltonian."""

import itertools

import numpy as np
import pytest

from stochastic.invertible import gate, synthesize


def rows_of(inputs, function):
    return [(*bits, *function(*bits)) for bits in itertools.product((0, 1), repeat=inputs)]


def enumerated(found, visible):
    """Return the visible parts of all states of least energy, by the definition of E."""
    n = found.hamiltonian.size
    best, states = None, []
    for m in itertools.product((-1, 1), repeat=n):
        energy = -sum(h * m[i] for i, h in enumerate(found.hamiltonian.h))
        energy -= sum(w * m[i] * m[j] for i, j, w in found.hamiltonian.J)
        energy -= sum(w * m[i] * m[j] * m[k] for i, j, k, w in found.triples)
        if best is None or energy < best:
            best, states = energy, []
        if energy == best:
            states.append(tuple((v + 1) // 2 for v in m[:visible]))
    assert best == found.ground_energy
    return states


@pytest.mark.parametrize("name", ["and", "or", "nand", "nor", "half_adder", "full_adder"])
def test_published_matrices_are_found(name):
    one = gate(name)
    rows = [[(v + 1) // 2 for v in row] for row in one.rows]
    found = synthesize(rows)
    assert found.hamiltonian == one.hamiltonian
    assert found.gap == one.gap


def test_xor_needs_one_auxiliary_spin():
    rows = rows_of(2, lambda a, b: (a ^ b,))
    with pytest.raises(ValueError, match="no Hamiltonian") as error:
        synthesize(rows, auxiliary=0)
    assert str(error.value) == (
        "no Hamiltonian with 0 auxiliary spins and coefficients up to 16 has exactly these "
        "rows as its states of least energy"
    )
    found = synthesize(rows)
    assert found.hamiltonian.size == 4
    weights = [*found.hamiltonian.h, *(w for _, _, w in found.hamiltonian.J)]
    assert sum(map(abs, weights)) == 14
    assert sorted(enumerated(found, 3)) == sorted(rows)


def test_three_body_terms_make_xor_exact():
    rows = rows_of(2, lambda a, b: (a ^ b,))
    found = synthesize(rows, auxiliary=0, three_body=True)
    assert found.triples == ((0, 1, 2, -1),)
    assert not any(found.hamiltonian.h)
    assert not found.hamiltonian.J
    assert sorted(enumerated(found, 3)) == sorted(rows)


def test_largest_relative_gap_of_the_full_adder():
    one = gate("full_adder")
    rows = [[(v + 1) // 2 for v in row] for row in one.rows]
    found = synthesize(rows, objective="gap", largest=4)
    assert found.gap / found.largest == 1


def test_random_tables_are_proven_by_enumeration():
    rng = np.random.default_rng(3)
    solved = 0
    for _ in range(6):
        index = rng.choice(8, rng.integers(1, 8), replace=False)
        rows = sorted(tuple(int(i) >> k & 1 for k in range(3)) for i in index)
        found = synthesize(rows, most_auxiliary=2)
        assert sorted(enumerated(found, 3)) == rows
        solved += 1
    assert solved == 6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "a truth table must have a valid row"),
        ([(0, 1), (0,)], "the rows of a truth table must have one length, 1 or more"),
        ([(0, 2)], "a truth table must hold 0 and 1, not 2"),
    ],
)
def test_bad_tables(rows, message):
    with pytest.raises(ValueError, match="truth table") as error:
        synthesize(rows)
    assert str(error.value) == message


def test_a_table_of_all_states_has_one_level():
    assert synthesize([(0,), (1,)], objective="gap").gap == 0
