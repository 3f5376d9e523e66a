"""Deep networks whose every product is stochastic: accuracy against the length of the streams.

    python -m examples.stream_networks --out runs/stream_networks --cifar-10 DIRECTORY

trains narrow VGG16, ResNet18 and MobileNetV2 in float on two data sets, converts them, and
runs the first 1,000 test images with every multiplier, generator and length, with and without
bias correction. Then it trains each network further with the streams in the forward pass and a
straight-through gradient. The study resumes: what is in the table is not repeated. `--only`
chooses one part, and `--minutes` ends it early.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import itertools
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from examples.exit_status import exit_with
from examples.float_training import FloatTraining, augmented
from examples.stream_networks_report import draw, show_lengths
from fixedpoint.circuit.files import check_directory, writing
from stochastic.networks import convert
from stochastic.training import load
from stochastic.training.networks import NETWORKS

WIDTH = 1 / 8
LENGTHS = (64, 256, 16, 1024, 32, 128, 512)
# Multiplier and its arguments for `convert`.
MULTIPLIERS: dict[str, dict] = {
    "bipolar": {"encoding": "bipolar"},
    "sign-magnitude": {},
    "uMUL": {"encoding": "bipolar", "multiplier": "conditional"},
    "integral, m = 4": {"range": 4},
}
# Generators and their arguments for `convert`.
GENERATORS: dict[str, dict] = {
    "lfsr": {},
    "sobol": {"generator": "sobol"},
    "lfsr, 8 sets": {"sets": 8},
}
# Multiplier, generator and length of the training with streams.
TUNED = (
    ("sign-magnitude", "lfsr", 256),
    ("bipolar", "sobol", 256),
    ("sign-magnitude", "lfsr", 64),
)
TUNING_RATE, TUNING_BATCH = 0.002, 50


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a line of the table measures.

    Attributes
    ----------
    dataset, network : str
    training : str
        ``"float"``; ``"corrected"`` for the float network with bias correction; ``"streams"``
        for the network trained further.
    multiplier, generator : str
        ``"float"`` and ``""`` for the float network.
    length : int
        0 for the float network.
    """

    dataset: str
    network: str
    training: str
    multiplier: str
    generator: str
    length: int


