"""Functions of nodes by state machines, correlated gates and polynomials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import check_integer, check_number

from ..correlation.absolute_difference import AbsoluteDifference
from ..correlation.correlated_gate import CorrelatedGate
from ..correlation.maximum import Maximum
from ..correlation.minimum import Minimum
from ..correlation.saturating_subtractor import SaturatingSubtractor
from ..division.gaines_square_root import GainesSquareRoot
from ..functions.bernstein_fit import bernstein_values, fit_bernstein
from ..functions.bernstein_polynomial import BernsteinPolynomial
from ..functions.sabs import Sabs
from ..functions.sexp import Sexp
from ..functions.srelu import Srelu
from ..functions.ssigmoid import Ssigmoid
from ..functions.stanh import Stanh
from .node import Gate, Node
from .operations import COUNTER, constant_like, negate, require_operands

__all__ = [
    "absolute",
    "absolute_difference",
    "bernstein",
    "exp",
    "maximum",
    "minimum",
    "relu",
    "saturating_subtract",
    "sigmoid",
    "sqrt",
    "tanh",
]

# Depth of the synchronizer in front of operands that cannot share a generator.
DEPTH = 2


def _machine(
    x: Node, name: str, circuit: Any, ideal: Callable[[Any], Any], encoding: str, scale: float
) -> Any:
    """Return a monotonic function by a state machine with the ports x and y."""
    ends = [float(ideal(np.float64(v))) for v in (x.low, x.high)]
    return type(x)(
        kind="gate",
        encoding=encoding,
        scale=scale,
        low=min(ends),
        high=max(ends),
        operands=(x,),
        ideal=ideal,
        gate=Gate(name=name, circuit=circuit, inputs=(("x",),), output="y", irregular=True),
    )


def _states(name: str, x: Node, gain: Any, states: float) -> int:
    """Return a number of states if it is an even integer from 2 to 1024."""
    check_number(f"{name} gain", gain)
    if gain <= 0:
        raise ValueError(f"{name} gain must be above 0, not {gain:g}")
    if states % 2 or not 2 <= states <= 1024:
        unit = "1" if name == "tanh" else "2"
        raise ValueError(
            f"{name} needs a gain times scale that is a multiple of {unit} up to "
            f"{1024 if unit == '2' else 512}, not {gain:g} times {x.scale:g}"
        )
    return int(states)


def tanh(x: Any, gain: float = 1) -> Any:
    """Return tanh(gain x) of a bipolar operand, by `Stanh` with K = 2 gain scale states.

    The exact law is ``tanh((K / 2) artanh(x / scale))``: it is near tanh(gain x) where x is
    small against its scale, so the error falls with the number of states.
    """
    require_operands("tanh", x, encodings=("bipolar",))
    circuit = Stanh(states=_states("tanh", x, gain, 2 * gain * x.scale))
    return _machine(x, "tanh", circuit, lambda v: np.tanh(gain * v), "bipolar", 1.0)


def sigmoid(x: Any, gain: float = 1) -> Any:
    """Return 1 / (1 + exp(-gain x)), unipolar, by `Ssigmoid` with K = gain scale states."""
    require_operands("sigmoid", x, encodings=("bipolar",))
    circuit = Ssigmoid(states=_states("sigmoid", x, gain, gain * x.scale))
    return _machine(
        x, "sigmoid", circuit, lambda v: 1 / (1 + np.exp(-gain * v)), "unipolar", 1.0
    )


def exp(x: Any, gain: float = 1) -> Any:
    """Return min(exp(gain x), 1), unipolar, by `Sexp` with G = gain scale / 2."""
    require_operands("exp", x, encodings=("bipolar",))
    upper = _states("exp", x, gain, gain * x.scale) // 2
    circuit = Sexp(states=max(16, 8 * upper), gain=upper)
    return _machine(
        negate(x), "exp", circuit, lambda v: np.minimum(np.exp(-gain * v), 1), "unipolar", 1.0
    )


def relu(x: Any, states: int = 16) -> Any:
    """Return max(x, 0) by `Srelu`; a unipolar operand is itself."""
    if require_operands("relu", x, encodings=("unipolar", "bipolar")) == "unipolar":
        return x
    circuit = Srelu(states=states)
    return _machine(x, "relu", circuit, lambda v: np.maximum(v, 0), "bipolar", x.scale)


def absolute(x: Any, states: int = 16) -> Any:
    """Return abs(x): by `Sabs`, or in sign-magnitude the stream without its sign."""
    encoding = require_operands("abs", x)
    if encoding == "unipolar":
        return x
    high = max(abs(x.low), abs(x.high))
    low = 0.0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high))
    bipolar = encoding == "bipolar"
    gate = Gate(
        name="abs", circuit=Sabs(states=states), inputs=(("x",),), output="y", irregular=True
    )
    return type(x)(
        kind="gate" if bipolar else "magnitude",
        encoding="bipolar" if bipolar else "unipolar",
        scale=x.scale,
        low=low,
        high=high,
        operands=(x,),
        ideal=np.abs,
        gate=gate if bipolar else None,
    )


def sqrt(x: Any) -> Any:
    """Return the square root of a unipolar operand, by `GainesSquareRoot`."""
    require_operands("sqrt", x, encodings=("unipolar",))
    return type(x)(
        kind="gate",
        encoding="unipolar",
        scale=float(np.sqrt(x.scale)),
        low=float(np.sqrt(max(x.low, 0))),
        high=float(np.sqrt(x.high)),
        operands=(x,),
        ideal=np.sqrt,
        gate=Gate(
            name="root",
            build=lambda generator: GainesSquareRoot(
                width=generator.width, generator=generator, delay=generator.width
            ),
            width=COUNTER,
            inputs=(("x",),),
            build_output="root",
            irregular=True,
        ),
    )


def _correlated(
    name: str,
    kind: type[CorrelatedGate],
    x: Any,
    y: Any,
    depth: int | None,
    ideal: Callable[[Any, Any], Any],
    encodings: tuple[str, ...],
) -> Any:
    """Return a function by a gate of correlated operands of one scale."""
    nodes = [operand for operand in (x, y) if isinstance(operand, Node)]
    if not nodes:
        raise TypeError(f"{name} takes expressions, not {x!r}")
    x, y = (v if isinstance(v, Node) else constant_like(name, v, nodes[0]) for v in (x, y))
    encoding = require_operands(name, x, y, encodings=encodings)
    if x.scale != y.scale:
        raise ValueError(f"{name} takes operands of one scale, not {x.scale:g} and {y.scale:g}")
    if depth is not None:
        check_integer(f"{name} depth", depth, 0, 8)
    corners = [float(ideal(a, b)) for a in (x.low, x.high) for b in (y.low, y.high)]
    overlap = x.low <= y.high and y.low <= x.high
    least = 0.0 if kind is AbsoluteDifference and overlap else min(corners)
    return type(x)(
        kind="gate",
        encoding=encoding,
        scale=x.scale,
        low=least,
        high=max(corners),
        operands=(x, y),
        ideal=ideal,
        gate=Gate(
            name=name.replace("absolute_", "").replace("saturating_", ""),
            circuit=kind(depth=depth or 0),
            apart=kind(depth=DEPTH) if depth is None else None,
            inputs=(("a",), ("b",)),
            output=kind.output,
            meeting="synchronized" if depth else "correlated",
        ),
    )


def maximum(x: Any, y: Any, *, depth: int | None = None) -> Any:
    """Return the larger of two values, by `Maximum`.

    Parameters
    ----------
    x, y : Expression or number
        Of one encoding, unipolar or bipolar, and one scale.
    depth : int, optional
        Of the synchronizer in front, 0..8. By default the operands share a generator and need
        none, where both are numbers and no other gate needs them independent; else 2.
    """
    both = ("unipolar", "bipolar")
    return _correlated("maximum", Maximum, x, y, depth, np.maximum, both)


def minimum(x: Any, y: Any, *, depth: int | None = None) -> Any:
    """Return the smaller of two values, by `Minimum`; see `maximum`."""
    both = ("unipolar", "bipolar")
    return _correlated("minimum", Minimum, x, y, depth, np.minimum, both)


def absolute_difference(x: Any, y: Any, *, depth: int | None = None) -> Any:
    """Return abs(x - y) of unipolar values, by `AbsoluteDifference`; see `maximum`."""
    return _correlated(
        "absolute_difference",
        AbsoluteDifference,
        x,
        y,
        depth,
        lambda a, b: np.abs(a - b),
        ("unipolar",),
    )


def saturating_subtract(x: Any, y: Any, *, depth: int | None = None) -> Any:
    """Return max(x - y, 0) of unipolar values, by `SaturatingSubtractor`; see `maximum`."""
    return _correlated(
        "saturating_subtract",
        SaturatingSubtractor,
        x,
        y,
        depth,
        lambda a, b: np.maximum(a - b, 0),
        ("unipolar",),
    )


def bernstein(function: Callable[[Any], Any] | Sequence[float], x: Any, degree: int = 4) -> Any:
    """Return a function of a unipolar operand, by a Bernstein polynomial.

    Parameters
    ----------
    function : callable, or sequence of float
        From an array to values in [0, 1], fitted with the given degree; or the coefficients
        themselves, each in [0, 1].
    x : Expression
        Unipolar. The polynomial needs as many independent copies of x as its degree: what
        makes x is repeated with generators of its own.
    degree : int
        1..32.
    """
    require_operands("bernstein", x, encodings=("unipolar",))
    if callable(function):
        wanted: Callable[[Any], Any] = function
        coefficients = fit_bernstein(lambda v: wanted(x.scale * v), degree).coefficients
        shown = np.asarray(wanted(np.linspace(x.low, x.high, 257)))

        def ideal(value: Any, *copies: Any) -> Any:
            return wanted(value)
    else:
        coefficients = tuple(float(check_number("bernstein coefficient", c)) for c in function)
        for number, coefficient in enumerate(coefficients):
            if not 0 <= coefficient <= 1:
                raise ValueError(
                    f"bernstein coefficients must be between 0 and 1, but number {number} is "
                    f"{coefficient:g}"
                )
        given = coefficients
        shown = bernstein_values(given, np.linspace(x.low, x.high, 257) / x.scale)

        def ideal(value: Any, *copies: Any) -> Any:
            return bernstein_values(given, np.asarray(value) / x.scale)

    degree = len(coefficients) - 1
    return type(x)(
        kind="gate",
        encoding="unipolar",
        scale=1.0,
        low=float(shown.min()),
        high=float(shown.max()),
        operands=(x,) * degree,
        ideal=ideal,
        gate=Gate(
            name="polynomial",
            build=lambda generator: BernsteinPolynomial.from_coefficients(
                coefficients, generator
            ),
            inputs=tuple((f"x[{i}]",) for i in range(degree)) if degree > 1 else (("x",),),
            build_output="y",
            meeting="independent",
        ),
    )
