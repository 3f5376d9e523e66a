"""Vector instructions of the momentum SGD lanes, 64 lanes at a time."""

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
    element_address,
    load_elements,
    splat,
    vector_address,
)

__all__ = ["momentum_moves", "momentum_samples"]


@intrinsic
def momentum_samples(typing_context, gradient, scale, words, i, out, k):
    """momentum_samples(gradient, scale, words, i, out, k): 64 samples G, in two words.

    ``out[k]`` gets the samples other than 0 and ``out[k + 1]`` the gradients' signs, those
    of the elements from i to i + 63 of the float32 `gradient` and the uint16 `words`. The
    result is not 0 if one of these gradients is not finite. `out` may lie at any address.
    """
    floats, integers = ir.VectorType(F32, 64), ir.VectorType(I32, 64)
    shorts = ir.VectorType(ir.IntType(16), 64)

    def generate(context, builder, signature, arguments):
        gradient, scale, words, i, out, k = arguments
        kinds = signature.args
        bits = load_elements(context, builder, kinds[0], gradient, i, integers)
        word = load_elements(context, builder, kinds[2], words, i, shorts)
        magnitude = builder.and_(bits, constant_vector(integers, 0x7FFFFFFF))
        # A sum with 2^23 shows in its bits the code, rounded half to even; or, where the
        # code is larger than that, larger bits than those of any word.
        code = builder.fmul(builder.bitcast(magnitude, floats), splat(builder, scale, floats))
        code = builder.bitcast(builder.fadd(code, constant_vector(floats, 2.0**23)), integers)
        word = builder.or_(builder.zext(word, integers), constant_vector(integers, 0x4B000000))
        other = builder.icmp_signed(">", code, word)
        negative = builder.icmp_signed("<", bits, integers(None))
        for n, mask in enumerate((other, negative)):
            address = element_address(context, builder, kinds[4], out, builder.add(k, I64(n)))
            builder.store(builder.bitcast(mask, I64), address, align=1)
        infinite = builder.icmp_signed(">=", magnitude, constant_vector(integers, 0x7F800000))
        return builder.bitcast(infinite, I64)

    arguments = gradient, types.float32, words, types.uintp, out, types.uintp
    return types.uint64(*arguments), generate


@intrinsic
def momentum_moves(typing_context, samples, k, c, limit, words, decays, w, numbers, i):
    """momentum_moves(samples, k, c, limit, words, decays, w, numbers, i): 64 counters' cycle.

    The samples are two words of `momentum_samples`, the counters the elements from i to
    i + 63 of `c` and of `w`, which are written. `limit` is C's increment and its limit, in
    C's dtype as the words are. Where weights decay, `decays` has the uint32 words of that,
    else it is None. The `numbers` are W's unit, how many units are 1, the rate, low and
    high, all in W's dtype.
    """
    counter, real = c.dtype, w.dtype

    def generate(context, builder, signature, arguments):
        samples, k, c, limit, words, decays, w, numbers, i = arguments
        kinds = signature.args
        counters = ir.VectorType(context.get_value_type(counter), 64)
        reals = ir.VectorType(context.get_value_type(real), 64)
        masks = ir.VectorType(ir.IntType(1), 64)

        def bounded(value, less, low, high):
            value = builder.select(less("<", value, high), value, high)
            return builder.select(less(">", value, low), value, low)

        def mask(n):
            address = element_address(
                context, builder, kinds[0], samples, builder.add(k, I64(n))
            )
            return builder.bitcast(builder.load(address, align=1), masks)

        step, top = (
            splat(builder, value, counters) for value in cgutils.unpack_tuple(builder, limit)
        )
        unit, units, rate, low, high = (
            splat(builder, value, reals) for value in cgutils.unpack_tuple(builder, numbers)
        )
        zero = counters(None)

        place, align = vector_address(context, builder, kinds[4], words, i, counters)
        word = builder.load(place, align=align)
        place, align = vector_address(context, builder, kinds[2], c, i, counters)
        old = builder.load(place, align=align)
        plus = builder.icmp_signed(">", old, word)
        minus = builder.icmp_signed(">", builder.sub(zero, old), word)
        down = builder.sub(zero, step)
        G = builder.select(mask(1), down, step)
        new = builder.add(old, builder.select(mask(0), G, zero))
        new = builder.sub(new, builder.select(plus, step, zero))
        new = builder.add(new, builder.select(minus, step, zero))
        new = bounded(new, builder.icmp_signed, builder.sub(zero, top), top)
        builder.store(new, place, align=align)

        place, align = vector_address(context, builder, kinds[6], w, i, reals)
        value = builder.fmul(builder.load(place, align=align), units)
        name = f"llvm.rint.v64f{real.bitwidth}"
        value = call_llvm(builder, name, reals, [value])
        moves = [(plus, minus)]
        if not isinstance(signature.args[5], types.NoneType):
            integers = ir.VectorType(I32, 64)
            address, align = vector_address(context, builder, kinds[5], decays, i, integers)
            # Where a word is rounded it is larger than any magnitude of W.
            own = builder.uitofp(builder.load(address, align=align), reals)
            opposite = builder.fsub(reals(None), value)
            moves.append(
                (
                    builder.fcmp_ordered("<", own, value),
                    builder.fcmp_ordered("<", own, opposite),
                )
            )
        for less, more in moves:
            value = builder.select(less, builder.fsub(value, rate), value)
            value = builder.select(more, builder.fadd(value, rate), value)
        value = bounded(value, builder.fcmp_ordered, low, high)
        builder.store(builder.fmul(value, unit), place, align=align)
        return context.get_dummy_value()

    pair, five = types.UniTuple(counter, 2), types.UniTuple(real, 5)
    arguments = samples, types.uintp, c, pair, words, decays, w, five, types.uintp
    return types.void(*arguments), generate
