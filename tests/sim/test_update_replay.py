"""Recorded updates through the Verilog: every bit equal, and every wrong bit found."""

import csv
import dataclasses
import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch")
from torch import nn

import rtl
from fixedpoint import FixedMomentumSgdLanes, Overflow, Rounding
from sim.checks.faults import faults
from sim.checks.update_replay import replay
from sim.cli import app
from sim.commands.replay import select_records
from sim.tools import ToolError
from stochastic import Lfsr, MomentumSgdLanes
from stochastic.training import MomentumSGD, Record, Recorder, save_records

pytestmark = pytest.mark.simulator


def unit(cycles_per_step):
    return MomentumSgdLanes(
        lanes=4,
        momentum_bits=8,
        weight_bits=10,
        decay_shift=3,
        cycles_per_step=cycles_per_step,
        rate_bits=9,
        gradient_generator=Lfsr(width=7),
        momentum_generator=Lfsr(width=8, seed=5),
    )


def recorded(circuit, steps=(3, 9)):
    """Return updates by the plain-Python step, so that no kernel is asked twice."""
    rng = np.random.default_rng(4)
    ports = {port.name: port for port in circuit.ports}
    updates = []
    for step in steps:
        position = 1000 * step + 1
        for name, size in (("weight", 21), ("bias", 1), ("gain", 8)):
            low, high = ports["gradient"].range
            gradient = rng.integers(low, high, size, endpoint=True).astype(np.int32)
            low, high = ports["momentum_in"].range
            momentum = rng.integers(low, high, size, endpoint=True).astype(np.int32)
            low, high = ports["weight_in"].range
            weight = rng.choice([low, low + 1, 0, 7, high - 1, high], size).astype(np.int32)
            after = [], []
            for begin in range(0, size, 4):
                lanes = slice(begin, begin + 4)
                pad = 4 - len(gradient[lanes])
                registers = {"momentum": [0] * 4, "weight": [0] * 4}
                for cycle in range(circuit.cycles_per_step):
                    at = position + begin // 4 * circuit.cycles_per_step + cycle
                    words = [int(g.words(1, at)[0]) for g in circuit.generators]
                    registers, _ = circuit.step(
                        registers,
                        words,
                        load=int(cycle == 0),
                        rate=step,
                        gradient=[*gradient[lanes].tolist(), *[0] * pad],
                        momentum_in=[*momentum[lanes].tolist(), *[0] * pad],
                        weight_in=[*weight[lanes].tolist(), *[0] * pad],
                    )
                after[0].extend(registers["momentum"][: 4 - pad])
                after[1].extend(registers["weight"][: 4 - pad])
            arrays = [np.array(values, np.int32) for values in after]
            updates.append(
                Record(
                    step=step,
                    name=name,
                    rate=step,
                    scale=0,
                    position=position,
                    gradient=gradient,
                    momentum_before=momentum,
                    momentum_after=arrays[0],
                    weight_before=weight,
                    weight_after=arrays[1],
                )
            )
            position += circuit.cycles(size)
    return updates


PATHS = pytest.mark.parametrize("path", ["cocotb", "library"])


@PATHS
@pytest.mark.parametrize("cycles_per_step", [1, 4])
def test_every_bit_of_every_update_is_equal(cycles_per_step, path):
    circuit = unit(cycles_per_step)
    updates = recorded(circuit)
    results = replay(circuit, updates, path=path)
    assert [(r.name, r.step, r.parameters) for r in results] == [
        (u.name, u.step, len(u.gradient)) for u in updates
    ]
    widths = sum(port.width for port in circuit.outputs)
    for result in results:
        assert result.first is None, result.first
        assert result.mismatches == 0
        assert result.bits_compared == widths * result.parameters


@PATHS
def test_a_wrong_bit_is_found_where_it_is(path):
    circuit = unit(1)
    updates = recorded(circuit)
    updates[3].weight_after[13] ^= 4
    results = replay(circuit, updates, path=path)
    wrong = results[3]
    assert wrong.mismatches == sum(r.mismatches for r in results) == 1
    assert wrong.first.startswith("weight, step 9: weight of element 13 (lane 1, group 3) is ")


def test_tensors_must_not_overlap():
    circuit = unit(4)
    updates = recorded(circuit)
    for shift, position in ((-1, 3024), (1, 3026)):
        wrong = dataclasses.replace(updates[1], position=updates[1].position + shift)
        sentence = (
            "tensor bias of step 3 must start at cycle 3025, where the one before it ends, "
            f"or whole groups later, not at {position}"
        )
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            replay(circuit, [updates[0], wrong, *updates[2:]])


