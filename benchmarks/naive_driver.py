"""The peer of the cross-check: the same bus, its bits written and read word by word."""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

WORD = 16


@cocotb.test()
async def drive(dut) -> None:
    """Write 64 words of 16 bits and read 64, in each cycle."""
    Clock(dut.clk, 10, "ns").start()
    for cycle in range(int(os.environ["GOLDSTREAM_CYCLES"])):
        total = 0
        for lane in range(64):
            total |= ((cycle * 40503 + lane) & 0xFFFF) << (WORD * lane)
        dut.stimulus.value = total
        await RisingEdge(dut.clk)
        seen = dut.response.value
        for lane in range(64):
            int(seen[WORD * lane + WORD - 1 : WORD * lane])
