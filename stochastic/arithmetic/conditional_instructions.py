"""Comparators whose generator advances in some cycles only, as LLVM code."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fixedpoint.kernels.llvm_vectors import (
    I32,
    I64,
    call_llvm,
    constant_vector,
    element_address,
    splat,
)

__all__ = ["less_in_turn"]

_CYCLES = 32
_LANE = ir.IntType(16)
_LANES = ir.VectorType(_LANE, _CYCLES)
_MASK = ir.VectorType(ir.IntType(1), _CYCLES)


@intrinsic
def less_in_turn(typing_context, sequence, place, turns, first, added, removed):
    """less_in_turn(sequence, place, turns, first, added, removed): 32 cycles of comparators.

    The lowest 32 bits of `turns`, `added`, `removed` and of the result, uint64, are cycles.
    Where `turns` is 1 the next word of the uint16 array `sequence`, from `place` on, is
    compared: the result is 1 where it is less than the number of that cycle, else 0. The
    number is `first` in the first cycle; after a cycle it rises by the bit of `added` and
    falls by that of `removed`. It stays within 0..32767.
    """

    def generate(context, builder, signature, arguments):
        sequence, place, turns, first, added, removed = arguments

        def mask(word):
            return builder.bitcast(builder.trunc(word, I32), _MASK)

        zeros = constant_vector(_LANES, 0)
        change = builder.sub(
            builder.zext(mask(added), _LANES), builder.zext(mask(removed), _LANES)
        )
        # Sums over all earlier cycles, by doubling the distance; the cycle itself is left out.
        number = change
        for distance in (1, 1, 2, 4, 8, 16):
            indices = [max(_CYCLES - 1, _CYCLES + i - distance) for i in range(_CYCLES)]
            moved = builder.shuffle_vector(
                zeros, number, ir.Constant(ir.VectorType(I32, _CYCLES), indices)
            )
            number = moved if number is change else builder.add(number, moved)
        number = builder.add(number, splat(builder, builder.trunc(first, _LANE), _LANES))
        address = element_address(context, builder, signature.args[0], sequence, place)
        words = call_llvm(
            builder,
            f"llvm.masked.expandload.v{_CYCLES}i16",
            _LANES,
            [address, mask(turns), zeros],
        )
        less = builder.bitcast(builder.icmp_signed("<", words, number), I32)
        return builder.and_(builder.zext(less, I64), turns)

    word = types.uint64
    return word(sequence, types.uintp, word, types.int64, word, word), generate
