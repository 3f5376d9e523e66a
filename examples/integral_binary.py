"""Binary networks beside those on integral streams: float, and 8-bit fixed point.

They have the layers of the networks on streams, with a rectifier behind each hidden layer, and
are trained on the same images.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit.files import check_directory, writing
from fixedpoint.layers import FixedPointNetwork, convert
from stochastic.networks.augmentation import distort
from stochastic.training import Dataset

__all__ = ["binary_errors", "binary_network", "grey_levels", "in_fixed_point"]

COLUMNS = ("hidden", "augmented", "seed", "images", "float_error", "fixed_error")
BATCH_SIZE = 100
RATE = 0.003
# Training images from which the formats are chosen.
CALIBRATION_IMAGES = 512


def grey_levels(images: Any) -> torch.Tensor:
    """Return uint8 images as grey levels 0..1."""
    return torch.from_numpy(images.astype(np.float32) / np.float32(255))


def binary_network(
    folder: Path,
    data: Dataset,
    hidden: tuple[int, ...],
    *,
    augment: bool,
    seed: int,
    epochs: int,
) -> nn.Module:
    """Return a trained float network; its training goes on from its file in the folder."""
    sizes = (data.train_images[0].size, *hidden, data.classes)
    torch.manual_seed(seed)
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    kind = "augmented" if augment else "plain"
    name = f"{data.name}-{'-'.join(map(str, sizes))}-{kind}-{epochs}-seed{seed}.pt"
    path = folder / name
    check_directory(folder)
    images, labels = grey_levels(data.train_images), torch.from_numpy(data.train_labels).long()
    generator = torch.Generator().manual_seed(seed)
    steps = len(images) // BATCH_SIZE
    optimizer = torch.optim.Adam(model.parameters(), RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=epochs * steps, pct_start=0.15
    )
    parts: tuple[Any, ...] = (model, optimizer, schedule)
    done = 0
    if path.exists():
        state = torch.load(path, weights_only=True)
        for part, values in zip(parts, state["parts"], strict=True):
            part.load_state_dict(values)
        generator.set_state(state["generator"])
        done = state["epochs"]
    for epoch in range(done, epochs):
        order = torch.randperm(len(images), generator=generator)
        for step in range(steps):
            chosen = order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]
            x = distort(images[chosen], generator) if augment else images[chosen]
            loss = functional.cross_entropy(model(x), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with writing(path, "wb") as file:
            saved = [part.state_dict() for part in parts]
            state = {"parts": saved, "generator": generator.get_state(), "epochs": epoch + 1}
            torch.save(state, file)
    return model.eval()


def in_fixed_point(model: nn.Module, data: Dataset, bits: int = 8) -> FixedPointNetwork:
    """Return a network with weights and activations of some bits."""
    return convert(model, grey_levels(data.train_images[:CALIBRATION_IMAGES]), bits=bits)


@torch.no_grad()
def error(model: nn.Module, data: Dataset) -> float:
    """Return the misclassification of all test images in %."""
    wrong = 0
    for begin in range(0, len(data.test_images), 500):
        part = slice(begin, begin + 500)
        labels = model(grey_levels(data.test_images[part])).argmax(1).numpy()
        wrong += int((labels != data.test_labels[part]).sum())
    return 100 * wrong / len(data.test_images)


def binary_errors(
    folder: Path,
    data: Dataset,
    hidden: tuple[int, ...],
    *,
    augment: bool,
    seed: int,
    epochs: int,
) -> tuple[float, float]:
    """Return the errors in float and in 8 bits, from the table of the folder if it has them."""
    table = folder / "binary.csv"
    rows = list(csv.DictReader(table.read_text().splitlines())) if table.exists() else []
    key = ["-".join(map(str, hidden)), str(int(augment)), str(seed)]
    for row in rows:
        if [row[name] for name in COLUMNS[:3]] == key:
            return float(row["float_error"]), float(row["fixed_error"])
    model = binary_network(folder, data, hidden, augment=augment, seed=seed, epochs=epochs)
    found = error(model, data), error(in_fixed_point(model, data), data)
    values = [*key, str(len(data.test_images)), f"{found[0]:.4f}", f"{found[1]:.4f}"]
    rows.append(dict(zip(COLUMNS, values, strict=True)))
    with writing(table) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return found
