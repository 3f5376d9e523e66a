"""A linear layer that is trained with the transfer law of its circuit."""

from __future__ import annotations

import torch
from torch import nn

from fixedpoint.circuit import check_integer

from .transfer_law import output_noise, sum_moments, transfer

__all__ = ["StreamLinear", "neuron_output"]


class StreamLinear(nn.Linear):
    """Neurons on integral streams, for training: the forward pass is their transfer law.

    Parameters
    ----------
    in_features, out_features : int
    range : int
        Range m of the weights' streams. Weights and bias are in -m..m; `clamp_` keeps them.
    states : int, optional
        States K of each neuron's counter. Without it the layer is an output layer, which adds
        its sums over all cycles: its output is the mean sum.
    length : int
        Cycles N of the streams; noise and law depend on it.
    noise : bool
        Whether the output has the noise of N cycles while the module is in training mode.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        range: int,
        states: int | None = None,
        length: int = 256,
        noise: bool = True,
    ) -> None:
        super().__init__(in_features, out_features)
        self.range = check_integer("StreamLinear range", range, 1, 64)
        if states is not None:
            states = check_integer("StreamLinear states", states, 2, 1 << 20)
            if states % 2:
                raise ValueError(f"StreamLinear states must be even, not {states}")
        self.states = states
        self.length = check_integer("StreamLinear length", length, 1, 1 << 20)
        self.noise = bool(noise)
        with torch.no_grad():
            self.weight.normal_(0, 0.4 * range**0.5)
            self.bias.zero_()
        self.clamp_()

    def clamp_(self) -> None:
        """Hold weights and bias in -m..m."""
        with torch.no_grad():
            self.weight.clamp_(-self.range, self.range)
            self.bias.clamp_(-self.range, self.range)

    def moments(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and variance, in one cycle, of every neuron's sum."""
        return sum_moments(x, self.weight, self.bias, self.range)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, variance = self.moments(x)
        noisy = self.noise and self.training
        return neuron_output(mean, variance, self.states, self.length, noisy)

    def extra_repr(self) -> str:
        """Return the arguments as text."""
        return (
            f"{self.in_features}, {self.out_features}, range={self.range}, "
            f"states={self.states}, length={self.length}"
        )


def neuron_output(
    mean: torch.Tensor, variance: torch.Tensor, states: int | None, length: int, noisy: bool
) -> torch.Tensor:
    """Return the mean output bit of neurons, or their mean sum without `states`.

    Parameters
    ----------
    mean, variance : tensor
        Of the sum in one cycle.
    states : int, optional
        States of the counter.
    length : int
        Cycles N.
    noisy : bool
        Whether the noise of N cycles is added.
    """
    variance = variance.clamp_min(1e-3)
    if states is None:
        if noisy:
            deviation = (variance.detach() / length).sqrt()
            mean = mean + deviation * torch.randn_like(mean)
        return mean
    bit, z = transfer(mean, variance, states, length)
    if not noisy:
        return bit
    with torch.no_grad():
        deviation = output_noise(bit, z, variance, states, length)
        disturbance = deviation * torch.randn_like(bit)
    return (bit + disturbance).clamp(0, 1)
