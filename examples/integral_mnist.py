"""Train networks on integral streams and run them bit by bit on all test images.

Every setting (N, m) is trained with three seeds and run with three seeds of the generators.
Networks for short streams start from one for long streams and end with the simulation in the
loop; those without augmentation for ranges 2 and 1 start from the one for range 4. Beside them:
larger networks, the trained networks at other lengths without further training, and binary
networks in float and in 8 bits. The study resumes: a finished run is not repeated.

    python -m examples.integral_mnist --out build/mnist --data DIRECTORY
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from examples.exit_status import exit_with
from examples.integral_tables import COLUMNS, add_rows, draw, read_rows, summarize, write_rows
from fixedpoint.circuit.files import check_directory

SEEDS = (1, 2, 3)
GENERATOR_SEEDS = (1, 11, 21)
LONG = ((256, 4), (512, 2), (1024, 1))
# The settings of each kind of network, and how it differs from the others.
VARIANTS: dict[str, tuple[tuple[tuple[int, int], ...], dict[str, Any]]] = {
    "augmented": (
        (*LONG, (128, 2), (64, 4), (32, 8), (64, 2)),
        {"epochs": 40, "augment": True},
    ),
    "plain": (LONG, {"epochs": 40, "augment": False}),
    "large": (((256, 4),), {"epochs": 15, "augment": True, "hidden": (300, 600)}),
}
# Length and range, the setting that the training starts from, and how it goes on.
IN_LOOP = {"epochs": 0, "loop_epochs": 6}
SHORT_LAW = {"epochs": 3, "rate": 0.002}
STARTS: dict[tuple[str, int, int], tuple[tuple[int, int], dict[str, Any]]] = {
    ("augmented", 128, 2): ((512, 2), IN_LOOP),
    ("augmented", 64, 4): ((256, 4), IN_LOOP),
    ("augmented", 32, 8): ((256, 4), IN_LOOP),
    ("augmented", 64, 2): ((512, 2), IN_LOOP),
    ("plain", 512, 2): ((256, 4), SHORT_LAW),
    ("plain", 1024, 1): ((256, 4), SHORT_LAW),
}
# Cycles after which trained networks are judged without further training.
LENGTHS = (16, 32, 64, 128, 256, 512, 1024)
AT_LENGTHS = ((1024, 1), (512, 2), (256, 4), (32, 8))
BINARY_EPOCHS = 8
ERROR_COLUMNS = (
    "length", "range", "seed", "generator_seed", "images", "error", "law_error",
)  # fmt: skip
LENGTH_COLUMNS = (
    "trained_length", "range", "seed", "generator_seed", "images", "length", "error",
)  # fmt: skip


def configuration(variant: str, length: int, range_: int, seed: int, options: dict):
    """Return the settings of one training."""
    from stochastic.networks import StreamTraining

    given = options
    if (variant, length, range_) in STARTS:
        setting, short = STARTS[variant, length, range_]
        start = configuration(variant, *setting, seed, options)
        given = {**options, **short, "start": start}
    return StreamTraining(length=length, range=range_, seed=seed, **given)


def trained(
    out: Path,
    variant: str,
    length: int,
    range_: int,
    seed: int,
    options: dict,
    data: Path | None,
):
    """Return the finished run of a setting; train it if there is none."""
    from stochastic.networks import StreamRun

    start = None
    if (variant, length, range_) in STARTS:
        setting, _ = STARTS[variant, length, range_]
        start = trained(out, variant, *setting, seed, options, data)
    run = StreamRun(
        out / f"N{length}-m{range_}-seed{seed}",
        configuration(variant, length, range_, seed, options),
        data_directory=data,
        start=start,
    )
    if not run.done:
        run.train()
        seconds = sum(row[3] for row in run.rows)
        print(f"{run.folder}: law {run.rows[-1][2]} %, {seconds:.0f} s", flush=True)
    return run


def judged(run, generator_seed: int, lengths: tuple[int, ...]) -> tuple[int, dict[int, float]]:
    """Return the number of images, and the misclassification in % after some cycles."""
    from stochastic.networks import convert

    settings = run.configuration
    network = convert(run.model, length=max(lengths), range=settings.range, seed=generator_seed)
    split = len(run.data.train_images) - settings.validation
    images, labels = run.data.test_images, run.data.test_labels
    if settings.validation:
        images, labels = run.data.train_images[split:], run.data.train_labels[split:]
    wrong = dict.fromkeys(lengths, 0)
    last = len(network.layers) - 1
    for begin in range(0, len(labels), 500):
        part = slice(begin, begin + 500)

        def judge(cycle: int, layer: int, values: Any, part: slice = part) -> None:
            if layer == last and cycle + 1 in wrong:
                wrong[cycle + 1] += int((values.argmax(axis=1) != labels[part]).sum())

        network.run(images[part], trace=judge)
    return len(labels), {n: 100 * count / len(labels) for n, count in wrong.items()}


class Study:
    """The study in a folder, each variant in a folder of its own."""

    def __init__(self, out: Path, data: Path | None, seeds: list[int], common: dict) -> None:
        self.out, self.data, self.seeds, self.common = out, data, seeds, common
        check_directory(out)

    def folder(self, variant: str) -> Path:
        """Return the folder of a variant."""
        return self.out if variant == "augmented" else self.out / variant

    def options(self, variant: str) -> dict:
        """Return the settings of a variant's trainings."""
        return {**VARIANTS[variant][1], **self.common}

    def measure(self, variant: str, settings: list[tuple[int, int]]) -> None:
        """Train and run all settings of a variant that are not in its table."""
        folder, options = self.folder(variant), self.options(variant)
        check_directory(folder)
        table = folder / "errors.csv"
        known = {tuple(int(row[n]) for n in ERROR_COLUMNS[:4]) for row in read_rows(table)}
        for length, range_ in settings:
            for seed in self.seeds:
                keys = [(length, range_, seed, g) for g in GENERATOR_SEEDS]
                missing = [key for key in keys if key not in known]
                if not missing:
                    continue
                run = trained(folder, variant, length, range_, seed, options, self.data)
                law = run.law_error()
                for key in missing:
                    images, errors = judged(run, key[3], (length,))
                    values = [*key, images, f"{errors[length]:.4f}", f"{law:.4f}"]
                    add_rows(table, ERROR_COLUMNS, [values])

    def measure_lengths(self) -> None:
        """Run the trained networks with other lengths, without further training."""
        table = self.out / "lengths.csv"
        known = {tuple(int(row[n]) for n in LENGTH_COLUMNS[:4]) for row in read_rows(table)}
        for length, range_ in AT_LENGTHS:
            for seed in self.seeds:
                key = length, range_, seed, GENERATOR_SEEDS[0]
                if key in known:
                    continue
                kind = "augmented"
                setting = kind, length, range_, seed, self.options(kind)
                run = trained(self.out, *setting, self.data)
                images, errors = judged(run, key[3], LENGTHS)
                found = [[*key, images, n, f"{error:.4f}"] for n, error in errors.items()]
                add_rows(table, LENGTH_COLUMNS, found)

    def measure_binary(self, variant: str) -> None:
        """Train binary networks of the same layers, and print their errors."""
        from examples.integral_binary import binary_errors
        from stochastic.training import load

        data = load(self.common["dataset"], self.data)
        options = self.options(variant)
        found = [
            binary_errors(
                self.out / "binary",
                data,
                options.get("hidden", (100, 200)),
                augment=options["augment"],
                seed=seed,
                epochs=min(options["epochs"], BINARY_EPOCHS),
            )
            for seed in self.seeds
        ]
        in_float, fixed = np.mean(found, axis=0)
        print(f"{variant}: binary {in_float:.2f} % in float, {fixed:.2f} % in 8 bits")

    def report(self) -> None:
        """Print the summary of all that has been measured, and write table and picture."""
        summary = []
        for variant in VARIANTS:
            summary += summarize(variant, read_rows(self.folder(variant) / "errors.csv"))
        for row in summary:
            setting = f"{row['variant']}: N = {row['length']:4}, m = {row['range']}"
            print(
                f"{setting}: {row['error']} % of {row['simulations']} simulations, "
                f"standard error {row['standard_error']}"
            )
        write_rows(self.out / "summary.csv", COLUMNS, summary)
        draw(self.out / "errors.png", summary, read_rows(self.out / "lengths.csv"))


