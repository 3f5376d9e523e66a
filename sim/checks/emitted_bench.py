"""The text of an emitted bench, which any simulator runs with its golden vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit

__all__ = ["emitted_bench", "hex_rows"]


def hex_rows(bus: NDArray[np.uint64], bits: int) -> str:
    """Return one line of hexadecimal for each cycle of a bus, bit 0 last."""
    rows = np.ascontiguousarray(bus, "<u8").view(np.uint8)[:, ::-1]
    digits = max(1, -(-bits // 4))
    return "".join(row.tobytes().hex()[-digits:] + "\n" for row in rows)


def emitted_bench(name: str, parameters: Circuit, cycles: int) -> str:
    """Return the bench of a circuit, a module ``NAME_tb``.

    Parameters
    ----------
    name : str
        Of the circuit's module and of the files of vectors.
    parameters : Circuit
    cycles : int
        The length of the vectors.
    """
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
    compared = "cycle > 0 && " if parameters.sequential else ""
    for port in parameters.outputs:
        size = port.width * port.count
        bits = f"[{offset + size - 1}:{offset}]"
        pins.append(f".{port.name}(out{bits})")
        checks.append(
            f"      if ({compared}equal && out{bits} !== expected{bits}) begin\n"
            f'        $display("MISMATCH: cycle %0d, port {port.name}: %h, not %h",\n'
            f"          cycle, out{bits}, expected{bits});\n"
            "        equal = 1'b0;\n"
            "      end"
        )
        offset += size
    reset = (
        "// It begins with a reset. Outputs are compared from the next cycle on, so that\n"
        "// registers need no initial values.\n"
        if parameters.sequential
        else ""
    )
    # A comment that begins with "verilator" would be a pragma. After $finish Verilator goes on
    # to the end of the block, so no check relies on it. $fatal belongs to SystemVerilog, which
    # Icarus reads only if told to.
    # The clock rises and falls once for each stimulus. Outputs are read just before it rises,
    # as a register behind the circuit would read them.
    return f"""// Self-checking bench of {name}: run it where the .hex files are.
// It prints PASS, or the first mismatch and ends with an exit status that is not 0. Simulators:
//   $ iverilog -o {name}_tb {name}_tb.v {name}.v && ./{name}_tb
//   $ verilator --binary --top-module {name}_tb {name}_tb.v {name}.v
//   $ obj_dir/V{name}_tb
// Others read it as SystemVerilog, because of $fatal. The circuit may be Verilog-2001.
{reset}`timescale 1ns / 1ps
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
    if (equal) begin
      $display("PASS: {cycles} cycles");
      $finish;
    end else begin
`ifdef __ICARUS__
      $finish_and_return(1);
`else
      $fatal(1, "the circuit differs from its golden model");
`endif
    end
  end
endmodule
"""
