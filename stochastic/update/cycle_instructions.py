"""Vector instructions for several cycles of momentum SGD by counters, 64 elements at a time.

Between the first cycle and the last, everything stays in vector registers but the words of
the generators.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fixedpoint.kernels.llvm_vectors import (
    F32,
    I32,
    I64,
    call_llvm,
    constant_vector,
    load_elements,
    splat,
    vector_address,
)

__all__ = ["are_64_inside", "move_64_far_weights", "move_64_weights"]

I16 = ir.IntType(16)
SHORTS = ir.VectorType(I16, 64)


def _sampled_gradient(context, builder, array_type, gradient, scale, i, counters, step):
    """Return the codes of 64 gradients less 1, and what their samples add to C if not 0.

    A sample is not 0 if the code is more than the word, and that is if the code less 1 is not
    less. The code 0 adds nothing.
    """
    floats, integers = ir.VectorType(F32, 64), ir.VectorType(I32, 64)
    bits = load_elements(context, builder, array_type, gradient, i, integers)
    magnitude = builder.bitcast(
        builder.and_(bits, constant_vector(integers, 0x7FFFFFFF)), floats
    )
    # The low bits of a sum with 2^23 are the code, rounded half to even. No word reaches 2^16.
    code = builder.fmul(magnitude, splat(builder, scale, floats))
    full = constant_vector(floats, 2.0**16)
    code = builder.select(builder.fcmp_ordered("<", code, full), code, full)
    code = builder.bitcast(builder.fadd(code, constant_vector(floats, 2.0**23)), integers)
    code = builder.sub(code, constant_vector(integers, 0x4B000001))
    zero = counters(None)
    added = builder.select(
        builder.icmp_signed("<", bits, integers(None)), builder.sub(zero, step), step
    )
    added = builder.select(builder.icmp_signed("<", code, integers(None)), zero, added)
    return builder.trunc(code, SHORTS), added


def _row(builder, place, cycle, vector):
    """Load the words of 64 elements in one cycle from `place`: an address and a stride."""
    address, stride = cgutils.unpack_tuple(builder, place)
    pointer = builder.inttoptr(address, vector.element.as_pointer())
    pointer = builder.gep(pointer, [builder.mul(cycle, stride)])
    return builder.load(
        builder.bitcast(pointer, vector.as_pointer()), align=vector.element.width // 8
    )


@intrinsic
def are_64_inside(typing_context, w, i, units, low, high):
    """are_64_inside(w, i, units, low, high): whether 64 weights are in a range.

    The weights are the elements i to i + 63 of `w` times `units`, rounded; the ends of the
    range belong to it.
    """
    real = w.dtype

    def generate(context, builder, signature, arguments):
        w, i, units, low, high = arguments
        reals = ir.VectorType(context.get_value_type(real), 64)
        units, low, high = (splat(builder, value, reals) for value in (units, low, high))
        value = load_elements(context, builder, signature.args[0], w, i, reals)
        value = _rounded(builder, builder.fmul(value, units), reals)
        above = builder.fcmp_ordered(">=", value, low)
        below = builder.fcmp_ordered("<=", value, high)
        inside = builder.bitcast(builder.and_(above, below), I64)
        return builder.icmp_signed("==", inside, I64(-1))

    return types.boolean(w, types.uintp, real, real, real), generate


@intrinsic
def move_64_far_weights(
    typing_context, g, scale, c, w, weight_scale, i, words1, words2, cycles
):
    """Run both counters of the elements i to i + 63 for some cycles, where none has an end.

    C is in units of its increment, and cannot leave its range: at an end of it every sample S
    leads back. W is farther from its ends than all cycles can move it. It therefore moves
    once, by the sum of the samples S, which is the sum of the samples G less what C gained.

    The float32 gradients `g` are finite. `weight_scale` is the unit of W, its reciprocal, the
    rate, low and high, all in the dtype of W. Words are ``(address, stride)``: element i + j
    has in cycle t the one with the number ``t * stride + j`` from the address on. The first
    words are uint16, the second ones have the dtype of `c`.
    """
    counter, real = c.dtype, w.dtype

    def generate(context, builder, signature, arguments):
        g, scale, c, w, weight_scale, i, words1, words2, cycles = arguments
        kinds = signature.args
        counters = ir.VectorType(context.get_value_type(counter), 64)
        reals = ir.VectorType(context.get_value_type(real), 64)
        one = constant_vector(counters, 1)
        zero = counters(None)
        code, added = _sampled_gradient(context, builder, kinds[0], g, scale, i, counters, one)
        address, align = vector_address(context, builder, kinds[2], c, i, counters)
        begin = builder.load(address, align=align)
        values = cgutils.alloca_once_value(builder, begin)
        totals = cgutils.alloca_once_value(builder, SHORTS(None))
        added_short = _converted(builder, added, counters, SHORTS)
        with cgutils.for_range(builder, cycles) as loop:
            word = _row(builder, words1, loop.index, SHORTS)
            nonzero = builder.icmp_unsigned(">=", code, word)
            word = _row(builder, words2, loop.index, counters)
            value = builder.load(values)
            plus = builder.icmp_signed(">", value, word)
            minus = builder.icmp_signed(">", builder.sub(zero, value), word)
            value = builder.add(value, builder.select(nonzero, added, zero))
            value = builder.sub(value, builder.select(plus, one, zero))
            value = builder.add(value, builder.select(minus, one, zero))
            builder.store(value, values)
            total = builder.load(totals)
            moved = builder.select(nonzero, added_short, SHORTS(None))
            builder.store(builder.add(total, moved), totals)
        end = builder.load(values)
        builder.store(end, address, align=align)
        total = builder.load(totals)
        for value, change in ((begin, builder.add), (end, builder.sub)):
            total = change(total, _converted(builder, value, counters, SHORTS))
        unit, units, rate, _, _ = (
            splat(builder, value, reals)
            for value in cgutils.unpack_tuple(builder, weight_scale)
        )
        w_address, w_align = vector_address(context, builder, kinds[3], w, i, reals)
        weight = builder.fmul(builder.load(w_address, align=w_align), units)
        weight = _rounded(builder, weight, reals)
        weight = builder.fsub(weight, builder.fmul(rate, builder.sitofp(total, reals)))
        builder.store(builder.fmul(weight, unit), w_address, align=w_align)
        return context.get_dummy_value()

    places, scales = types.UniTuple(types.uintp, 2), types.UniTuple(real, 5)
    arguments = g, types.float32, c, w, scales, types.uintp, places, places, types.uintp
    return types.void(*arguments), generate


def _rounded(builder, value, reals):
    """Return numbers rounded to integers, half to even."""
    bits = 32 if reals.element == F32 else 64
    return call_llvm(builder, f"llvm.rint.v64f{bits}", reals, [value])


def _converted(builder, value, source, target):
    """Return a vector of integers in another width."""
    if source.element.width < target.element.width:
        return builder.sext(value, target)
    if source.element.width > target.element.width:
        return builder.trunc(value, target)
    return value


@intrinsic
def move_64_weights(
    typing_context, g, scale, c, limit, w, weight_scale, i, words1, words2, words3, cycles
):
    """Run both counters of the elements i to i + 63 for some cycles, each with its ends.

    As `move_64_far_weights`, but C has the increment and the limit ``limit``, and every cycle
    moves and saturates W. `words3` are the words of the weight decay, uint32, or None.
    """
    counter, real = c.dtype, w.dtype

    def generate(context, builder, signature, arguments):
        g, scale, c, limit, w, weight_scale, i, words1, words2, words3, cycles = arguments
        kinds = signature.args
        counters = ir.VectorType(context.get_value_type(counter), 64)
        reals = ir.VectorType(context.get_value_type(real), 64)
        integers = ir.VectorType(I32, 64)
        zero = counters(None)
        step, top = (
            splat(builder, value, counters) for value in cgutils.unpack_tuple(builder, limit)
        )
        unit, units, rate, low, high = (
            splat(builder, value, reals)
            for value in cgutils.unpack_tuple(builder, weight_scale)
        )

        def saturated(value, compare, low, high):
            value = builder.select(compare("<", value, high), value, high)
            return builder.select(compare(">", value, low), value, low)

        code, added = _sampled_gradient(context, builder, kinds[0], g, scale, i, counters, step)
        address, align = vector_address(context, builder, kinds[2], c, i, counters)
        values = cgutils.alloca_once_value(builder, builder.load(address, align=align))
        w_address, w_align = vector_address(context, builder, kinds[4], w, i, reals)
        weight = builder.fmul(builder.load(w_address, align=w_align), units)
        weights = cgutils.alloca_once_value(builder, _rounded(builder, weight, reals))
        with cgutils.for_range(builder, cycles) as loop:
            word = _row(builder, words1, loop.index, SHORTS)
            nonzero = builder.icmp_unsigned(">=", code, word)
            word = _row(builder, words2, loop.index, counters)
            value, weight = builder.load(values), builder.load(weights)
            plus = builder.icmp_signed(">", value, word)
            minus = builder.icmp_signed(">", builder.sub(zero, value), word)
            moves = [(plus, minus)]
            if not isinstance(kinds[9], types.NoneType):
                word = _row(builder, words3, loop.index, integers)
                # A word that is rounded here exceeds any magnitude of W.
                word = builder.uitofp(word, reals)
                opposite = builder.fsub(reals(None), weight)
                moves.append(
                    (
                        builder.fcmp_ordered("<", word, weight),
                        builder.fcmp_ordered("<", word, opposite),
                    )
                )
            value = builder.add(value, builder.select(nonzero, added, zero))
            value = builder.sub(value, builder.select(plus, step, zero))
            value = builder.add(value, builder.select(minus, step, zero))
            value = saturated(value, builder.icmp_signed, builder.sub(zero, top), top)
            builder.store(value, values)
            for down, up in moves:
                weight = builder.select(down, builder.fsub(weight, rate), weight)
                weight = builder.select(up, builder.fadd(weight, rate), weight)
            weight = saturated(weight, builder.fcmp_ordered, low, high)
            builder.store(weight, weights)
        builder.store(builder.load(values), address, align=align)
        weight = builder.fmul(builder.load(weights), unit)
        builder.store(weight, w_address, align=w_align)
        return context.get_dummy_value()

    places = types.UniTuple(types.uintp, 2)
    limits, scales = types.UniTuple(counter, 2), types.UniTuple(real, 5)
    arguments = g, types.float32, c, limits, w, scales, types.uintp, places, places, words3
    return types.void(*arguments, types.uintp), generate
