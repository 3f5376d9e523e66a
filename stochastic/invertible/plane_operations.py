"""Operations on bit planes: up to 64 x 16 bits an instruction, for Numba kernels.

A plane holds one bit of every replica, 64 in a word. The first argument of each operation, a
tuple of N integers, says by its type how many words a plane has. The second is the address
of the first plane, and planes are named by their offset from it in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = [
    "advance_random",
    "and_not",
    "any_bit",
    "copy_both",
    "difference",
    "fill",
    "full_adder",
    "invert",
    "less",
    "merge",
    "next_random",
    "or_difference",
    "or_not",
    "overflow",
    "rotate_ring",
    "saturate_power",
    "saturate_range",
    "two_full_adders",
]

WORD = ir.IntType(64)


class _Planes:
    """Loads and stores of whole planes in LLVM's intermediate language."""

    def __init__(self, builder: Any, words: int, address: Any) -> None:
        self.builder, self.address, self.words = builder, address, words
        self.type = ir.VectorType(WORD, words)

    def _pointer(self, offset: Any) -> Any:
        builder = self.builder
        address = builder.add(self.address, builder.shl(offset, WORD(3)))
        return builder.inttoptr(address, self.type.as_pointer())

    def load(self, offset: Any) -> Any:
        return self.builder.load(self._pointer(offset), align=8)

    def store(self, value: Any, offset: Any) -> None:
        self.builder.store(value, self._pointer(offset), align=8)

    def constant(self, word: int) -> Any:
        return ir.Constant(self.type, [word] * self.words)

    def invert(self, value: Any) -> Any:
        return self.builder.xor(value, self.constant(-1))

    def choose(self, mask: Any, yes: Any, no: Any) -> Any:
        """Return the bits of `yes` where `mask` is 1, else those of `no`."""
        builder = self.builder
        return builder.or_(builder.and_(mask, yes), builder.and_(self.invert(mask), no))


def _operation(arguments: int) -> Callable[[Callable[..., None]], Any]:
    """Make an intrinsic of a function of planes, the builder and `arguments` integers."""

    def make(function: Callable[..., None]) -> Any:
        def typed(typing_context, marker, address, *offsets):
            words = marker.count

            def generate(context, builder, signature, values):
                function(_Planes(builder, words, values[1]), builder, *values[2:])
                return context.get_dummy_value()

            integers = [types.int64] * (1 + arguments)
            return types.void(marker, *integers), generate

        names = ", ".join(f"a{i}" for i in range(arguments))
        scope: dict[str, Any] = {"typed": typed}
        # Numba reads the number of arguments from the signature.
        exec(
            f"def {function.__name__}(typing_context, marker, address, {names}):\n"
            f"    return typed(typing_context, marker, address, {names})",
            scope,
        )
        wrapper = scope[function.__name__]
        wrapper.__doc__, wrapper.__module__ = function.__doc__, __name__
        return intrinsic(wrapper)

    return make


def _advanced(planes: _Planes, builder: Any, state: Any) -> Any:
    x = planes.load(state)
    x = builder.xor(x, builder.shl(x, planes.constant(13)))
    x = builder.xor(x, builder.lshr(x, planes.constant(7)))
    return builder.xor(x, builder.shl(x, planes.constant(17)))


@_operation(5)
def full_adder(planes, builder, a, b, c, total, carry):
    """Store the sum and the carry of three bits."""
    x, y, z = planes.load(a), planes.load(b), planes.load(c)
    half = builder.xor(x, y)
    planes.store(builder.xor(half, z), total)
    planes.store(builder.or_(builder.and_(x, y), builder.and_(z, half)), carry)


@_operation(8)
def two_full_adders(planes, builder, a, b, c, d, e, total, first, second):
    """Store the sum of five bits and the carries of both adders that make it."""
    x, y, z = planes.load(a), planes.load(b), planes.load(c)
    half = builder.xor(x, y)
    inner = builder.xor(half, z)
    carry = builder.or_(builder.and_(x, y), builder.and_(z, half))
    u, v = planes.load(d), planes.load(e)
    other = builder.xor(u, v)
    last = builder.or_(builder.and_(u, v), builder.and_(inner, other))
    planes.store(builder.xor(inner, other), total)
    planes.store(carry, first)
    planes.store(last, second)


@_operation(1)
def advance_random(planes, builder, state):
    """Advance the generators in place, as `next_random` does."""
    planes.store(_advanced(planes, builder, state), state)


