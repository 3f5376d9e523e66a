"""Train networks on integral streams and run them bit by bit on all test images.

Every setting (N, m) is trained with three seeds and run with three seeds of the generators.
Networks for short streams start from one for long streams and end with the simulation in the
loop. The study resumes: a finished run is not repeated.

    python -m examples.integral_mnist --out build/mnist --data DIRECTORY
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

SEEDS = (1, 2, 3)
GENERATOR_SEEDS = (1, 11, 21)
LONG = ((256, 4), (512, 2), (1024, 1))
# Length and range, and the setting that the training starts from.
SHORT = {
    (128, 2): (512, 2),
    (64, 4): (256, 4),
    (32, 8): (256, 4),
    (64, 2): (512, 2),
    (32, 4): (256, 4),
    (16, 8): (256, 4),
}
HEADINGS = ("length", "range", "seed", "generator_seed", "images", "error", "law_error")


def configuration(length: int, range_: int, seed: int, options: dict):
    """Return the settings of one training."""
    from stochastic.networks import StreamTraining

    if (length, range_) in SHORT:
        start = configuration(*SHORT[length, range_], seed, options)
        short = {"epochs": 0, "loop_epochs": 6}
        if "epochs" in options:
            short["loop_epochs"] = max(1, options["epochs"] // 6)
        given = {**options, **short, "start": start}
    else:
        given = options
    return StreamTraining(length=length, range=range_, seed=seed, **given)


def trained(out: Path, length: int, range_: int, seed: int, options: dict, data: Path | None):
    """Return the finished run of a setting; train it if there is none."""
    from stochastic.networks import StreamRun

    start = None
    if (length, range_) in SHORT:
        start = trained(out, *SHORT[length, range_], seed, options, data)
    run = StreamRun(
        out / f"N{length}-m{range_}-seed{seed}",
        configuration(length, range_, seed, options),
        data_directory=data,
        start=start,
    )
    if not run.done:
        begin = time.monotonic()
        run.train()
        seconds = time.monotonic() - begin
        print(f"{run.folder.name}: law {run.rows[-1][2]} %, {seconds:.0f} s", flush=True)
    return run


def measured(run, generator_seed: int) -> tuple[int, float]:
    """Return the number of images and the misclassification in % of the streams."""
    from stochastic.networks import convert

    settings = run.configuration
    network = convert(
        run.model, length=settings.length, range=settings.range, seed=generator_seed
    )
    split = len(run.data.train_images) - settings.validation
    images, labels = run.data.test_images, run.data.test_labels
    if settings.validation:
        images, labels = run.data.train_images[split:], run.data.train_labels[split:]
    wrong = network.classify(images) != labels
    return len(labels), 100 * float(wrong.mean())


def main(arguments: list[str] | None = None) -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the study")
    parser.add_argument("--data", type=Path, help="directory of the data set")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--validation", type=int, default=0)
    parser.add_argument("--no-augmentation", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--settings", nargs="*", help="N,m; by default all")
    given = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(1)
    settings = [*LONG, *SHORT]
    if given.settings:
        settings = [tuple(map(int, text.split(","))) for text in given.settings]
    options = {
        "dataset": given.dataset,
        "epochs": given.epochs,
        "validation": given.validation,
        "augment": not given.no_augmentation,
    }
    given.out.mkdir(parents=True, exist_ok=True)
    table = given.out / "errors.csv"
    rows = []
    if table.exists():
        rows = list(csv.reader(table.read_text().splitlines()))[1:]
    known = {tuple(map(int, row[:4])) for row in rows}
    for length, range_ in settings:
        for seed in given.seeds:
            missing = [g for g in GENERATOR_SEEDS if (length, range_, seed, g) not in known]
            if not missing:
                continue
            run = trained(given.out, length, range_, seed, options, given.data)
            for generator_seed in missing:
                images, error = measured(run, generator_seed)
                law = run.law_error()
                key = (length, range_, seed, generator_seed)
                rows.append([*map(str, key), str(images), f"{error:.4f}", f"{law:.4f}"])
                with table.open("w", newline="") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerows([HEADINGS, *rows])
    for length, range_ in settings:
        errors = [
            float(row[5]) for row in rows if (row[0], row[1]) == (str(length), str(range_))
        ]
        spread = (
            np.std(errors, ddof=1) / len(errors) ** 0.5 if len(errors) > 1 else float("nan")
        )
        print(
            f"N = {length:4}, m = {range_}: {np.mean(errors):.2f} % of {len(errors)} "
            f"simulations, standard error {spread:.2f}"
        )


if __name__ == "__main__":
    main()
