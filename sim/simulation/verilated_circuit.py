"""A circuit's Verilog as a compiled library, for long runs without cocotb."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import Circuit, check_control

from ..tools import check_simulator, require
from .build_cache import build_directory, build_once
from .verilated_code import compile_model, link, toolchain, verilate

__all__ = ["VerilatedCircuit", "build"]

# Fields of WIDTH bits lie side by side in the 32-bit words of a port. A field of more than
# 32 bits is moved in two halves, so that `waiting` never holds more than 64 bits.
SHIM = """#include "Vwrapper.h"
#include <cstdint>

namespace {
template <int WIDTH, int COUNT>
struct Words {
  uint32_t words[(WIDTH * COUNT + 31) / 32 + 1] = {};

  void pack(const int64_t* values) {
    uint64_t waiting = 0;
    int bits = 0, word = 0;
    auto push = [&](uint64_t value, int width) {
      waiting |= (value & ((uint64_t(1) << width) - 1)) << bits;
      bits += width;
      if (bits >= 32) {
        words[word++] = uint32_t(waiting);
        waiting >>= 32;
        bits -= 32;
      }
    };
    for (int i = 0; i < COUNT; ++i) {
      const uint64_t value = uint64_t(values[i]);
      push(value, WIDTH < 32 ? WIDTH : 32);
      if (WIDTH > 32) push(value >> 32, WIDTH - 32);
    }
    words[word] = uint32_t(waiting);
  }

  void unpack(int64_t* values, bool is_signed) const {
    uint64_t waiting = 0;
    int bits = 0, word = 0;
    auto pull = [&](int width) {
      if (bits < width) {
        waiting |= uint64_t(words[word++]) << bits;
        bits += 32;
      }
      const uint64_t value = waiting & ((uint64_t(1) << width) - 1);
      waiting >>= width;
      bits -= width;
      return value;
    };
    for (int i = 0; i < COUNT; ++i) {
      uint64_t value = pull(WIDTH < 32 ? WIDTH : 32);
      if (WIDTH > 32) value |= pull(WIDTH - 32) << 32;
      const int unused = is_signed ? 64 - WIDTH : 0;
      values[i] = int64_t(value << unused) >> unused;
    }
  }
};

template <typename T>
void set(T& port, const uint32_t* words) { port = T(words[0] | uint64_t(words[1]) << 32); }
template <std::size_t N>
void set(VlWide<N>& port, const uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) port[i] = words[i];
}
template <typename T>
void get(const T& port, uint32_t* words) {
  words[0] = uint32_t(port);
  words[1] = uint32_t(uint64_t(port) >> 32);
}
template <std::size_t N>
void get(const VlWide<N>& port, uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) words[i] = port[i];
}

struct Unit {
  VerilatedContext context;
  Vwrapper top{&context};
  // The first cycle then begins with a falling edge, as all others do.
  Unit() {
    top.clk = 1;
    top.eval();
  }
};
}

