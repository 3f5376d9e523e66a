"""The cross-check of the whole catalogue, and proof that it can fail."""

import dataclasses
import shlex
import subprocess
import sys

import numpy as np
import pytest

import rtl
from fixedpoint.circuit import Circuit, Port
from sim import catalog, verify, verify_many
from sim.catalog import find
from sim.checks.entry_bench import entry_benches
from sim.checks.entry_check import Settings
from sim.checks.faults import faults
from sim.checks.worker import Worker
from sim.simulation.bench import Run
from sim.tools import ToolError, simulators
from stochastic import Counter, Lfsr, Sng

pytestmark = pytest.mark.simulator

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
    def without_reset(parameters, cycles, lanes, rng, stimulus, directed):
        inputs = stimulus(parameters, cycles, lanes, rng)
        return Run(inputs, rng.random(cycles) < 0.9, np.zeros(cycles, bool))

    monkeypatch.setattr("sim.checks.entry_check.planned_run", without_reset)
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


def benches(*names, lanes=2, plant=3):
    """Return the Verilog of some entries' benches, emitted in one batch."""
    prepared = entry_benches([find(name) for name in names], lanes, plant)
    return {bench.entry.name: bench.bench.verilog() for bench in prepared}


def test_the_bench_of_an_entry_depends_on_the_entry_alone():
    # These have wires that Yosys adds, and assignments that it keeps in a hash table.
    names = ["sobol", "momentum_sgd_unit", "conv_line", "mac_array"]
    together = benches(*names)
    assert benches(*reversed(names)) == together
    assert {name: benches(name)[name] for name in names} == together
    assert benches("sobol", plant=2) != benches("sobol", plant=3)


@pytest.fixture
def calls(monkeypatch):
    """Return the parameters of every run of a golden model, in turn."""
    seen = []
    run = Circuit.run

    def counted(self, *arguments, **options):
        seen.append(self)
        return run(self, *arguments, **options)

    monkeypatch.setattr(Circuit, "run", counted)
    return seen


def test_the_model_runs_once_for_all_faults(calls):
    result = verify("counter", cycles=2048, lanes=2)
    assert result.faults_planted > 1
    assert sorted(map(repr, calls)) == sorted(map(repr, find("counter").all))


def test_workers_find_what_one_process_finds():
    short = {"cycles": 256, "lanes": 1, "plant": 1}
    names = ["counter", "sng", "rotated", "multiplier"]
    together = verify_many([*names, "sng"], **short)
    alone = [verify(name, **short) for name in names]
    for results in (together, alone):
        results[:] = [dataclasses.replace(result, seconds=0) for result in results]
    assert together == alone


def test_an_error_in_a_worker_is_raised():
    worker = Worker(Settings(256, 1, "verilator", 1, None), plant=0)
    try:
        with pytest.raises(ValueError, match="^there is no circuit 'nothing' in the catalogue"):
            worker.check(["nothing"])
        assert worker.check(["counter"])[0].passed
    finally:
        worker.stop()


def test_an_entry_a_name_and_parameters_are_checked():
    short = {"cycles": 256, "lanes": 1, "plant": 0}
    entry = find("counter")
    named, given = verify("counter", **short), verify(entry, **short)
    assert dataclasses.replace(named, seconds=0) == dataclasses.replace(given, seconds=0)
    assert named.parameter_sets == len(entry.all)
    single = verify(entry.edges[0], **short)
    assert (single.name, single.parameter_sets) == ("counter", 1)
    assert single.parameters == entry.edges[0].to_dict()
    # Parameters of a class of the catalogue that are in no entry.
    other = verify(Counter(width=11), **short)
    assert (other.name, other.bits_compared) == ("counter", 11 * 256)


def test_parameters_belong_to_the_entry_that_has_them(monkeypatch):
    wide = Counter(width=11)
    second = dataclasses.replace(find("counter"), name="wide_counter", default=wide, edges=())
    # The function of the same name hides the module from a dotted path.
    module = sys.modules["sim.catalog"]
    monkeypatch.setattr(module, "catalog", lambda: (*ENTRIES, second))
    short = {"cycles": 64, "lanes": 1, "plant": 0}
    assert verify(wide, **short).name == "wide_counter"
    assert verify(find("counter").default, **short).name == "counter"


@dataclasses.dataclass(frozen=True, kw_only=True)
class WireOfTheTest(Circuit):
    """A wire that may be wrong."""

    inverted: bool = False

    @property
    def ports(self):
        return (Port.input("x", 3), Port.output("y", 3))

    def _kernel(self, enable, words, inputs, registers, outputs):
        outputs["y"][:] = inputs["x"] ^ (7 * self.inverted)


@rtl.component(WireOfTheTest)
class _Wire(rtl.Component):
    def elaborate(self, platform):
        from amaranth.hdl import Module

        m = Module()
        m.d.comb += self.y.eq(self.x)
        return m


def test_a_class_without_an_entry_is_checked_with_random_stimulus():
    sound = verify(WireOfTheTest(), cycles=100, lanes=2, plant=0)
    assert (sound.name, sound.mismatches, sound.bits_compared) == ("wire_of_the_test", 0, 600)
    wrong = verify(WireOfTheTest(inverted=True), cycles=100, lanes=2, plant=0)
    assert (wrong.mismatches, wrong.first.port, wrong.first.cycle) == (600, "y", 0)
    python, flag, code = shlex.split(wrong.first.command)
    assert (python, flag) == ("python", "-c")
    assert "sim.verify(parameters, simulator='verilator', cycles=100, lanes=2, seed=1)" in code


def test_what_is_no_circuit_is_refused():
    with pytest.raises(TypeError, match="^a circuit is a name, an Entry or parameters, not 3$"):
        verify(3)


def test_a_type_of_the_same_name_is_refused():
    code = (
        "import dataclasses, stochastic\n"
        "from fixedpoint.circuit import Circuit\n"
        "class Lfsr(Circuit): pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "TypeError: parameters must have a name of their own, but __main__ and "
        "stochastic.generators.lfsr both define Lfsr"
    )
    # A module that is loaded again, and a class that dataclass makes anew, define it twice.
    reloaded = code.replace("Lfsr", "Again") + "class Again(Circuit): pass\n"
    subprocess.run([sys.executable, "-c", reloaded], check=True)


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
