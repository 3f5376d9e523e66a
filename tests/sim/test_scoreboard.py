"""The scoreboard for benches of one's own: lanes, the page's example, and what it refuses."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.scoreboard import Scoreboard, cocotb_bench, pack_lanes, unpack_lanes
from sim.tools import simulators
from stochastic import Addie, Lfsr

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your_bench.md").read_text()


@pytest.mark.parametrize("first", ["low", "high"])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width", [1, 7, 8, 33, 63, 64])
def test_lanes_are_those_of_arithmetic(width, signed, first):
    rng = np.random.default_rng(width)
    low, high = (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if signed else (0, 2**width - 1)
    dtype = np.int64 if signed or width < 64 else np.uint64
    values = rng.integers(low, high, 5, endpoint=True, dtype=dtype)
    values[:2] = low, high
    ordered = values if first == "low" else values[::-1]
    whole = sum((int(v) % 2**width) << (width * i) for i, v in enumerate(ordered))
    assert pack_lanes(values, width, first) == whole
    found = unpack_lanes(whole, width, 5, signed=signed, first=first)
    assert found.dtype == dtype
    assert found.tolist() == values.tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pack_lanes([0, 8], 3), "^a lane of 3 bits takes values from -4 to 7, not 8$"),
        (lambda: pack_lanes([-5], 3), "^a lane of 3 bits takes values from -4 to 7, not -5$"),
        (lambda: pack_lanes([[1]], 3), "^lanes are an array of one dimension, not of 2$"),
        (lambda: pack_lanes([1], 65), "^width must be between 1 and 64, not 65$"),
        (lambda: pack_lanes([1], 2, "left"), "^first must be 'low' or 'high', not 'left'$"),
        (
            lambda: unpack_lanes(64, 3, 2),
            "^2 lanes of 3 bits take values of 6 bits, not 0x40$",
        ),
        (lambda: cocotb_bench([]), "^cocotb_bench needs at least one set of parameters$"),
        (
            lambda: cocotb_bench(["addie"]),
            "^cocotb_bench takes parameters of circuits, not 'addie'$",
        ),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_lanes_are_integers():
    with pytest.raises(TypeError, match="^lanes are integers, not float64$"):
        pack_lanes([0.5], 3)


class Handle:
    """A signal of cocotb with so many bits."""

    def __init__(self, bits):
        self.bits = bits

    def __len__(self):
        return self.bits


ADDIE = Addie(width=4, generator=Lfsr(width=4))
SIGNALS = {
    name: Handle(bits)
    for name, bits in {
        "clk": 1, "rst": 1, "enable": 1, "stream_in": 1, "stream": 1, "value": 5
    }.items()
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            {"value": Handle(4)},
            {},
            "^signal value must have 5 bits for port value, not 4$",
        ),
        ({}, {"lanes": 2}, "^signal stream_in must have 2 bits for port stream_in, not 1$"),
        (
            {},
            {"names": {"rst": "~rst_n"}},
            "^the bench has no signal rst_n for rst: give its name by names=$",
        ),
        ({}, {"names": {"reset": "rst"}}, "^Addie has no port 'reset'$"),
        ({}, {"names": {"value": ""}}, "^port value needs a signal of the same level$"),
        (
            {},
            {"names": {"clk": "aclk"}},
            "^the bench has no signal aclk for clk: give its name",
        ),
        ({}, {"names": {"clk": "~clk"}}, "^port clk needs a signal of the same level$"),
        ({}, {"names": {"clk": ""}}, "^port clk needs a signal of the same level$"),
        (
            {},
            {"clock": Handle(1), "names": {"clk": "clk"}},
            "^the clock is given by clock= or by names=, not by both$",
        ),
        ({}, {"first": "left"}, "^first must be 'low' or 'high', not 'left'$"),
    ],
)
def test_signals_that_do_not_fit(change, options, message):
    dut = SimpleNamespace(**(SIGNALS | change))
    with pytest.raises(ValueError, match=message):
        Scoreboard(dut, ADDIE, **options)


def blocks(language):
    """Return the code blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class Value(int):
    """The value of a signal; -1 stands for unknown bits."""

    @property
    def is_resolvable(self):
        return self >= 0


class Edge:
    """An edge that comes when the test says so."""

    def __init__(self, signal):
        pass

    def __await__(self):
        yield


class Task:
    """A coroutine that goes on when the test says so."""

    def __init__(self, coroutine):
        self.edge = lambda: coroutine.send(None)
        self.edge()

    def done(self):
        return False

    def cancel(self):
        pass


