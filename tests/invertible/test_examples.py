"""The examples of invertible logic run, short, and print what they claim."""

import re

import pytest

from examples import factoring, invertible_gates, maxcut, spin_machine

# The kernels take long to compile.
pytestmark = pytest.mark.slow

RING = 20


def graph_file(tmp_path):
    """A cycle of even length, whose best cut is all its edges."""
    edges = [f"{i + 1} {(i + 1) % RING + 1} 1" for i in range(RING)]
    path = tmp_path / "ring.txt"
    path.write_text(f"{RING} {RING}\n" + "\n".join(edges) + "\n")
    return path


def test_maxcut(tmp_path, capsys):
    path = graph_file(tmp_path)
    maxcut.main([str(path), "--trials", "64", "--cycles", "200", "--seconds", "1"])
    line = next(row for row in capsys.readouterr().out.splitlines() if "ring" in row)
    cells = [cell.strip() for cell in re.split("[│┃]", line)]
    assert cells[-3] == str(RING)


def test_random_semiprimes_and_their_guesses():
    pairs = factoring.semiprimes(6, 20, 1)
    primes = {37, 41, 43, 47, 53, 59, 61}
    assert {p for pair in pairs for p in pair} <= primes
    # All pairs of odd numbers, tried one by one.
    odd = range(1, 64, 2)
    for p, q in pairs[:5]:
        answers = sum(a * b == p * q for a in odd for b in odd)
        assert factoring.guesses(6, p, q) == len(odd) ** 2 / answers


def test_factoring(capsys):
    factoring.main(["--bits", "4", "--numbers", "1", "--seconds", "0.5"])
    assert "blind guesses" in capsys.readouterr().out


def test_gates(capsys):
    invertible_gates.main(["--samples", "5"])
    output = capsys.readouterr().out
    assert "full_adder" in output


@pytest.mark.simulator
@pytest.mark.slow
@pytest.mark.parametrize(("fault", "status"), [(None, 0), ("weight", 1), ("limit", 1)])
def test_serial_machine(tmp_path, capsys, fault, status):
    words = [str(graph_file(tmp_path)), "--sweeps", "60", "--replicas", "3"]
    words += ["--fault", fault] if fault else []
    assert spin_machine.main(words) == status
    output = capsys.readouterr().out
    assert ("model: 0 mismatches" in output) is (fault is None)
    assert ("engine: 0 differ" in output) is (fault is None)
