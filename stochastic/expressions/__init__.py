"""Expressions of streams that become netlists."""

from .composition import Composition, compose
from .correlation import Correlation
from .expression import Expression
from .functions import (
    absolute_difference,
    bernstein,
    exp,
    maximum,
    minimum,
    relu,
    saturating_subtract,
    sigmoid,
    sqrt,
    tanh,
)
from .inputs import constant, number, stream
from .operations import add, divide, multiply, subtract
from .plan import GeneratorPlan

__all__ = [
    "Composition",
    "Correlation",
    "Expression",
    "GeneratorPlan",
    "absolute_difference",
    "add",
    "bernstein",
    "compose",
    "constant",
    "divide",
    "exp",
    "maximum",
    "minimum",
    "multiply",
    "number",
    "relu",
    "saturating_subtract",
    "sigmoid",
    "sqrt",
    "stream",
    "subtract",
    "tanh",
]
