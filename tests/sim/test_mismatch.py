"""What is told of a mismatch, and its waveform, without a simulator: answers are by hand."""

import numpy as np
import pytest

from sim import Entry
from sim.checks.entry_bench import given_bench
from sim.checks.entry_check import Settings, check_entry
from sim.simulation.bench import Run
from sim.simulation.user_verilog import UserVerilog
from sim.simulation.waveform import write_waveform
from stochastic import Isolator, Multiplier

pytest.importorskip("vcd")

CYCLES = 8


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Return a function that checks a circuit against Verilog whose outputs are all 0."""

    def zeros(bench, stimulus, simulator):
        bus = np.zeros((len(stimulus), bench.response_bits // 64), np.uint64)
        return bus, bus.copy()

    monkeypatch.setattr("sim.simulation.simulator.simulate", zeros)

    def check(circuit, cycles, waveforms=None):
        given = UserVerilog((), "mine", "", {}, (), ())
        entry = Entry(name="mine", default=circuit)
        settings = Settings(cycles, 4, "icarus", 1, waveforms)
        return check_entry(given_bench(entry, given, settings.lanes), settings)

    return check


def test_a_mismatch_is_told_without_its_waveform(check, tmp_path):
    found = check(Multiplier(), 64, tmp_path / "waves")
    assert found.first.waveform == str(tmp_path / "waves" / "mine.vcd")
    assert found.first.without_waveform is None
    (tmp_path / "file").write_text("")
    lost = check(Multiplier(), 64, tmp_path / "file")
    assert (lost.mismatches, lost.first.cycle) == (found.mismatches, found.first.cycle)
    assert lost.first.waveform is None
    why = f"directory of waveforms {tmp_path / 'file'} cannot be made: File exists"
    assert lost.first.without_waveform == why
    assert str(lost.first).endswith(f"\n  no waveform: {why}")


def test_a_gate_is_compared_from_the_first_cycle_on(check):
    assert check(Multiplier(), 1).bits_compared == 4


def test_a_register_is_compared_after_the_first_reset(check):
    with pytest.raises(ValueError, match="^cycles must be at least 2, so that one is compared"):
        check(Isolator(), 1)
    assert check(Isolator(), 2).bits_compared == 4


def test_unknown_bits_are_x_and_differ_in_the_waveform(tmp_path):
    from vcd.reader import TokenKind, tokenize

    ones = np.ones((CYCLES, 1), np.int64)
    unknown = np.zeros_like(ones)
    unknown[5] = 1
    on = np.ones(CYCLES, bool)
    path = write_waveform(
        tmp_path / "mine.vcd",
        Multiplier(),
        Run({"a": ones, "b": ones}, on, ~on),
        {"product": ones},
        {"product": ones},
        {"product": unknown},
        lane=0,
        cycle=5,
    )
    names, changes, time = {}, {}, 0
    with path.open("rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.VAR:
                names[token.var.id_code] = token.var.reference
            elif token.kind is TokenKind.CHANGE_TIME:
                time = token.time_change
            elif token.kind is TokenKind.CHANGE_SCALAR:
                change = token.scalar_change
                changes.setdefault(names[change.id_code], {})[time] = change.value
    assert changes["product_expected"] == {0: "1"}
    assert changes["product_actual"] == {0: "1", 50: "x", 60: "1"}
    assert changes["product_differs"] == {0: "0", 50: "1", 60: "0"}
