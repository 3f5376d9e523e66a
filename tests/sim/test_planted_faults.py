"""Faults in emitted benches: which cycle shows each of them, and which change nothing."""

import re
import subprocess

import numpy as np
import pytest

import rtl
from sim import emit
from sim.catalog import find
from sim.checks import fault_count
from sim.checks.equivalent_faults import equivalent_faults
from sim.checks.fault_schemata import with_faults
from sim.checks.faults import Fault, faults
from sim.checks.golden_vectors import Vectors, catching_cycles, golden_vectors
from sim.checks.kept_proofs import least_cycles
from sim.simulation.stimulus import planned_run
from sim.tools import find_simulator, simulators
from stochastic import Counter, Integrator, Lfsr

pytestmark = pytest.mark.simulator


@pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")
@pytest.mark.parametrize("name", ["addie", "stochastic_to_binary"])
def test_selected_faults_show_when_the_emitted_bench_shows_them(name, tmp_path):
    entry = find(name)
    emit(entry, tmp_path, count_faults=False)
    verilog = (tmp_path / f"{name}.v").read_text()
    planted = faults(verilog)
    vectors = golden_vectors(entry, entry.default)
    (cycles,) = catching_cycles([vectors], [name], [verilog], [planted])
    shown = []
    for fault in planted:
        (tmp_path / "faulty.v").write_text(fault.verilog)
        program = str(find_simulator("icarus"))
        command = [program, "-o", "tb", f"{name}_tb.v", "faulty.v"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        done = subprocess.run(
            ["./tb"], cwd=tmp_path, text=True, capture_output=True, check=False
        )
        match = re.match(r"MISMATCH: cycle (\d+),", done.stdout)
        assert done.returncode == (1 if match else 0)
        shown.append(int(match[1]) if match else -1)
    assert cycles == shown
    assert sum(cycle > 0 for cycle in cycles) >= 8


def test_a_wrong_golden_vector_is_found():
    entry = find("counter")
    sound = golden_vectors(entry, entry.default, cycles=64)
    verilog = rtl.to_verilog(entry.default, "counter")
    outputs = {name: values.copy() for name, values in sound.outputs.items()}
    next(iter(outputs.values()))[40] ^= 1
    wrong = Vectors(sound.parameters, sound.run, outputs)
    with pytest.raises(RuntimeError, match="^the Verilog of counter differs from its golden"):
        catching_cycles([wrong], ["counter"], [verilog], [[]])


def test_vectors_of_other_lengths_are_compared_to_their_own_end():
    entry = find("counter")
    circuits = {"long": Counter(width=3), "short": Counter(width=8)}
    texts = rtl.to_verilog_many(circuits)
    planted = [
        [f for f in faults(text) if f.kind == "condition never true" or "ignored" in f.kind]
        for text in texts.values()
    ]
    vectors = [
        golden_vectors(entry, circuits[name], n) for name, n in (("long", 90), ("short", 9))
    ]
    both = catching_cycles(vectors, list(texts), list(texts.values()), planted)
    alone = [
        catching_cycles([v], [name], [text], [own])[0]
        for v, (name, text), own in zip(vectors, texts.items(), planted, strict=True)
    ]
    assert both == alone


def test_faults_that_change_nothing_are_proven():
    # Modulo 2, counting up is counting down.
    one_bit = Counter(width=1)
    verilog = rtl.to_verilog(one_bit, "one_bit")
    planted = [f for f in faults(verilog) if f.kind in ("+ became -", "reset ignored")]
    assert [f.kind for f in planted] == ["+ became -", "reset ignored"]
    assert equivalent_faults(one_bit, "one_bit", verilog, planted) == [True, False]
    wide = Counter(width=4)
    verilog = rtl.to_verilog(wide, "wide")
    planted = [f for f in faults(verilog) if f.kind == "+ became -"]
    assert equivalent_faults(wide, "wide", verilog, planted) == [False]
    assert equivalent_faults(wide, "wide", verilog, []) == []


def test_a_line_without_an_operation_is_refused():
    fault = Fault("no kind", 1, "module a;", "module b;", "module b;")
    with pytest.raises(ValueError, match="^no fault can be selected in the line 'module a;'$"):
        with_faults("module a;", [fault])


@pytest.mark.parametrize("cycles", [1, 2, 9, 64, 5606])
def test_a_stimulus_begins_with_a_reset(cycles):
    circuit = Integrator(width=8, generator=Lfsr(width=8))
    run = planned_run(circuit, cycles, 3, np.random.default_rng(1))
    assert run.rst[0] and run.enable[0]
    assert {v.shape for v in run.inputs.values()} == {(cycles, 3)}
    assert len(run.enable) == len(run.rst) == cycles


def test_directed_stimulus_goes_where_random_values_do_not():
    entry = find("integrator")
    vectors = golden_vectors(entry, entry.default)
    value, rst, enable = vectors.outputs["value"][:, 0], vectors.run.rst, vectors.run.enable
    assert {0, 1, 255, 256} <= set(value.tolist())
    # Resets far from the reset state, with and without enable.
    assert value[rst & enable].max() > 20
    assert value[rst & ~enable].max() > 20
    # Inputs at both ends while enable is low.
    held = vectors.run.inputs["increment"][~enable & ~rst]
    assert set(held.ravel().tolist()) == {0, 1}
    # From one end to the other without a reset.
    top, bottom = np.flatnonzero(value == 256), np.flatnonzero(value == 0)
    down = [(t, b) for t in top for b in bottom[bottom > t][:1] if not rst[t:b].any()]
    assert down


def test_a_fault_at_the_end_of_a_wide_counter_is_out_of_reach(monkeypatch):
    # No tool proves it, however long it tries.
    monkeypatch.setattr(fault_count, "PROOF_SECONDS", 1)
    entry = find("race_encoder")
    parameters = entry.all[2]
    verilog = rtl.to_verilog(parameters, "race_encoder")
    vectors = golden_vectors(entry, parameters)
    counted = fault_count.count("race_encoder", verilog, vectors)
    (far,) = counted.faults_out_of_reach
    assert far.startswith("tap moved by one bit in line") and "~ time_1[32]" in far
    assert far.endswith(", not within 2147483648 cycles")
    assert counted.faults_missed == ()
    all_of_them = counted.faults_planted + counted.faults_equivalent + 1
    assert all_of_them == len(faults(verilog))
    assert counted.faults_caught == counted.faults_planted
    # In a bench of so many cycles it would be missed.
    monkeypatch.setattr(
        fault_count, "least_cycles", lambda: dict.fromkeys(least_cycles(), vectors.cycles - 1)
    )
    longer = fault_count.count("race_encoder", verilog, vectors)
    assert longer.faults_out_of_reach == ()
    (missed,) = longer.faults_missed
    assert far.startswith(missed)
