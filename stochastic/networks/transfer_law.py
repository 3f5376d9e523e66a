"""Transfer law of a neuron on integral streams: mean and noise of its output bit."""

from __future__ import annotations

import torch

__all__ = ["output_noise", "sum_moments", "transfer"]

# Twice the mean overshoot of a random walk at a boundary, in units of its step.
OVERSHOOT = 1.166


def sum_moments(
    inputs: torch.Tensor, weights: torch.Tensor, bias: torch.Tensor, range_: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance, in one cycle, of a neuron's sum.

    Parameters
    ----------
    inputs : tensor ``[n, K]``
        Means of the input bits, 0..1.
    weights, bias : tensor ``[J, K]`` and ``[J]``
        Means of the integral streams, -m..m.
    range_ : int
        Range m of these streams.

    Returns
    -------
    mean, variance : tensor ``[n, J]``
        An integer W with mean w is the sum of m independent bipolar bits, so that the mean of
        W^2 is ``m + (1 - 1/m) w^2``. A bit of mean p that gates it leaves the mean ``p w`` and
        the variance ``p E[W^2] - p^2 w^2``. All streams are independent.
    """
    squares = weights.square()
    mean = torch.addmm(bias, inputs, weights.t())
    first = range_ + (1 - 1 / range_) * squares
    own = range_ - bias.square() / range_
    variance = torch.addmm(own, inputs, first.t())
    return mean, torch.addmm(variance, inputs.square(), squares.t(), alpha=-1)


def transfer(
    mean: torch.Tensor, variance: torch.Tensor, states: int, length: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean of the output bit, and z, the argument of the logistic function.

    The diffusion limit of a counter with K states is ``h = 1 / (1 + exp(-K s / v))`` for a sum
    of mean s and variance v. A step is not small against K: the counter acts as one of
    ``K_e = K - 1 + 1.166 sqrt(v)`` states. Over N cycles the start in the middle acts as
    ``K_q = K_e / sqrt(1 + K_e^2 / (1.13 v N))``. Both corrections are fits to simulations.

    Parameters
    ----------
    mean, variance : tensor
        Of the sum in one cycle.
    states : int
        K.
    length : int
        N.
    """
    effective = states - 1 + OVERSHOOT * variance.sqrt()
    slope = effective / (1 + effective.square() / (1.13 * length * variance)).sqrt()
    z = slope * mean / variance
    return torch.sigmoid(z), z


def output_noise(
    bit: torch.Tensor, z: torch.Tensor, variance: torch.Tensor, states: int, length: int
) -> torch.Tensor:
    """Return the standard deviation of the mean of N output bits.

    Neighbouring bits are correlated, because the counter takes about ``K^2 / v`` cycles to
    forget its state. The formula is a fit to simulations.

    Parameters
    ----------
    bit, z : tensor
        Mean of the output and the argument, as `transfer` returns them.
    variance, states, length
        As for `transfer`.
    """
    effective = states - 1 + OVERSHOOT * variance.sqrt()
    squared = effective.square() / (1 + effective.square() / (1.13 * length * variance))
    return (bit * (1 - bit) * squared / (variance * length) / (3 + z.square() / 4)).sqrt()
