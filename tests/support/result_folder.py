"""A small folder of results of every kind, for tests of what gathers them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

CHECKS = [
    {
        "name": name,
        "parameters": {},
        "parameter_sets": 3,
        "simulator": "verilator",
        "cycles": 64,
        "lanes": 4,
        "bits_compared": bits,
        "mismatches": mismatches,
        "faults_planted": 5,
        "faults_caught": 5 - mismatches,
        "missed": [],
        "seconds": 1.5,
        "first": None,
    }
    for name, bits, mismatches in (("multiplier", 1000, 0), ("addie", 20000, 1), ("lfsr", 9, 0))
]
SYNTHESIS = [
    {
        "name": name,
        "target": "ecp5",
        "lut": lut,
        "ff": ff,
        "carry": 0,
        "dsp": 0,
        "bram": 0,
        "fmax_mhz": clock,
        "area_um2": None,
        "gate_equivalents": None,
        "power_mw": None,
    }
    for name, lut, ff, clock in (("multiplier", 1, 0, 900.5), ("addie", 30, 17, 210.25))
]
# The error of independent bits, sqrt(5 / (36 N)), to five digits.
STUDY = [
    (generators, length, rmse, 0.001, theory)
    for generators, factor in (("Sobol, Sobol", 0.5), ("Lfsr, Lfsr", 1.0))
    for length, theory in ((16, 0.09317), (64, 0.04658), (256, 0.02329))
    for rmse in (factor * theory,)
]
EPOCHS = ((1, 2, 0.9, 0.5, 0.61, 2.5), (2, 2, 0.7, 0.6, 0.7125, 2.5))


def write_results(folder: Path) -> None:
    """Write cross-checks, synthesis, a study and two training runs."""
    folder.mkdir(exist_ok=True)
    (folder / "verify.json").write_text(json.dumps(CHECKS))
    (folder / "synth.json").write_text(json.dumps(SYNTHESIS))
    headings = ("generators", "length", "rmse", "rmse_error", "rmse_theory")
    write_csv(folder / "multiply.csv", [headings, *STUDY])
    for seed in (1, 2):
        run = folder / "runs" / f"vgg16-{seed}"
        run.mkdir(parents=True)
        settings = {"type": "Configuration", "model": "vgg16", "optimizer": "dsc-momentum"}
        settings |= {"dataset": "digits", "lr": 0.01, "layerwise": True, "seed": seed}
        (run / "configuration.json").write_text(json.dumps(settings))
        columns = ("number", "epochs", "loss", "train_accuracy", "test_accuracy", "seconds")
        write_csv(run / "epochs.csv", [columns, *EPOCHS])
    # What is no result is passed over.
    (folder / "notes.json").write_text('{"a": 1}')
    (folder / "notes.txt").write_text("nothing")
    (folder / ".hidden.json").write_text("no JSON")


def write_csv(path: Path, rows: list[Any]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
