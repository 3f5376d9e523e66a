"""Cycles a second of the cross-check, 1,024 bits written and read in each of them.

The peer is cocotb as its tutorials use it: the same buses, reached through its handles,
slice by slice.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

import rtl
from sim.simulation.bench import Bench, Item, Run
from sim.simulation.simulator import build, run_cocotb, simulate
from stochastic import Lfsr, Sng

from .common import Measurement, main

LANES = 64


def _bench() -> Bench:
    """Return 64 SNGs, of 16 bits in and 1 out, beside 64 shift registers of 15 bits out."""
    generator = Lfsr(width=15)
    circuits = {"sng": Sng(generator=generator), "lfsr": generator}
    texts = rtl.to_verilog_many(circuits)
    return Bench(tuple(Item(p, name, texts[name], LANES) for name, p in circuits.items()))


def _handled(bench: Bench) -> str:
    """Return the bench's circuits in a wrapper whose buses cocotb's handles reach."""
    wrapper = f"""\
module bench(
  input clk /* verilator public_flat_rw */,
  input [{8 * bench.stimulus_bytes - 1}:0] stimulus /* verilator public_flat_rw */,
  output [{bench.response_bits - 1}:0] response /* verilator public_flat_rd */
);
  circuits side_by_side(.clk(clk), .stimulus(stimulus), .response(response));
endmodule
"""
    return bench.circuits() + wrapper


def _stimulus(bench: Bench, cycles: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    runs = []
    for item in bench.items:
        inputs = {
            p.name: rng.integers(0, p.range[1], (cycles, LANES), endpoint=True)
            for p in item.ports("in")
        }
        runs.append(Run(inputs, np.ones(cycles, bool), np.zeros(cycles, bool)))
    return bench.stimulus(runs)


def _slope(short: int, long: int, seconds) -> float:
    """Return cycles a second from the best of three of two lengths, start-up left out."""
    best = [min(seconds(n) for _ in range(3)) for n in (short, long)]
    return (long - short) / (best[1] - best[0])


def measure() -> list[Measurement]:
    """Measure cycles a second of the cross-check and of the peer."""
    bench = _bench()
    build(bench.verilog(), "verilator")
    handled = build(_handled(bench), "verilator")

    def ours(cycles: int) -> float:
        stimulus = _stimulus(bench, cycles)
        begin = time.perf_counter()
        simulate(bench, stimulus)
        return time.perf_counter() - begin

    def peer(cycles: int) -> float:
        with tempfile.TemporaryDirectory() as scratch:
            begin = time.perf_counter()
            run_cocotb(
                handled,
                "verilator",
                "benchmarks.naive_driver",
                Path(scratch),
                {"GOLDSTREAM_CYCLES": str(cycles)},
            )
            return time.perf_counter() - begin

    return [
        Measurement(
            name="1,024 bits written and 1,024 read each cycle, Verilator",
            unit="cycles/s",
            rate=_slope(2_000, 202_000, ours),
            peer=_slope(200, 2_200, peer),
            goal=4e4,
        )
    ]


if __name__ == "__main__":
    main("Cross-check against cocotb with one slice a lane", measure)
