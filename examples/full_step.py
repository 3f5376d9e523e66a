"""Push a whole training step of full-size networks through the Verilog of their optimizer.

    python -m examples.full_step --out runs/full_step

makes two real steps of VGG16, ResNet18 and MobileNetV2 at full size, each on a batch of
Fashion-MNIST, with `MomentumSGD`. Gradients, momenta and weights of the second step, in which
momenta are no longer 0, pass through the circuit's emitted Verilog, all parameters of all
layers, and every bit of the new momenta and weights is compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from torch.nn import functional

from examples.command import finish
from fixedpoint.circuit import check_choice
from fixedpoint.circuit.files import check_directory, writing
from sim.checks.update_replay import replay
from sim.progress import progress_bar
from sim.tools import check_simulator
from stochastic.training import NETWORKS, Dataset, MomentumSGD, Recorder, load


@dataclasses.dataclass(frozen=True)
class FullStep:
    """What came of one network's step.

    Attributes
    ----------
    network : str
    tensors, parameters : int
        How many the step updated and the replay compared.
    bits_compared, mismatches : int
    training_seconds, replay_seconds : float
        Of both steps; of the replay, building included.
    first : str or None
        The first difference in words.
    """

    network: str
    tensors: int
    parameters: int
    bits_compared: int
    mismatches: int
    training_seconds: float
    replay_seconds: float
    first: str | None


def full_step(name: str, data: Dataset, *, width: float, batch: int, seed: int, bar: Progress):
    """Make two steps of a network and replay the second."""
    task = bar.add_task(f"{name}: training", total=1.0)
    begin = time.perf_counter()
    torch.manual_seed(seed)
    model = NETWORKS[name](width=width).to(memory_format=torch.channels_last)
    optimizer = MomentumSGD(model.named_parameters())
    recorder = Recorder([1])
    images, labels = torch.from_numpy(data.normalized()[0]), torch.from_numpy(data.train_labels)
    for step in range(2):
        part = slice(step * batch, (step + 1) * batch)
        optimizer.zero_grad()
        functional.cross_entropy(model(images[part]), labels[part].long()).backward()
        recorder.step(optimizer)
    trained = time.perf_counter()
    results = replay(
        optimizer.circuit,
        recorder.records,
        path="library",
        progress=lambda stage, done: bar.update(
            task, description=f"{name}: {stage}", completed=done
        ),
    )
    return FullStep(
        network=name,
        tensors=len(results),
        parameters=sum(result.parameters for result in results),
        bits_compared=sum(result.bits_compared for result in results),
        mismatches=sum(result.mismatches for result in results),
        training_seconds=round(trained - begin, 2),
        replay_seconds=round(time.perf_counter() - trained, 2),
        first=next((r.first for r in results if r.first is not None), None),
    )


def main() -> int:
    """Replay a step of each network; return 1 if a bit was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(NETWORKS)}; else all")
    parser.add_argument("--out", type=Path, default=Path("runs/full_step"))
    parser.add_argument("--width", type=float, default=1.0, help="factor of the channels")
    parser.add_argument("--batch", type=int, default=32, help="images a step")
    parser.add_argument("--seed", type=int, default=1, help="of the start")
    arguments = parser.parse_args()
    names = arguments.networks or list(NETWORKS)
    for name in names:
        check_choice("network", name, tuple(NETWORKS))
    check_simulator("verilator")
    check_directory(arguments.out)
    console = Console()
    data = load("fashion-mnist-subset")
    with progress_bar() as bar:
        results = [
            full_step(
                name,
                data,
                width=arguments.width,
                batch=arguments.batch,
                seed=arguments.seed,
                bar=bar,
            )
            for name in names
        ]
    with writing(arguments.out / "full_step.json") as file:
        file.write(json.dumps([dataclasses.asdict(r) for r in results], indent=2) + "\n")
    table = Table(title="One whole training step through the Verilog")
    for heading in ("network", "parameters", "bits compared", "mismatches", "seconds"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for result in results:
        table.add_row(
            result.network,
            f"{result.parameters:,}",
            f"{result.bits_compared:,}",
            f"{result.mismatches:,}",
            f"{result.replay_seconds:.1f}",
        )
    console.print(table)
    for result in results:
        if result.first is not None:
            console.print(result.first, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Written to {arguments.out}: full_step.json")
    return int(any(result.mismatches for result in results))


if __name__ == "__main__":
    finish(main)
