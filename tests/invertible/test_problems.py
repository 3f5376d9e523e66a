"""Problems and their files: values by brute force, and one sentence for each bad file."""

import itertools

import numpy as np
import pytest

from stochastic.invertible import Cnf, Hamiltonian, Ising, MaxCut, Qubo, parse_problem

PENTAGON = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 1 1\n"


def all_states(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)))


def test_cut_by_counting_edges():
    graph = MaxCut.parse("4 4\n1 2 3\n2 3 -1\n3 4 2\n1 4\n")
    for state in all_states(4):
        cut = sum(w for i, j, w in graph.edges if state[i] != state[j])
        assert graph.value(state) == cut
    total = 3 - 1 + 2 + 1
    assert np.array_equal(
        2 * graph.value(all_states(4)), total - graph.hamiltonian.energy(all_states(4))
    )
    assert MaxCut.parse(PENTAGON).value(all_states(5)).max() == 4


def test_both_forms_of_graph_files():
    other = "5\nunipolar\nrandom\n4\n" + PENTAGON.split("\n", 1)[1]
    assert parse_problem(other).edges == parse_problem(PENTAGON).edges
    assert parse_problem(other).best_known == 4
    assert parse_problem(PENTAGON).best_known is None


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_every_clause_by_enumeration(length):
    """A state of least energy satisfies the clause, and each satisfying row is one."""
    rng = np.random.default_rng(length)
    literals = tuple((np.arange(length) + 1) * rng.choice([-1, 1], length))
    formula = Cnf(length, (tuple(int(v) for v in literals),))
    hamiltonian = formula.hamiltonian
    assert hamiltonian.size == length + max(0, length - 2)
    ground = {tuple(s) for s in hamiltonian.ground_states()[:, :length].tolist()}
    expected = {tuple(s) for s in all_states(length).tolist() if formula.value(s) == 1}
    assert ground == expected
    assert hamiltonian.gap == 4


def test_formula_values_and_ground_state():
    text = "c a comment\np cnf 4 5\n1 -2 3 0 2 4\n0\n-1 -3 0\n-4 1 0\n-4 -2 0\n"
    formula = parse_problem(text)
    assert formula.clauses == ((1, -2, 3), (2, 4), (-1, -3), (-4, 1), (-4, -2))
    values = []
    for state in all_states(4):
        true = [
            any((lit > 0) == (state[abs(lit) - 1] > 0) for lit in c) for c in formula.clauses
        ]
        assert formula.value(state) == sum(true)
        values.append(sum(true))
    best = formula.hamiltonian.ground_states()[0]
    assert formula.value(best) == max(values) == formula.perfect == 5


def test_qubo_from_matrix_dictionary_and_file():
    rng = np.random.default_rng(3)
    Q = rng.integers(-5, 6, (6, 6))
    states = all_states(6)
    x = (states + 1) // 2
    expected = np.einsum("si,ij,sj->s", x, Q, x)
    matrix = Qubo.from_matrix(Q)
    names = "abcdef"
    named = Qubo.from_dict({(names[i], names[j]): Q[i, j] for i in range(6) for j in range(6)})
    lines = [f"{i} {j} {Q[i, j]}" for i in range(6) for j in range(6)]
    filed = parse_problem("p qubo 0 6 6 30\n" + "\n".join(lines))
    assert named.labels == tuple(names)
    for problem in (matrix, named, filed):
        assert np.array_equal(problem.value(states), expected)
        energies = problem.hamiltonian.energy(states)
        assert len(set((4 * expected - energies).tolist())) == 1


def test_qubo_from_dimod():
    dimod = pytest.importorskip("dimod")
    model = dimod.BinaryQuadraticModel({"a": 2, "b": -3}, {("a", "b"): 4}, 1.0, "BINARY")
    problem = Qubo.from_dimod(model)
    for state in all_states(2):
        sample = {n: (v + 1) // 2 for n, v in zip(problem.labels, state.tolist(), strict=True)}
        assert problem.value(state) + 1 == model.energy(sample)


def test_ising_file():
    problem = parse_problem("p ising 3\n0 1 2\n1 2 -1\n2 2 4\n")
    assert problem == Ising(Hamiltonian(h=(0, 0, 4), J=((0, 1, 2), (1, 2, -1))))
    assert problem.value([1, 1, 1]) == -(2 - 1 + 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a MAX-CUT file must begin with its numbers of nodes and edges"),
        ("nodes\n", "line 1: the header must be 'nodes edges', not 'nodes'"),
        ("3 x\n", "line 1: the header must hold integers, not 'x'"),
        ("0 0\n", "line 1: the graph must have 1 node or more, not 0"),
        ("3 1\n1 4 1\n", "line 2: there is no node 4, only 1 to 3"),
        ("3 1\n1 2 0.5\n", "line 2: the weight must hold integers, not '0.5'"),
        ("3 1\n1 2 3 4\n", "line 2: an edge must be 'i j weight', not '1 2 3 4'"),
        ("3 1\n2 2 1\n", "line 2: an edge must join two nodes, not 2 with itself"),
        ("3 2\n1 2 1\n", "the header promises 2 edges, but there are 1"),
        ("p cnf 2\n", "line 1: the header must be 'p cnf variables clauses', not 'p cnf 2'"),
        ("p cnf 2 1\n0\n", "line 2: a clause must have a literal"),
        ("p cnf 2 1\n1 3 0\n", "line 2: there is no variable 3, only 1 to 2"),
        ("p cnf 2 2\n1 0\n", "the header promises 2 clauses, but there are 1"),
        ("p cnf 0 0\n", "line 1: the formula must have 1 variable or more"),
        ("p cnf 2 1\n1 a 0\n", "line 2: a clause must hold integers, not 'a'"),
        ("p sat 2 1\n", "the header must name one of cnf, qubo, ising, not 'p sat 2 1'"),
        ("p ising 2\n0 2 1\n", "line 2: there is no variable 2, only 0 to 1"),
        ("p ising 2\n0 1 1.5\n", "line 2: a weight must hold integers, not '1.5'"),
        ("p ising 2\n0 1\n", "line 2: a weight must be 'i j weight', not '0 1'"),
        (
            "p qubo 0 2 1 1\n0 0 1\n",
            "the header promises 1 weights of pairs, but there are 0",
        ),
        (
            "p qubo 0 2\n",
            "line 1: the header must be 'p qubo 0 bits diagonals others', not 'p qubo 0 2'",
        ),
    ],
)
def test_bad_files(text, message):
    with pytest.raises(ValueError, match=".") as error:
        parse_problem(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Qubo.from_matrix([[1, 2]]),
            "a QUBO matrix must be square, not of shape (1, 2)",
        ),
        (lambda: Qubo.from_matrix([[0.5]]), "a weight must be an integer, not 0.5"),
        (lambda: Qubo.from_dict({}), "a QUBO must have a variable"),
        (
            lambda: MaxCut(2, ((0, 2, 1),)),
            "an edge joins 1 and 3, but the nodes are 1 to 2",
        ),
        (lambda: MaxCut(2, ()).value([1]), "a state must have 2 spins, not (1,)"),
    ],
)
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert str(error.value) == message
