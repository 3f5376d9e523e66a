"""Carry-save adders on 512 bits, as LLVM code: the ones of many words, place by place.

Each function is one call inside a kernel. A vector is eight words of 64 bits. The caller must
not let a function read past the end of an array.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fixedpoint.kernels.llvm_vectors import I32, I64, call_llvm, load_elements, vector_address
from fixedpoint.kernels.processor import has_feature

__all__ = [
    "add_eight_digits",
    "add_sixteen_ands",
    "add_sixteen_xors",
    "plane_numbers",
    "sum_of_eight",
]

_WORDS = ir.VectorType(I64, 8)


def _full_adder(builder, a, b, c):
    """Return sum and carry of three vectors of bits; c is the one that comes last."""
    if has_feature("avx512f"):
        # Any function of three bits is one instruction: here their XOR and their majority.
        return tuple(
            call_llvm(
                builder, "llvm.x86.avx512.pternlog.q.512", _WORDS, [a, b, c, I32(truth_table)]
            )
            for truth_table in (0x96, 0xE8)
        )
    half = builder.xor(a, b)
    carry = builder.or_(builder.and_(half, c), builder.and_(a, b))
    return builder.xor(half, c), carry


def _add(builder, digit, vectors):
    """Add an even number of vectors to one; return the digit, and half as many carries."""
    carries = []
    for a, b in zip(vectors[::2], vectors[1::2], strict=True):
        digit, carry = _full_adder(builder, a, b, digit)
        carries.append(carry)
    return digit, carries


def _add_sixteen(operation):
    def typed(typing_context, a, i, a_step, b, j, b_step, digits, carries, k):
        def generate(context, builder, signature, arguments):
            a, i, a_step, b, j, b_step, digits, carries, k = arguments
            kinds = signature.args
            vectors = []
            for row in range(16):
                first = builder.add(i, builder.mul(a_step, I64(row)))
                second = builder.add(j, builder.mul(b_step, I64(row)))
                vectors.append(
                    getattr(builder, operation)(
                        load_elements(context, builder, kinds[0], a, first, _WORDS),
                        load_elements(context, builder, kinds[3], b, second, _WORDS),
                    )
                )
            for digit in range(4):
                place, align = vector_address(
                    context, builder, kinds[6], digits, I64(8 * digit), _WORDS
                )
                value, vectors = _add(builder, builder.load(place, align=align), vectors)
                builder.store(value, place, align=align)
            place, align = vector_address(context, builder, kinds[7], carries, k, _WORDS)
            builder.store(vectors[0], place, align=align)
            return context.get_dummy_value()

        size = types.uintp
        return types.void(a, size, size, b, size, size, digits, carries, size), generate

    return typed


@intrinsic
def add_sixteen_ands(typing_context, a, i, a_step, b, j, b_step, digits, carries, k):
    """add_sixteen_ands(a, i, a_step, b, j, b_step, digits, carries, k): count a AND b.

    Sixteen pairs of vectors, from ``a[i + row * a_step]`` and ``b[j + row * b_step]`` on, are
    added to the numbers whose four binary digits are the vectors of `digits`. The carry of
    weight 16 is written to ``carries[k]``. All arrays are uint64.
    """
    return _add_sixteen("and_")(typing_context, a, i, a_step, b, j, b_step, digits, carries, k)


@intrinsic
def add_sixteen_xors(typing_context, a, i, a_step, b, j, b_step, digits, carries, k):
    """add_sixteen_xors(...): as `add_sixteen_ands`, counts a XOR b."""
    return _add_sixteen("xor")(typing_context, a, i, a_step, b, j, b_step, digits, carries, k)


@intrinsic
def sum_of_eight(typing_context, vectors, digits):
    """sum_of_eight(vectors, digits): write the four binary digits of a sum of eight bits."""

    def generate(context, builder, signature, arguments):
        kinds = signature.args

        def place(which, row):
            return vector_address(
                context, builder, kinds[which], arguments[which], I64(8 * row), _WORDS
            )

        parts = []
        for row in range(8):
            address, align = place(0, row)
            parts.append(builder.load(address, align=align))
        zero = ir.Constant(_WORDS, [0] * 8)
        found = []
        for _ in range(3):
            digit, parts = _add(builder, zero, parts)
            found.append(digit)
        for row, digit in enumerate((*found, parts[0])):
            address, align = place(1, row)
            builder.store(digit, address, align=align)
        return context.get_dummy_value()

    return types.void(vectors, digits), generate


@intrinsic
def add_eight_digits(typing_context, totals, i, digits):
    """add_eight_digits(totals, i, digits): add numbers of 8 binary digits to those of 16.

    Digit d is the vector ``totals[i + 8 d]``; `digits` begins at its first element.
    """

    def generate(context, builder, signature, arguments):
        totals, i, digits = arguments
        kinds = signature.args
        carry = ir.Constant(_WORDS, [0] * 8)
        for digit in range(16):
            at = builder.add(i, I64(8 * digit))
            place, align = vector_address(context, builder, kinds[0], totals, at, _WORDS)
            total = builder.load(place, align=align)
            if digit < 8:
                added = load_elements(
                    context, builder, kinds[2], digits, I64(8 * digit), _WORDS
                )
                total, carry = _full_adder(builder, total, added, carry)
            else:
                total, carry = builder.xor(total, carry), builder.and_(total, carry)
            builder.store(total, place, align=align)
        return context.get_dummy_value()

    return types.void(totals, types.uintp, digits), generate


@intrinsic
def plane_numbers(typing_context, planes, i, step, out, k):
    """plane_numbers(planes, i, step, out, k): the 64 numbers of 16 binary digits, 64 a word.

    Digit d of number n is bit n of ``planes[i + d * step]``. The numbers are added to
    ``out[k + n]``, int32.
    """
    lanes = ir.VectorType(ir.IntType(16), 64)
    wide = ir.VectorType(ir.IntType(32), 64)
    bits = ir.VectorType(ir.IntType(1), 64)

    def generate(context, builder, signature, arguments):
        planes, i, step, out, k = arguments
        numbers = ir.Constant(lanes, [0] * 64)
        for digit in range(16):
            at = builder.add(i, builder.mul(step, I64(digit)))
            word = load_elements(context, builder, signature.args[0], planes, at, I64)
            mask = builder.bitcast(word, bits)
            marked = builder.or_(numbers, ir.Constant(lanes, [1 << digit] * 64))
            numbers = builder.select(mask, marked, numbers)
        address, align = vector_address(context, builder, signature.args[3], out, k, wide)
        total = builder.add(builder.load(address, align=align), builder.zext(numbers, wide))
        builder.store(total, address, align=align)
        return context.get_dummy_value()

    return types.void(planes, types.uintp, types.uintp, out, types.uintp), generate