def setting(text: str) -> tuple[int, int]:
    """Return length and range of a setting.

    Raises
    ------
    ValueError
        If the text is no such setting.
    """
    try:
        length, range_ = map(int, text.split(","))
    except ValueError:
        raise ValueError(f"a setting is N,m such as 256,4, not {text!r}") from None
    return length, range_


def main(arguments: list[str] | None = None) -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the study")
    parser.add_argument("--data", type=Path, help="directory of the data set")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--epochs", type=int, help="of each long training")
    parser.add_argument("--validation", type=int, default=0, help="held-out training images")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument(
        "--parts",
        nargs="*",
        choices=[*VARIANTS, "lengths", "binary"],
        default=[*VARIANTS, "lengths", "binary"],
        help="parts of the study; by default all",
    )
    parser.add_argument("--settings", nargs="*", help="N,m; by default all of a part")
    given = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(1)
    common: dict[str, Any] = {"dataset": given.dataset, "validation": given.validation}
    if given.epochs is not None:
        common["epochs"] = given.epochs
    study = Study(given.out, given.data, given.seeds, common)
    for variant in (part for part in given.parts if part in VARIANTS):
        settings = list(VARIANTS[variant][0])
        if given.settings:
            settings = [setting(text) for text in given.settings]
        study.measure(variant, settings)
    if "lengths" in given.parts:
        study.measure_lengths()
    if "binary" in given.parts:
        for variant in VARIANTS:
            study.measure_binary(variant)
    study.report()


if __name__ == "__main__":
    exit_with(main)
