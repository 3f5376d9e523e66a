"""Replay a whole training step of full-size networks in the Verilog of their optimizer.

    python -m examples.full_step --out runs/full_step

makes two training steps of VGG16, ResNet18 and MobileNetV2 at full size with `MomentumSGD`,
each on a batch of Fashion-MNIST. The gradients, momenta and weights of all parameters in the
second step, the first with nonzero momenta, pass through the circuit's emitted Verilog. Every
bit of the new momenta and weights is compared.

With ``--cycles-per-step 4`` every parameter takes four cycles of the circuit. With
``--sharing per-lane`` each lane has generators of its own, and with ``--generator sobol`` these
are Sobol generators.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from torch.nn import functional

from examples.exit_status import exit_with
from fixedpoint.circuit import check_choice
from fixedpoint.circuit.files import check_directory, writing
from sim.checks.update_replay import replay
from sim.progress import progress_bar
from sim.tools import check_simulator
from stochastic.training import NETWORKS, OPTIMIZERS, Dataset, MomentumSGD, Recorder, load
from stochastic.training.networks.memory_formats import fastest_format


@dataclasses.dataclass(frozen=True)
class FullStep:
    """Result of the replay of one network's step.

    Attributes
    ----------
    network : str
    tensors, parameters : int
        Number of tensors and parameters that the replay compared.
    bits_compared, mismatches : int
    training_seconds : float
        Time of both steps.
    replay_seconds : float
        Time of the replay, including the build unless it is cached.
    first : str or None
        A description of the first difference.
    """

    network: str
    tensors: int
    parameters: int
    bits_compared: int
    mismatches: int
    training_seconds: float
    replay_seconds: float
    first: str | None


def full_step(
    name: str,
    data: Dataset,
    *,
    width: float,
    batch: int,
    seed: int,
    options: dict[str, Any],
    bar: Progress,
) -> FullStep:
    """Make two training steps of a network and replay the second."""
    task = bar.add_task(f"{name}: training", total=1.0)
    begin = time.perf_counter()
    torch.manual_seed(seed)
    model = NETWORKS[name](width=width)
    model = model.to(memory_format=fastest_format(model))
    optimizer = _make_optimizer(model.named_parameters(), options)
    recorder = Recorder([1])
    images, labels = torch.from_numpy(data.normalized()[0]), torch.from_numpy(data.train_labels)
    for step in range(2):
        batch_images = slice(step * batch, (step + 1) * batch)
        optimizer.zero_grad()
        functional.cross_entropy(
            model(images[batch_images]), labels[batch_images].long()
        ).backward()
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


def _make_optimizer(parameters: Any, options: dict[str, Any]) -> MomentumSGD:
    optimizer = OPTIMIZERS["dsc-momentum"].make(parameters, **options)
    assert isinstance(optimizer, MomentumSGD)
    return optimizer


def main() -> int:
    """Replay a step of each network; return 1 if a bit differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", help=f"{', '.join(NETWORKS)}; default: all")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/full_step"), help="output directory"
    )
    parser.add_argument(
        "--width", type=float, default=1.0, help="factor of the number of channels"
    )
    parser.add_argument("--batch", type=int, default=32, help="images per step")
    parser.add_argument(
        "--cycles-per-step", type=int, default=1, help="cycles of the circuit in an update"
    )
    parser.add_argument(
        "--sharing", default="rotation", help="of the generators: rotation or per-lane"
    )
    parser.add_argument("--generator", default="lfsr", help="kind of generator: lfsr or sobol")
    parser.add_argument("--seed", type=int, default=1, help="seed of the initial weights")
    arguments = parser.parse_args()
    names = arguments.networks or list(NETWORKS)
    for name in names:
        check_choice("network", name, tuple(NETWORKS))
    check_choice("generator", arguments.generator, ("lfsr", "sobol"))
    options = {
        "cycles_per_step": arguments.cycles_per_step,
        "sharing": arguments.sharing,
        "generator": arguments.generator,
    }
    _make_optimizer([torch.nn.Parameter(torch.zeros(1))], options)  # It checks its options.
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
                options=options,
                bar=bar,
            )
            for name in names
        ]
    with writing(arguments.out / "full_step.json") as file:
        file.write(json.dumps([dataclasses.asdict(r) for r in results], indent=2) + "\n")
    table = Table(title="Replay of one training step in Verilog")
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
    exit_with(main)