extern "C" void* circuit_new() { return new Unit; }
extern "C" void circuit_delete(void* unit) { delete static_cast<Unit*>(unit); }
extern "C" void circuit_run(void* unit, int64_t cycles, const uint8_t* rst,
                            const uint8_t* enable, const int64_t* const* in,
                            int64_t* const* out) {
  Vwrapper& top = static_cast<Unit*>(unit)->top;
"""

LIBRARY = "circuit.so"

# The parts of Verilator's library that a model without VPI needs.
RUNTIME = {"verilated": "-O0", "verilated_threads": "-O0"}


def wrapper(parameters: Circuit) -> str:
    """Return a module around ``circuit`` whose inputs change at the falling edge of clk.

    With registers at the inputs, Verilator writes the logic behind them once and not twice.
    The ports of the wrapper have names that are free in C++.
    """
    control = ["rst", "enable"] if parameters.sequential else []
    pins = [(name, name, 1) for name in control]
    pins += [(f"in{n}", p.name, p.width * p.count) for n, p in enumerate(parameters.inputs)]
    shown = [(f"out{n}", p.name, p.width * p.count) for n, p in enumerate(parameters.outputs)]
    wires = [f".{port}(now_{name})" for name, port, _ in pins]
    wires += [f".{port}({name})" for name, port, _ in shown]
    return "\n".join(
        [
            f"module wrapper({', '.join(['clk', *(name for name, *_ in (*pins, *shown))])});",
            "  input clk;",
            *(f"  input [{bits - 1}:0] {name};" for name, _, bits in pins),
            *(f"  reg [{bits - 1}:0] now_{name} = 0;" for name, _, bits in pins),
            *(f"  output [{bits - 1}:0] {name};" for name, _, bits in shown),
            *(f"  always @(negedge clk) now_{name} <= {name};" for name, *_ in pins),
            f"  circuit dut({', '.join([*(['.clk(clk)'] if control else []), *wires])});",
            "endmodule",
            "",
        ]
    )


def shim(parameters: Circuit) -> str:
    """Return the C++ that runs the wrapper from arrays, one row a cycle."""
    fields, before, after = [], [], []
    for n, p in enumerate(parameters.inputs):
        fields.append(f"  Words<{p.width}, {p.count}> in{n};")
        before += [
            f"    in{n}.pack(in[{n}] + t * {p.count});",
            f"    set(top.in{n}, in{n}.words);",
        ]
    for n, p in enumerate(parameters.outputs):
        signed = "true" if p.signed else "false"
        fields.append(f"  Words<{p.width}, {p.count}> out{n};")
        after += [
            f"    get(top.out{n}, out{n}.words);",
            f"    out{n}.unpack(out[{n}] + t * {p.count}, {signed});",
        ]
    if parameters.sequential:
        before += ["    top.rst = rst[t];", "    top.enable = enable[t];"]
    lines = [
        *fields,
        "  for (int64_t t = 0; t < cycles; ++t) {",
        *before,
        *("    top.clk = 0;", "    top.eval();"),
        *after,
        *("    top.clk = 1;", "    top.eval();"),
        *("  }", "}", ""),
    ]
    return SHIM + "\n".join(lines)


def build(parameters: Circuit) -> Path:
    """Compile a circuit unless a library of the same text, flags and versions exists.

    Parameters
    ----------
    parameters : Circuit
        Any circuit that has hardware.

    Returns
    -------
    pathlib.Path
        The shared library in the cache; never a half-finished one.

    Raises
    ------
    ToolError
        If Verilator or a compiler is missing or fails.
    """
    check_simulator("verilator")
    require("amaranth", "rtl")
    import rtl

    verilog = "\n".join([rtl.to_verilog(parameters, "circuit"), wrapper(parameters)])
    code = shim(parameters)

    def make(directory: Path) -> None:
        (directory / "circuit.v").write_text(verilog)
        verilate(directory, "wrapper", "Vwrapper", "-O3", "circuit.v")
        (directory / "shim.cpp").write_text(code)
        # More optimization costs more than it saves; the library is no part of a run's time.
        objects = compile_model(directory, "-O1", RUNTIME)
        link(directory, LIBRARY, objects, "-shared")

    directory = build_directory("library", toolchain(), verilog, code)
    return build_once(directory, make, (LIBRARY, "circuit.v")) / LIBRARY


class VerilatedCircuit:
    """One instance of a circuit's Verilog, compiled by Verilator, run cycle by cycle.

    Parameters
    ----------
    parameters : Circuit
        Any circuit that has hardware.

    Attributes
    ----------
    library : pathlib.Path
        The shared library, in a folder whose name is a digest of the Verilog and of the tools.

    Raises
    ------
    ToolError
        If Verilator or a compiler is missing or fails.

    Notes
    -----
    This is `Circuit.run` for one lane of the hardware; the state is kept from run to run.
    No simulator's interface lies between the arrays and the circuit. Bits are 0 or 1, never
    unknown.
    """

    def __init__(self, parameters: Circuit) -> None:
        self.parameters = parameters
        self.library = build(parameters)
        self._library = ctypes.CDLL(str(self.library))
        self._library.circuit_new.restype = ctypes.c_void_p
        unit = ctypes.c_void_p(self._library.circuit_new())
        self._unit = unit
        weakref.finalize(self, self._library.circuit_delete, unit)

    def run(
        self,
        inputs: Mapping[str, ArrayLike],
        *,
        cycles: int | None = None,
        enable: ArrayLike | None = None,
        rst: ArrayLike | None = None,
    ) -> dict[str, NDArray[np.int64]]:
        """Run further cycles.

        Parameters
        ----------
        inputs : mapping of str to integer array ``[cycles, count]``
            One array for each input port.
        cycles : int, optional
            Needed only for a circuit without inputs.
        enable, rst : boolean array ``[cycles]``, optional
            By default always enabled and never reset.

        Returns
        -------
        dict of str to int64 array ``[cycles, count]``
            The outputs just before each clock edge.

        Raises
        ------
        TypeError, ValueError
            If a value does not fit its port, or lengths differ.
        """
        parameters = self.parameters
        given = [p.check(inputs[p.name], p.count) for p in parameters.inputs]
        lengths = {p.name: len(a) for p, a in zip(parameters.inputs, given, strict=True)}
        cycles = next(iter(lengths.values())) if cycles is None else cycles
        control = [
            np.ascontiguousarray(check_control(name, values, cycles, default))
            for name, values, default in (("rst", rst, False), ("enable", enable, True))
        ]
        for name, length in lengths.items():
            if length != cycles:
                raise ValueError(f"{name} has {length} cycles, not {cycles}")
        shown = {p.name: np.empty((cycles, p.count), np.int64) for p in parameters.outputs}

        def pointers(arrays):
            return (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))

        self._library.circuit_run(
            self._unit,
            ctypes.c_int64(cycles),
            *(ctypes.c_void_p(values.ctypes.data) for values in control),
            pointers(given),
            pointers(list(shown.values())),
        )
        return shown
