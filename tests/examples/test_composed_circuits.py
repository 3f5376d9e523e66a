"""The three composed circuits: error over a photograph, and their Verilog."""

import numpy as np
import pytest

import sim
from fixedpoint.circuit import Parameters


@pytest.mark.slow
def test_a_photograph_by_streams(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    from examples.composed_circuits import EDGES, GAMMA, corners, main, photograph

    pixels = photograph()[:80, :80]
    gamma = GAMMA.evaluate(pixel=pixels)["y"] - pixels**0.45
    edges = EDGES.evaluate(**corners(pixels))["y"]
    a, b, c, d = corners(pixels).values()
    exact = (np.abs(a - d) + np.abs(b - c)) / 2
    # Codes are exact to half a 256th, each difference to twice that; an LFSR lacks the word 0
    # and repeats its first; the counting adder leaves one bit.
    assert np.abs(edges - exact).max() < 5 / 256
    assert np.sqrt((gamma**2).mean()) < 0.04
    assert main(["--output", str(tmp_path / "picture.png")]) == 0
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert "neuron: RMS error 0.0" in capsys.readouterr().out


def test_json_makes_the_same_netlists():
    from examples.composed_circuits import EDGES, GAMMA, NEURON

    for circuit in (EDGES, GAMMA, NEURON):
        netlist = circuit.netlist
        assert Parameters.from_json(netlist.to_json()) == netlist


@pytest.mark.simulator
@pytest.mark.slow
def test_verilog_of_all_three():
    pytest.importorskip("amaranth")
    from examples.composed_circuits import EDGES, GAMMA, NEURON

    entries = [
        sim.Entry(name=name, default=circuit.netlist)
        for name, circuit in (("edges", EDGES), ("gamma", GAMMA), ("neuron", NEURON))
    ]
    for result in sim.verify_many(entries, cycles=16_384, lanes=2):
        assert result.mismatches == 0
        assert result.bits_compared == 32_768
        # The adder of two streams keeps one bit of a sum: with its choices swapped, a sum less
        # 2 and the sum itself are the same bit.
        assert result.faults_caught >= result.faults_planted - 1 > 3
