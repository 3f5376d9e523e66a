"""Biases of layers that train in fixed point, in the resolution of their products."""

from __future__ import annotations

import math

import torch

from .roles import MAX_FRAC_BITS
from .tensor_codes import extremes

__all__ = ["bias_codes", "max_weight_frac_bits"]


def max_weight_frac_bits(bias: torch.Tensor | None, frac_bits: int, bits: int) -> int:
    """Return the most fraction bits of weights with which no bias saturates.

    Parameters
    ----------
    bias : float32 or float64 tensor ``[outputs]``, optional
    frac_bits : int
        Of what weights are multiplied by.
    bits : int
        Of biases, the sign's apart.
    """
    least, greatest = (0.0, 0.0) if bias is None else extremes(bias)
    largest = max(-least, greatest)
    return bits - frac_bits - math.frexp(largest)[1] if largest else MAX_FRAC_BITS


def bias_codes(bias: torch.Tensor, frac_bits: int, bits: int) -> torch.Tensor:
    """Return biases in multiples of ``2**-frac_bits``, ties to even, saturated.

    Returns
    -------
    float64 tensor ``[outputs]``
        Whole numbers of so many bits and a sign.
    """
    codes = (bias.detach().double() * 2.0**frac_bits).round()
    return codes.clamp(-(2.0**bits), 2.0**bits - 1)
