"""Expressions: arithmetic on values that will be streams."""

from __future__ import annotations

import dataclasses
from typing import Any

from .composition import Composition, compose
from .functions import absolute
from .node import Node
from .operations import add, divide, multiply, negate, subtract

__all__ = ["Expression"]


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Expression(Node):
    """A value that a stream will carry.

    Made by `number`, `stream` and `constant`, by the operators ``+``, ``-``, ``*``, ``/`` and
    ``abs``, and by the functions of this package. The attributes are those of `Node`; the
    useful ones are `encoding`, `scale`, `low` and `high`.

    Examples
    --------
    >>> from stochastic.expressions import number, tanh
    >>> a, w, b = number("a"), number("w"), number("b")
    >>> y = tanh(a * w + b)
    >>> (a * w + b).scale, y.scale, y.encoding
    (2.0, 1.0, 'bipolar')
    >>> netlist = y.compose().netlist
    >>> [port.name for port in netlist.inputs]
    ['a', 'w', 'b']
    """

    def __add__(self, other: Any) -> Any:
        return add(self, other)

    def __radd__(self, other: Any) -> Any:
        return add(other, self)

    def __sub__(self, other: Any) -> Any:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self)

    def __neg__(self) -> Any:
        return negate(self)

    def __abs__(self) -> Any:
        return absolute(self)

    def __bool__(self) -> bool:
        raise TypeError(f"{self} has no truth value: it stands for a stream")

    def __repr__(self) -> str:
        return f"<{self.encoding} {self}, scale {self.scale:g}>"

    def compose(self, **options: Any) -> Composition:
        """Return the circuit of this expression: `compose` with one output, ``y``."""
        return compose({"y": self}, **options)

    def evaluate(self, *, length: int | None = None, **values: Any) -> Any:
        """Return the value by streams of `length` bits: `Composition.evaluate` of ``y``."""
        return self.compose().evaluate(length=length, **values)["y"]

    def exact(self, **values: Any) -> Any:
        """Return the value in floating point: `Composition.exact` of ``y``."""
        return self.compose().exact(**values)["y"]
