"""A bench as a compiled library, whose circuits hold faults that an input selects."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..tools import check_simulator
from .bench import Bench
from .build_cache import build_directory, build_once
from .verilated_code import compile_model, link, toolchain, verilate

__all__ = ["SelectableBench"]

LIBRARY = "bench.so"

# The parts of Verilator's library that a model without VPI needs.
RUNTIME = {"verilated": "-O0", "verilated_threads": "-O0"}

# Outputs are read before the edge, when the inputs have changed; see `Bench`. Each run has a
# new instance, whose registers hold their initial values.
SHIM = """#include "Vcircuits.h"
#include <cstdint>
#include <cstring>

extern "C" void bench_run(uint32_t fault, int64_t cycles, const uint32_t* stimulus,
                          uint32_t* response) {
  VerilatedContext context;
  Vcircuits top{&context};
  top.SELECT = fault;
  for (int64_t t = 0; t < cycles; ++t) {
    std::memcpy(&top.stimulus, stimulus, sizeof(top.stimulus));
    stimulus += sizeof(top.stimulus) / 4;
    top.clk = 0;
    top.eval();
    std::memcpy(response, &top.response, sizeof(top.response));
    response += sizeof(top.response) / 4;
    top.clk = 1;
    top.eval();
  }
  top.final();
}
"""


class SelectableBench:
    """The circuits of a bench, compiled by Verilator.

    Parameters
    ----------
    bench : Bench
        Its items have an input more, which selects a fault.
    select : str
        The name of that input.
    bits : int
        Its width.

    Raises
    ------
    ToolError
        If Verilator or a compiler is missing or fails.
    """

    def __init__(self, bench: Bench, select: str, bits: int) -> None:
        self._bench = bench
        verilog = bench.circuits({select: bits})
        code = SHIM.replace("SELECT", select)
        self._library = ctypes.CDLL(str(_build(verilog, code)))

    def run(self, stimulus: NDArray[np.uint64], fault: int) -> NDArray[np.uint64]:
        """Run new instances of the circuits with one fault, or 0 for none.

        Parameters
        ----------
        stimulus : uint64 array ``[cycles, words]``
            From `Bench.stimulus`.
        fault : int
            The value of the input that selects.

        Returns
        -------
        uint64 array ``[cycles, words]``
            The response bus before each clock edge.
        """
        stimulus = np.ascontiguousarray(stimulus, "<u8")
        response = np.empty((len(stimulus), self._bench.response_bits // 64), "<u8")
        self._library.bench_run(
            ctypes.c_uint32(fault),
            ctypes.c_int64(len(stimulus)),
            ctypes.c_void_p(stimulus.ctypes.data),
            ctypes.c_void_p(response.ctypes.data),
        )
        return response


def _build(verilog: str, code: str) -> Path:
    """Compile a bench unless a library of the same text, flags and versions exists."""
    check_simulator("verilator")

    def make(directory: Path) -> None:
        (directory / "circuits.v").write_text(verilog)
        verilate(directory, "circuits", "Vcircuits", "circuits.v")
        (directory / "shim.cpp").write_text(code)
        link(directory, LIBRARY, compile_model(directory, "-O0", RUNTIME), "-shared")

    directory = build_directory("faults", toolchain(), verilog, code)
    return build_once(directory, make, (LIBRARY,)) / LIBRARY
