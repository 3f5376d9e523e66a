"""The cocotb test that runs inside the simulator: the clock of a bench.

It is a module outside every package, because the import of a package such as `sim` takes
longer than most simulations. The environment says how many edges the clock has.
"""

from __future__ import annotations

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer


@cocotb.test()
async def drive(dut) -> None:
    """Give the bench its rising edges."""
    edges = int(os.environ["GOLDSTREAM_EDGES"])
    dut.clk.value = 0
    Clock(dut.clk, 10, "ns").start(start_high=False)
    # Python wakes up once for all cycles: the clock itself runs in the simulator.
    await Timer(10 * edges, "ns")
