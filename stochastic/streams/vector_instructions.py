"""Vector instructions that Numba does not offer, as LLVM intrinsics.

Each is one call inside a kernel. The processor's own instruction serves where there is one
(64-lane compare to mask, vector popcount, gather), the compiler's replacement elsewhere. The
caller must not let them read past the end of an array.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fixedpoint.kernels.llvm_vectors import (
    I32,
    I64,
    call_llvm,
    element_address,
    load_elements,
    splat,
)

__all__ = ["less_than", "look_up", "ones", "ones_of_and", "ones_of_xor", "prefetch"]

_FOUR_WORDS = ir.VectorType(I64, 4)
_LANES = 16
_INDICES = ir.VectorType(I32, _LANES)


@intrinsic
def ones(typing_context, word):
    """ones(word): how many bits of a uint64 are set, as uint64."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def less_than(typing_context, sequence, position, code):
    """less_than(sequence, position, code): 64 comparators, as the bits of a uint64.

    Bit t is ``sequence[position + t] < code``, for an unsigned sequence and a code from 0 to
    one more than the largest word.
    """
    lane = ir.IntType(sequence.dtype.bitwidth)
    lanes = ir.VectorType(lane, 64)

    def generate(context, builder, signature, arguments):
        array, position, code = arguments
        words = load_elements(context, builder, signature.args[0], array, position, lanes)
        # The code itself may not fit a lane; less than it is at most one less, but for 0.
        below = builder.sub(code, I64(1))
        below = below if lane.width == 64 else builder.trunc(below, lane)
        mask = builder.icmp_unsigned("<=", words, splat(builder, below, lanes))
        word = builder.bitcast(mask, I64)
        return builder.select(builder.icmp_unsigned("==", code, I64(0)), I64(0), word)

    return types.uint64(sequence, types.uintp, types.uint64), generate


def _ones_of(operation, a, b):
    def generate(context, builder, signature, arguments):
        halves = [
            load_elements(
                context, builder, signature.args[i], arguments[i], arguments[i + 1], _FOUR_WORDS
            )
            for i in (0, 2)
        ]
        both = getattr(builder, operation)(*halves)
        counts = call_llvm(builder, "llvm.ctpop.v4i64", _FOUR_WORDS, [both])
        return call_llvm(builder, "llvm.vector.reduce.add.v4i64", I64, [counts])

    return types.uint64(a, types.uintp, b, types.uintp), generate


@intrinsic
def ones_of_and(typing_context, a, i, b, j):
    """ones_of_and(a, i, b, j): ones of four words from ``a[i]`` AND four from ``b[j]``."""
    return _ones_of("and_", a, b)


@intrinsic
def ones_of_xor(typing_context, a, i, b, j):
    """ones_of_xor(a, i, b, j): ones of four words from ``a[i]`` XOR four from ``b[j]``."""
    return _ones_of("xor", a, b)


@intrinsic
def prefetch(typing_context, array, position):
    """prefetch(array, position): have an element fetched; past the end it does nothing."""

    def generate(context, builder, signature, arguments):
        address = element_address(context, builder, signature.args[0], *arguments)
        # To be read, kept in all caches, data.
        hints = [I32(0), I32(3), I32(1)]
        byte = ir.IntType(8).as_pointer()
        name = f"llvm.prefetch.{byte.intrinsic_name}"
        call_llvm(builder, name, ir.VoidType(), [builder.bitcast(address, byte), *hints])
        return context.get_dummy_value()

    return types.void(array, types.uintp), generate


@intrinsic
def look_up(typing_context, entries, rows, cells, last_row, last_cell, i, out):
    """look_up(entries, rows, cells, last_row, last_cell, i, out): 16 products from a table.

    ``out[k] = entries[rows[k] * (last_cell + 1) + cells[k]]`` for k from i to i + 15, and
    whether all rows and cells are within the table; those outside read its end. `entries`
    is uint16 or uint32 and of fewer than 2^31 elements, `rows` and `cells` are of any
    integer dtype, `out` is int32. The 32 bits at each entry are read, so a uint16 table
    needs one entry of padding.
    """
    entry = entries.dtype.bitwidth

    def generate(context, builder, signature, arguments):
        entries, rows, cells, last_row, last_cell, i, out = arguments

        def indices(k, array, last):
            """Return 16 indices, and which of them were outside."""
            dtype = signature.args[k].dtype
            lane = ir.IntType(dtype.bitwidth)
            vector = ir.VectorType(lane, _LANES)
            index = load_elements(context, builder, signature.args[k], array, i, vector)
            if lane.width < 32:
                index = (builder.sext if dtype.signed else builder.zext)(index, _INDICES)
            # Compared in the wider of the two, and a negative one as a huge one.
            if lane.width == 64:
                last = builder.zext(last, I64)
            last = splat(builder, last, index.type)
            outside = builder.icmp_unsigned(">", index, last)
            index = builder.select(outside, last, index)
            return (
                builder.trunc(index, _INDICES) if lane.width == 64 else index,
                builder.bitcast(outside, ir.IntType(_LANES)),
            )

        row, bad_rows = indices(1, rows, last_row)
        cell, bad_cells = indices(2, cells, last_cell)
        columns = splat(builder, builder.add(last_cell, I32(1)), _INDICES)
        index = builder.add(builder.mul(row, columns), cell)
        index = builder.zext(index, ir.VectorType(I64, _LANES))
        start = element_address(context, builder, signature.args[0], entries, I64(0))
        starts = splat(builder, builder.ptrtoint(start, I64), index.type)
        offsets = builder.mul(index, ir.Constant(index.type, [entry // 8] * _LANES))
        pointer = I32.as_pointer()
        addresses = builder.inttoptr(
            builder.add(starts, offsets), ir.VectorType(pointer, _LANES)
        )
        everywhere = ir.Constant(ir.VectorType(ir.IntType(1), _LANES), [1] * _LANES)
        name = f"llvm.masked.gather.v{_LANES}i32.v{_LANES}{pointer.intrinsic_name}"
        arguments = [addresses, I32(entry // 8), everywhere, _INDICES(None)]
        found = call_llvm(builder, name, _INDICES, arguments)
        found = builder.and_(found, ir.Constant(_INDICES, [(1 << entry) - 1] * _LANES))
        address = element_address(context, builder, signature.args[6], out, i)
        builder.store(found, builder.bitcast(address, _INDICES.as_pointer()), align=4)
        bad = builder.or_(bad_rows, bad_cells)
        return builder.icmp_unsigned("==", bad, bad.type(0))

    arguments = entries, rows, cells, types.uint32, types.uint32, types.uintp, out
    return types.boolean(*arguments), generate