def test_nothing_to_replay():
    assert replay(unit(1), []) == []


@PATHS
def test_tensors_may_be_left_out(path):
    circuit = unit(4)
    updates = recorded(circuit)
    chosen = [updates[i] for i in (0, 2, 3, 5)]
    results = replay(circuit, chosen, path=path)
    assert [(r.name, r.step, r.mismatches) for r in results] == [
        (name, step, 0) for step in (3, 9) for name in ("weight", "gain")
    ]


def test_both_paths_have_the_same_verdicts(monkeypatch):
    # So short that a tensor's groups are cut in the middle.
    monkeypatch.setattr("sim.checks.update_replay.CHUNK_CYCLES", 8)
    circuit = unit(4)
    updates = recorded(circuit)
    rng = np.random.default_rng(7)
    for update in updates[::2]:
        for name in ("momentum_after", "weight_after"):
            values = getattr(update, name)
            some = rng.integers(0, len(values), 3)
            values[some] ^= rng.integers(0, 8, 3).astype(np.int32)
    cocotb, library = (replay(circuit, updates, path=p) for p in ("cocotb", "library"))
    assert cocotb == library
    assert [r.mismatches > 0 for r in cocotb] == [True, False] * 3


def test_both_paths_find_the_same_fault(monkeypatch):
    circuit = unit(1)
    updates = recorded(circuit)
    kind = "choices of a multiplexer swapped"
    verilog = rtl.to_verilog(circuit)
    fault = next(f for f in faults(verilog, 1000) if f.kind == kind)
    # Headers differ in length, as the states that they list.
    line = fault.line - 1 - len(verilog.split("\n"))

    def planted(text):
        lines = text.split("\n")
        lines[line] = fault.after
        return "\n".join(lines)

    many, one = rtl.to_verilog_many, rtl.to_verilog
    monkeypatch.setattr(
        rtl, "to_verilog_many", lambda units: {n: planted(t) for n, t in many(units).items()}
    )
    monkeypatch.setattr(rtl, "to_verilog", lambda unit, name: planted(one(unit, name)))
    cocotb, library = (replay(circuit, updates, path=path) for path in ("cocotb", "library"))
    assert cocotb == library
    # The fault is in one lane of four, and shows in some of its bits.
    assert 0 < sum(r.mismatches for r in cocotb) < sum(r.bits_compared for r in cocotb) / 4


def test_other_circuits_pass_too():
    circuit = FixedMomentumSgdLanes(
        lanes=4,
        gradient_format="sQ1.7",
        momentum_format="sQ1.9",
        weight_format="sQ2.10",
        rate_format="uQ0.4",
        decay_shift=3,
        rounding=Rounding.STOCHASTIC,
        overflow=Overflow.SATURATE,
        momentum_generator=Lfsr(width=12),
        weight_generator=Lfsr(width=13),
    )
    updates = recorded(circuit)
    results = replay(circuit, updates, path="library")
    assert [r.first for r in results] == [None] * len(updates)


def test_steps_may_come_in_any_order():
    results = replay(unit(1), recorded(unit(1), steps=(9, 3)), path="library")
    assert [r.step for r in results] == [9] * 3 + [3] * 3
    assert [r.first for r in results] == [None] * 6


def test_a_far_step_starts_with_its_generators_advanced(monkeypatch):
    monkeypatch.setattr("sim.checks.update_replay.MOST_IDLE_CYCLES", 100)
    circuit = unit(1)
    results = replay(circuit, recorded(circuit, steps=(9,)), path="library")
    assert [r.first for r in results] == [None] * 3


def test_a_whole_step_of_a_network():
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 5)
    )
    circuit = unit(1)
    optimizer = MomentumSGD(
        model.named_parameters(),
        lr=0.1,
        momentum=1 - 2.0**-circuit.decay_shift,
        momentum_bits=circuit.momentum_bits,
        weight_bits=circuit.weight_bits,
        weight_fraction=7,
        lanes=circuit.lanes,
        gradient_generator=circuit.gradient_generator,
        momentum_generator=circuit.momentum_generator,
    )
    assert optimizer.circuit == circuit
    recorder = Recorder([1])
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.randn(8, 1, 4, 4)).square().sum().backward()
        recorder.step(optimizer)
    results = replay(circuit, recorder.records, path="library")
    assert [r.name for r in results] == [name for name, _ in model.named_parameters()]
    assert sum(r.parameters for r in results) == sum(p.numel() for p in model.parameters())
    assert [r.first for r in results] == [None] * len(results)
    # The second step: momenta have left 0.
    assert any(record.momentum_before.any() for record in recorder.records)


