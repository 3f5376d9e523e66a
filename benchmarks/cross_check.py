"""Cycles per second of the cross-check, with 1,024 bits written and read in each cycle.

The peer is cocotb as in its tutorials: it accesses the same buses through its handles, slice
by slice.

    python -m benchmarks.cross_check [--json FILE]
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

import rtl
from benchmarks.measurement import Measurement, main
from sim.simulation.bench import Bench, Item, Run
from sim.simulation.simulator import build, run_cocotb, simulate
from stochastic import Lfsr, Sng

LANES = 64


def _bench() -> Bench:
    """Return a bench of 64 SNGs, 16 bits in and 1 out each, and 64 LFSRs, 15 bits out each."""
    generator = Lfsr(width=15)
    circuits = {"sng": Sng(generator=generator), "lfsr": generator}
    texts = rtl.to_verilog_many(circuits)
    return Bench(tuple(Item(p, name, texts[name], LANES) for name, p in circuits.items()))


def _wrapper_for_handles(bench: Bench) -> str:
    """Return the circuits of the bench in a wrapper whose buses are visible to cocotb."""
    wrapper = f"""\
module bench(
  input clk /* verilator public_flat_rw */,
  input [{bench.stimulus_bits - 1}:0] stimulus /* verilator public_flat_rw */,
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


def _cycles_per_second(short: int, long: int, seconds) -> float:
    """Return the rate without start-up: the difference of two lengths, best of three each."""
    best = [min(seconds(n) for _ in range(3)) for n in (short, long)]
    return (long - short) / (best[1] - best[0])


def measure() -> list[Measurement]:
    """Measure the cross-check and the peer."""
    bench = _bench()
    build(bench.verilog(), "verilator")
    peer_build = build(_wrapper_for_handles(bench), "verilator")

    def ours(cycles: int) -> float:
        stimulus = _stimulus(bench, cycles)
        begin = time.perf_counter()
        simulate(bench, stimulus)
        return time.perf_counter() - begin

    def peer(cycles: int) -> float:
        with tempfile.TemporaryDirectory() as scratch:
            begin = time.perf_counter()
            run_cocotb(
                peer_build,
                "verilator",
                "benchmarks.cocotb_slices",
                Path(scratch),
                {"GOLDSTREAM_CYCLES": str(cycles)},
            )
            return time.perf_counter() - begin

    return [
        Measurement(
            name="1,024 bits written and 1,024 read each cycle, Verilator",
            unit="cycles/s",
            rate=_cycles_per_second(2_000, 202_000, ours),
            peer=_cycles_per_second(200, 2_200, peer),
            goal=4e4,
        )
    ]


if __name__ == "__main__":
    main("Cross-check; peer: cocotb slice by slice", measure)
