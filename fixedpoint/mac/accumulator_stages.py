"""Rounding stages of a circuit that accumulates products as an `AccumulatorSpec` defines."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

from ..arrays.accumulator_spec import AccumulatorSpec, check_spec
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..formats.result_formats import product_format, rounded_format, sum_format
from ..rounding.rounding_stage import RoundingStage, check_port_format, check_stage

__all__ = ["AccumulatorStages", "check_accumulator"]


def check_accumulator(name: str, spec: Any, order: str) -> None:
    """Raise an error unless `spec` is an accumulator of the given order that fits a port.

    Parameters
    ----------
    name : str
        Owner of the accumulator, for the error messages.
    spec : AccumulatorSpec
    order : {"sequential", "tree"}
    """
    check_spec(f"{name} accumulator", spec)
    if spec.order != order:
        raise ValueError(f"{name} accumulator order must be {order}, not {spec.order}")
    check_port_format(f"{name} accumulator format", spec.format)


@dataclasses.dataclass(frozen=True)
class AccumulatorStages:
    """The stages that round products of codes of `a` and `b`, and their sums.

    Attributes
    ----------
    spec : AccumulatorSpec
    a, b : Format
    """

    spec: AccumulatorSpec
    a: Format
    b: Format

    @property
    def product(self) -> RoundingStage:
        """From the exact product to the term that is added; never overflows."""
        exact = product_format(self.a, self.b)
        rounding = self.spec.product_rounding
        if rounding is None:
            return RoundingStage(exact, exact, Rounding.TRUNCATE, Overflow.WRAP)
        target = rounded_format(exact, self.spec.format.frac_bits)
        return RoundingStage(exact, target, rounding, Overflow.WRAP)

    @property
    def first_sum(self) -> RoundingStage:
        """From the exact sum of two terms to the accumulator's format."""
        term = self.product.target
        return self._sum(term, term)

    @property
    def running_sum(self) -> RoundingStage:
        """From the exact sum of the accumulator and a term to the accumulator's format."""
        return self._sum(self.spec.format, self.product.target)

    @property
    def tree_sum(self) -> RoundingStage:
        """From the exact sum of two sums of a tree to the accumulator's format."""
        return self._sum(self.spec.format, self.spec.format)

    def _sum(self, x: Format, y: Format) -> RoundingStage:
        return RoundingStage(
            sum_format(x, y), self.spec.format, self.spec.rounding, self.spec.overflow
        )

    def check(self, name: str, *sums: RoundingStage) -> None:
        """Raise a ValueError if a product, or a stage of `sums`, needs more than 64 bits."""
        for stage in (self.product, *sums):
            check_stage(name, stage)

    def term(self, a: int, b: int, word: Fraction) -> int:
        """Return the code of one term; `word` is the generator's word over 2**width."""
        return self.product.quantize(a * b, word)[0]