@_operation(2)
def next_random(planes, builder, state, to):
    """Advance a 64-bit xorshift generator in every word and store its new state.

    Source: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003, with
    the shifts 13, 7, 17.
    """
    x = _advanced(planes, builder, state)
    planes.store(x, state)
    planes.store(x, to)


@_operation(2)
def and_not(planes, builder, a, to):
    """Store ``to & ~a``."""
    planes.store(builder.and_(planes.load(to), planes.invert(planes.load(a))), to)


@_operation(2)
def or_not(planes, builder, a, to):
    """Store ``to | ~a``."""
    planes.store(builder.or_(planes.load(to), planes.invert(planes.load(a))), to)


@_operation(3)
def copy_both(planes, builder, a, to, inverse):
    """Store a plane and its inverse."""
    value = planes.load(a)
    planes.store(value, to)
    planes.store(planes.invert(value), inverse)


@_operation(2)
def fill(planes, builder, bit, to):
    """Store an integer's lowest bit in all places."""
    word = builder.neg(builder.and_(bit, WORD(1)))
    value = ir.Constant(planes.type, ir.Undefined)
    for i in range(planes.words):
        value = builder.insert_element(value, word, ir.IntType(32)(i))
    planes.store(value, to)


@_operation(2)
def invert(planes, builder, a, to):
    """Store ``~a``."""
    planes.store(planes.invert(planes.load(a)), to)


@_operation(6)
def overflow(planes, builder, a, b, c, d, sign, to):
    """Store whether any of four planes differs from the sign."""
    one = planes.load(sign)
    found = builder.xor(planes.load(a), one)
    for plane in (b, c, d):
        found = builder.or_(found, builder.xor(planes.load(plane), one))
    planes.store(found, to)


@_operation(3)
def difference(planes, builder, a, b, to):
    """Store ``a ^ b``."""
    planes.store(builder.xor(planes.load(a), planes.load(b)), to)


@_operation(3)
def or_difference(planes, builder, a, b, to):
    """Store ``to | (a ^ b)``."""
    difference = builder.xor(planes.load(a), planes.load(b))
    planes.store(builder.or_(planes.load(to), difference), to)


@_operation(3)
def less(planes, builder, a, b, to):
    """Store, for one more bit of two numbers, whether a < b: from the lowest bit upwards."""
    x, y = planes.load(a), planes.load(b)
    different = builder.xor(x, y)
    planes.store(planes.choose(different, y, planes.load(to)), to)


@_operation(3)
def merge(planes, builder, mask, a, to):
    """Store ``a`` where `mask` is 1."""
    chosen = planes.choose(planes.load(mask), planes.load(a), planes.load(to))
    planes.store(chosen, to)


@_operation(4)
def saturate_power(planes, builder, a, over, sign, to):
    """Store ``a``, or the end of the range 2^k where `over` is 1: the inverted sign."""
    end = planes.invert(planes.load(sign))
    planes.store(planes.choose(planes.load(over), end, planes.load(a)), to)


@_operation(6)
def saturate_range(planes, builder, a, above, below, high, low, to):
    """Store ``a``, ``high`` where `above` is 1, or ``low`` where `below` is 1."""
    inner = planes.choose(planes.load(below), planes.load(low), planes.load(a))
    planes.store(planes.choose(planes.load(above), planes.load(high), inner), to)


@_operation(4)
def rotate_ring(planes, builder, a, by, mask, to):
    """Store each ring of ``by + 1`` bits rotated right by one; `mask` is 0 at ring ends."""

    def everywhere(word):
        value = ir.Constant(planes.type, ir.Undefined)
        for i in range(planes.words):
            value = builder.insert_element(value, word, ir.IntType(32)(i))
        return value

    value, keep = planes.load(a), everywhere(mask)
    down = builder.and_(builder.lshr(value, planes.constant(1)), keep)
    up = builder.and_(builder.shl(value, everywhere(by)), planes.invert(keep))
    planes.store(builder.or_(down, up), to)


@intrinsic
def any_bit(typing_context, marker, address, offset):
    """Tell whether a plane has a bit that is 1."""

    def generate(context, builder, signature, values):
        planes = _Planes(builder, marker.count, values[1])
        value = planes.load(values[2])
        total = builder.extract_element(value, ir.IntType(32)(0))
        for i in range(1, marker.count):
            total = builder.or_(total, builder.extract_element(value, ir.IntType(32)(i)))
        return builder.icmp_unsigned("!=", total, WORD(0))

    return types.boolean(marker, types.int64, types.int64), generate
