"""Options that the studies of training share, and the settings of their runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixedpoint.circuit import check_choice

if TYPE_CHECKING:
    from stochastic.training import Configuration

__all__ = [
    "SETTINGS",
    "AsJson",
    "Augment",
    "Data",
    "DataSet",
    "Epochs",
    "Formats",
    "Images",
    "Jobs",
    "Model",
    "Models",
    "Optimizers",
    "Out",
    "Rates",
    "Seeds",
    "Validation",
    "Width",
    "base_of",
    "different_models",
    "file_name",
    "has_lengths",
    "more_optimizers",
    "settings_of",
    "with_length",
    "with_sobol",
]

# Widths for which training takes minutes on a core, and learning rates of float SGD and of
# the circuits, chosen on held-out training images of Fashion-MNIST (`goldstream study rates`).
SETTINGS: dict[str, dict[str, float]] = {
    "vgg16": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.006, "fixed-stochastic": 0.01},
    "resnet18": {"width": 1 / 8, "sgd": 0.01, "dsc-momentum": 0.01, "fixed-stochastic": 0.01},
    "mobilenetv2": {
        "width": 1 / 4, "sgd": 0.03, "dsc-momentum": 0.01, "fixed-stochastic": 0.01,
    },
}  # fmt: skip

_FILE_NAME_CHARACTERS = str.maketrans(" /:", "---")

Out = Annotated[Path, typer.Option(help="Folder of the study; runs that it holds are resumed.")]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME | FILE.py:CLASS",
        help="The network: vgg16, resnet18 or mobilenetv2, or a class of your own.",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME | FILE.py:CLASS",
        help="A network to train; may be repeated; by default all three.",
    ),
]
Seeds = Annotated[
    int,
    typer.Option(
        help="How many runs of each configuration to make, with the seeds 1, 2 and so on."
    ),
]
Epochs = Annotated[int, typer.Option(help="How many times to go through the training images.")]
Images = Annotated[
    int | None, typer.Option(help="How many training images to use at most; by default all.")
]
Validation = Annotated[
    int, typer.Option(help="How many training images to hold out and to test on.")
]
DataSet = Annotated[
    str,
    typer.Option(
        metavar="NAME | FILE.py:CLASS",
        help="The data set: fashion-mnist-subset, fashion-mnist, cifar-10 or digits, or a "
        "class of your own.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="Directory of the data set, if it is not part of the package."),
]
Augment = Annotated[
    bool,
    typer.Option("--augment", help="Shift and mirror training images, anew in every epoch."),
]
Width = Annotated[
    float | None,
    typer.Option(
        help="Factor by which all layers have more or fewer channels; by default the study's."
    ),
]
Optimizers = Annotated[
    list[str] | None,
    typer.Option(
        "--optimizer",
        metavar="NAME",
        help="Train with another optimizer of `goldstream train`, too: hybrid, fixed-nearest, "
        "fixed-stochastic, bfloat16-nearest or bfloat16-stochastic; may be repeated.",
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        help="Train in fixed point, too: 2-bit to 16-bit; may be repeated; by default not."
    ),
]
Rates = Annotated[
    Path | None,
    typer.Option(help="File of learning rates, rates.json of `goldstream study rates`."),
]
Jobs = Annotated[
    int | None,
    typer.Option(help="How many runs to train side by side; by default one for each core."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for machines instead of text.")
]


def file_name(text: str) -> str:
    """Return a text with no character that separates folders."""
    return text.translate(_FILE_NAME_CHARACTERS)


def base_of(
    model: str,
    dataset: str,
    images: int | None,
    epochs: int,
    width: float | None,
    augment: bool = False,
    validation: int = 0,
) -> Configuration:
    """Return network, images and duration of a study's runs."""
    from stochastic.training import Configuration

    return Configuration(
        model=model,
        width=SETTINGS.get(model, {}).get("width", 1.0) if width is None else width,
        dataset=dataset,
        images=images,
        validation=validation,
        epochs=epochs,
        augment=augment,
    )


