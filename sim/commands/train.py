"""``goldstream train``: train a network with circuits, in a folder that resumes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fixedpoint.circuit.files import writing

from ..interrupts import postponed
from ..progress import progress_bar

if TYPE_CHECKING:
    from stochastic.training import Configuration, Run

__all__ = ["train"]


def train(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; a run that it holds is resumed.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Folder of a run to go on with; it has all settings, and --epochs adds to it.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME | FILE.py:CLASS",
            help="The network: vgg16, resnet18 or mobilenetv2, or a class of your own.",
        ),
    ] = "vgg16",
    width: Annotated[
        float, typer.Option(help="Factor by which all layers have more or fewer channels.")
    ] = 1.0,
    dataset: Annotated[
        str,
        typer.Option(
            metavar="NAME | FILE.py:CLASS",
            help="The data set: fashion-mnist-subset, fashion-mnist, mnist, cifar-10 or "
            "digits, or a class of your own.",
        ),
    ] = "fashion-mnist-subset",
    data: Annotated[
        Path | None,
        typer.Option(help="Directory of the data set, if it is not part of the package."),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(help="How many training images to use at most; by default all."),
    ] = None,
    validation: Annotated[
        int, typer.Option(help="How many training images to hold out and to test on.")
    ] = 0,
    augment: Annotated[
        bool,
        typer.Option(
            "--augment",
            help="Shift training images by up to 4 pixels and mirror half of them, anew in "
            "every epoch.",
        ),
    ] = False,
    optimizer: Annotated[
        str,
        typer.Option(
            help="The optimizer: sgd, dsc-momentum, hybrid, fixed-nearest, fixed-stochastic, "
            "bfloat16-nearest or bfloat16-stochastic."
        ),
    ] = "dsc-momentum",
    lr: Annotated[
        float | None, typer.Option(help="Learning rate; by default the optimizer's own.")
    ] = None,
    layerwise: Annotated[
        bool,
        typer.Option(
            "--layerwise",
            help="Scale the learning rate of each tensor by the size of its weights.",
        ),
    ] = False,
    momentum: Annotated[
        float, typer.Option(help="Decay beta of the momentum, which is 1 - 2^-n for a circuit.")
    ] = 0.9375,
    weight_decay: Annotated[
        float | None,
        typer.Option(help="Weight decay, for an optimizer that has it; by default none."),
    ] = None,
    cycles_per_step: Annotated[
        int | None,
        typer.Option(
            help="Clock cycles of an update, a power of two; by default the optimizer's own."
        ),
    ] = None,
    lanes: Annotated[
        int | None, typer.Option(help="How many parameters the circuit updates in parallel.")
    ] = None,
    momentum_bits: Annotated[
        int | None,
        typer.Option(
            help="Bits of the counter that holds a momentum; by default the optimizer's own."
        ),
    ] = None,
    weight_bits: Annotated[
        int | None,
        typer.Option(
            help="Bits of the counter that holds a weight; by default the optimizer's own."
        ),
    ] = None,
    weight_fraction: Annotated[
        int | None,
        typer.Option(help="Fraction bits of a weight; by default the optimizer's own."),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(help="Generator of random words in the circuit: lfsr or sobol."),
    ] = None,
    sharing: Annotated[
        str | None,
        typer.Option(
            help="How lanes share a generator: rotation, or per-lane for one in each."
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(help="Factor of the gradients: auto, or auto-1 for half of that."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(help="Compute forward and backward in fixed point too: 2-bit to 16-bit."),
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="Course of the learning rate: cosine, step, shift or constant.")
    ] = "cosine",
    epochs: Annotated[
        int, typer.Option(help="How many times to go through the training images.")
    ] = 8,
    batch_size: Annotated[int, typer.Option(help="How many images each step takes.")] = 64,
    seed: Annotated[
        int, typer.Option(help="Seed of the initial weights and of the order of the images.")
    ] = 1,
    device: Annotated[
        str, typer.Option(help="Where to train: cpu, cuda, or auto for a GPU if there is one.")
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(help="Threads of PyTorch; by default those of the run, or all cores."),
    ] = None,
    record: Annotated[
        list[int] | None,
        typer.Option(
            help="A step to record for replay, negative from the end; may be repeated."
        ),
    ] = None,
    checkpoint_seconds: Annotated[
        float,
        typer.Option(
            help="Time between two checkpoints inside an epoch, which a kill costs at most."
        ),
    ] = 60.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Train a network with a circuit as optimizer; the run resumes and can be replayed.

    The command writes configuration.json, epochs.csv, checkpoint.pt, curve.png, and
    records.npz with the recorded steps, by default the second and the last one. With --formats
    and the optimizer fixed-nearest or fixed-stochastic, all of training is in fixed point;
    formats.csv then has the formats of each layer after every epoch.

    After Ctrl-C, or with more --epochs, the run goes on with --resume RUN. Epochs that are
    added have the learning rates of a run that was as long from the start.

    A network of your own is a torch.nn.Module, made with those of the arguments channels,
    classes and width that it takes. A data set of your own is a torch.utils.data.Dataset,
    made with train=True and with train=False, and with root=DIRECTORY if --data is given. The
    run goes on only while their files are as they were.

    Example: goldstream train --model resnet18 --width 0.125 --epochs 6 --out runs/resnet18
    """
    options = dict(locals())

    import torch

    from stochastic.training import Configuration, Run, draw_curves

    if (out is None) == (resume is None):
        raise ValueError("train needs --out FOLDER for a new run, or --resume RUN")
    code = None
    if resume is not None:
        out = resume
        configuration, data, record = _settings_of(context, resume, epochs, data)
    else:
        assert out is not None
        code = Path.cwd()
        settings = {
            field.name: value
            for field in dataclasses.fields(Configuration)
            if (value := options.get(field.name)) is not None
        }
        if formats is not None and device == "auto":
            device = "cpu"  # Formats are computed on the CPU only.
        settings["threads"], settings["device"] = _threads_and_device(
            out, threads, device, torch
        )
        configuration = Configuration(**settings)
    if not checkpoint_seconds >= 0:
        raise ValueError(f"--checkpoint-seconds must be 0 or more, not {checkpoint_seconds}")
    run = Run(out, configuration, data_directory=data, record=record, code_directory=code)
    _write_resume(run, data, record)
    with _told_how_to_go_on(run), progress_bar(as_json) as bar, postponed() as signals:
        task = bar.add_task("training", total=run.steps, completed=run.trainer.step)

        def show_progress(step: int, done: list[Any]) -> None:
            text = f"epoch {min(len(done) + 1, configuration.epochs)} of {configuration.epochs}"
            if done:
                text += f", test accuracy {100 * done[-1].test_accuracy:.2f} %"
            bar.update(task, completed=step, description=text)
            signals.check()

        results = run.train(show_progress, checkpoint_seconds=checkpoint_seconds)
    name = f"{configuration.model}, {configuration.optimizer}"
    if configuration.formats is not None:
        name += f", {configuration.formats}"
    draw_curves(
        out / "curve.png",
        {name: results},
        f"{configuration.dataset}, seed {configuration.seed}",
    )
    if as_json:
        print(json.dumps([_json_fields(epoch) for epoch in results], indent=2))
        return
    table = Table(title=f"{name}, seed {configuration.seed}")
    for heading in ("epoch", "loss", "training accuracy", "test accuracy", "seconds"):
        table.add_column(heading, justify="right")
    for epoch in results:
        table.add_row(
            str(epoch.number),
            f"{epoch.loss:.4f}",
            f"{100 * epoch.train_accuracy:.2f} %",
            f"{100 * epoch.test_accuracy:.2f} %",
            f"{epoch.seconds:.1f}",
        )
    console = Console()
    console.print(table)
    console.print(f"Written to {out}", soft_wrap=True)


