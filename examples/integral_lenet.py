"""LeNet on integral streams: training with the transfer law, and all test images bit by bit.

    python -m examples.integral_lenet --out runs/lenet --data DIRECTORY

The network has two convolutions with average pooling, a convolution over what is left, and two
layers: 6, 16, 120, 84 and 10 neurons wide. All of them are neurons on integral streams. The
simulation resumes: images that are in the table are not run again.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from examples.exit_status import exit_with
from fixedpoint.circuit.files import check_directory, writing
from stochastic.networks import StreamConv2d, StreamLinear, convert
from stochastic.training import load

RANGE, STATES, BATCH = 4, 50, 100
# Images of one line of the table.
PART = 200
HEADINGS = ("length", "generator_seed", "first_image", "images", "wrong")


def lenet(length: int) -> nn.Sequential:
    """Return the network with random weights, for streams of `length` cycles."""
    options = {"range": RANGE, "length": length}
    hidden = {**options, "states": STATES}
    return nn.Sequential(
        StreamConv2d(1, 6, 5, padding=2, **hidden),
        StreamConv2d(6, 16, 5, pool=2, **hidden),
        StreamConv2d(16, 120, 5, pool=2, **hidden),
        nn.Flatten(),
        StreamLinear(120, 84, **hidden),
        StreamLinear(84, 10, **options),
    )


def train(folder: Path, length: int, epochs: int, last: int, images, labels) -> nn.Sequential:
    """Return the network after epoch `last` of a schedule of `epochs`; it continues if cut."""
    torch.manual_seed(1)
    model = lenet(length)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    steps = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01 * RANGE**0.5, total_steps=epochs * steps
    )
    path, done = folder / f"lenet-N{length}.pt", 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        done = state["epochs"]
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["generator"])
    for epoch in range(done, min(epochs, last)):
        model.train()
        begin, total = time.monotonic(), 0.0
        order = torch.randperm(len(images))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            grey = images[chosen].float() / 255
            loss = functional.cross_entropy(model(grey) / RANGE**0.5, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
            for layer in model.modules():
                if isinstance(layer, (StreamConv2d, StreamLinear)):
                    layer.clamp_()
        state = {
            "epochs": epoch + 1,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "generator": torch.get_rng_state(),
        }
        with writing(path, "wb") as file:
            torch.save(state, file)
        seconds = time.monotonic() - begin
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, {seconds:.0f} s", flush=True)
    return model.eval()


def law_error(model: nn.Module, images: torch.Tensor, labels: np.ndarray) -> float:
    """Return the misclassification in % by the transfer law without noise."""
    with torch.no_grad():
        found = torch.cat([model(p.float() / 255).argmax(dim=1) for p in images.split(500)])
    return 100 * float((found.numpy() != labels).mean())


def simulate(table: Path, model, length: int, seed: int, images, labels) -> tuple[int, int]:
    """Run all images bit by bit; return the numbers of images and of wrong labels."""
    rows = []
    if table.exists():
        rows = [list(map(int, r)) for r in list(csv.reader(table.read_text().splitlines()))[1:]]
    known = {tuple(row[:3]) for row in rows}
    network = convert(model, length=length, range=RANGE, seed=seed, images=images[:1])
    for first in range(0, len(images), PART):
        if (length, seed, first) in known:
            continue
        part = slice(first, first + PART)
        wrong = int((network.classify(images[part]) != labels[part]).sum())
        rows.append([length, seed, first, len(images[part]), wrong])
        with writing(table) as file:
            csv.writer(file, lineterminator="\n").writerows([HEADINGS, *rows])
        print(f"N = {length}, seed {seed}: image {first}, {wrong} wrong", flush=True)
    mine = [row for row in rows if row[:2] == [length, seed]]
    return sum(row[3] for row in mine), sum(row[4] for row in mine)


def main() -> int:
    """Train, convert, and run all test images."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/lenet"))
    parser.add_argument("--data", type=Path, help="directory of the data set")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--length", type=int, default=256, help="cycles of the training's law")
    parser.add_argument("--lengths", type=int, nargs="+", help="cycles of the simulation")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="of the generators")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--stop-after", type=int, help="epochs of the schedule; by default all")
    parser.add_argument("--images", type=int, default=10000, help="test images")
    parser.add_argument("--train-images", type=int, default=60000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    folder, data = check_directory(given.out), load(given.dataset, given.data)
    train_images = torch.tensor(data.train_images[: given.train_images])
    train_labels = torch.from_numpy(data.train_labels[: given.train_images].astype(np.int64))
    last = given.epochs if given.stop_after is None else given.stop_after
    model = train(folder, given.length, given.epochs, last, train_images, train_labels)
    images, labels = data.test_images[: given.images], data.test_labels[: given.images]
    for length in given.lengths or [given.length]:
        for seed in given.seeds:
            count, wrong = simulate(
                folder / f"errors-N{given.length}.csv", model, length, seed, images, labels
            )
            share = 100 * wrong / count
            print(f"N = {length}, m = {RANGE}, seed {seed}: {share:.2f} % of {count} images")
    law = law_error(model, torch.tensor(images), labels)
    print(f"law without noise: {law:.2f} % wrong")
    return 0


if __name__ == "__main__":
    exit_with(main)
