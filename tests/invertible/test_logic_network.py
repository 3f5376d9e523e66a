"""Composition and arithmetic: exact ground states, by enumeration of all states."""

import itertools

import numpy as np
import pytest

from stochastic.invertible import LogicNetwork, multiplier, ripple_adder, subtractor


def solutions(network):
    """Return the port values of all states of least energy."""
    problem = network.build()
    states = problem.hamiltonian.ground_states()
    assert problem.hamiltonian.ground_energy == problem.ground_energy
    for state in states:
        assert problem.wrong_gates(state) == []
    return [problem.values(state) for state in states]


def test_two_by_two_multiplier_has_exactly_its_16_rows():
    for cell, spins in (("gates", 12), ("multiply_add", 10)):
        network = multiplier(2, 2, cell=cell)
        assert network.build().hamiltonian.size == spins
        found = {(v["a"], v["b"], v["p"]) for v in solutions(network)}
        assert found == {(a, b, a * b) for a in range(4) for b in range(4)}
        assert len(solutions(network)) == 16


@pytest.mark.parametrize("cell", ["gates", "multiply_add"])
@pytest.mark.parametrize("product", [15, 14, 21, 49, 0])
def test_three_by_three_multiplier_backwards(cell, product):
    network = multiplier(3, 3, cell=cell)
    network.clamp("p", product)
    found = sorted((v["a"], v["b"]) for v in solutions(network))
    assert found == [(a, b) for a in range(8) for b in range(8) if a * b == product]


def test_sizes_of_multipliers():
    """3 n^2 and 2 n^2 + n spins, and the number of weights of the 8 x 8 one."""
    for n in (4, 8, 16):
        assert multiplier(n, n).build().hamiltonian.size == 3 * n * n
        small = multiplier(n, n, cell="multiply_add").build().hamiltonian
        assert small.size == 2 * n * n + n
    assert len(multiplier(8, 8).build().hamiltonian.J) == 720


def test_product_without_factors_has_a_higher_ground_energy():
    network = multiplier(2, 2)
    network.clamp("p", 5)
    problem = network.build()
    assert problem.hamiltonian.ground_energy > problem.ground_energy


def test_four_bit_adder():
    """17 spins, 40 weights with the carry in; here it is clamped."""
    found = solutions(ripple_adder(4))
    assert len(found) == 256
    assert {(v["a"], v["b"], v["s"]) for v in found} == {
        (a, b, a + b) for a in range(16) for b in range(16)
    }


def test_subtractor():
    for a, b in itertools.product(range(8), repeat=2):
        network = subtractor(3)
        network.clamp("a", a)
        network.clamp("b", b)
        expected = {"a": a, "b": b, "d": (a - b) % 8, "borrow": int(a < b)}
        assert solutions(network) == [expected]


def test_join_copy_and_direct():
    network = LogicNetwork()
    a, b, c = (network.net() for _ in range(3))
    (y,) = network.add("and", a, b)
    (z,) = network.add("not", c)
    network.name("all", (a, b, c, y, z))
    network.copy(y, z, 3)
    network.join(a, b)
    found = sorted(v["all"] for v in solutions(network))
    assert found == [0b00100, 0b11011]
    network.direct(c, a, 2)
    assert network.build().directed == ((1, 0, 2),)
    network.clamp((a,), 1)
    problem = network.build()
    assert problem.directed == ()
    assert problem.hamiltonian.h[0] == 2


def test_directed_carry_has_its_own_spin():
    shared, directed = ripple_adder(4), ripple_adder(4, directed_carry=2)
    assert directed.build().hamiltonian.size == shared.build().hamiltonian.size + 3
    assert len(directed.build().directed) == 3


def test_bits_of_many_states():
    network = multiplier(2, 2)
    network.clamp("p", 6)
    problem = network.build()
    states = problem.hamiltonian.ground_states()
    bits = problem.bits(states, problem.ports["p"])
    assert bits.tolist() == [[0, 1, 1, 0]] * len(states)
    assert sorted((problem.bits(states, problem.ports["a"]) @ [1, 2]).tolist()) == [2, 3]


def contradiction():
    network = multiplier(2, 2)
    network.clamp("a", 1)
    network.clamp("a", 2)
    return network.build()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (contradiction, "the clamps contradict each other at bit 0 of port a"),
        (
            lambda: multiplier(2, 2).clamp("p", 16),
            "value of port p must be between 0 and 15, not 16",
        ),
        (
            lambda: multiplier(2, 2).clamp("q", 1),
            "there is no port 'q'; the ports are a, b, p",
        ),
        (
            lambda: multiplier(2, 2).add("and", 1, 99),
            "there is no net 99; the nets are 0 to 12",
        ),
        (lambda: multiplier(2, 2).add("and", 1), "and takes 2 or 3 nets, not 1"),
        (lambda: multiplier(2, 2).name("a", (0,)), "there is a port 'a' already"),
        (lambda: multiplier(2, 2).copy(0, 1, 0), "weight of a copy must be 1 or more, not 0"),
        (
            lambda: multiplier(2, 2, cell="x"),
            "multiplier cell must be one of gates, multiply_add, not 'x'",
        ),
        (lambda: ripple_adder(0), "adder bits must be between 1 and 1024, not 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert str(error.value) == message


def test_wrong_gates_are_named():
    problem = multiplier(2, 2).build()
    state = problem.hamiltonian.ground_states()[3].copy()
    assert problem.wrong_gates(state) == []
    state[problem.ports["p"][0]] *= -1
    assert problem.wrong_gates(state) == ["and"]
    assert np.all(problem.hamiltonian.energy(state) > problem.ground_energy)


def test_a_network_of_constants_has_no_spins_but_values():
    network = LogicNetwork()
    network.port("a", 3)
    network.clamp("a", 5)
    problem = network.build()
    assert problem.hamiltonian.size == 0
    assert problem.values(problem.hamiltonian.ground_states()[0]) == {"a": 5}
