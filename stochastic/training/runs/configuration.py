"""Everything that decides the bits of a training run, in one frozen object."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from fixedpoint.circuit import Parameters, check_choice, check_flag, check_integer, check_number

from ..datasets import DATASETS
from ..networks import NETWORKS
from ..optimizers.optimizer_registry import OPTIMIZERS
from ..schedules.schedule_registry import SCHEDULES
from .training_roles import training_roles

__all__ = ["Configuration"]

# Fields that an optimizer may have; None stands for its own default.
_OPTIONS = (
    *("weight_decay", "cycles_per_step", "lanes", "momentum_bits", "weight_bits"),
    *("weight_fraction", "generator", "sharing", "scale"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Configuration(Parameters):
    """A training run: network, images, optimizer, and how long.

    Two runs of one configuration on the same kind of machine give the same bits.

    Parameters
    ----------
    model : {"vgg16", "resnet18", "mobilenetv2"}
    width : float
        Factor of every layer's channels, over 0 and at most 1.
    dataset : str
        Name of a data set; see `load`.
    images : int, optional
        Training images used: the first ones. All by default.
    validation : int
        Training images held out, the last ones of those used, on which accuracy is taken
        in place of the test images: for choosing settings.
    optimizer : str
        Name of an optimizer; see `OPTIMIZERS`.
    lr : float, optional
        Learning rate in the optimizer's own sense; by default what suits it.
    layerwise : bool
        Whether the learning rate goes with the size of each tensor's weights; see
        `layerwise_groups`.
    momentum : float
        beta, 0 or more and less than 1. All circuits need ``1 - 2**-n``.
    weight_decay : float, optional
        Where the optimizer has it.
    cycles_per_step, lanes, momentum_bits, weight_bits, weight_fraction : int, optional
        Of the optimizer's circuit, where it has them; by default the optimizer's own.
    generator : {"lfsr", "sobol"}, optional
        Where the optimizer's circuit draws words.
    sharing : {"rotation", "per-lane"}, optional
        How the circuit's lanes share generators.
    scale : str, optional
        Of the gradients: auto, or auto with an offset like auto-2.
    formats : str, optional
        Those of a network that goes forward and backward in fixed point, ``"2-bit"`` to
        ``"16-bit"``; see `training_roles` and `fixedpoint.layers.with_roles`. In float by
        default. With an optimizer of a circuit
        in fixed point, ``"fixed-nearest"`` or ``"fixed-stochastic"``, the update is so, too.
    schedule : str
        Of the learning rate; see `SCHEDULES`.
    epochs, batch_size : int
    seed : int
        Of the network's start and of the images' order.
    device : str
        ``"cpu"`` or ``"cuda"``. Optimizers of circuits give the same bits on both for the
        same gradients, but gradients differ.
    threads : int
        Of torch on the CPU: sums of floating-point numbers depend on it.

    Raises
    ------
    TypeError, ValueError
        If a value is unknown, out of range, or not one that the optimizer has.
    """

    model: str = "vgg16"
    width: float = 1.0
    dataset: str = "fashion-mnist-subset"
    images: int | None = None
    validation: int = 0
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

    def __post_init__(self) -> None:
        check_choice("model", self.model, tuple(NETWORKS))
        if not 0 < check_number("width", self.width) <= 1:
            raise ValueError(f"width must be over 0 and at most 1, not {self.width}")
        check_choice("data set", self.dataset, DATASETS)
        if self.images is not None:
            check_integer("images", self.images, 1, 1 << 31)
        check_integer("validation", self.validation, 0, 1 << 31)
        check_choice("optimizer", self.optimizer, tuple(OPTIMIZERS))
        choice = OPTIMIZERS[self.optimizer]
        lr = choice.lr if self.lr is None else self.lr
        if not (check_number("lr", lr) > 0 and math.isfinite(lr)):
            raise ValueError(f"lr must be a positive number, not {lr}")
        self._set(lr=lr)
        check_flag("layerwise", self.layerwise)
        if not 0 <= check_number("momentum", self.momentum) < 1:
            raise ValueError(f"momentum must be 0 or more and less than 1, not {self.momentum}")
        if self.weight_decay is not None:
            check_number("weight_decay", self.weight_decay)
        for name in _OPTIONS:
            if getattr(self, name) is not None and name not in choice.options:
                raise ValueError(f"the optimizer {self.optimizer} has no {name}")
        if self.generator is not None:
            check_choice("generator", self.generator, ("lfsr", "sobol"))
        if self.formats is not None:
            training_roles(self.formats)
            if self.device != "cpu":
                raise ValueError(f"formats are computed on the cpu, not on {self.device}")
        # What else the optimizer refuses, it refuses of one parameter, too.
        one = [("weight", torch.nn.Parameter(torch.zeros(1)))]
        choice.make(one, lr=lr, momentum=self.momentum, **self.options)
        check_choice("schedule", self.schedule, tuple(SCHEDULES))
        if self.schedule == "shift" and not choice.circuit:
            raise ValueError(f"the schedule shift is for circuits, not for {self.optimizer}")
        check_integer("epochs", self.epochs, 1, 1 << 20)
        check_integer("batch_size", self.batch_size, 1, 1 << 20)
        check_integer("seed", self.seed, 0, (1 << 63) - 1)
        check_choice("device", self.device, ("cpu", "cuda"))
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device cuda needs a GPU that torch can use, and there is none")
        check_integer("threads", self.threads, 1, 4096)

    @property
    def options(self) -> dict[str, Any]:
        """What the optimizer is told beyond parameters, learning rate and momentum."""
        return {n: getattr(self, n) for n in _OPTIONS if getattr(self, n) is not None}

    def difference(self, other: Configuration) -> str | None:
        """Return the first field in which another configuration differs, in words."""
        for field in dataclasses.fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            if mine != its:
                return f"{field.name} {mine}, not {its}"
        return None
