"""Check and measure training on a GPU: one command of under 10 minutes.

    python -m examples.gpu_check --data DIRECTORY_OF_CIFAR_10 --out runs/gpu_check

- The tests that need a GPU, by pytest.
- Every circuit's optimizer: its bits on the GPU are those on the CPU.
- The time of a step of 15 million parameters. The optimizers of circuits compute on the CPU,
  so that gradients and weights go there and back; the table tells what that costs.
- VGG16 at full width on CIFAR-10, with float SGD and with `MomentumSGD`, for as many epochs as
  fit into the time.

The command goes without a GPU, too, if little is asked for:

    python -m examples.gpu_check --device cpu --dataset digits --width 0.02 --epochs 1
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from examples.exit_status import exit_with
from fixedpoint.circuit import check_choice
from fixedpoint.circuit.files import check_directory, writing
from stochastic.training import NETWORKS, OPTIMIZERS, Configuration, MomentumSGD, Run
from stochastic.training.augmentation import AUGMENTED
from stochastic.training.runs.stored_configuration import check_same_run, read_configuration

# Optimizers whose bits are compared, with their options.
CIRCUITS: dict[str, tuple[str, dict[str, Any]]] = {
    "MomentumSGD, L = 1": ("dsc-momentum", {}),
    "MomentumSGD, L = 4": ("dsc-momentum", {"cycles_per_step": 4}),
    "HybridMomentumSGD, L = 1": ("hybrid", {}),
    "FixedMomentumSGD, stochastic": ("fixed-stochastic", {}),
    "Bfloat16MomentumSGD, stochastic": ("bfloat16-stochastic", {}),
}
STEPS = 5
TESTS = (
    "tests/training/test_momentum_sgd.py",
    "tests/training/test_run.py",
)


def run_tests() -> int:
    """Run the tests that need a GPU; return how many of them fail or are skipped."""
    command = [sys.executable, "-m", "pytest", "-q", "-rs", *TESTS, "-k", "gpu or cuda"]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    print(done.stdout)
    last = done.stdout.strip().splitlines()[-1:] or [""]
    return int(done.returncode != 0 or "skipped" in last[0])


def differing_bits(name: str, device: str) -> int:
    """Return how many weights and momenta differ between a device and the CPU."""
    kind, options = CIRCUITS[name]
    found = []
    for place in ("cpu", device):
        random = torch.Generator().manual_seed(1)
        tensors = [
            nn.Parameter(0.1 * torch.randn(shape, generator=random).to(place))
            for shape in ((16, 8, 3, 3), (300,), (10, 77))
        ]
        named = [(f"tensor{i}", tensor) for i, tensor in enumerate(tensors)]
        entry = OPTIMIZERS[kind]
        optimizer: Any = entry.make(named, lr=entry.lr, momentum=0.9375, **options)
        for _ in range(STEPS):
            for tensor in tensors:
                tensor.grad = torch.randn(tensor.shape, generator=random).to(place)
            optimizer.step()
        found.append(
            [
                codes(t)
                for t in tensors
                for codes in (optimizer.weight_codes, optimizer.momentum_codes)
            ]
        )
    return sum(int((a != b).sum()) for a, b in zip(*found, strict=True))


def step_seconds(device: str, width: float, turns: int) -> dict[str, float]:
    """Return the shortest time of a step of VGG16's parameters by several optimizers."""

    def shortest(make: Callable[[Any], torch.optim.Optimizer], place: str) -> float:
        parameters = [
            nn.Parameter(p.to(place)) for p in NETWORKS["vgg16"](width=width).parameters()
        ]
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter)
        optimizer = make(parameters)
        times = []
        for _ in range(turns):
            _wait(place)
            begin = time.perf_counter()
            optimizer.step()
            _wait(place)
            times.append(time.perf_counter() - begin)
        return min(times)

    float_sgd = lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9)  # noqa: E731
    return {
        f"torch.optim.SGD on {device}": shortest(float_sgd, device),
        f"MomentumSGD, parameters on {device}": shortest(MomentumSGD, device),
        "MomentumSGD, nothing to pass": shortest(MomentumSGD, "cpu"),
    }


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


class _EnoughError(Exception):
    """Enough steps were timed."""


def seconds_of_epoch(configuration: Configuration, data: Path | None) -> float:
    """Return about how long an epoch takes, from the first steps of a run that is not kept."""
    times = [time.perf_counter()]

    def progress(step: int, epochs: list[Any]) -> None:
        _wait(configuration.device)
        times.append(time.perf_counter())
        if len(times) == 13:
            raise _EnoughError

    with tempfile.TemporaryDirectory() as folder:
        run = Run(folder, configuration, data_directory=data)
        with contextlib.suppress(_EnoughError):
            run.train(progress, checkpoint_seconds=1e9)
    # The test of an epoch takes about a tenth of its training.
    return 1.1 * float(np.median(np.diff(times))) * run.trainer.steps_per_epoch


