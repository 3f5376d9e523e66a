"""`goldstream factor`: factors in software and in simulated Verilog, and bad numbers."""

import json
import sys

import pytest

from sim.checks.factor_in_verilog import factor_in_verilog, factoring_network
from sim.cli import main

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def goldstream(monkeypatch, capsys, *arguments):
    """Return exit status, standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["goldstream", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    captured = capsys.readouterr()
    return stop.value.code or 0, captured.out, captured.err


def test_factors_as_json(monkeypatch, capsys):
    code, out, _ = goldstream(monkeypatch, capsys, "factor", "143", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found) == ["number", "factors", "updates", "seconds"]
    assert (found["number"], found["factors"]) == (143, [11, 13])
    assert found["updates"] > 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["143"], "143 = 11 x 13"),
        (["35", "--bits", "3"], "35 = 5 x 7"),
        (["35", "--bits", "3,5"], "35 = 5 x 7"),
        (["22"], "22 = 2 x 11"),
    ],
)
def test_factors_in_words(monkeypatch, capsys, arguments, line):
    code, out, _ = goldstream(monkeypatch, capsys, "factor", *arguments)
    assert code == 0
    assert out.splitlines()[0] == line


def test_no_factors_in_time(monkeypatch, capsys):
    # 4 = 2 x 2, but one operand has a single bit.
    arguments = ("factor", "4", "--bits", "1,2", "--seconds", "0.1", "--json")
    code, out, err = goldstream(monkeypatch, capsys, *arguments)
    assert code == 1
    assert json.loads(out)["factors"] == []
    assert err.startswith("goldstream: no factors of 4 after ")


@pytest.mark.parametrize("rtl", [[], ["--rtl"]])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["7"], "7 is prime: it has no factors but 1 and itself"),
        (["0"], "the number to factor must be 4 or more, not 0"),
        (["1"], "the number to factor must be 4 or more, not 1"),
        (
            [str(2**62)],
            "the number to factor must have 62 bits or fewer, not 63",
        ),
        (
            ["143", "--bits", "3"],
            "143 has 8 bits, but operands of 3 and 3 bits have a product of 6",
        ),
        (
            ["143", "--bits", "four"],
            "--bits must be a width such as 4, or two such as 4,5, not 'four'",
        ),
        (["143", "--bits", "4,63"], "operand bits must be between 1 and 62, not 63"),
        (
            ["143", "--seconds", "0"],
            "--seconds must be above 0 and at most 10000000, not 0.0",
        ),
        (
            ["143", "--seed", "-1"],
            "--seed must be between 0 and 9223372036854775807, not -1",
        ),
    ],
)
def test_bad_use(monkeypatch, capsys, rtl, arguments, sentence):
    code, out, err = goldstream(monkeypatch, capsys, "factor", *arguments, *rtl)
    assert (code, out, err) == (2, "", f"goldstream: {sentence}\n")


@pytest.mark.simulator
def test_factors_from_simulated_verilog(monkeypatch, capsys):
    pytest.importorskip("amaranth")
    code, out, _ = goldstream(monkeypatch, capsys, "factor", "22", "--rtl", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found) == ["number", "factors", "updates", "seconds", "cycles"]
    # Operands of one width would be too narrow for 11.
    assert found["factors"] == [2, 11]
    network, _ = factoring_network(22, 3, 4)
    assert found["updates"] == found["cycles"] * network.size


@pytest.mark.simulator
def test_a_wrong_weight_in_the_verilog_is_caught():
    pytest.importorskip("amaranth")
    network, _ = factoring_network(143, 4, 4)
    i, j, weight = network.hamiltonian.J[0]
    wrong = network.hamiltonian.replace(J=((i, j, -weight), *network.hamiltonian.J[1:]))
    found = factor_in_verilog(143, bits=(4, 4), hardware=network.replace(hamiltonian=wrong))
    assert found.factors == ()
    assert found.mismatch.startswith("cycle ")
    assert "of the Verilog is" in found.mismatch
