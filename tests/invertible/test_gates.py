"""Each gate, by enumeration of all its states: ground states are exactly the rows."""

import pytest

from stochastic.invertible import GATES, Hamiltonian, gate

# Least energy and gap, from invertible logic's published lists.
TABLE = {
    "copy": (-1, 2),
    "not": (-1, 2),
    "and": (-3, 4),
    "or": (-3, 4),
    "nand": (-3, 4),
    "nor": (-3, 4),
    "xor": (-4, 2),
    "xnor": (-4, 2),
    "majority": (-3, 4),
    "mux": (-8, 4),
    "half_adder": (-4, 2),
    "full_adder": (-4, 2),
    "multiply_add": (-15, 4),
}


def proven(hamiltonian, rows):
    """Tell whether the states of least energy are exactly the rows."""
    states = [tuple(state) for state in hamiltonian.ground_states().tolist()]
    return len(states) == len(rows) and set(states) == set(rows)


@pytest.mark.parametrize("name", GATES)
def test_ground_states_are_exactly_the_rows(name):
    one = gate(name)
    assert proven(one.hamiltonian, one.rows)
    assert (one.hamiltonian.ground_energy, one.hamiltonian.gap) == TABLE[name]
    assert one.gap == TABLE[name][1]
    assert len(one.spins) == one.hamiltonian.size


@pytest.mark.parametrize("name", GATES)
def test_a_changed_coefficient_is_seen(name):
    """Negative control: each coefficient with the other sign breaks the truth table."""
    one = gate(name)
    h, J = one.hamiltonian.h, one.hamiltonian.J
    for i, bias in enumerate(h):
        if bias:
            wrong = Hamiltonian(h=(*h[:i], -bias, *h[i + 1 :]), J=J)
            assert not proven(wrong, one.rows)
    for k, (i, j, weight) in enumerate(J):
        wrong = Hamiltonian(h=h, J=(*J[:k], (i, j, -weight), *J[k + 1 :]))
        assert not proven(wrong, one.rows)


def test_half_adder_is_a_full_adder_with_a_clamped_input():
    folded, _, free = gate("full_adder").hamiltonian.fold({2: -1})
    assert folded == gate("half_adder").hamiltonian
    assert free == (0, 1, 3, 4)


def test_unknown_gate():
    with pytest.raises(ValueError, match=r"^gate must be one of copy, .*, not 'nimply'$"):
        gate("nimply")
