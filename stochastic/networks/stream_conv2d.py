"""A convolution that is trained with the transfer law of its circuit."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from fixedpoint.circuit import check_integer

from .stream_convolution import LARGEST_POOL
from .stream_linear import neuron_output

__all__ = ["StreamConv2d", "window_moments"]


class StreamConv2d(nn.Conv2d):
    """A convolution of neurons on integral streams, for training with their transfer law.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, padding : int
    range : int
        Range m of the weights' streams. Weights and bias are in -m..m; `clamp_` keeps them.
    states : int
        States K of each neuron's counter.
    length : int
        Cycles N of the streams; noise and law depend on it.
    pool : int
        The convolution's inputs are sums of ``pool * pool`` neighbouring bits; 1..11.
    noise : bool
        Whether the output has the noise of N cycles while the module is in training mode.

    Notes
    -----
    Inputs and outputs are means of bits, 0..1. A sum of pooled bits of means p_i has the mean
    ``sum p_i`` and the variance ``sum p_i (1 - p_i)``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        range: int,
        states: int,
        padding: int = 0,
        pool: int = 1,
        length: int = 256,
        noise: bool = True,
    ) -> None:
        margin = check_integer("StreamConv2d padding", padding, 0, 1 << 16)
        super().__init__(in_channels, out_channels, kernel_size, padding=margin)
        self.margin = margin
        self.range = check_integer("StreamConv2d range", range, 1, 64)
        self.states = check_integer("StreamConv2d states", states, 2, 1 << 20)
        if self.states % 2:
            raise ValueError(f"StreamConv2d states must be even, not {states}")
        self.length = check_integer("StreamConv2d length", length, 1, 1 << 20)
        self.pool = check_integer("StreamConv2d pool", pool, 1, LARGEST_POOL)
        self.noise = bool(noise)
        with torch.no_grad():
            self.weight.normal_(0, 0.4 * range**0.5)
            self.biases.zero_()
        self.clamp_()

    @property
    def biases(self) -> torch.Tensor:
        """The biases, which every such layer has."""
        assert self.bias is not None
        return self.bias

    def clamp_(self) -> None:
        """Hold weights and bias in -m..m."""
        with torch.no_grad():
            self.weight.clamp_(-self.range, self.range)
            self.biases.clamp_(-self.range, self.range)

    def moments(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and variance, in one cycle, of every neuron's sum."""
        return window_moments(x, self.weight, self.biases, self.range, self.pool, self.margin)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = self.moments(x)
        noisy = self.noise and self.training
        return neuron_output(mean, variance, self.states, self.length, noisy)

    def extra_repr(self) -> str:
        """Return the arguments as text."""
        return (
            f"{super().extra_repr()}, range={self.range}, states={self.states}, "
            f"pool={self.pool}, length={self.length}"
        )


def window_moments(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    range_: int,
    pool: int,
    padding: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance, in one cycle, of the sum of every window's neuron.

    As `sum_moments`, for independent integers in place of input bits: with the mean p of an
    integer and the mean q of its square, a weight of mean w adds ``p w`` to the mean and
    ``q E[W^2] - p^2 w^2`` to the variance.
    """
    first = second = x
    if pool > 1:
        first = functional.avg_pool2d(x, pool) * pool**2
        squares = functional.avg_pool2d(x.square(), pool) * pool**2
        second = first - squares + first.square()
    own = range_ - bias.square() / range_
    of_weights = weight.square()
    every = range_ + (1 - 1 / range_) * of_weights
    mean = functional.conv2d(first, weight, bias, padding=padding)
    variance = functional.conv2d(second, every, own, padding=padding)
    return mean, variance - functional.conv2d(first.square(), of_weights, padding=padding)
