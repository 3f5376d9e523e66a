"""Biases of layers that train in fixed point, in the resolution of the products."""

from __future__ import annotations

import math

import torch

from .roles import MAX_FRAC_BITS
from .tensor_codes import extremes

__all__ = ["bias_codes", "max_weight_frac_bits"]


def max_weight_frac_bits(bias: torch.Tensor | None, frac_bits: int, bits: int) -> int:
    """Return the largest number of fraction bits of weights with which no bias saturates.

    Parameters
    ----------
    bias : float32 or float64 tensor ``[outputs]``, optional
    frac_bits : int
        Of the numbers by which weights are multiplied.
    bits : int
        Of biases, without the sign.
    """
    low, high = (0.0, 0.0) if bias is None else extremes(bias)
    largest = max(-low, high)
    return bits - frac_bits - math.frexp(largest)[1] if largest else MAX_FRAC_BITS


def bias_codes(bias: torch.Tensor, frac_bits: int, bits: int) -> torch.Tensor:
    """Return biases in units of ``2**-frac_bits``, rounded with ties to even, and saturated.

    Returns
    -------
    float64 tensor ``[outputs]``
        Integers of `bits` bits and a sign.
    """
    codes = (bias.detach().double() * 2.0**frac_bits).round()
    return codes.clamp(-(2.0**bits), 2.0**bits - 1)
