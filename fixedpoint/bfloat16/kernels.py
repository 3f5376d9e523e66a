"""Compiled loops of the bfloat16 circuits, in the processor's single precision.

Two bfloat16 numbers have 8 significant bits each. A single holds the 16 bits of their
product, except for bits so far below the smallest bfloat16 number that they do not affect
rounding. A sum that is rounded to the 24 bits of a single and then to 8 bits equals one
rounded once, because 24 is at least 2 * 8 + 2 (S. A. Figueroa, "When is double rounding
innocuous?", SIGNUM Newsletter 30(3), 1995); a subnormal sum is exact. Singles therefore give
the correct bits if the processor supports subnormal numbers; see `check_subnormals`.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..kernels.compiled import compiled

__all__ = ["add_cycles", "check_subnormals", "multiply_cycles"]

HIGH = np.uint32(0xFFFF0000)
NAN_BITS = np.uint32(0x7FC00000)


@intrinsic
def _bits(typing_context, value):
    """Return the bits of a float32 as uint32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.uint32(types.float32), generate


@intrinsic
def _float(typing_context, bits):
    """Return the float32 whose bits are a uint32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.uint32), generate


@compiled
def float_of(pattern):
    """Return the float32 of a pattern."""
    return _float(np.uint32(np.uint32(pattern) << np.uint32(16)))


@compiled
def pattern_of(value):
    """Return the pattern of a float32 that is exact in bfloat16."""
    return np.uint32(_bits(value) >> np.uint32(16))


@compiled
def _cut(bits):
    """Return the float32 of the bits with their low half cleared."""
    return _float(np.uint32(bits & HIGH))


@compiled
def round_finite(value):
    """Return a float32 other than NaN rounded to bfloat16, ties to even.

    A NaN sum or product of bfloat16 numbers has a low half of 0 and stays NaN.
    """
    bits = _bits(value)
    last = np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
    return _cut(np.uint32(bits + np.uint32(np.uint32(0x7FFF) + last)))


@compiled
def round_nearest(value):
    """Return a float32 rounded to bfloat16, ties to even; any NaN becomes `NAN_BITS`."""
    return round_finite(value) if value == value else _float(NAN_BITS)


@compiled
def add_with_word(a, b, word):
    """Return a + b rounded by a 16-bit word, which is added to the discarded bits."""
    total = a + b
    # The exact rounding error of the single (D. E. Knuth's TwoSum).
    part = total - a
    error = (a - (total - part)) + (b - part)
    bits = _bits(total)
    # If the exact magnitude is below the single, its upper bits are those of the single - 1.
    opposite = np.uint32(np.uint32(bits ^ _bits(error)) >> np.uint32(31))
    short = opposite if abs(error) > np.float32(0) else np.uint32(0)
    up = np.uint32(np.uint32(bits - short) + np.uint32(word))
    return _cut(up) if total == total else _float(NAN_BITS)


@compiled
def _product(a, b):
    return a * b


def check_subnormals() -> None:
    """Raise a RuntimeError if this thread flushes subnormal numbers to zero."""
    if _product(np.float32(2.0**-126), np.float32(0.5)) == 0:
        raise RuntimeError(
            "this thread flushes subnormal numbers to zero, so bfloat16 would not be exact: "
            "switch that off first"
        )


@compiled
def add_cycles(a, b, words, random, out):
    """Add patterns ``[cycles, lanes]``, with one 16-bit word a cycle."""
    cycles, lanes = a.shape
    for t in range(cycles):
        for lane in range(lanes):
            x, y = float_of(a[t, lane]), float_of(b[t, lane])
            total = add_with_word(x, y, words[t]) if random else round_nearest(x + y)
            out[t, lane] = pattern_of(total)


@compiled
def multiply_cycles(a, b, out):
    """Multiply patterns ``[cycles, lanes]``."""
    cycles, lanes = a.shape
    for t in range(cycles):
        for lane in range(lanes):
            out[t, lane] = pattern_of(
                round_nearest(float_of(a[t, lane]) * float_of(b[t, lane]))
            )
