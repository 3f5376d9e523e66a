"""Batch normalization that trains in fixed point; see `with_roles`."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from .base import RoleLayer
from .biases import bias_codes, max_weight_frac_bits
from .channel_kernels import affine, channel_dot, channel_sums, subtract_projection
from .computed_tensor import ComputedTensor
from .exact_quotients import floats_rounded_to_odd, inverse_root, rounded_to_even
from .roles import MAX_FRAC_BITS, Roles
from .tensor_codes import CodeTensor

__all__ = ["RoleNorm"]

# Bits of the shifts that are added to products; integers below 2^53 are exact in float64.
_BIAS_BITS = 51
# Extra fraction bits of the errors' means, which are much smaller than the errors.
_GUARD_BITS = 12


class RoleNorm(RoleLayer):
    """Batch normalization in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.BatchNorm1d or torch.nn.BatchNorm2d
        Source of the parameters and statistics.
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    Forward, for each channel of n numbers:

    - The input is rounded (point ``"input"``; exact if it is the output of a layer). Its mean
      is rounded to the same resolution, ties to even, and subtracted: d.
    - s = 1 / sqrt(sum of d^2 / n + eps), from the exact sum, is rounded (``"inverse
      deviation"``). The exact product s d is rounded: u (``"normalized"``).
    - The exact g u + h is rounded to the output (``"sum"``). The scale g is rounded as a
      weight (``"weight"``), with at most so many fraction bits that each shift h is below
      2^51 in the products' resolution, to which it is rounded, ties to even. If weights have
      a fixed format, h saturates at -2^51 and 2^51 - 1.

    Backward, the incoming errors e are rounded (``"error"``):

    - The exact sums of e and e u are rounded to the gradients of h and g.
    - r = (sum of e u) / n is rounded (``"slope"``). The mean of e and r u are rounded to
      twelve more fraction bits than e, ties to even, and subtracted from e. The difference,
      which must stay below 2^53 of these units, is rounded (``"centred error"``), multiplied
      by the rounded g s (``"scale"``), and rounded to the outgoing errors (``"error sent"``).
      This is skipped if the input needs no errors.

    Roots, r and sums of e u have 52 or 53 bits before they are rounded, and are rounded to
    odd. This changes no rounding, except STOCHASTIC with words of more than 27 bits.

    In evaluation mode, the running mean and variance are used, and errors are not centred.
    The input then has at most so many fraction bits that codes also hold the running means,
    which are rounded to them, ties to even. In a fixed format of w bits they saturate at
    -2^(w-1) and 2^(w-1). They are moving averages in float, as torch's, and training does not
    read them.

    Source: the equations are those of S. Ioffe and C. Szegedy, "Batch Normalization:
    Accelerating Deep Network Training by Reducing Internal Covariate Shift", ICML 2015.
    """

    running_mean: torch.Tensor | None
    running_var: torch.Tensor | None
    num_batches_tracked: torch.Tensor | None

    def __init__(
        self,
        layer: nn.BatchNorm1d | nn.BatchNorm2d,
        roles: Roles,
        reader: WordReader | None,
    ) -> None:
        super().__init__(roles, reader)
        self.weight, self.bias = layer.weight, layer.bias
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, getattr(layer, name))
        self.channels, self.momentum, self.eps = layer.num_features, layer.momentum, layer.eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() < 2 or x.shape[1] != self.channels:
            raise ValueError(
                f"batch normalization in training takes [images, {self.channels}, ...], "
                f"not {tuple(x.shape)}"
            )
        pixels = math.prod(x.shape[2:])
        images = x if x.dim() == 4 else x.reshape(*x.shape[:2], pixels, 1)
        return _Normalization.apply(images, self.weight, self.bias, self).reshape(x.shape)

    def statistics(
        self, x: torch.Tensor
    ) -> tuple[CodeTensor, torch.Tensor, tuple[list[int], Fraction], bool]:
        """Return the codes of the input, and the mean and variance of each channel.

        Returns
        -------
        CodeTensor
        float64 tensor ``[channels]``
            The means as codes.
        list of int, Fraction
            The variances, and their unit.
        bool
            Whether these are the statistics of the batch.
        """
        if self.training or self.running_mean is None or self.running_var is None:
            return *self._of_batch(x), True
        for statistic in (self.running_mean, self.running_var):
            if not statistic.isfinite().all():
                raise ValueError("batch normalization needs running statistics that are finite")
        largest = float(self.running_mean.abs().max())
        # The codes must also hold the running means.
        max_frac_bits = (
            self.roles.sum.width - 1 - math.frexp(largest)[1] if largest else MAX_FRAC_BITS
        )
        a = self.codes("input", x, max_frac_bits=max_frac_bits)
        mean = (self.running_mean.double() * 2.0**a.frac_bits).round()
        mean = mean.clamp(-a.largest, a.largest)
        ratios = [v.as_integer_ratio() for v in self.running_var.tolist()]
        grid = max(denominator for _, denominator in ratios)
        variances = [numerator * (grid // denominator) for numerator, denominator in ratios]
        return a, mean, (variances, Fraction(1, grid)), False

    def _of_batch(
        self, x: torch.Tensor
    ) -> tuple[CodeTensor, torch.Tensor, tuple[list[int], Fraction]]:
        count = x.numel() // x.shape[1]
        if count < 2:
            raise ValueError(
                f"batch normalization in training takes 2 or more numbers of a channel, "
                f"not {count}"
            )
        a = self.codes("input", x)
        mean = (channel_sums(a.tensor) / count).round()
        squares = channel_dot(a.tensor, a.tensor, mean)
        unit = Fraction(2) ** (-2 * a.frac_bits) / count
        variances = [n * unit.numerator / unit.denominator for n in squares]
        self._update_running(mean * 2.0**-a.frac_bits, variances, count)
        return a, mean, (squares, unit)

    def _update_running(self, mean: torch.Tensor, variances: list[float], count: int) -> None:
        """Update the running statistics as torch does."""
        if self.running_mean is None or self.running_var is None:
            return
        momentum = self.momentum
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / float(self.num_batches_tracked)
        unbiased = [v * count / (count - 1) for v in variances]
        for running, new in (
            (self.running_mean, mean),
            (self.running_var, torch.tensor(unbiased, dtype=torch.float64)),
        ):
            running.lerp_(new.to(running.dtype), momentum or 0.0)


class _Normalization(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, layer: RoleNorm) -> torch.Tensor:
        a, mean, variances, of_batch = layer.statistics(x)
        roots = _inverse_deviations(*variances, Fraction(layer.eps))
        s = layer.codes("inverse deviation", torch.tensor(roots, dtype=torch.float64))
        u = layer.codes(
            "normalized", affine(a.tensor, s.tensor, centre=mean), a.frac_bits + s.frac_bits
        )
        ctx.of_batch, ctx.layer, ctx.formats = of_batch, layer, (s.format, u.format)
        factor, exponent, start, g = torch.ones_like(s.tensor), u.frac_bits, None, None
        if weight is not None:
            g = layer.codes(
                "weight", weight, max_frac_bits=max_weight_frac_bits(bias, exponent, _BIAS_BITS)
            )
            factor, exponent = g.tensor, exponent + g.frac_bits
        if bias is not None:
            start = bias_codes(bias, exponent, _BIAS_BITS)
        ctx.parameters = g, bias is not None
        ctx.save_for_backward(s.tensor, u.tensor)
        return layer.values("sum", affine(u.tensor, factor, start=start), exponent)

    @staticmethod
    def backward(ctx: Any, incoming: Any) -> Any:
        layer, (g, has_bias) = ctx.layer, ctx.parameters
        s, u = (CodeTensor(t, f) for t, f in zip(ctx.saved_tensors, ctx.formats, strict=True))
        e = layer.codes("error", incoming)
        total, products = channel_sums(e.tensor), channel_dot(e.tensor, u.tensor)
        exponent = e.frac_bits + u.frac_bits
        weight_gradient = bias_gradient = error_sent = None
        if g is not None:
            weight_gradient = layer.values(
                "gradient", floats_rounded_to_odd(products), exponent
            )
        if has_bias:
            bias_gradient = layer.values("bias gradient", total, e.frac_bits)
        if ctx.needs_input_grad[0]:
            centred: torch.Tensor | ComputedTensor = e.tensor
            frac_bits = e.frac_bits
            if ctx.of_batch:
                count = e.tensor.numel() // e.tensor.shape[1]
                slopes = floats_rounded_to_odd(products, count)
                r = layer.codes("slope", slopes, exponent)
                means = [rounded_to_even(int(t) << _GUARD_BITS, count) for t in total.tolist()]
                centred = _centred(e, torch.tensor(means, dtype=torch.float64), u, r)
                frac_bits += _GUARD_BITS
            z = layer.codes("centred error", centred, frac_bits)
            k = s
            if g is not None:
                k = layer.codes(
                    "scale", s.tensor.double() * g.tensor.double(), s.frac_bits + g.frac_bits
                )
            sent = affine(z.tensor, k.tensor)
            error_sent = layer.values("error sent", sent, z.frac_bits + k.frac_bits)
        return error_sent, weight_gradient, bias_gradient, None


def _inverse_deviations(variances: list[int], unit: Fraction, eps: Fraction) -> list[float]:
    """Return 1 / sqrt(variance * unit + eps) of each channel, rounded to odd."""
    ratio = eps / unit
    sums = [n * ratio.denominator + ratio.numerator for n in variances]
    if 0 in sums:
        raise ValueError("batch normalization needs eps above 0 where a channel is constant")
    unit /= ratio.denominator
    return [inverse_root(n * unit.numerator, unit.denominator) for n in sums]


def _centred(e: CodeTensor, mean: torch.Tensor, u: CodeTensor, r: CodeTensor) -> ComputedTensor:
    """Return the errors minus their mean and minus r u.

    The mean and the result are in units of `_GUARD_BITS` more fraction bits than the errors.
    """
    scale = 2.0**_GUARD_BITS
    slope = r.tensor.double() * 2.0 ** (e.frac_bits + _GUARD_BITS - u.frac_bits - r.frac_bits)
    bound = 2 * e.largest * scale + u.largest * float(slope.abs().max())
    if bound >= 2.0**53:
        raise ValueError(
            f"what batch normalization takes from errors must stay below 2**53 of their "
            f"units, not reach {bound:.4g}; give the roles fewer bits"
        )
    return subtract_projection(e.tensor, u.tensor, mean, slope, scale)
