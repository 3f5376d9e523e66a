"""Sums, products and quotients of nodes, with their encodings and scales."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from fixedpoint.circuit import check_choice, check_number

from ..arithmetic.inverter import Inverter
from ..arithmetic.multiplier import Multiplier
from ..arithmetic.mux_adder import MuxAdder
from ..arithmetic.parallel_counter import ParallelCounter
from ..arithmetic.unified_adder import UnifiedAdder
from ..arithmetic.unified_scaled_adder import UnifiedScaledAdder
from ..division.cordiv import Cordiv
from ..division.gaines_divider import GainesDivider
from ..division.in_stream_divider import InStreamDivider
from ..generators.lfsr import Lfsr
from .node import Gate, Node

__all__ = [
    "ADDERS",
    "COUNTER",
    "add",
    "divide",
    "multiply",
    "negate",
    "require_operands",
    "subtract",
]

ADDERS = ("scaled", "mux", "unified", "saturating", "counting")

MOST_TERMS = 64
# Bits of a counter that must settle: it needs several times 2^6 cycles.
COUNTER = 6


def require_operands(name: str, *operands: Any, encodings: tuple[str, ...] = ()) -> str:
    """Check that operands are streams of one encoding among `encodings`, and return it."""
    for operand in operands:
        if not isinstance(operand, Node):
            raise TypeError(f"{name} takes expressions, not {operand!r}")
        if operand.streams is not None:
            raise ValueError(f"{name} cannot take {operand}: a counted sum is the last step")
    found = list(dict.fromkeys(operand.encoding for operand in operands))
    if len(found) > 1:
        raise ValueError(f"{name} takes operands of one encoding, not {' and '.join(found)}")
    if encodings and found[0] not in encodings:
        raise ValueError(f"{name} takes {' or '.join(encodings)} operands, not {found[0]}")
    return found[0]


def constant_like(name: str, value: Any, other: Node) -> Node:
    """Return a number as a constant of another node's encoding and scale."""
    value = float(check_number(f"{name} operand", value))
    if other.encoding == "unipolar" and value < 0:
        raise ValueError(f"{name} of unipolar operands takes no negative number, not {value:g}")
    scale = other.scale
    if abs(value) > scale:
        scale *= math.ceil(abs(value) / scale)
    return type(other)(
        kind="constant",
        encoding=other.encoding,
        scale=scale,
        low=value,
        high=value,
        constant=value,
    )


def rescaled(x: Node, factor: float) -> Node:
    """Return the same stream with another scale: it costs no gate."""
    return type(x)(
        kind="same",
        encoding=x.encoding,
        scale=x.scale * factor,
        low=x.low * factor,
        high=x.high * factor,
        operands=(x,),
        ideal=lambda value: value * factor,
    )


def negate(x: Node) -> Node:
    """Return -x, of a bipolar or sign-magnitude operand."""
    require_operands("negate", x)
    if x.encoding == "unipolar":
        raise ValueError(
            f"negate takes bipolar or sign-magnitude operands, but {x} is unipolar"
        )
    if x.gate is not None and isinstance(x.gate.circuit, Inverter):
        return x.operands[0]
    bipolar = x.encoding == "bipolar"
    return type(x)(
        kind="gate" if bipolar else "negated",
        encoding=x.encoding,
        scale=x.scale,
        low=-x.high,
        high=-x.low,
        operands=(x,),
        ideal=np.negative,
        gate=Gate(name="negation", circuit=Inverter(), inputs=(("x",),), output="y")
        if bipolar
        else None,
    )


