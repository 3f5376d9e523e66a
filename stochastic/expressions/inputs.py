"""Inputs of expressions: numbers, streams from outside, constants."""

from __future__ import annotations

from fixedpoint.circuit import check_choice, check_number
from fixedpoint.circuit.checks import shown

from ..circuit.netlist_wiring import NAME
from ..streams.codes import ENCODINGS
from .expression import Expression

__all__ = ["constant", "number", "stream"]


def number(
    name: str,
    encoding: str = "bipolar",
    *,
    scale: float = 1.0,
    low: float | None = None,
    high: float | None = None,
) -> Expression:
    """Return a number that comes in as a code; the netlist makes its stream.

    Parameters
    ----------
    name : str
        Of the port: a letter, then letters, digits and underscores.
    encoding : {"bipolar", "unipolar", "sign-magnitude"}
    scale : float
        The largest magnitude.
    low, high : float, optional
        A narrower range, which `evaluate` checks. A divisor needs a low above 0.
    """
    return _input("number", name, encoding, scale, low, high)


def stream(
    name: str, encoding: str = "bipolar", *, low: float | None = None, high: float | None = None
) -> Expression:
    """Return a stream that comes in from outside, independent of all others.

    Parameters
    ----------
    name : str
        Of the port.
    encoding : {"bipolar", "unipolar", "sign-magnitude"}
    low, high : float, optional
        A narrower range than that of the encoding.
    """
    return _input("stream", name, encoding, 1.0, low, high)


def constant(value: float, encoding: str = "bipolar", *, scale: float = 1.0) -> Expression:
    """Return a constant with a stream of its own.

    Plain numbers in an expression serve too: they are added as constants, and multiply the
    scale. A product with a `constant` takes a gate and leaves the scale.

    Parameters
    ----------
    value : float
    encoding : {"bipolar", "unipolar", "sign-magnitude"}
    scale : float
        The largest magnitude.
    """
    check_choice("constant encoding", encoding, ENCODINGS)
    scale, value, _ = _range_of("constant", encoding, scale, value, value)
    return Expression(
        kind="constant",
        encoding=encoding,
        scale=scale,
        low=value,
        high=value,
        constant=value,
    )


def _input(
    kind: str, name: str, encoding: str, scale: float, low: float | None, high: float | None
) -> Expression:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"{kind} must have a name of letters, not {shown(name)}")
    if name == "length":
        raise ValueError(f"{kind} must not have the name 'length', which evaluate takes")
    check_choice(f"{kind} encoding", encoding, ENCODINGS)
    scale, low, high = _range_of(f"{kind} {name}", encoding, scale, low, high)
    return Expression(kind=kind, encoding=encoding, scale=scale, low=low, high=high, name=name)


def _range_of(
    what: str, encoding: str, scale: float, low: float | None, high: float | None
) -> tuple[float, float, float]:
    scale = float(check_number(f"{what} scale", scale))
    if scale <= 0:
        raise ValueError(f"{what} scale must be above 0, not {scale:g}")
    least = 0.0 if encoding == "unipolar" else -scale
    low = least if low is None else float(check_number(f"{what} low", low))
    high = scale if high is None else float(check_number(f"{what} high", high))
    if not least <= low <= high <= scale:
        raise ValueError(
            f"{what} must be between {least:g} and {scale:g}, not from {low:g} to {high:g}"
        )
    return scale, low, high
