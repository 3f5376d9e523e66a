"""Batch normalization that trains in fixed point; see `with_roles`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import torch
from torch import nn

from ...rounding.word_reader import WordReader
from .base import RoleLayer
from .biases import bias_codes, max_weight_frac_bits
from .channel_kernels import affine, channel_dot, channel_sums, subtract_projection
from .roles import MAX_FRAC_BITS, Roles
from .tensor_codes import CodeTensor

__all__ = ["RoleNorm", "floats_rounded_to_odd", "inverse_root"]

# Whole numbers below 2^53 are exact in float64; what is added to products has so many bits.
_BIAS_BITS = 51
# How many more fraction bits than errors their means have, which are so much smaller.
_GUARD_BITS = 12


class RoleNorm(RoleLayer):
    """Batch normalization that computes in roles, forward and backward.

    Parameters
    ----------
    layer : torch.nn.BatchNorm1d or torch.nn.BatchNorm2d
        Whose parameters and statistics it takes.
    roles : Roles
    reader : WordReader, optional

    Notes
    -----
    For each channel, of n numbers:

    - What comes in is rounded (point ``"input"``, exact where a layer gave it); its mean is
      rounded to the same resolution, ties to even, and taken from it: d.
    - s = 1 / sqrt(sum of d^2 / n + eps), of the exact sum, is rounded (``"inverse
      deviation"``); then the exact product s d: u (``"normalized"``).
    - g u + h, exact, is rounded to what goes out (``"sum"``). The scale g is rounded as
      weights are (``"weight"``), but no finer than that each shift h is below 2^51 in the
      products' resolution, to which it is rounded, ties to even; where weights have a fixed
      format it saturates at -2^51 and 2^51 - 1.

    Backward, of the errors e that arrive, rounded (``"error"``):

    - the exact sums of e and e u are rounded to the gradients of h and g.
    - r = (sum of e u) / n is rounded (``"slope"``); the mean of e and r u are rounded to
      twelve more fraction bits than e, ties to even, and taken from e; what is left, which
      may not reach 2^53 of those units, is rounded (``"centred error"``), multiplied by g s,
      rounded (``"scale"``), and rounded to the errors sent (``"error sent"``). All this
      only where what came in wants errors.

    Roots, r and sums of e u have 53 bits before they are rounded, the last one odd where
    that is not exact: no rounding tells the difference but STOCHASTIC by words of more than
    28 bits.

    In evaluation, mean and variance are the running ones, and errors are not centred. What
    comes in is then rounded no finer than that the running means have codes as well, to
    which they go, ties to even; in a fixed format of w bits they saturate at -2^(w-1) and
    2^(w-1). They are moving averages in float, as torch's; nothing of training reads them.

    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift", ICML 2015, for the equations.
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
    ) -> tuple[CodeTensor, torch.Tensor, list[Fraction], bool]:
        """Return the codes of what comes in, and of each channel the mean and the variance.

        Returns
        -------
        Codes
        float64 tensor ``[channels]``
            The means, in whole codes.
        list of Fraction
            The variances.
        bool
            Whether mean and variance are the batch's own.
        """
        if self.training or self.running_mean is None or self.running_var is None:
            return *self._of_batch(x), True
        for kept in (self.running_mean, self.running_var):
            if not kept.isfinite().all():
                raise ValueError("batch normalization needs running statistics that are finite")
        largest = float(self.running_mean.abs().max())
        # No finer than that the running means have codes as well.
        max_frac_bits = (
            self.roles.sum.width - 1 - math.frexp(largest)[1] if largest else MAX_FRAC_BITS
        )
        made = self.codes("input", x, max_frac_bits=max_frac_bits)
        mean = (self.running_mean.double() * 2.0**made.frac_bits).round()
        mean = mean.clamp(-made.largest, made.largest)
        return made, mean, [Fraction(v) for v in self.running_var.tolist()], False

    def _of_batch(self, x: torch.Tensor) -> tuple[CodeTensor, torch.Tensor, list[Fraction]]:
        count = x.numel() // x.shape[1]
        if count < 2:
            raise ValueError(
                f"batch normalization in training takes 2 or more numbers of a channel, "
                f"not {count}"
            )
        made = self.codes("input", x)
        mean = (channel_sums(made.tensor) / count).round()
        unit = Fraction(2) ** (-2 * made.frac_bits)
        squares = channel_dot(made.tensor, made.tensor, mean)
        variances = [Fraction(square, count) * unit for square in squares]
        self._keep(mean * 2.0**-made.frac_bits, variances, count)
        return made, mean, variances

    def _keep(self, mean: torch.Tensor, variances: list[Fraction], count: int) -> None:
        """Move the running statistics on, as torch does."""
        if self.running_mean is None or self.running_var is None:
            return
        momentum = self.momentum
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / float(self.num_batches_tracked)
        unbiased = [float(v) * count / (count - 1) for v in variances]
        for kept, new in (
            (self.running_mean, mean),
            (self.running_var, torch.tensor(unbiased, dtype=torch.float64)),
        ):
            kept.lerp_(new.to(kept.dtype), momentum or 0.0)


