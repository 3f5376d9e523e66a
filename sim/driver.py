"""The cocotb test that runs inside the simulator: apply the stimulus, keep the response.

It knows nothing of any circuit; what to apply and where to write stand in the environment.
"""

from __future__ import annotations

import os

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

# Cycles whose response is parsed at once: long enough that NumPy's cost vanishes.
CHUNK = 256


@cocotb.test()
async def drive(dut) -> None:
    """Apply one row of the stimulus before each rising edge and record every response."""
    stimulus = np.load(os.environ["GOLDSTREAM_STIMULUS"], mmap_mode="r")
    width = len(dut.response)
    cycles = len(stimulus)
    response = np.zeros((cycles, -(-width // 8)), np.uint8)
    unknown = np.zeros_like(response)
    falling = FallingEdge(dut.clk)
    inputs, outputs = dut.stimulus, dut.response
    dut.clk.value = 0
    Clock(dut.clk, 10, "ns").start(start_high=False)
    read: list[str] = []
    begin = 0
    inputs.value = 0
    await falling
    # The edge at the end of this first wait has captured nothing that is asked for.
    for chunk in range(0, cycles, CHUNK):
        rows = np.ascontiguousarray(stimulus[chunk : chunk + CHUNK])
        for row in rows:
            inputs.value = int.from_bytes(row.tobytes(), "little")
            await falling
            read.append(str(outputs.value))
        text = np.frombuffer("".join(read).encode(), np.uint8).reshape(len(read), width)
        bits = text[:, ::-1]
        end = begin + len(read)
        response[begin:end] = np.packbits(bits == ord("1"), axis=1, bitorder="little")
        unknown[begin:end] = np.packbits(
            (bits != ord("1")) & (bits != ord("0")), axis=1, bitorder="little"
        )
        begin = end
        read.clear()
    np.savez(os.environ["GOLDSTREAM_RESPONSE"], response=response, unknown=unknown)