def stored_epochs(folder: Path, trial: Configuration) -> int:
    """Return the epochs of the run in a folder, which must have the trial's settings."""
    stored = read_configuration(folder)
    if stored is None:
        return 0
    check_same_run(stored, trial.replace(epochs=stored.epochs), folder)
    return stored.epochs


def parser() -> argparse.ArgumentParser:
    """Return the command's arguments."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    made.add_argument("--device", default="cuda", help="cuda or cpu")
    made.add_argument("--data", type=Path, help="directory of the data set")
    made.add_argument("--dataset", default="cifar-10", help="name of the data set")
    made.add_argument("--images", type=int, help="training images; default: all")
    made.add_argument("--width", type=float, default=1.0, help="factor of the channels")
    made.add_argument("--batch", type=int, default=64, help="images per step")
    made.add_argument("--lr", type=float, default=0.006, help="learning rate of the circuit")
    made.add_argument("--minutes", type=float, default=8.0, help="time of the whole command")
    made.add_argument("--epochs", type=int, help="epochs; default: as many as fit")
    made.add_argument("--threads", type=int, default=1, help="threads of PyTorch")
    made.add_argument("--out", type=Path, default=Path("runs/gpu_check"), help="output")
    return made


def main() -> int:
    """Check, measure and train; return 1 if a bit differs or a test fails."""
    begin = time.monotonic()
    arguments = parser().parse_args()
    device = check_choice("device", arguments.device, ("cpu", "cuda"))
    common = Configuration(
        model="vgg16",
        width=arguments.width,
        dataset=arguments.dataset,
        images=arguments.images,
        batch_size=arguments.batch,
        augment=arguments.dataset in AUGMENTED,
        device=device,
        threads=arguments.threads,
        epochs=1 if arguments.epochs is None else arguments.epochs,
    )
    trials = {
        "float SGD": common.replace(optimizer="sgd", lr=0.01),
        "circuit": common.replace(optimizer="dsc-momentum", lr=arguments.lr, layerwise=True),
    }
    folders = {name: arguments.out / name.replace(" ", "-") for name in trials}
    stored = max(stored_epochs(folders[name], trials[name]) for name in trials)
    if arguments.epochs is not None and arguments.epochs < stored:
        raise ValueError(
            f"{arguments.out} holds runs of {stored} epochs: there may be more, but not "
            f"{arguments.epochs}"
        )
    check_directory(arguments.out)
    failed = run_tests() if device == "cuda" else 0
    differing = {name: differing_bits(name, device) for name in CIRCUITS}
    steps = step_seconds(device, arguments.width, 10)
    epochs = arguments.epochs
    if epochs is None:
        seconds = sum(seconds_of_epoch(trial, arguments.data) for trial in trials.values())
        left = 60 * arguments.minutes - (time.monotonic() - begin)
        epochs = max(1, stored, int(left / seconds))
    results = {}
    for name, trial in trials.items():
        settings = trial.replace(epochs=epochs)
        run = Run(folders[name], settings, data_directory=arguments.data)
        results[name] = [dataclasses.asdict(epoch) for epoch in run.train()]
    facts = {
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "failed_tests": failed,
        "differing_codes": differing,
        "step_seconds": steps,
        "epochs": results,
    }
    with writing(arguments.out / "gpu_check.json") as file:
        file.write(json.dumps(facts, indent=2) + "\n")
    _show(facts, device)
    return int(failed or any(differing.values()))


def _show(facts: dict[str, Any], device: str) -> None:
    console = Console()
    bits = Table(title=f"Codes that differ between {device} and cpu after {STEPS} steps")
    bits.add_column("optimizer")
    bits.add_column("differing", justify="right")
    for name, count in facts["differing_codes"].items():
        bits.add_row(name, str(count))
    steps = Table(title="Time of a step of VGG16's parameters")
    steps.add_column("optimizer")
    steps.add_column("ms", justify="right")
    for name, seconds in facts["step_seconds"].items():
        steps.add_row(name, f"{1000 * seconds:.2f}")
    _, there, here = facts["step_seconds"].values()
    steps.add_row(
        f"passing parameters from {device} to cpu and back", f"{1000 * (there - here):.2f}"
    )
    runs = Table(title="VGG16")
    for heading in ("training", "epochs", "test accuracy", "seconds per epoch"):
        runs.add_column(heading, justify="left" if heading == "training" else "right")
    for name, epochs in facts["epochs"].items():
        seconds = sum(epoch["seconds"] for epoch in epochs) / len(epochs)
        accuracy = f"{100 * epochs[-1]['test_accuracy']:.2f} %"
        runs.add_row(name, str(len(epochs)), accuracy, f"{seconds:.1f}")
    for table in (bits, steps, runs):
        console.print(table)


if __name__ == "__main__":
    exit_with(main)
