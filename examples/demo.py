"""Train a network with a stochastic circuit, and replay its updates in the Verilog.

    python -m examples.demo --out runs/demo

trains VGG16 at 1/8 width on 8,000 images of Fashion-MNIST twice from the same initial weights:
with float momentum SGD, and with `MomentumSGD`, which updates parameters exactly as a circuit
does. It then passes the gradients, weights and momenta of all layers at some training steps
through the circuit's emitted Verilog under cocotb, and compares every bit of the results. The
last step passes through once more, with a fault planted in the Verilog, which must be found.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from rich.console import Console
from rich.progress import Progress

from examples.demo_report import draw, show, write_epochs, write_summary
from examples.exit_status import exit_with
from fixedpoint.circuit.files import check_directory
from fixedpoint.update.base import UpdateCircuit
from sim.checks.faults import Fault, faults
from sim.checks.update_replay import Replayed, replay
from sim.progress import progress_bar
from sim.tools import check_simulator
from stochastic.training import (
    Dataset,
    Epoch,
    MomentumSGD,
    Record,
    Recorder,
    load,
    save_records,
    train,
    vgg16,
)

WIDTH = 1 / 8
BATCH_SIZE = 64
# The rates with the best mean accuracy of three seeds, out of 0.01, 0.03 and 0.05 for float SGD
# and of 0.002 and 0.003 for the circuit. The two are not comparable: see MomentumSGD.
FLOAT_RATE = 0.01
STOCHASTIC_RATE = 0.003
# beta = 1 - 2^-4 in both.
MOMENTUM = 0.9375

Optimizer = TypeVar("Optimizer", bound=torch.optim.Optimizer)


@dataclasses.dataclass(frozen=True)
class Demo:
    """What both trainings share.

    Attributes
    ----------
    data : Dataset
    epochs, seed : int
    bar : rich.progress.Progress
    """

    data: Dataset
    epochs: int
    seed: int
    bar: Progress

    @property
    def steps_per_epoch(self) -> int:
        """Training steps in an epoch; an incomplete batch is left out."""
        return len(self.data.train_labels) // BATCH_SIZE

    def train(
        self,
        title: str,
        make_optimizer: Callable[[torch.nn.Module], Optimizer],
        recorder: Recorder | None = None,
    ) -> tuple[list[Epoch], Optimizer]:
        """Train the network once from its initial weights, the same for the same seed."""
        torch.manual_seed(self.seed)
        model = vgg16(width=WIDTH).to(memory_format=torch.channels_last)
        optimizer = make_optimizer(model)
        task = self.bar.add_task(title, total=self.epochs)

        def report(epoch: Epoch) -> None:
            text = f"{title}: {100 * epoch.test_accuracy:.2f} % after epoch {epoch.number}"
            self.bar.update(task, completed=epoch.number, description=text)

        epochs = train(
            model,
            self.data,
            optimizer,
            epochs=self.epochs,
            batch_size=BATCH_SIZE,
            seed=self.seed,
            schedule=torch.optim.lr_scheduler.CosineAnnealingLR(
                optimizer, self.epochs * self.steps_per_epoch
            ),
            recorder=recorder,
            progress=report,
        )
        return epochs, optimizer


def replay_with_fault(
    circuit: UpdateCircuit,
    records: list[Record],
    simulator: str,
    progress: Callable[[str, float], None],
) -> tuple[str, list[Replayed]]:
    """Plant a fault in the circuit's Verilog, and replay updates with it.

    Returns
    -------
    fault : str
        What was changed.
    results : list of Replayed
        Their mismatches show that the comparison finds the fault.
    """
    planted: list[Fault] = []

    def alter(verilog: str) -> str:
        planted.extend(faults(verilog, 1))
        return planted[0].verilog

    results = replay(circuit, records, simulator=simulator, alter=alter, progress=progress)
    return planted[0].kind, results


def main() -> int:
    """Train twice, replay and report; return 1 if a bit differs or a fault is not caught."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="output directory")
    parser.add_argument("--epochs", type=int, default=8, help="passes over the training images")
    parser.add_argument(
        "--images", type=int, default=8000, help="maximum number of training images"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of weights and image order")
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    arguments = parser.parse_args()
    check_simulator(arguments.sim)
    check_directory(arguments.out)
    data = load("fashion-mnist-subset")
    data = dataclasses.replace(
        data,
        train_images=data.train_images[: arguments.images],
        train_labels=data.train_labels[: arguments.images],
    )
    with progress_bar() as bar:
        demo = Demo(data, arguments.epochs, arguments.seed, bar)
        float_epochs, _ = demo.train(
            "float SGD",
            lambda model: torch.optim.SGD(model.parameters(), lr=FLOAT_RATE, momentum=MOMENTUM),
        )
        # The first step, the first of the second epoch, one in the middle, and the last.
        last = arguments.epochs * demo.steps_per_epoch - 1
        recorder = Recorder(sorted({0, min(demo.steps_per_epoch, last), last // 2, last}))
        stochastic_epochs, optimizer = demo.train(
            "stochastic circuit",
            lambda model: MomentumSGD(
                model.named_parameters(), lr=STOCHASTIC_RATE, momentum=MOMENTUM
            ),
            recorder,
        )
        task = bar.add_task("replay", total=1.0)
        results = replay(
            optimizer.circuit,
            recorder.records,
            simulator=arguments.sim,
            progress=lambda stage, done: bar.update(
                task, description=f"replay: {stage}", completed=done
            ),
        )
        planted = bar.add_task("replay with a planted fault", total=1.0)
        fault, faulty = replay_with_fault(
            optimizer.circuit,
            [record for record in recorder.records if record.step == last],
            arguments.sim,
            lambda stage, done: bar.update(
                planted, description=f"planted fault: {stage}", completed=done
            ),
        )
    curves = {
        "float momentum SGD": float_epochs,
        "stochastic momentum SGD": stochastic_epochs,
    }
    save_records(arguments.out / "records.npz", optimizer.circuit, recorder.records)
    write_epochs(arguments.out / "epochs.csv", curves)
    write_summary(
        arguments.out / "summary.json",
        arguments.seed,
        curves,
        optimizer,
        results,
        fault,
        faulty,
    )
    draw(arguments.out / "demo.png", curves, results, fault, faulty)
    console = Console()
    show(console, curves, results, fault, faulty)
    files = "epochs.csv, summary.json, records.npz, demo.png"
    console.print(f"Written to {arguments.out}: {files}")
    caught = any(r.mismatches for r in faulty)
    return int(any(r.mismatches for r in results) or not caught)


if __name__ == "__main__":
    exit_with(main)
