"""`goldstream solve`: files of every kind against enumeration, and bad files."""

import itertools
import json
import sys

import numpy as np
import pytest

from sim.cli import main
from stochastic.invertible import SOLVERS

# The kernels take long to compile.
pytestmark = pytest.mark.slow

KEYS = ["kind", "variables", "value", "best_known", "assignment", "updates", "seconds", "seed"]


def goldstream(monkeypatch, capsys, *arguments):
    """Return exit status, standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["goldstream", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    captured = capsys.readouterr()
    return stop.value.code or 0, captured.out, captured.err


def states(count):
    return itertools.product((0, 1), repeat=count)


def weights(seed, count):
    """Return random integers above the diagonal."""
    rng = np.random.default_rng(seed)
    return {pair: int(rng.integers(-3, 4)) for pair in itertools.combinations(range(count), 2)}


def graph():
    """Return a file of a graph of 10 nodes and what a cut is worth."""
    edges = weights(1, 10)
    lines = [f"{i + 1} {j + 1} {w}" for (i, j), w in edges.items()]
    text = "\n".join([f"10 {len(lines)}", *lines])
    return text, lambda x: sum(w for (i, j), w in edges.items() if x[i] != x[j])


def qubo():
    """Return a QUBO file of 8 bits and the energy of an assignment."""
    edges = weights(2, 8)
    diagonal = {i: (-1) ** i * 2 for i in range(8)}
    lines = [f"{i} {i} {w}" for i, w in diagonal.items()]
    lines += [f"{i} {j} {w}" for (i, j), w in edges.items()]
    text = "\n".join(["c example", f"p qubo 0 8 8 {len(edges)}", *lines])

    def energy(x):
        linear = sum(w * x[i] for i, w in diagonal.items())
        return linear + sum(w * x[i] * x[j] for (i, j), w in edges.items())

    return text, energy


@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "published"])
@pytest.mark.parametrize(
    ("kind", "make", "best"), [("maxcut", graph, max), ("qubo", qubo, min)]
)
def test_the_best_answer_of_all(monkeypatch, capsys, tmp_path, kind, make, best, solver):
    text, value = make()
    path = tmp_path / "problem.txt"
    path.write_text(text)
    arguments = ("solve", path, "--rounds", 1, "--solver", solver, "--seed", 7, "--json")
    code, out, _ = goldstream(monkeypatch, capsys, *arguments)
    found = json.loads(out)
    assert code == 0
    assert list(found) == KEYS
    count = found["variables"]
    assert (found["kind"], found["seed"], found["best_known"]) == (kind, 7, None)
    assert len(found["assignment"]) == count
    assert found["value"] == value(found["assignment"]) == best(map(value, states(count)))


def test_a_formula_that_can_be_satisfied(monkeypatch, capsys, tmp_path):
    path = tmp_path / "formula.cnf"
    path.write_text("c example\np cnf 3 4\n1 -2 0\n2 3 0\n-1 -3 0\n1 2 3 0\n")
    code, out, _ = goldstream(monkeypatch, capsys, "solve", path, "--json")
    found = json.loads(out)
    a, b, c = map(bool, found["assignment"])
    assert code == 0
    assert (found["kind"], found["value"]) == ("cnf", 4)
    assert all([a or not b, b or c, not a or not c, a or b or c])


@pytest.mark.parametrize("solver", ["metropolis", "published", "gibbs"])
def test_a_formula_that_cannot_be_satisfied(monkeypatch, capsys, tmp_path, solver):
    path = tmp_path / "formula.cnf"
    path.write_text("p cnf 1 2\n1 0\n-1 0\n")
    arguments = ("solve", path, "--rounds", 1, "--solver", solver)
    code, out, _ = goldstream(monkeypatch, capsys, *arguments)
    assert code == 1
    assert out.splitlines()[0] == "satisfied clauses: 1 of 2"


def test_words_name_the_best_known_cut(monkeypatch, capsys, tmp_path):
    path = tmp_path / "square.txt"
    path.write_text("4\nunipolar\nring\n4\n1 2\n2 3\n3 4\n4 1\n")
    code, out, _ = goldstream(monkeypatch, capsys, "solve", path)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "cut: 4, best known 4"
    assert lines[1] in ("assignment: 0101", "assignment: 1010")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("4\n1 2\n", "line 1: the header must be 'nodes edges', not '4'"),
        ("2 1\n1 3 1\n", "line 2: there is no node 3, only 1 to 2"),
        ("2 1\n1 2 0.5\n", "line 2: the weight must hold integers, not '0.5'"),
        ("p cnf 2 1\n0\n", "line 2: a clause must have a literal"),
        ("p sat 2 1\n", "the header must name one of cnf, qubo, ising, not 'p sat 2 1'"),
    ],
)
def test_bad_files(monkeypatch, capsys, tmp_path, text, sentence):
    path = tmp_path / "problem.txt"
    path.write_text(text)
    code, out, err = goldstream(monkeypatch, capsys, "solve", path)
    assert (code, out, err) == (2, "", f"goldstream: {sentence}\n")


def test_bad_use(monkeypatch, capsys, tmp_path):
    path = tmp_path / "problem.txt"
    missing = goldstream(monkeypatch, capsys, "solve", path)
    assert missing == (2, "", f"goldstream: there is no file {path}\n")
    folder = goldstream(monkeypatch, capsys, "solve", tmp_path)
    assert folder == (2, "", f"goldstream: {tmp_path} is a directory, not a file\n")
    path.write_text("2 1\n1 2 1\n")
    late = goldstream(monkeypatch, capsys, "solve", path, "--seconds", 0)
    assert late[0] == 2
    assert late[2] == "goldstream: seconds must be above 0 and at most 10000000, not 0.0\n"
    other = goldstream(monkeypatch, capsys, "solve", path, "--solver", "best")
    assert other[0] == 2
    assert other[2] == (
        "goldstream: solver must be one of metropolis, serial, ssa, ssqa, published, "
        "tempering, gibbs, not 'best'\n"
    )