@pytest.fixture
def bench(monkeypatch):
    """Return the function that plays the signals of a circuit to a scoreboard."""
    cocotb = pytest.importorskip("cocotb")
    tasks = []

    def start(coroutine):
        tasks.append(Task(coroutine))
        return tasks[-1]

    monkeypatch.setattr(cocotb, "start_soon", start)
    monkeypatch.setattr("cocotb.triggers.RisingEdge", Edge)
    monkeypatch.setattr("cocotb.utils.get_sim_time", lambda unit: 10.0)

    def play(rows, **options):
        dut = SimpleNamespace(**{name: Handle(len(h)) for name, h in SIGNALS.items()})
        scoreboard = Scoreboard(dut, ADDIE, **options)
        for row in rows:
            for name, value in row.items():
                getattr(dut, name).value = Value(value)
            tasks[-1].edge()
        return scoreboard.check()

    return play


def rows_of(cycles=40, seed=1):
    """Return the signals of a circuit in every cycle; it is reset in the second one."""
    rng = np.random.default_rng(seed)
    rst, enable = np.arange(cycles) == 1, rng.random(cycles) < 0.8
    inputs = {"stream_in": rng.integers(0, 2, cycles)}
    outputs, _ = ADDIE.run(inputs, enable=enable, rst=rst)
    signals = {"rst": rst, "enable": enable, **inputs}
    signals |= {name: values[:, 0] for name, values in outputs.items()}
    rows = [{name: int(v[t]) for name, v in signals.items()} for t in range(cycles)]
    # Registers may have any value before the reset.
    rows[0] |= {"rst": -1, "stream": -1, "value": 31}
    return rows


@pytest.mark.parametrize("block", [1, 7, 64])
def test_equal_cycles_are_counted_from_the_reset_on(bench, block):
    assert bench(rows_of(), block=block) == 38


@pytest.mark.parametrize(
    ("cycle", "change", "message"),
    [
        (20, {"value": 31}, r"^Addie, cycle 20 at 10 ns: output value is 31, not \d+$"),
        (39, {"stream": -1}, "^Addie, cycle 39 at 10 ns: output stream has unknown bits$"),
        (20, {"stream_in": -1}, "^input stream_in has unknown bits in cycle 20$"),
        (20, {"enable": -1}, "^enable is unknown in cycle 20$"),
        (1, {"rst": 0}, "^no cycle was compared in 40 cycles: the circuit was never reset$"),
    ],
)
def test_a_different_cycle_is_found(bench, cycle, change, message):
    rows = rows_of()
    rows[cycle] |= change
    with pytest.raises(AssertionError, match=message):
        bench(rows, block=1)


@pytest.mark.parametrize("way", ["clock", "names"])
def test_the_clock_may_have_another_name(bench, monkeypatch, way):
    clocks = []

    class WatchedEdge(Edge):
        def __init__(self, signal):
            clocks.append(len(signal))

    monkeypatch.setattr("cocotb.triggers.RisingEdge", WatchedEdge)
    # Its bits tell it from `clk`.
    monkeypatch.setitem(SIGNALS, "aclk", Handle(2))
    bench(rows_of(), **({"clock": Handle(2)} if way == "clock" else {"names": {"clk": "aclk"}}))
    assert set(clocks) == {2}


def test_a_circuit_without_reset_is_compared_at_once(bench):
    assert bench(rows_of()[2:], names={"rst": ""}) == 38


@pytest.mark.simulator
@pytest.mark.skipif("icarus" not in simulators(), reason="Icarus is not installed")
def test_the_page_s_example_passes_and_finds_a_fault(tmp_path):
    (verilog,) = blocks("verilog")
    (bench,) = (text for text in blocks("python") if "async def" in text)
    assert verilog.count(" < ") == bench.count("in (3, 8)") == 1
    for folder, text, widths in (
        ("sound", verilog, "in (3, 8)"),
        ("faulty", verilog.replace(" < ", " <= "), "in (3,)"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my_sng.v").write_text(text)
        (tmp_path / folder / "test_my_sng.py").write_text(bench.replace("in (3, 8)", widths))
    options = ["-q", "-rA", "--tb=line", "--import-mode=importlib", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    ends = dict(
        re.findall(r"^(?:PASSED|FAILED) (\S+)(?: - AssertionError: (.*))?$", done.stdout, re.M)
    )
    name = "test_my_sng.py::test_my_sng"
    assert ends.pop(f"sound/{name}[Sng-0]") == ends.pop(f"sound/{name}[Sng-1]") == ""
    sentence = ends.pop(f"faulty/{name}[Sng-0]")
    assert re.match(r"Sng, cycle \d+ at \d+ ns: output stream is 1, not", sentence)
    assert ends == {}