@dataclasses.dataclass
class Study:
    """All settings, and the results so far.

    Attributes
    ----------
    out : Path
        Folder of the table, the picture and the networks.
    directories : dict of str to Path or None
        Directory of each data set.
    train_images, images, epochs : int
        Images and epochs of the float training, and test images.
    tuning_images : int
        Training images with streams in the forward pass, in all.
    end : float
        `time.monotonic` at which no further part begins.
    """

    out: Path
    directories: dict[str, Path | None]
    train_images: int
    images: int
    epochs: int
    tuning_images: int
    end: float
    results: dict[Trial, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.table.exists():
            for row in csv.DictReader(self.table.read_text().splitlines()):
                accuracy, length = float(row.pop("accuracy")), int(row.pop("length"))
                self.results[Trial(**row, length=length)] = accuracy

    @property
    def table(self) -> Path:
        """File of the results."""
        return self.out / "accuracy.csv"

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.end

    def note(self, trial: Trial, accuracy: float) -> None:
        """Add a result to the table."""
        self.results[trial] = accuracy
        print(*dataclasses.astuple(trial), f"{accuracy:.1f} %", flush=True)
        with writing(self.table) as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow([*(f.name for f in dataclasses.fields(Trial)), "accuracy"])
            for known, value in self.results.items():
                table.writerow([*dataclasses.astuple(known), f"{value:.2f}"])


def normalized(every: np.ndarray, *parts: np.ndarray) -> list[np.ndarray]:
    """Return parts as float32 with the mean 0 and deviation 1 of each channel of all images."""
    counts = [
        np.bincount(channel.ravel(), minlength=256) for channel in np.moveaxis(every, 1, 0)
    ]
    share = np.array(counts) / every[:, 0].size
    levels = np.arange(256)
    mean = share @ levels
    deviation = np.sqrt(share @ levels**2 - mean**2)
    mean, deviation = (m.reshape(-1, 1, 1) for m in (mean, deviation))
    return [((part - mean) / deviation).astype(np.float32) for part in parts]


@dataclasses.dataclass
class Subject:
    """A network on a data set, with its images."""

    study: Study
    dataset: str
    network: str

    def __post_init__(self) -> None:
        data = load(self.dataset, self.study.directories[self.dataset])
        count = self.study.train_images
        train, test = normalized(
            data.train_images, data.train_images[:count], data.test_images[: self.study.images]
        )
        self.train, self.test = torch.from_numpy(train), torch.from_numpy(test)
        self.train_labels = torch.from_numpy(data.train_labels[:count].astype(np.int64))
        self.labels = data.test_labels[: self.study.images].astype(np.int64)
        self.folder = check_directory(self.study.out / f"{self.dataset}-{self.network}")

    def trained(self) -> nn.Module:
        """Return the float network, trained."""
        model = FloatTraining(self.study.epochs).train(
            lambda: NETWORKS[self.network](channels=self.train.shape[1], width=WIDTH),
            self.train,
            self.train_labels,
            self.folder / "float.pt",
            lambda epoch, loss: print(self.dataset, self.network, epoch, f"{loss:.3f}"),
        )
        trial = Trial(self.dataset, self.network, "float", "float", "", 0)
        if trial not in self.study.results:
            with torch.no_grad():
                labels = torch.cat([model(part).argmax(dim=1) for part in self.test.split(100)])
            self.study.note(trial, self.accuracy(labels.numpy()))
        return model

    def accuracy(self, labels: np.ndarray) -> float:
        """Return the share of right labels in %."""
        return 100 * float((labels == self.labels).mean())

    def converted(
        self, model: nn.Module, multiplier: str, generator: str, length: int, corrected: bool
    ):
        """Return the network on streams, with formats and biases from training images."""
        return convert(
            model,
            length=length,
            images=self.train[:50],
            bias_correction=corrected,
            **MULTIPLIERS[multiplier],
            **GENERATORS[generator],
        )

    def measure(self, model: nn.Module, lengths: list[int]) -> None:
        """Run the test images with every multiplier, generator and length."""
        for length, multiplier, generator, training in itertools.product(
            lengths, MULTIPLIERS, GENERATORS, ("float", "corrected")
        ):
            trial = Trial(self.dataset, self.network, training, multiplier, generator, length)
            # There must be a seed for every LFSR of log2(N) bits.
            m = MULTIPLIERS[multiplier].get("range", 1)
            if 2 * m * GENERATORS[generator].get("sets", 1) >= length:
                continue
            if trial not in self.study.results and not self.study.over:
                corrected = training == "corrected"
                network = self.converted(model, multiplier, generator, length, corrected)
                found = network.classify(self.test, batch=20)
                self.study.note(trial, self.accuracy(found))

    def tune(self, model: nn.Module, multiplier: str, generator: str, length: int) -> None:
        """Train with the streams in the forward pass, and run the test images."""
        trial = Trial(self.dataset, self.network, "streams", multiplier, generator, length)
        if trial in self.study.results or self.study.over:
            return
        torch.manual_seed(1)
        network = self.converted(model, multiplier, generator, length, corrected=False)
        optimizer = torch.optim.SGD(
            network.parameters(), lr=TUNING_RATE, momentum=0.9, nesterov=True
        )
        steps = self.study.tuning_images // TUNING_BATCH
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=steps)
        order = torch.randperm(len(self.train)).repeat(
            1 + steps * TUNING_BATCH // len(self.train)
        )
        for step in range(steps):
            chosen = order[step * TUNING_BATCH : (step + 1) * TUNING_BATCH]
            logits = network(augmented(self.train[chosen]))
            loss = functional.cross_entropy(logits, self.train_labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        self.study.note(trial, self.accuracy(network.classify(self.test, batch=20)))


def main() -> int:
    """Run the study, or the part of it that is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/stream_networks"))
    parser.add_argument("--cifar-10", type=Path, help="directory of the data set")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS))
    parser.add_argument("--images", type=int, default=1000, help="test images")
    parser.add_argument("--train-images", type=int, default=20000)
    parser.add_argument("--epochs", type=int, default=6, help="of the float training")
    parser.add_argument(
        "--tuning-images", type=int, default=2000, help="images of the training with streams"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--only", choices=("train", "measure", "tune"), help="one part of the study"
    )
    given = parser.parse_args()
    check_directory(given.out)
    torch.set_num_threads(1)
    directories: dict[str, Path | None] = {"fashion-mnist-subset": None}
    if given.cifar_10 is not None:
        directories["cifar-10"] = given.cifar_10
    end = time.monotonic() + 60 * given.minutes
    study = Study(
        given.out, directories, given.train_images, given.images, given.epochs,
        given.tuning_images, end,
    )  # fmt: skip
    for network in given.networks:
        for dataset in directories:
            if study.over:
                break
            subject = Subject(study, dataset, network)
            model = subject.trained()
            if given.only in (None, "measure"):
                subject.measure(model, given.lengths)
            if given.only in (None, "tune"):
                for settings in TUNED:
                    subject.tune(model, *settings)
    show_lengths(study.results)
    draw(given.out / "accuracy.png", study.results, "float")
    draw(given.out / "corrected.png", study.results, "corrected")
    print(f"Written to {given.out}: accuracy.csv, accuracy.png, corrected.png")
    return 0


if __name__ == "__main__":
    exit_with(main)
