"""Run all benchmarks one after the other: ``python -m benchmarks [--out DIRECTORY]``."""

import argparse
from pathlib import Path

from benchmarks import (
    cross_check,
    fixedpoint,
    invertible,
    momentum_sgd,
    netlists,
    networks,
    optimizers,
    start_up,
    stream_circuits,
    stream_sums,
    streams,
    training_steps,
)
from benchmarks.measurement import report
from fixedpoint.circuit.files import check_directory

TITLES = {
    streams: "Streams of 256 bits, one core",
    stream_circuits: "Circuits on 100,000 streams of 256 bits, one core",
    stream_sums: "Sums of products of streams of 256 bits, one core",
    netlists: "Models of netlists against those by hand, one core",
    momentum_sgd: "Step of MomentumSGD on 15 million parameters, one core",
    optimizers: "Step of every optimizer on 15 million parameters, one core",
    training_steps: "Training step in fixed point, one core",
    fixedpoint: "Fixed point, one core",
    invertible: "Invertible logic, one core",
    networks: "Networks on streams, one core",
    cross_check: "Cross-check on Verilator",
    start_up: "Start-up",
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument(
    "--out", type=Path, default=Path("runs/benchmarks"), help="directory of the JSON files"
)
directory = check_directory(parser.parse_args().out)
for module, title in TITLES.items():
    name = module.__name__.rsplit(".", 1)[1]
    report(title, module.measure(), directory / f"{name}.json")
