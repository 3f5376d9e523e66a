"""The cocotb test that runs inside the simulator: the clock of a bench.

It knows nothing of any circuit; how many edges to give stands in the environment.
"""

from __future__ import annotations

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer


@cocotb.test()
async def drive(dut) -> None:
    """Give the bench its rising edges, from reset on."""
    edges = int(os.environ["GOLDSTREAM_EDGES"])
    dut.clk.value = 0
    Clock(dut.clk, 10, "ns").start(start_high=False)
    # One wake-up for all cycles: the clock itself runs in the simulator.
    await Timer(10 * edges, "ns")