def weights(name: str, terms: list[Node]) -> tuple[list[int], float]:
    """Return how often each term enters a sum, and the scale of one entry."""
    fractions = [Fraction(t.scale).limit_denominator(1 << 12) for t in terms]
    if all(
        f and abs(float(f) / t.scale - 1) < 1e-9 for f, t in zip(fractions, terms, strict=True)
    ):
        below = math.lcm(*(f.denominator for f in fractions))
        above = [int(f * below) for f in fractions]
        unit = math.gcd(*above)
        counts = [a // unit for a in above]
        if sum(counts) <= MOST_TERMS:
            return counts, unit / below
    scales = " and ".join(dict.fromkeys(f"{t.scale:g}" for t in terms))
    raise ValueError(
        f"{name} needs scales in a ratio of small numbers, at most {MOST_TERMS} in all, not "
        f"{scales}: multiply by a constant() to change a scale"
    )


def add(*operands: Any, by: str = "scaled") -> Any:
    """Return the sum of expressions and numbers.

    Parameters
    ----------
    *operands : Expression or number
        Of one encoding, unipolar or bipolar.
    by : {"scaled", "mux", "unified", "saturating", "counting"}
        ``"unified"`` takes the mean by a counter, exact to one bit, and ``"mux"`` by a
        multiplexer with a generator; the scale of the result is the sum of those of the
        operands. ``"scaled"`` is ``"mux"`` where a state machine reads the sum, else
        ``"unified"``. ``"saturating"`` keeps the operands' scale and clips. ``"counting"``
        gives the exact count of each cycle, which no gate can take.

    Returns
    -------
    Expression

    Raises
    ------
    TypeError, ValueError
        If there are no streams, encodings differ, or the ratio of the scales needs more than
        64 entries.
    """
    check_choice("add by", by, ADDERS)
    streams = [o for o in operands if isinstance(o, Node)]
    if not streams:
        raise TypeError(f"add takes expressions, not {operands!r}")
    encoding = require_operands("add", *streams, encodings=("unipolar", "bipolar"))
    terms: list[Node] = []
    for operand in operands:
        if not isinstance(operand, Node):
            if operand == 0:
                continue
            operand = constant_like("add", operand, streams[0])
        # A sum of sums of one kind is one sum.
        joined = operand.adder == by and by != "saturating"
        terms += operand.operands if joined else [operand]
    if len(terms) == 1 and by != "counting":
        return terms[0]
    if by == "saturating" and len({t.scale for t in terms}) > 1:
        shown = " and ".join(dict.fromkeys(f"{t.scale:g}" for t in terms))
        raise ValueError(f"add by saturating takes operands of one scale, not {shown}")
    counts, unit = weights("add", terms)
    total = sum(counts)
    ends, begin = [], 0
    for count in counts:
        ends.append(tuple(f"streams[{begin + i}]" for i in range(count)))
        begin += count
    low, high = math.fsum(t.low for t in terms), math.fsum(t.high for t in terms)
    scale = unit if by in ("saturating", "counting") else unit * total
    floor = 0.0 if encoding == "unipolar" else -scale
    if by == "saturating":
        low, high = max(low, floor), min(high, scale)

    def ideal(*values: Any) -> Any:
        found = sum(values[1:], values[0])
        return np.clip(found, floor, scale) if by == "saturating" else found

    return type(streams[0])(
        kind="gate",
        encoding=encoding,
        scale=scale,
        low=low,
        high=high,
        operands=tuple(terms),
        ideal=ideal,
        gate=_adder(by, total, encoding, tuple(ends)),
        streams=total if by == "counting" else None,
        adder=by,
    )


def _adder(by: str, total: int, encoding: str, ends: tuple[tuple[str, ...], ...]) -> Gate:
    if by == "saturating":
        circuit = UnifiedAdder(fan_in=total, encoding=encoding)
        return Gate(name="sum", circuit=circuit, inputs=ends, output="sum")
    if by == "counting":
        counter = ParallelCounter(fan_in=total, width=32)
        return Gate(name="sum", circuit=counter, inputs=ends, output="count")
    unified = UnifiedScaledAdder(fan_in=total, encoding=encoding)
    return Gate(
        name="sum",
        circuit=None if by == "mux" else unified,
        build=None
        if by == "unified"
        else lambda generator: MuxAdder(fan_in=total, generator=generator),
        inputs=ends,
        output="sum",
        build_output="mean",
    )


def subtract(x: Any, y: Any) -> Any:
    """Return x - y: of bipolar operands, or the complement of a unipolar one."""
    if isinstance(y, Node) and not isinstance(x, Node) and y.encoding == "unipolar":
        if x != y.scale:
            raise ValueError(
                f"subtract from a number takes {y.scale:g}, the scale of {y}, not {x!r}: a "
                "unipolar value cannot be negated"
            )
        return type(y)(
            kind="gate",
            encoding="unipolar",
            scale=y.scale,
            low=y.scale - y.high,
            high=y.scale - y.low,
            operands=(y,),
            ideal=lambda value: x - value,
            gate=Gate(name="complement", circuit=Inverter(), inputs=(("x",),), output="y"),
        )
    if isinstance(x, Node) and x.encoding == "unipolar":
        raise ValueError(
            f"subtract takes bipolar operands, but {x} is unipolar: absolute_difference and "
            "saturating_subtract take unipolar ones"
        )
    if isinstance(y, Node):
        return add(x, negate(y))
    return add(x, -check_number("subtract operand", y))


def multiply(x: Any, y: Any) -> Any:
    """Return x y, of independent operands; by a number only the scale changes."""
    for one, other in ((x, y), (y, x)):
        if isinstance(other, Node) and not isinstance(one, Node):
            factor = float(check_number("multiply operand", one))
            if factor == 0 or not math.isfinite(factor):
                raise ValueError(f"multiply needs a finite number other than 0, not {factor:g}")
            require_operands("multiply", other)
            scaled = other if abs(factor) == 1 else rescaled(other, abs(factor))
            return negate(scaled) if factor < 0 else scaled
    encoding = require_operands("multiply", x, y)
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return type(x)(
        kind="gate",
        encoding=encoding,
        scale=x.scale * y.scale,
        low=min(corners),
        high=max(corners),
        operands=(x, y),
        ideal=np.multiply,
        gate=Gate(
            name="product",
            circuit=Multiplier(encoding=encoding),
            inputs=(("a",), ("b",)),
            output="product",
            meeting="independent",
        ),
    )


def divide(x: Any, y: Any, *, by: str = "correlation") -> Any:
    """Return min(x / y, s) of unipolar operands, with s the quotient of their scales.

    Parameters
    ----------
    x, y : Expression or number
        By a number only the scale changes.
    by : {"correlation", "counter"}
        ``"correlation"`` is `Cordiv` where the operands can share a generator, else
        `InStreamDivider`; ``"counter"`` is `GainesDivider`.

    Raises
    ------
    TypeError, ValueError
        If encodings are not unipolar, or the divisor may be zero.
    """
    check_choice("divide by", by, ("correlation", "counter"))
    if not isinstance(y, Node):
        if check_number("divide divisor", y) == 0:
            raise ValueError("divide needs a divisor other than 0")
        return multiply(x, 1 / y)
    if not isinstance(x, Node):
        x = constant_like("divide", x, y)
    require_operands("divide", x, y, encodings=("unipolar",))
    if y.low <= 0:
        raise ValueError(
            f"divide needs a divisor that cannot be zero, but {y} goes from {y.low:g} to "
            f"{y.high:g}: give its number() a low above 0"
        )
    scale = x.scale / y.scale
    gate = Gate(
        name="quotient",
        # One of the last eight quotients: a repeated last one is wrong by the correlation of
        # successive bits.
        circuit=Cordiv(generator=Lfsr(width=3)),
        apart=InStreamDivider(depth=7, generator=Lfsr(width=3)),
        inputs=(("dividend",), ("divisor",)),
        output="quotient",
        meeting="correlated",
    )
    if by == "counter":
        gate = Gate(
            name="quotient",
            build=lambda generator: GainesDivider(width=generator.width, generator=generator),
            width=COUNTER,
            inputs=(("dividend",), ("divisor",)),
            build_output="quotient",
        )
    return type(y)(
        kind="gate",
        encoding="unipolar",
        scale=scale,
        low=min(x.low / y.high, scale),
        high=min(x.high / y.low, scale),
        operands=(x, y),
        ideal=lambda a, b: np.minimum(a / b, scale),
        gate=gate,
    )
