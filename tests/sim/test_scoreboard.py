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


# A circuit of other parameters, and one that is never reset, in a single simulation.
WRONG = """
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from sim.scoreboard import Scoreboard, cocotb_bench
from stochastic import Addie, Lfsr


@cocotb_bench([Addie(width=4, generator=Lfsr(width=4))], simulator="icarus")
async def test_other_parameters(dut, parameters):
    unused = Scoreboard(dut, parameters)
    other = Scoreboard(dut, Addie(width=4, generator=Lfsr(width=4, seed=3)), block=1)
    Clock(dut.clk, 10, "ns").start()
    dut.rst.value, dut.enable.value, dut.stream_in.value = 0, 1, 1
    await ClockCycles(dut.clk, 9)
    try:
        unused.check()
    except AssertionError as error:
        assert str(error).endswith(" cycles: the circuit was never reset")
    else:
        raise ValueError("nothing was compared, and nothing said")
    dut.rst.value = 1
    await ClockCycles(dut.clk, 2)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 80)
    other.check()
"""


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
    (tmp_path / "test_wrong.py").write_text(WRONG)
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
    sentence = ends.pop("test_wrong.py::test_other_parameters[Addie-0]")
    assert re.match(r"Addie, cycle \d+ at \d+ ns: output (stream|value) is \d+", sentence)
    assert ends == {}
