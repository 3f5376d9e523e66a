"""Vector instructions of momentum SGD by counters, 64 elements at a time."""

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

__all__ = ["sample_64_gradients", "update_64_counters"]


@intrinsic
def sample_64_gradients(typing_context, gradient, scale, words, i, out, k):
    """sample_64_gradients(gradient, scale, words, i, out, k): 64 samples G in two words.

    For the elements i to i + 63 of the float32 `gradient` and the uint16 `words`, bits of
    ``out[k]`` mark the samples other than 0, and bits of ``out[k + 1]`` the negative
    gradients. The result is not 0 if one of these gradients is not finite. `out` may have any
    alignment.
    """
    floats, integers = ir.VectorType(F32, 64), ir.VectorType(I32, 64)
    shorts = ir.VectorType(ir.IntType(16), 64)

    def generate(context, builder, signature, arguments):
        gradient, scale, words, i, out, k = arguments
        kinds = signature.args
        bits = load_elements(context, builder, kinds[0], gradient, i, integers)
        word = load_elements(context, builder, kinds[2], words, i, shorts)
        magnitude = builder.and_(bits, constant_vector(integers, 0x7FFFFFFF))
        # The low bits of a sum with 2^23 are the code, rounded half to even. For larger codes
        # the bits of the sum are larger than those of any word.
        code = builder.fmul(builder.bitcast(magnitude, floats), splat(builder, scale, floats))
        code = builder.bitcast(builder.fadd(code, constant_vector(floats, 2.0**23)), integers)
        word = builder.or_(builder.zext(word, integers), constant_vector(integers, 0x4B000000))
        nonzero = builder.icmp_signed(">", code, word)
        negative = builder.icmp_signed("<", bits, integers(None))
        for n, mask in enumerate((nonzero, negative)):
            address = element_address(context, builder, kinds[4], out, builder.add(k, I64(n)))
            builder.store(builder.bitcast(mask, I64), address, align=1)
        infinite = builder.icmp_signed(">=", magnitude, constant_vector(integers, 0x7F800000))
        return builder.bitcast(infinite, I64)

    arguments = gradient, types.float32, words, types.uintp, out, types.uintp
    return types.uint64(*arguments), generate


@intrinsic
def update_64_counters(typing_context, samples, k, c, limit, words, decays, w, scale, i):
    """update_64_counters(samples, k, c, limit, words, decays, w, scale, i): one cycle.

    The samples are two words of `sample_64_gradients`. The counters are the elements i to
    i + 63 of `c` and of `w`, which are overwritten. `limit` is the increment and the limit of
    C, in the dtype of C and of the words. `decays` has the uint32 words of the weight decay,
    or is None. `scale` is the unit of W, its reciprocal, the rate, low and high, all in the
    dtype of W.
    """
    counter, real = c.dtype, w.dtype

    def generate(context, builder, signature, arguments):
        samples, k, c, limit, words, decays, w, scale, i = arguments
        kinds = signature.args
        counters = ir.VectorType(context.get_value_type(counter), 64)
        reals = ir.VectorType(context.get_value_type(real), 64)
        masks = ir.VectorType(ir.IntType(1), 64)

        def saturated(value, compare, low, high):
            value = builder.select(compare("<", value, high), value, high)
            return builder.select(compare(">", value, low), value, low)

        def mask(n):
            address = element_address(
                context, builder, kinds[0], samples, builder.add(k, I64(n))
            )
            return builder.bitcast(builder.load(address, align=1), masks)

        step, top = (
            splat(builder, value, counters) for value in cgutils.unpack_tuple(builder, limit)
        )
        unit, units, rate, low, high = (
            splat(builder, value, reals) for value in cgutils.unpack_tuple(builder, scale)
        )
        zero = counters(None)

        address, align = vector_address(context, builder, kinds[4], words, i, counters)
        word = builder.load(address, align=align)
        address, align = vector_address(context, builder, kinds[2], c, i, counters)
        old = builder.load(address, align=align)
        plus = builder.icmp_signed(">", old, word)
        minus = builder.icmp_signed(">", builder.sub(zero, old), word)
        G = builder.select(mask(1), builder.sub(zero, step), step)
        new = builder.add(old, builder.select(mask(0), G, zero))
        new = builder.sub(new, builder.select(plus, step, zero))
        new = builder.add(new, builder.select(minus, step, zero))
        new = saturated(new, builder.icmp_signed, builder.sub(zero, top), top)
        builder.store(new, address, align=align)

        w_address, w_align = vector_address(context, builder, kinds[6], w, i, reals)
        value = builder.fmul(builder.load(w_address, align=w_align), units)
        name = f"llvm.rint.v64f{real.bitwidth}"
        value = call_llvm(builder, name, reals, [value])
        moves = [(plus, minus)]
        if not isinstance(signature.args[5], types.NoneType):
            integers = ir.VectorType(I32, 64)
            address, align = vector_address(context, builder, kinds[5], decays, i, integers)
            # A word that is rounded here exceeds any magnitude of W.
            decay_word = builder.uitofp(builder.load(address, align=align), reals)
            opposite = builder.fsub(reals(None), value)
            moves.append(
                (
                    builder.fcmp_ordered("<", decay_word, value),
                    builder.fcmp_ordered("<", decay_word, opposite),
                )
            )
        for down, up in moves:
            value = builder.select(down, builder.fsub(value, rate), value)
            value = builder.select(up, builder.fadd(value, rate), value)
        value = saturated(value, builder.fcmp_ordered, low, high)
        builder.store(builder.fmul(value, unit), w_address, align=w_align)
        return context.get_dummy_value()

    limits, scales = types.UniTuple(counter, 2), types.UniTuple(real, 5)
    arguments = samples, types.uintp, c, limits, words, decays, w, scales, types.uintp
    return types.void(*arguments), generate