def different_models(names: list[str] | None) -> list[str]:
    """Return the networks of a study, once each; by default all of `SETTINGS`.

    Raises
    ------
    ValueError
        If two of them would have the same folders of runs.
    """
    models = list(dict.fromkeys(names or SETTINGS))
    folders: dict[str, str] = {}
    for model in models:
        other = folders.setdefault(file_name(model), model)
        if other != model:
            raise ValueError(
                f"networks of a study must differ in more than the characters / : and -, "
                f"unlike {other} and {model}"
            )
    return models


def more_optimizers(names: list[str] | None) -> list[str]:
    """Return names of optimizers that a study has beside float SGD and the circuit, once each.

    Raises
    ------
    ValueError
        If there is no such optimizer.
    """
    from stochastic.training import OPTIMIZERS

    others = tuple(name for name in OPTIMIZERS if name not in ("sgd", "dsc-momentum"))
    return list(
        dict.fromkeys(check_choice("--optimizer", name, others) for name in names or ())
    )


def settings_of(
    base: Configuration,
    optimizer: str,
    formats: str | None = None,
    rates: dict[str, float] | None = None,
) -> Configuration:
    """Return the settings of a study's run with an optimizer.

    Parameters
    ----------
    base : Configuration
        Its network, images and duration are taken.
    optimizer : str
        ``"sgd"``, or the name of a circuit, whose learning rates go by tensor.
    formats : str, optional
        Formats of both passes in fixed point.
    rates : dict of str to float, optional
        Learning rates by optimizer, or by formats. By default those of `SETTINGS`. The hybrid
        may take that of the circuit with two sequences, rounding to nearest that of
        stochastic rounding, and formats that of the optimizer.

    Raises
    ------
    ValueError
        If `rates` are given, but none for the optimizer.
    """
    known = SETTINGS.get(base.model, {}) if rates is None else rates
    names = [formats or optimizer, optimizer]
    if optimizer == "hybrid":
        names.append("dsc-momentum")
    if optimizer == "fixed-nearest":
        names.append("fixed-stochastic")
    rate = next((known[name] for name in names if name in known), None)
    if rates is not None and rate is None:
        raise ValueError(
            f"learning rates of {base.model} must have one of "
            f"{' or '.join(dict.fromkeys(names))}, not only of {', '.join(rates) or 'nothing'}"
        )
    return base.replace(
        optimizer=optimizer,
        lr=rate,
        layerwise=optimizer != "sgd",
        formats=formats,
    )


def has_lengths(settings: Configuration) -> bool:
    """Return whether the optimizer takes a number of cycles for each step."""
    from stochastic.training import OPTIMIZERS

    return "cycles_per_step" in OPTIMIZERS[settings.optimizer].options


def with_length(settings: Configuration, length: int) -> Configuration:
    """Return the settings with `length` cycles per step.

    A weight has 20 bits, 17 of them fraction bits, or fewer fraction bits if the weight and
    the log2(length) additional bits would exceed the 24 bits of float32.
    """
    bits = min(20, 24 - (length.bit_length() - 1))
    return settings.replace(cycles_per_step=length, weight_bits=bits, weight_fraction=bits - 3)


def with_sobol(settings: Configuration, length: int) -> Configuration:
    """Return the settings with Sobol generators for each lane and `length` cycles per step.

    The words of L successive cycles, L a power of two, lie in L intervals of equal size. The
    sum of L samples of a gradient then errs by less than one sample, and not by the square
    root of L. Gradients are therefore scaled to an RMS of 1 / L of full scale, at which fewer
    saturate. The learning rate is that of one cycle times L, so that those that do not saturate
    move weights as far. Both change less than that if the rate would exceed 1/2: with the
    factors of `layerwise_groups` it must fit the circuit's port.
    """
    assert settings.lr is not None  # The configuration has set the default.
    octaves = length.bit_length() - 1
    while octaves and settings.lr * 2**octaves > 0.5:
        octaves -= 1
    settings = settings.replace(
        generator="sobol",
        sharing="per-lane",
        scale=f"auto-{octaves}" if octaves else "auto",
        lr=settings.lr * 2**octaves,
    )
    return with_length(settings, length)
