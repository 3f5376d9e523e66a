"""The cross-check of the whole catalogue, and proof that it can fail."""

import numpy as np
import pytest

from sim import catalog, verify, verify_many
from sim.checks.faults import faults
from sim.tools import ToolError, simulators
from stochastic import Lfsr, Sng

ENTRIES = catalog()


@pytest.fixture(scope="module")
def on_verilator():
    return {r.name: r for r in verify_many()}


@pytest.fixture(scope="module")
def on_icarus():
    if "icarus" not in simulators():
        pytest.skip("Icarus Verilog is not installed")
    results = verify_many(cycles=512, lanes=2, simulator="icarus", plant=1)
    return {r.name: r for r in results}


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_every_bit_is_equal_on_verilator(name, on_verilator):
    result = on_verilator[name]
    assert result.first is None, str(result.first)
    assert result.mismatches == 0
    assert result.cycles * result.lanes >= 100_000
    entry = next(e for e in ENTRIES if e.name == name)
    bits = sum(p.width * p.count for q in entry.all for p in q.outputs)
    assert result.bits_compared == bits * result.cycles * result.lanes


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_every_planted_fault_is_caught(name, on_verilator):
    result = on_verilator[name]
    assert result.faults_planted >= 1
    assert result.missed == ()
    assert result.faults_caught == result.faults_planted


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_every_bit_is_equal_on_icarus(name, on_icarus):
    result = on_icarus[name]
    assert result.first is None, str(result.first)
    assert result.mismatches == 0


def test_planted_faults_are_caught_on_icarus(on_icarus):
    # So short a run may miss a few; on Verilator a longer one misses none.
    planted, caught = (
        [getattr(result, name) for result in on_icarus.values()]
        for name in ("faults_planted", "faults_caught")
    )
    assert planted == [1] * len(ENTRIES)
    assert sum(caught) > 0.8 * len(ENTRIES)


def test_a_fault_in_the_model_is_reported_where_it_is(tmp_path, monkeypatch):
    # A reset would split the run in two, and cycle 70 would come in each.
    monkeypatch.setattr(
        "sim.checks.cross_check.random_control",
        lambda cycles, rng: (rng.random(cycles) < 0.9, np.zeros(cycles, bool)),
    )
    sound = Sng._kernel

    def faulty(self, enable, words, inputs, registers, outputs):
        sound(self, enable, words, inputs, registers, outputs)
        if len(enable) > 70:
            outputs["stream"][70, 2] ^= 1

    monkeypatch.setattr(Sng, "_kernel", faulty)
    result = verify(
        Sng(generator=Lfsr(width=4)), cycles=200, lanes=3, plant=0, waveforms=tmp_path
    )
    assert not result.passed
    assert result.mismatches == 1
    first = result.first
    assert (first.cycle, first.lane, first.port) == (70, 2, "stream")
    assert first.expected == 1 - first.actual
    assert "--cycles 200 --lanes 3 --seed 1" in first.command
    wave = (tmp_path / "sng.vcd").read_text()
    assert "stream_expected" in wave
    assert "stream_differs" in wave


def test_a_fault_is_one_changed_line():
    verilog = "module a(x, y);\n  assign y = x < 3'h2;\nendmodule\n"
    found = faults(verilog, most=10)
    assert [f.kind for f in found] == ["< became <=", "constant changed"]
    assert [f.after for f in found] == ["assign y = x <= 3'h2;", "assign y = x < 3'h3;"]
    for fault in found:
        lines = fault.verilog.split("\n")
        assert lines[fault.line - 1].strip() == fault.after
        pairs = enumerate(zip(lines, verilog.split("\n"), strict=True))
        assert [number for number, (a, b) in pairs if a != b] == [1]


def test_stimulus_depends_on_seed_and_parameters_alone():
    alone = verify("sng", cycles=64, lanes=1, plant=0)
    again = verify("sng", cycles=64, lanes=1, plant=0)
    assert (alone.mismatches, alone.bits_compared) == (again.mismatches, again.bits_compared)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cycles": 0}, "cycles must be between 1 and 1000000000, not 0"),
        ({"lanes": 0}, "lanes must be between 1 and 4096, not 0"),
        ({"seed": -1}, f"seed must be between 0 and {2**63 - 1}, not -1"),
        ({"simulator": "modelsim"}, "simulator must be verilator or icarus, not 'modelsim'"),
    ],
)
def test_bad_use_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        verify("sng", **arguments)


def test_an_unknown_circuit_is_answered_with_near_names():
    with pytest.raises(ValueError, match="^there is no circuit 'sgn' in the catalogue; did"):
        verify("sgn")


def test_a_missing_simulator_is_said_before_work_starts(monkeypatch):
    monkeypatch.setattr("sim.tools.find_simulator", lambda name: None)
    with pytest.raises(ToolError, match="^icarus is not installed: install Icarus Verilog"):
        verify("sng", simulator="icarus")
