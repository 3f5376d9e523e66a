"""LeNet on integral streams: training with the transfer law, and all test images bit by bit.

    python -m examples.integral_lenet --out runs/lenet --data DIRECTORY

The network has two convolutions with average pooling, a convolution over what is left, and
two layers: 6, 16, 120, 84 and 10 neurons wide. All of them are neurons on integral streams.
Training ends with the bit-accurate simulation as forward pass: the windows of a channel share
their weights' streams, and the law alone does not know that their noise is the same. Networks
for short streams start from the one for 256 cycles. Training and simulation resume, and
`goldstream infer` runs each folder again with other lengths.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from examples.exit_status import exit_with
from fixedpoint.circuit.files import check_directory
from sim.progress import progress_bar
from stochastic.networks import Inference, StreamConvolution, StreamRun, StreamTraining, convert

LENET = StreamTraining(
    convolutions=(
        StreamConvolution(channels=6, kernel=5, padding=2),
        StreamConvolution(channels=16, kernel=5, pool=2),
        StreamConvolution(channels=120, kernel=5, pool=2),
    ),
    hidden=(84,),
    range=4,
    length=256,
    epochs=8,
    loop_epochs=1,
)


def settings_for(length: int, base: StreamTraining, loop_epochs: int) -> StreamTraining:
    """Return the settings for streams of some length."""
    if length == base.length:
        return base
    return base.replace(length=length, epochs=0, loop_epochs=loop_epochs, start=base)


def trained(out: Path, settings: StreamTraining, data: Path | None) -> StreamRun:
    """Return the finished run of some settings, and train what is missing."""
    start = None if settings.start is None else trained(out, settings.start, data)
    folder = out / f"N{settings.length}-seed{settings.seed}"
    run = StreamRun(folder, settings, data_directory=data, start=start)
    with progress_bar(hidden=run.done) as bar:
        task = bar.add_task(f"training for N = {settings.length}", total=None)
        run.train(lambda step, total, error: bar.update(task, completed=step, total=total))
    return run


def misclassification(run: StreamRun, seed: int, count: int) -> float:
    """Return the misclassification of the first test images in %, bit by bit."""
    settings = run.configuration
    images, labels = run.data.test_images[:count], run.data.test_labels[:count]
    network = convert(
        run.model, length=settings.length, range=settings.range, seed=seed, images=images
    )
    inference = Inference(run.folder / f"test-seed{seed}-{count}", network, images, labels)
    with progress_bar() as bar:
        task = bar.add_task(f"N = {settings.length}, seed {seed}", total=len(labels))
        errors = inference.run(lambda done, wrong: bar.update(task, completed=done))
    return 100 * errors / len(labels)


def main() -> int:
    """Train, convert, and run the test images."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/lenet"))
    parser.add_argument("--data", type=Path, help="directory of the data set")
    parser.add_argument("--dataset", default=LENET.dataset)
    parser.add_argument("--lengths", type=int, nargs="+", default=[256, 64])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 11, 21], help="generators")
    parser.add_argument("--epochs", type=int, default=LENET.epochs, help="with the law")
    parser.add_argument(
        "--loop-epochs", type=int, default=LENET.loop_epochs, help="with the simulation"
    )
    parser.add_argument("--images", type=int, default=10000, help="test images")
    given = parser.parse_args()
    check_directory(given.out)
    torch.set_num_threads(1)
    base = LENET.replace(
        dataset=given.dataset, epochs=given.epochs, loop_epochs=given.loop_epochs
    )
    table = Table(title=f"LeNet on integral streams, {given.dataset}, m = {base.range}")
    for heading in ("cycles N", "law without noise (%)", "misclassification (%)", "each seed"):
        table.add_column(heading, justify="right")
    for length in given.lengths:
        settings = settings_for(length, base, given.loop_epochs)
        run = trained(given.out, settings, given.data)
        errors = [misclassification(run, seed, given.images) for seed in given.seeds]
        mean = sum(errors) / len(errors)
        each = ", ".join(f"{error:.2f}" for error in errors)
        table.add_row(str(length), f"{run.law_error():.2f}", f"{mean:.2f}", each)
    Console().print(table)
    return 0


if __name__ == "__main__":
    exit_with(main)
