"""Addition at the end of a residual block."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..formats.format import Format, as_format
from ..formats.result_formats import sum_format
from .cast import Cast
from .round_tensor import is_random, make_reader, round_to
from .tensor_values import check_values, tensor_type

__all__ = ["Add"]


class Add(nn.Module):
    """Exact sum of two tensors, rounded once, as by an adder and a requantiser.

    Parameters
    ----------
    a, b : Format or str
        Of the two inputs.
    output : Cast
        From the exact sum.
    bits : word source or WordReader, optional
        For STOCHASTIC. Its position advances from call to call.

    Raises
    ------
    ValueError
        If the exact sum has more than 53 bits.

    Examples
    --------
    >>> import torch
    >>> from fixedpoint.layers import Add, Cast
    >>> add = Add("sQ2.4", "uQ2.1", Cast(format="sQ3.2"))
    >>> add(torch.tensor([0.0625]), torch.tensor([3.5])).tolist()
    [3.5]
    """

    def __init__(
        self, a: Format | str, b: Format | str, output: Cast, *, bits: Any = None
    ) -> None:
        super().__init__()
        self.inputs = as_format(a), as_format(b)
        self.cast = output
        self.output_format = output.format
        self.sum_type = tensor_type(sum_format(*self.inputs))
        self.bits = make_reader(bits, is_random(output))

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        for x, fmt in zip((a, b), self.inputs, strict=True):
            check_values("Add", x, fmt)
        return round_to(a.to(self.sum_type) + b.to(self.sum_type), self.cast, self.bits)

    def extra_repr(self) -> str:
        return f"{self.inputs[0]} + {self.inputs[1]}, output {self.output_format}"