@contextlib.contextmanager
def _told_how_to_go_on(run: Run) -> Iterator[None]:
    """Tell after Ctrl-C what is saved, and how to go on with it."""
    try:
        yield
    except KeyboardInterrupt:
        held = f"{run.checkpoint} holds step {run.saved} of {run.steps}"
        if not run.saved:
            held = f"{run.folder} holds the settings, but no step yet"
        again = f"goldstream train --resume {shlex.quote(str(run.folder))}"
        print(f"goldstream: {held}; to go on: {again}", file=sys.stderr)
        raise


def _settings_of(
    context: typer.Context, folder: Path, epochs: int, data: Path | None
) -> tuple[Configuration, Path | None, list[int] | None]:
    """Return configuration, data directory and recorded steps of the run in a folder."""
    from stochastic.training.runs.stored_configuration import read_configuration, read_resume

    given = [
        name
        for name in context.params
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    for name in given:
        if name not in ("resume", "epochs", "data", "checkpoint_seconds", "as_json"):
            raise ValueError(
                "--resume goes on with the settings of the run and takes --epochs, --data, "
                f"--checkpoint-seconds and --json alone, not --{name.replace('_', '-')}"
            )
    configuration = read_configuration(folder)
    if configuration is None:
        raise ValueError(f"{folder} holds no run: there is no configuration")
    if "epochs" in given:
        configuration = configuration.replace(epochs=epochs)
    facts = read_resume(folder)
    if data is None and facts["data"] is not None:
        data = Path(facts["data"])
    return configuration, data, facts["record"]


def _write_resume(run: Run, data: Path | None, record: list[int] | None) -> None:
    """Write what a run needs beside its configuration to go on."""
    from stochastic.training.runs.stored_configuration import RESUME

    facts = {
        "data": None if data is None else str(data.absolute()),
        "record": record,
        "code": str(run.code_directory.absolute()),
    }
    text = json.dumps(facts, indent=2) + "\n"
    path = run.folder / RESUME
    if not path.exists() or path.read_text() != text:
        with writing(path) as file:
            file.write(text)


def _json_fields(epoch: Any) -> dict[str, Any]:
    """Return the fields of an epoch for JSON, with None for the NaN of a diverged run."""
    fields = dataclasses.asdict(epoch)
    return {name: value if math.isfinite(value) else None for name, value in fields.items()}


def _threads_and_device(
    out: Path, threads: int | None, device: str, torch: Any
) -> tuple[int, str]:
    """Return the requested threads and device, else those of the run, else the defaults."""
    from stochastic.training.runs.stored_configuration import read_configuration

    stored = read_configuration(out)
    if threads is None:
        threads = len(os.sched_getaffinity(0)) if stored is None else stored.threads
    if device == "auto":
        default = "cuda" if torch.cuda.is_available() else "cpu"
        device = default if stored is None else stored.device
    return threads, device
