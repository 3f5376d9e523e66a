"""Train a network by stochastic circuits, and push its updates through their Verilog.

    python -m examples.demo --out runs/demo

trains VGG16 of 1/8 width on 8,000 images of Fashion-MNIST twice from the same start: with
float momentum SGD, and with `MomentumSGD`, each of whose updates is that of a circuit. The
gradients, weights and momenta of every layer at some steps are then replayed through the
circuit's emitted Verilog under cocotb, and every bit is compared.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from examples.command import finish
from fixedpoint.circuit.files import check_directory, writing
from sim.checks.update_replay import Replayed, replay
from sim.progress import progress_bar
from sim.tools import check_simulator
from stochastic.training import (
    Dataset,
    Epoch,
    MomentumSGD,
    Recorder,
    load,
    save_records,
    train,
    vgg16,
)

WIDTH = 1 / 8
BATCH = 64
# The best means of three seeds, of 0.01, 0.03 and 0.05 for float and of 0.002 and 0.003 for
# the circuit. The two mean different things: see MomentumSGD.
FLOAT_RATE = 0.01
STOCHASTIC_RATE = 0.003
# beta = 1 - 2^-4, for both.
MOMENTUM = 0.9375


def start(seed: int) -> torch.nn.Module:
    """Return the network with its random start, the same for the same seed."""
    torch.manual_seed(seed)
    return vgg16(width=WIDTH).to(memory_format=torch.channels_last)


def run(
    optimizer_of,
    data: Dataset,
    epochs: int,
    seed: int,
    bar: Progress,
    title: str,
    recorded: tuple[int, ...] = (),
):
    """Train once; return the epochs, the optimizer and the recorder."""
    model = start(seed)
    optimizer = optimizer_of(model)
    steps = epochs * (len(data.train_labels) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    recorder = Recorder(recorded) if recorded else None
    task = bar.add_task(title, total=epochs)

    def show(epoch: Epoch) -> None:
        text = f"{title}: {100 * epoch.test_accuracy:.2f} % after epoch {epoch.number}"
        bar.update(task, completed=epoch.number, description=text)

    found = train(
        model,
        data,
        optimizer,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        schedule=schedule,
        recorder=recorder,
        progress=show,
    )
    return found, optimizer, recorder


def draw(path: Path, curves: dict[str, list[Epoch]], results: list[Replayed]) -> None:
    """Draw the accuracy of every epoch, and the parameters replayed of every step."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, epochs in curves.items():
        left.plot(
            [e.number for e in epochs],
            [100 * e.test_accuracy for e in epochs],
            marker="o",
            markersize=3,
            label=name,
        )
    left.set(xlabel="epoch", ylabel="test accuracy (%)", title="VGG16 at 1/8 width")
    left.grid(alpha=0.3)
    left.legend(loc="lower right")
    steps = sorted({r.step for r in results})
    equal = [sum(r.bits_compared - r.mismatches for r in results if r.step == s) for s in steps]
    wrong = [sum(r.mismatches for r in results if r.step == s) for s in steps]
    places = range(len(steps))
    right.bar(places, [n / 1e6 for n in equal], label="equal")
    right.bar(places, [n / 1e6 for n in wrong], bottom=[n / 1e6 for n in equal], label="wrong")
    right.set_xticks(places, [str(s) for s in steps])
    right.set(
        xlabel="training step",
        ylabel="million bits of weight and momentum",
        title=f"Replayed in the Verilog: {sum(wrong)} of {sum(equal) + sum(wrong):,} wrong",
    )
    right.legend(loc="lower right")
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    pyplot.close(figure)


def show(console: Console, curves: dict[str, list[Epoch]], results: list[Replayed]) -> None:
    """Print the results."""
    table = Table(title="Training, same start and same order of images")
    for heading in ("optimizer", "epochs", "test accuracy", "seconds"):
        table.add_column(heading, justify="left" if heading == "optimizer" else "right")
    for name, epochs in curves.items():
        last = epochs[-1]
        table.add_row(
            name,
            str(last.number),
            f"{100 * last.test_accuracy:.2f} %",
            f"{sum(e.seconds for e in epochs):.0f}",
        )
    console.print(table)
    table = Table(title="Replay of recorded updates through the Verilog")
    for heading in ("step", "tensors", "parameters updated", "bits compared", "mismatches"):
        table.add_column(heading, justify="right")
    for step in sorted({r.step for r in results}):
        mine = [r for r in results if r.step == step]
        table.add_row(*_totals(str(step), mine))
    table.add_section()
    table.add_row(*_totals("all", results))
    console.print(table)


def _totals(label: str, results: list[Replayed]) -> list[str]:
    return [
        label,
        str(len(results)),
        f"{sum(r.parameters for r in results):,}",
        f"{sum(r.bits_compared for r in results):,}",
        f"{sum(r.mismatches for r in results):,}",
    ]


def main() -> int:
    """Train twice, replay, report; return 1 if a bit was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/demo"))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--images", type=int, default=8000, help="training images, at most")
    parser.add_argument("--seed", type=int, default=1, help="of start and order")
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    arguments = parser.parse_args()
    console = Console()
    check_simulator(arguments.sim)
    check_directory(arguments.out)
    data = load("fashion-mnist-subset")
    data = dataclasses.replace(
        data,
        train_images=data.train_images[: arguments.images],
        train_labels=data.train_labels[: arguments.images],
    )
    each = len(data.train_labels) // BATCH
    last = arguments.epochs * each - 1
    recorded = tuple(sorted({0, min(each, last), last // 2, last}))
    with progress_bar() as bar:
        float_epochs, _, _ = run(
            lambda model: torch.optim.SGD(model.parameters(), lr=FLOAT_RATE, momentum=MOMENTUM),
            data,
            arguments.epochs,
            arguments.seed,
            bar,
            "float SGD",
        )
        epochs, optimizer, recorder = run(
            lambda model: MomentumSGD(
                model.named_parameters(), lr=STOCHASTIC_RATE, momentum=MOMENTUM
            ),
            data,
            arguments.epochs,
            arguments.seed,
            bar,
            "stochastic circuit",
            recorded,
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
    curves = {
        "float momentum SGD": float_epochs,
        "stochastic momentum SGD": epochs,
    }
    save_records(arguments.out / "records.npz", optimizer.circuit, recorder.records)
    with writing(arguments.out / "epochs.csv") as file:
        rows = csv.writer(file)
        rows.writerow(["optimizer", *(f.name for f in dataclasses.fields(Epoch))])
        for name, found in curves.items():
            rows.writerows([name, *dataclasses.astuple(epoch)] for epoch in found)
    summary = {
        "seed": arguments.seed,
        "test_accuracy": {name: found[-1].test_accuracy for name, found in curves.items()},
        "circuit": optimizer.circuit.to_dict(),
        "scales": [dataclasses.asdict(scale) for scale in optimizer.scale_history],
        "parameters_replayed": sum(r.parameters for r in results),
        "bits_compared": sum(r.bits_compared for r in results),
        "mismatches": sum(r.mismatches for r in results),
        "replayed": [r.to_dict() for r in results],
    }
    with writing(arguments.out / "summary.json") as file:
        file.write(json.dumps(summary, indent=2) + "\n")
    draw(arguments.out / "demo.png", curves, results)
    show(console, curves, results)
    for result in results:
        if result.first is not None:
            console.print(result.first)
    files = "epochs.csv, summary.json, records.npz, demo.png"
    console.print(f"Written to {arguments.out}: {files}")
    return int(any(r.mismatches for r in results))


if __name__ == "__main__":
    finish(main)