def test_the_library_is_verilators():
    sentence = "the library is built by verilator, not by icarus"
    with pytest.raises(ToolError, match=f"^{sentence}$"):
        replay(unit(1), [], simulator="icarus", path="library")


def test_altered_verilog_is_found():
    updates = recorded(unit(1), steps=(3,))
    planted = replay(unit(1), updates, alter=lambda text: faults(text, 1)[0].verilog)
    assert sum(result.mismatches for result in planted) > 0
    sentence = "^only the path cocotb simulates altered Verilog, not library$"
    with pytest.raises(ValueError, match=sentence):
        replay(unit(1), updates, path="library", alter=str.upper)


def test_paths_are_two():
    sentence = "path must be one of cocotb, library, not 'vpi'"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        replay(unit(1), [], path="vpi")


@pytest.fixture
def run_folder(tmp_path):
    """Return a function that writes a run folder with records and gives its path."""

    def write(circuit, updates):
        save_records(tmp_path / "records.npz", circuit, updates)
        return tmp_path

    return write


def command(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def test_the_command_replays_a_run(run_folder):
    circuit = unit(1)
    updates = recorded(circuit)
    run = run_folder(circuit, updates)
    done = command(run, "--all")
    assert done.exit_code == 0, done.output
    parameters, width = 30, sum(port.width for port in circuit.outputs)
    for row in (
        f"3 │ 3 │ {parameters} │ {parameters * width} │ 0",
        f"all │ 6 │ {2 * parameters}",
    ):
        assert row in re.sub(" +", " ", done.output)
    with open(run / "replay.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["step"]) for row in rows] == [
        (u.name, str(u.step)) for u in updates
    ]
    results = replay(circuit, updates, path="library")
    assert json.loads((run / "replay.json").read_text()) == [r.to_dict() for r in results]


def test_the_command_fails_on_a_wrong_bit(run_folder):
    circuit = unit(1)
    updates = recorded(circuit)
    updates[3].weight_after[13] ^= 4
    run = run_folder(circuit, updates)
    done = command(run, "--layers", "w*", "--json")
    assert done.exit_code == 1
    right, found = json.loads(done.output)
    assert right["mismatches"] == 0
    assert found["mismatches"] == 1
    assert found["first"].startswith(
        "weight, step 9: weight of element 13 (lane 1, group 3) is "
    )
    done = command(run, "--all")
    assert done.exit_code == 1
    assert found["first"] in done.output


def test_the_command_refuses_what_is_not_there(run_folder, tmp_path):
    circuit = unit(1)
    for folder, sentence in (
        (tmp_path / "none", f"there is no run folder {tmp_path / 'none'}"),
        (tmp_path, f"run folder {tmp_path} has no records.npz: train with --record STEP"),
    ):
        assert str(command(folder).exception) == sentence
    run = run_folder(circuit, recorded(circuit))
    for option, value, sentence in (
        ("--layers", "conv*", "no tensor is called 'conv*': there are weight, bias, gain"),
        ("--steps", "4", "step 4 was not recorded: there are 3, 9"),
        ("--sim", "vcs", "simulator must be verilator or icarus, not 'vcs'"),
    ):
        error = command(run, option, value).exception
        assert isinstance(error, ValueError)
        assert str(error) == sentence


def test_the_command_refuses_a_record_far_away(run_folder):
    circuit = unit(1)
    updates = recorded(circuit)
    updates[1] = dataclasses.replace(updates[1], position=1 << 60)
    run = run_folder(circuit, updates)
    error = command(run, "--all").exception
    assert isinstance(error, ValueError)
    assert str(error) == (
        f"{run / 'records.npz'} holds a record that does not fit: bias of step 3 must start "
        f"at cycle 3007, where the tensor before it ends, not at {1 << 60}"
    )
    assert not (run / "replay.json").exists()


def test_a_choice_of_tensors_and_steps():
    updates = recorded(unit(1))

    def chosen(**choice):
        return [(u.step, u.name) for u in select_records(updates, **choice)]

    assert chosen() == [(u.step, u.name) for u in updates]
    assert chosen(layers=["*i*"], steps=[9]) == [(9, "weight"), (9, "bias"), (9, "gain")]
    assert chosen(layers=["b*", "gain"]) == [(s, n) for s in (3, 9) for n in ("bias", "gain")]
