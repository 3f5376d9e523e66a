"""Configuration of the training of a network on integral streams."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import torch
from torch import nn

from fixedpoint.circuit import Parameters, check_choice, check_flag, check_integer, check_number
from fixedpoint.circuit.checks import shown

from ..integral.stream_seeds import check_streams
from ..training.datasets import DATASETS
from .convolutional_network import Window
from .stream_conv2d import StreamConv2d
from .stream_convolution import StreamConvolution
from .stream_layer import WIDTH
from .stream_linear import StreamLinear

__all__ = ["StreamTraining"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamTraining(Parameters):
    """All settings that determine the bits of a training run.

    Parameters
    ----------
    dataset : str
        Name of a data set of grey images; see `stochastic.training.load`.
    validation : int
        Training images to hold out, the last ones. They replace the test images.
    convolutions : tuple of StreamConvolution
        Convolutions in front of the layers.
    hidden : tuple of int
        Neurons of each hidden layer.
    range, length : int
        Range m and cycles N of the streams.
    states : int
        States of each hidden neuron's counter.
    epochs : int
        Epochs with the transfer law as forward pass, with its noise.
    loop_epochs : int
        Epochs after them with the bit-accurate simulation as forward pass and the law as
        gradient. The generators have another seed in every step.
    rate, loop_rate : float
        Largest learning rate of Adam for range 1, in a schedule of one cycle; first learning
        rate of the loop, which falls to 0. The rates of range m are sqrt(m) times larger.
    batch_size : int
    augment : bool
        Whether `distort` changes the training images.
    seed : int
        Seed of weights, order, distortions and noise.
    start : StreamTraining, optional
        Configuration whose trained network this run starts from, with the weights scaled to
        the range.
    """

    dataset: str = "mnist"
    validation: int = 0
    convolutions: tuple[StreamConvolution, ...] = ()
    hidden: tuple[int, ...] = (100, 200)
    range: int = 4
    length: int = 256
    states: int = 50
    epochs: int = 40
    loop_epochs: int = 0
    rate: float = 0.01
    loop_rate: float = 0.001
    batch_size: int = 100
    augment: bool = True
    seed: int = 1
    start: StreamTraining | None = None

    def __post_init__(self) -> None:
        check_choice("data set", self.dataset, DATASETS)
        check_integer("validation", self.validation, 0, 1 << 31)
        if not isinstance(self.convolutions, tuple) or not all(
            isinstance(part, StreamConvolution) for part in self.convolutions
        ):
            raise TypeError(
                "convolutions must be a tuple of StreamConvolution, "
                f"not {shown(self.convolutions)}"
            )
        if not isinstance(self.hidden, tuple):
            raise TypeError(f"hidden must be a tuple, not {shown(self.hidden)}")
        for neurons in self.hidden:
            check_integer("neurons of a hidden layer", neurons, 1, 1 << 16)
        check_integer("range", self.range, 1, 64)
        check_integer("length", self.length, 1, 1 << 16)
        check_integer("states", self.states, 2, 1 << 20)
        check_integer("epochs", self.epochs, 0, 1 << 20)
        check_integer("loop_epochs", self.loop_epochs, 0, 1 << 20)
        for name in ("rate", "loop_rate"):
            if not 0 < check_number(name, getattr(self, name)) < 1:
                raise ValueError(f"{name} must be between 0 and 1, not {getattr(self, name)}")
        check_integer("batch_size", self.batch_size, 1, 1 << 20)
        check_flag("augment", self.augment)
        check_integer("seed", self.seed, 0, (1 << 63) - 1)
        if self.start is not None:
            if not isinstance(self.start, StreamTraining):
                raise TypeError(f"start must be a StreamTraining, not {shown(self.start)}")
            for name in ("dataset", "convolutions", "hidden", "validation"):
                if getattr(self.start, name) != getattr(self, name):
                    raise ValueError(
                        f"start must have {name} {getattr(self, name)}, "
                        f"not {getattr(self.start, name)}"
                    )

    @property
    def all_epochs(self) -> int:
        """Number of epochs of both stages."""
        return self.epochs + self.loop_epochs

    def features(self, channels: int, height: int, width: int) -> int:
        """Return the inputs of the first layer behind the convolutions, for such images.

        Raises
        ------
        ValueError
            If a window exceeds its input, its pools do not divide it, or a layer needs more
            streams than its generators have seeds.
        """
        for part in self.convolutions:
            window = Window(channels, height, width, part.kernel, part.padding, part.pool)
            check_streams((window.inputs + 1) * self.range, WIDTH)
            channels, (height, width) = part.channels, window.size
        features = channels * height * width
        for inputs in (features, *self.hidden):
            check_streams((inputs + 1) * self.range, WIDTH)
        return features

    def model(self, channels: int, features: int, classes: int) -> nn.Sequential:
        """Return an untrained network; its weights come from torch's generator.

        Parameters
        ----------
        channels : int
            Of the images; only convolutions need them.
        features : int
            As `features` returns them.
        classes : int
        """
        common: dict[str, Any] = {"range": self.range, "length": self.length}
        layers: list[nn.Module] = []
        for part in self.convolutions:
            options: dict[str, Any] = {
                "padding": part.padding,
                "pool": part.pool,
                "states": self.states,
            }
            layers.append(
                StreamConv2d(channels, part.channels, part.kernel, **options, **common)
            )
            channels = part.channels
        layers.append(nn.Flatten())
        sizes = (features, *self.hidden, classes)
        for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
            states = self.states if number < len(self.hidden) else None
            layers.append(StreamLinear(inputs, outputs, states=states, **common))
        return nn.Sequential(*layers)

    def adopt(self, model: nn.Sequential, state: dict[str, torch.Tensor]) -> None:
        """Load the weights of `start` into a network, scaled to the range."""
        assert self.start is not None
        factor = self.range / self.start.range
        model.load_state_dict({name: factor * value for name, value in state.items()})
