"""Peer of the cross-check: cocotb writes and reads the same bus slice by slice."""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

SLICE_BITS = 16
SLICES = 64


@cocotb.test()
async def drive(dut) -> None:
    """Write and read 64 slices of 16 bits in each cycle."""
    Clock(dut.clk, 10, "ns").start()
    for cycle in range(int(os.environ["GOLDSTREAM_CYCLES"])):
        stimulus = 0
        for i in range(SLICES):
            stimulus |= ((cycle * 40503 + i) & 0xFFFF) << (SLICE_BITS * i)
        dut.stimulus.value = stimulus
        await RisingEdge(dut.clk)
        response = dut.response.value
        for i in range(SLICES):
            int(response[SLICE_BITS * i + SLICE_BITS - 1 : SLICE_BITS * i])