class _Normalization(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, layer: RoleNorm) -> torch.Tensor:
        a, mean, variances, own = layer.statistics(x)
        roots = [inverse_root(v + Fraction(layer.eps)) for v in variances]
        s = layer.codes("inverse deviation", torch.tensor(roots, dtype=torch.float64))
        u = layer.codes(
            "normalized", affine(a.tensor, s.tensor, centre=mean), a.frac_bits + s.frac_bits
        )
        ctx.own, ctx.layer, ctx.formats = own, layer, (s.format, u.format)
        factor, exponent, start, g = torch.ones_like(s.tensor), u.frac_bits, None, None
        if weight is not None:
            g = layer.codes(
                "weight", weight, max_frac_bits=max_weight_frac_bits(bias, exponent, _BIAS_BITS)
            )
            factor, exponent = g.tensor, exponent + g.frac_bits
        if bias is not None:
            start = bias_codes(bias, exponent, _BIAS_BITS)
        ctx.held = g, bias is not None
        ctx.save_for_backward(s.tensor, u.tensor)
        return layer.values("sum", affine(u.tensor, factor, start=start), exponent)

    @staticmethod
    def backward(ctx: Any, arriving: Any) -> Any:
        layer, (g, has_bias) = ctx.layer, ctx.held
        s, u = (CodeTensor(t, f) for t, f in zip(ctx.saved_tensors, ctx.formats, strict=True))
        e = layer.codes("error", arriving)
        total, products = channel_sums(e.tensor), channel_dot(e.tensor, u.tensor)
        exponent = e.frac_bits + u.frac_bits
        weight_gradient = bias_gradient = leaving = None
        if g is not None:
            weight_gradient = layer.values(
                "gradient", floats_rounded_to_odd(products), exponent
            )
        if has_bias:
            bias_gradient = layer.values("bias gradient", total, e.frac_bits)
        if ctx.needs_input_grad[0]:
            rest, unit = e.tensor, e.frac_bits
            if ctx.own:
                count = e.tensor.numel() // e.tensor.shape[1]
                slopes = floats_rounded_to_odd(Fraction(p, count) for p in products)
                r = layer.codes("slope", slopes, exponent)
                means = [round(Fraction(int(t) << _GUARD_BITS, count)) for t in total.tolist()]
                rest = _centred(e, torch.tensor(means, dtype=torch.float64), u, r)
                unit += _GUARD_BITS
            z = layer.codes("centred error", rest, unit)
            k = s
            if g is not None:
                k = layer.codes(
                    "scale", s.tensor.double() * g.tensor.double(), s.frac_bits + g.frac_bits
                )
            sent = affine(z.tensor, k.tensor)
            leaving = layer.values("error sent", sent, z.frac_bits + k.frac_bits)
        return leaving, weight_gradient, bias_gradient, None


def _centred(e: CodeTensor, mean: torch.Tensor, u: CodeTensor, r: CodeTensor) -> torch.Tensor:
    """Return the errors minus their mean and minus r u.

    The mean and the result are in units of `_GUARD_BITS` more fraction bits than the errors.
    """
    fine = 2.0**_GUARD_BITS
    share = 2.0 ** (e.frac_bits + _GUARD_BITS - u.frac_bits - r.frac_bits)
    slope = r.tensor.double() * share
    bound = 2 * e.largest * fine + u.largest * float(slope.abs().max())
    if bound >= 2.0**53:
        raise ValueError(
            f"what batch normalization takes from errors must stay below 2**53 of their "
            f"units, not reach {bound:.4g}; give the roles fewer bits"
        )
    return subtract_projection(e.tensor, u.tensor, mean, slope, fine)


def inverse_root(v: Fraction) -> float:
    """Return 1 / sqrt(v) in 53 bits, the last one odd where they are not exact.

    So a later rounding to fewer bits comes to the same as of the root itself.
    """
    if not v:
        raise ValueError("batch normalization needs eps above 0 where a channel is constant")
    over, under = v.denominator, v.numerator
    places = (104 - over.bit_length() + under.bit_length()) // 2
    over <<= max(0, 2 * places)
    under <<= max(0, -2 * places)
    root = math.isqrt(over // under)
    return math.ldexp(root | (root * root * under != over), -places)


def floats_rounded_to_odd(numbers: Iterable[int | Fraction]) -> torch.Tensor:
    """Return numbers in float64, the last of 53 bits odd where they are not exact."""
    return torch.tensor([_round_to_odd(v) for v in numbers], dtype=torch.float64)


def _round_to_odd(v: int | Fraction) -> float:
    size = abs(Fraction(v))
    places = 52 - size.numerator.bit_length() + size.denominator.bit_length()
    over = size.numerator << max(0, places)
    under = size.denominator << max(0, -places)
    whole, rest = divmod(over, under)
    made = math.ldexp(whole | (rest != 0), -places)
    return -made if v < 0 else made
