"""The compiled loops of the bfloat16 circuits, in the processor's single precision.

Two bfloat16 numbers have 8 significant bits each. Their product has 16, which a single
holds, but for bits so far below the least bfloat16 number that they decide nothing. Their
sum, rounded to the 24 bits of a single and then to 8, is rounded as if once, since 24 is at
least 2 * 8 + 2 (S. A. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter
30(3), 1995); and where it is subnormal it is exact. So singles give the very bits, as long
as the processor keeps subnormal numbers, which `check_subnormals` sees to.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .addresses import numbers_at
from .compiled import compiled

__all__ = [
    "add_cycles",
    "check_subnormals",
    "descend_cycles",
    "descend_pieces",
    "descend_tensor",
    "multiply_cycles",
]

HIGH = np.uint32(0xFFFF0000)
NAN_BITS = np.uint32(0x7FC00000)


@intrinsic
def _bits(typing_context, value):
    """_bits(value): the bits of a float32, as uint32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.uint32(types.float32), generate


@intrinsic
def _float(typing_context, bits):
    """_float(bits): the float32 of the bits of a uint32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.uint32), generate


@compiled
def _value(pattern):
    """Return the float32 of a pattern."""
    return _float(np.uint32(np.uint32(pattern) << np.uint32(16)))


@compiled
def _pattern(value):
    """Return the pattern of a float32 that is a bfloat16 number."""
    return np.uint32(_bits(value) >> np.uint32(16))


@compiled
def _cut(bits):
    """Return the float32 of bits without their low half."""
    return _float(np.uint32(bits & HIGH))


@compiled
def _near(value):
    """Return a float32 rounded to bfloat16, ties to even, if it is not NaN.

    A sum or product of bfloat16 numbers that is NaN has a low half of 0, and stays NaN.
    """
    bits = _bits(value)
    last = np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
    return _cut(np.uint32(bits + np.uint32(np.uint32(0x7FFF) + last)))


@compiled
def _nearest(value):
    """Return a float32 rounded to bfloat16, ties to even, or if it is NaN the one NaN."""
    return _near(value) if value == value else _float(NAN_BITS)


@compiled
def _random_sum(a, b, word):
    """Return a + b rounded by a word of 16 bits, which is added to the bits cut off."""
    total = a + b
    # What the single's own rounding took away, exactly (D. E. Knuth's TwoSum).
    part = total - a
    error = (a - (total - part)) + (b - part)
    bits = _bits(total)
    # The exact magnitude lies below the single's: all bits up to there are those before it.
    opposite = np.uint32(np.uint32(bits ^ _bits(error)) >> np.uint32(31))
    short = opposite if abs(error) > np.float32(0) else np.uint32(0)
    up = np.uint32(np.uint32(bits - short) + np.uint32(word))
    return _cut(up) if total == total else _float(NAN_BITS)


@compiled
def _descended(gradient, momentum, weight, rate, factor, word, random):
    """Return momentum and weight after one update; see `Bfloat16MomentumSgd`."""
    difference = _near(gradient - momentum)
    momentum = _nearest(momentum + _near(difference * factor))
    learned = _near(rate * momentum)
    if random:
        return momentum, _random_sum(weight, -learned, word)
    return momentum, _nearest(weight - learned)


@compiled
def _product(a, b):
    return a * b


def check_subnormals() -> None:
    """Raise a RuntimeError if the processor takes subnormal numbers for 0 in this thread."""
    if _product(np.float32(2.0**-126), np.float32(0.5)) == 0:
        raise RuntimeError(
            "this thread flushes subnormal numbers to zero, so bfloat16 would not be exact: "
            "switch that off first"
        )


@compiled
def add_cycles(a, b, words, random, out):
    """Add ``[cycles, lanes]`` of patterns, with one word of 16 bits a cycle."""
    cycles, lanes = a.shape
    for t in range(cycles):
        for lane in range(lanes):
            x, y = _value(a[t, lane]), _value(b[t, lane])
            total = _random_sum(x, y, words[t]) if random else _nearest(x + y)
            out[t, lane] = _pattern(total)


@compiled
def multiply_cycles(a, b, out):
    """Multiply ``[cycles, lanes]`` of patterns."""
    cycles, lanes = a.shape
    for t in range(cycles):
        for lane in range(lanes):
            out[t, lane] = _pattern(_nearest(_value(a[t, lane]) * _value(b[t, lane])))


@compiled
def descend_cycles(enable, words, random, inputs, factor, registers, outputs):
    """Run `Bfloat16MomentumSgd`; words are ``[cycles, lanes of the circuit]``."""
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    lanes = words.shape[1]
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i], outputs[1][t, i] = momentum[i], weight[i]
            if not enable[t]:
                continue
            circuit = i // lanes
            loaded = load[t, circuit] != 0
            c, w = _descended(
                _value(gradient[t, i]),
                _value(momentum_in[t, i] if loaded else momentum[i]),
                _value(weight_in[t, i] if loaded else weight[i]),
                _value(rate[t, circuit]),
                factor,
                words[t, i % lanes],
                random,
            )
            momentum[i], weight[i] = _pattern(c), _pattern(w)


@compiled(wide=True)
def descend_tensor(gradient, momentum, weight, rate, factor, words):
    """Update a tensor in place, as the circuit does it if every element is loaded.

    Parameters
    ----------
    gradient : float32 array [n]
        Rounded to bfloat16 on the way in; NaN only as a number of bfloat16.
    momentum : uint16 array [n]
        Patterns; written.
    weight : float32 array [n]
        Numbers of bfloat16; written.
    rate, factor : float32
        The learning rate, a number of bfloat16, and ``2**-decay_shift``.
    words : (uint16 array [rows, lanes], row)
        Words of 16 bits as the lanes see them, to round stochastically; where to begin.
        After the last row comes row 0 again. Without rows weights go to the nearest.
    """
    table, row = words
    if len(table) == 0:
        for i in range(len(gradient)):
            g, c = _near(gradient[i]), _value(momentum[i])
            c, weight[i] = _descended(g, c, weight[i], rate, factor, np.uint32(0), False)
            momentum[i] = _pattern(c)
        return
    flat = table.reshape(-1)
    first, begin = row * table.shape[1], 0
    while begin < len(gradient):
        size = min(len(flat) - first, len(gradient) - begin)
        seen, part = flat[first : first + size], slice(begin, begin + size)
        g_part, c_part, w_part = gradient[part], momentum[part], weight[part]
        for i in range(size):
            g, c = _near(g_part[i]), _value(c_part[i])
            c, w_part[i] = _descended(g, c, w_part[i], rate, factor, seen[i], True)
            c_part[i] = _pattern(c)
        first, begin = 0, begin + size


@compiled(wide=True)
def descend_pieces(pieces, factor, words):
    """Update some pieces of tensors in place.

    Parameters
    ----------
    pieces : array [n] of `PIECE`
        One after another in the order of the update; rates are patterns.
    factor, words
        As for `descend_tensor`; the row where the first piece begins.
    """
    table, row = words
    for n in range(len(pieces)):
        piece = pieces[n]
        on = piece.position - pieces[0].position
        descend_tensor(
            numbers_at(piece.gradient, piece.size, np.float32),
            numbers_at(piece.momentum, piece.size, np.uint16),
            numbers_at(piece.weight, piece.size, np.float32),
            _value(piece.rate),
            factor,
            (table, (row + on) % max(1, len(table))),
        )
