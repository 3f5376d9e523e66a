"""Configuration of a training run: all settings that determine its bits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from typing import Any

import torch

from fixedpoint.circuit import Parameters, check_choice, check_flag, check_integer, check_number
from fixedpoint.circuit.checks import shown

from ..augmentation import AUGMENTED
from ..datasets import DATASETS
from ..networks import NETWORKS
from ..optimizers.optimizer_registry import OPTIMIZERS
from ..python_files import file_digest, in_file, split_name
from ..schedules.schedule_registry import SCHEDULES
from .training_roles import training_roles

__all__ = ["Configuration"]

# Fields that not every optimizer has. None stands for the optimizer's default.
_OPTIMIZER_OPTIONS = (
    *("weight_decay", "cycles_per_step", "lanes", "momentum_bits", "weight_bits"),
    *("weight_fraction", "generator", "sharing", "scale"),
)

# The optimizers whose update is in fixed point, as the passes are where formats are given.
FIXED_POINT = ("fixed-nearest", "fixed-stochastic")

LARGEST_FLOAT = sys.float_info.max


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration(Parameters):
    """Configuration of a training run: network, images, optimizer and duration.

    Two runs of one configuration on the same kind of machine give the same bits.

    Parameters
    ----------
    model : str
        ``"vgg16"``, ``"resnet18"`` or ``"mobilenetv2"``; or ``"FILE.py:CLASS"`` for a network
        of one's own, see `stochastic.training.runs.network.make_network`.
    width : float
        Factor of the channels of every layer, above 0 and at most 1.
    dataset : str
        Name of a data set, see `load`; or ``"FILE.py:CLASS"`` for one of one's own, see
        `load_own`.
    images : int, optional
        Number of training images to use, the first ones. By default all.
    validation : int
        Number of training images to hold out, the last ones of those used. They replace the
        test images, so that settings can be chosen with them.
    augment : bool
        Whether training images are shifted by up to 4 pixels and mirrored at random, anew in
        every epoch; see `stochastic.training.augmentation`. Only for data sets whose classes
        stay the same then.
    optimizer : str
        Name of an optimizer; see `OPTIMIZERS`.
    lr : float, optional
        Learning rate in the sense of the optimizer; by default the optimizer's default.
    layerwise : bool
        Whether the learning rate of each tensor depends on the size of its weights; see
        `layerwise_groups`.
    momentum : float
        Decay beta, at least 0 and less than 1. Circuits need ``1 - 2**-n``.
    weight_decay : float, optional
        Weight decay, if the optimizer has it.
    cycles_per_step, lanes, momentum_bits, weight_bits, weight_fraction : int, optional
        Options of the optimizer's circuit, if it has them; by default the optimizer's.
    generator : {"lfsr", "sobol"}, optional
        Kind of the circuit's generators.
    sharing : {"rotation", "per-lane"}, optional
        How the lanes of the circuit share generators.
    scale : str, optional
        Scale of the gradients: ``"auto"``, or with an offset, such as ``"auto-2"``.
    formats : str, optional
        Formats of the forward and backward pass in fixed point, ``"2-bit"`` to ``"16-bit"``;
        see `training_roles` and `fixedpoint.layers.with_roles`. By default both passes use
        float32. The optimizer must be ``"fixed-nearest"`` or ``"fixed-stochastic"``, so that
        the update is in fixed point, too.
    schedule : str
        Name of the learning-rate schedule; see `SCHEDULES`.
    epochs, batch_size : int
    seed : int
        Seed of the initial weights and of the order of the images.
    device : str
        ``"cpu"`` or ``"cuda"``. For equal gradients, circuit optimizers give equal bits on
        both, but the gradients differ.
    threads : int
        Number of torch's CPU threads, on which floating-point sums depend.
    model_digest, dataset_digest : str, optional
        Digests of the files of a network and of a data set of one's own. By default those of
        the files as they are now, relative to the current directory.

    Raises
    ------
    TypeError, ValueError
        If a value is unknown or out of range, or if the optimizer has no such option.
    FileNotFoundError
        If the file of a class of one's own does not exist.
    """

    model: str = "vgg16"
    width: float = 1.0
    dataset: str = "fashion-mnist-subset"
    images: int | None = None
    validation: int = 0
    augment: bool = False
    optimizer: str = "dsc-momentum"
    lr: float | None = None
    layerwise: bool = False
    momentum: float = 0.9375
    weight_decay: float | None = None
    cycles_per_step: int | None = None
    lanes: int | None = None
    momentum_bits: int | None = None
    weight_bits: int | None = None
    weight_fraction: int | None = None
    generator: str | None = None
    sharing: str | None = None
    scale: str | None = None
    formats: str | None = None
    schedule: str = "cosine"
    epochs: int = 8
    batch_size: int = 64
    seed: int = 1
    device: str = "cpu"
    threads: int = 1
    model_digest: str | None = None
    dataset_digest: str | None = None

    def __post_init__(self) -> None:
        self._check_name("model", "model", tuple(NETWORKS))
        if not 0 < check_number("width", self.width) <= 1:
            raise ValueError(f"width must be above 0 and at most 1, not {shown(self.width)}")
        self._check_name("dataset", "data set", DATASETS)
        if self.images is not None:
            check_integer("images", self.images, 1, 1 << 31)
        check_integer("validation", self.validation, 0, 1 << 31)
        named = not in_file(self.dataset)
        if check_flag("augment", self.augment) and named and self.dataset not in AUGMENTED:
            raise ValueError(
                f"augment is for the data sets {', '.join(AUGMENTED)}, not for {self.dataset}"
            )
        check_choice("optimizer", self.optimizer, tuple(OPTIMIZERS))
        entry = OPTIMIZERS[self.optimizer]
        lr = entry.lr if self.lr is None else self.lr
        if not 0 < check_number("lr", lr) <= LARGEST_FLOAT:
            raise ValueError(f"lr must be a positive number, not {shown(lr)}")
        self._set(lr=lr)
        check_flag("layerwise", self.layerwise)
        if not 0 <= check_number("momentum", self.momentum) < 1:
            raise ValueError(
                f"momentum must be 0 or more and less than 1, not {shown(self.momentum)}"
            )
        decay = self.weight_decay
        if decay is not None and not 0 <= check_number("weight_decay", decay) <= LARGEST_FLOAT:
            raise ValueError(f"weight_decay must be a number of 0 or more, not {shown(decay)}")
        for name in _OPTIMIZER_OPTIONS:
            if getattr(self, name) is not None and name not in entry.options:
                raise ValueError(f"the optimizer {self.optimizer} has no {name}")
        if self.generator is not None:
            check_choice("generator", self.generator, ("lfsr", "sobol"))
        if self.formats is not None:
            training_roles(self.formats)
            if self.device != "cpu":
                raise ValueError(f"formats are computed on the cpu, not on {self.device}")
            if self.optimizer not in FIXED_POINT:
                raise ValueError(
                    f"formats need an optimizer in fixed point, {' or '.join(FIXED_POINT)}, "
                    f"not {self.optimizer}, which ignores them"
                )
        # The optimizer checks its options itself: make one with a single parameter.
        parameters = [("weight", torch.nn.Parameter(torch.zeros(1)))]
        entry.make(parameters, lr=lr, momentum=self.momentum, **self.options)
        check_choice("schedule", self.schedule, tuple(SCHEDULES))
        if self.schedule == "shift" and not entry.circuit:
            raise ValueError(f"the schedule shift is for circuits, not for {self.optimizer}")
        check_integer("epochs", self.epochs, 1, 1 << 20)
        check_integer("batch_size", self.batch_size, 1, 1 << 20)
        check_integer("seed", self.seed, 0, (1 << 63) - 1)
        check_choice("device", self.device, ("cpu", "cuda"))
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device cuda needs a GPU that torch can use, and there is none")
        check_integer("threads", self.threads, 1, 4096)

    def _check_name(self, field: str, words: str, known: tuple[str, ...]) -> None:
        """Check a name of a network or of a data set, and set the digest of its file."""
        name, digest = getattr(self, field), getattr(self, f"{field}_digest")
        if not in_file(name):
            check_choice(words, name, known)
            if digest is not None:
                raise ValueError(f"{field}_digest is for a file, not for the {words} {name}")
        elif digest is None:
            self._set(**{f"{field}_digest": file_digest(name)})
        elif not isinstance(digest, str):
            raise TypeError(f"{field}_digest must be a string, not {shown(digest)}")
        else:
            split_name(name)

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments of the optimizer besides learning rate and momentum."""
        return {n: getattr(self, n) for n in _OPTIMIZER_OPTIONS if getattr(self, n) is not None}

    @property
    def digest(self) -> str:
        """Digest of all fields but `epochs`, which may grow; every file of a run has it."""
        fields = self.replace(epochs=1).to_dict()
        # Runs from before there were these fields have none.
        for name in ("augment", "model_digest", "dataset_digest"):
            if not fields[name]:
                del fields[name]
        text = json.dumps(fields)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def difference(self, other: Configuration) -> str | None:
        """Return in words the first field in which another configuration differs."""
        for field in dataclasses.fields(self):
            value, other_value = getattr(self, field.name), getattr(other, field.name)
            if value != other_value:
                return f"{field.name} {value}, not {other_value}"
        return None
