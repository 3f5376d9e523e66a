"""The examples of invertible logic run, short, and print what they claim."""

import re

import numpy as np

from examples import factoring, invertible_gates, maxcut

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


def test_a_clamped_multiplier_is_right():
    right, share, times = invertible_gates.watched({"p": 143}, 600)
    assert right
    assert 0 < share < 1
    assert np.nanmin(times) >= 1
