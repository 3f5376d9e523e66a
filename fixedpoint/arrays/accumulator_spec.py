"""Accumulators: format, rounding, overflow and order of a running sum."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..circuit import Parameters, check_choice, check_integer
from ..circuit.checks import shown
from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding
from ..rounding.reference import (
    CodeOverflowError,
    fit_exactly,
    round_exactly,
)

__all__ = ["AccumulatorSpec", "check_spec"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AccumulatorSpec(Parameters):
    """How hardware accumulates a sum of products, with every addition quantised.

    Parameters
    ----------
    format : Format or str
        Of the running sum and the result.
    rounding : Rounding
        Of every sum to the format's resolution.
    overflow : Overflow
        Of every sum.
    order : {"sequential", "tree"}
        - ``"sequential"``: one multiply-accumulate unit. From s = 0, for k = 0, 1, ...:
          ``s = Q(s + a[k] * b[k])``.
        - ``"tree"``: a tree of adders. Neighbouring products are added, ``Q(p[0] + p[1])``,
          ``Q(p[2] + p[3])``, ...; a last product without a neighbour is added to 0. Then
          neighbouring sums are added in the same way, level by level; a last sum without a
          neighbour goes up unchanged.

        Q rounds with `rounding`, then applies `overflow`.
    product_rounding : Rounding, optional
        Rounding of each product to the accumulator's resolution before the addition. By
        default the adder takes the exact product. If it is given, all sums are multiples of
        the resolution, and of the modes for `rounding` only JAM has an effect.

    Notes
    -----
    The steps of a matrix product follow its inner dimension. Those of a convolution are
    input channels, then kernel rows, then kernel columns; padding takes part as zeros.
    STOCHASTIC takes the words that one multiply-accumulate unit would take: outputs in C
    order, one word for each step. A tree takes one word for each adder of the first level,
    or with STOCHASTIC `product_rounding` one for each product.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, Overflow, Rounding, matmul, quantize
    >>> a = quantize([[4.0, 4.0, 4.0, -4.0]], "sQ4.4")
    >>> spec = AccumulatorSpec(
    ...     format="sQ6.4", rounding=Rounding.NEAREST_UP, overflow=Overflow.SATURATE
    ... )
    >>> matmul(a, a.T, accumulator=spec)
    quantize([[31.9375]], 'sQ6.4')
    >>> matmul(a, a.T)
    quantize([[64.0]], 'sQ10.8')
    """

    format: Format
    rounding: Rounding = Rounding.TRUNCATE
    overflow: Overflow = Overflow.WRAP
    order: str = "sequential"
    product_rounding: Rounding | None = None

    def __post_init__(self) -> None:
        of_products = self.product_rounding
        self._set(
            format=as_format(self.format),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
            order=check_choice("accumulation order", self.order, ("sequential", "tree")),
            product_rounding=None if of_products is None else Rounding(of_products),
        )

    @property
    def random(self) -> bool:
        """Whether words are needed, because products or sums are rounded with STOCHASTIC.

        If `product_rounding` is given, it alone decides: the sums need no rounding.
        """
        return (self.product_rounding or self.rounding) is Rounding.STOCHASTIC

    def words_per_output(self, depth: int) -> int:
        """Return how many words an output of `depth` products takes."""
        if not self.random:
            return 0
        every_product = self.order == "sequential" or self.product_rounding is not None
        return depth if every_product else (depth + 1) // 2

    def accumulate(
        self, products: Sequence[Fraction], words: Sequence[Fraction] = (), start: int = 0
    ) -> int:
        """Return the code of one sum in plain Python: the slow reference implementation.

        Parameters
        ----------
        products : sequence of Fraction
            The exact products, in order.
        words : sequence of Fraction
            If `random`: the words, divided by 2**width; see `words_per_output`.
        start : int
            Code at which a sequential sum starts.

        Raises
        ------
        ValueError
            If there are more or fewer words than the sum takes, or the start is no code of
            the format, or not 0 in a tree.
        CodeOverflowError
            If a sum does not fit and `overflow` is ERROR. The message names the addition.
        """
        if self.random and len(words) != self.words_per_output(len(products)):
            raise ValueError(
                f"a sum of {len(products)} products takes "
                f"{self.words_per_output(len(products))} words, not {len(words)}"
            )
        low, high = self.format.minimum_code, self.format.maximum_code
        if self.order == "tree":
            low = high = 0
        check_integer("start", start, low, high)
        remaining = iter(words)
        zero = Fraction(0)
        scaled = [Fraction(p) / self.format.resolution for p in products]
        mode = self.product_rounding
        if mode is not None:
            scaled = [
                Fraction(round_exactly(p, mode, next(remaining) if self.random else zero))
                for p in scaled
            ]
        additions = 0

        def add(x: Fraction, y: Fraction) -> Fraction:
            nonlocal additions
            word = next(remaining, zero) if self.rounding is Rounding.STOCHASTIC else zero
            code = fit_exactly(
                round_exactly(x + y, self.rounding, word), self.format, self.overflow
            )
            if code is None:
                value = _nearest_float((x + y) * self.format.resolution)
                raise CodeOverflowError(
                    f"{self.format} cannot hold {value} at addition {additions}"
                )
            additions += 1
            return Fraction(code)

        if self.order == "sequential":
            total = Fraction(start)
            for product in scaled:
                total = add(total, product)
            return int(total)
        sums = [add(*pair) for pair in zip(scaled[::2], [*scaled[1::2], zero], strict=False)]
        while len(sums) > 1:
            unpaired = sums[-1:] if len(sums) % 2 else []
            sums = [add(x, y) for x, y in zip(sums[::2], sums[1::2], strict=False)]
            sums += unpaired
        return int(sums[0]) if sums else 0


def _nearest_float(value: Fraction) -> str:
    """Return the text of a number that may be beyond float64."""
    try:
        return repr(float(value))
    except OverflowError:
        return f"a number of {abs(int(value)).bit_length()} bits"


def check_spec(name: str, spec: Any) -> None:
    """Raise a TypeError that starts with `name` if `spec` is not an AccumulatorSpec."""
    if not isinstance(spec, AccumulatorSpec):
        raise TypeError(f"{name} must be an AccumulatorSpec, not {shown(spec)}")
