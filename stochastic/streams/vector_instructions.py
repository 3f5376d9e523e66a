"""Vector instructions that Numba does not reach by itself, as LLVM describes them.

Each is one call inside a kernel: the processor's own instruction where it has one (64-lane
compare to mask, vector popcount, gather), the compiler's replacement elsewhere. The caller
sees to it that nothing is read past an array's end.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "less_than",
    "look_up",
    "momentum_moves",
    "momentum_samples",
    "ones",
    "ones_of_and",
    "ones_of_xor",
    "prefetch",
]

_F32 = ir.FloatType()
_I32 = ir.IntType(32)
_I64 = ir.IntType(64)
_FOUR_WORDS = ir.VectorType(_I64, 4)
_LANES = 16
_INDICES = ir.VectorType(_I32, _LANES)


def _address(context, builder, array_type, array, position):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [position])


def _load(builder, address, vector, align):
    return builder.load(builder.bitcast(address, vector.as_pointer()), align=align)


def _spread(builder, scalar, vector):
    one = builder.insert_element(vector(ir.Undefined), scalar, _I32(0))
    zeros = ir.Constant(ir.VectorType(_I32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, one, zeros)


def _call(builder, name, result, arguments):
    signature = ir.FunctionType(result, [a.type for a in arguments])
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, arguments)


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
        address = _address(context, builder, signature.args[0], array, position)
        words = _load(builder, address, lanes, lane.width // 8)
        # The code itself may not fit a lane; less than it is at most one less, but for 0.
        below = builder.sub(code, _I64(1))
        below = below if lane.width == 64 else builder.trunc(below, lane)
        mask = builder.icmp_unsigned("<=", words, _spread(builder, below, lanes))
        word = builder.bitcast(mask, _I64)
        return builder.select(builder.icmp_unsigned("==", code, _I64(0)), _I64(0), word)

    return types.uint64(sequence, types.uintp, types.uint64), generate


def _ones_of(operation, a, b):
    def generate(context, builder, signature, arguments):
        halves = [
            _load(
                builder,
                _address(context, builder, signature.args[i], arguments[i], arguments[i + 1]),
                _FOUR_WORDS,
                8,
            )
            for i in (0, 2)
        ]
        both = getattr(builder, operation)(*halves)
        counts = _call(builder, "llvm.ctpop.v4i64", _FOUR_WORDS, [both])
        return _call(builder, "llvm.vector.reduce.add.v4i64", _I64, [counts])

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
        address = _address(context, builder, signature.args[0], *arguments)
        # To be read, kept in all caches, data.
        hints = [_I32(0), _I32(3), _I32(1)]
        byte = ir.IntType(8).as_pointer()
        name = f"llvm.prefetch.{byte.intrinsic_name}"
        _call(builder, name, ir.VoidType(), [builder.bitcast(address, byte), *hints])
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
            address = _address(context, builder, signature.args[k], array, i)
            index = _load(builder, address, ir.VectorType(lane, _LANES), lane.width // 8)
            if lane.width < 32:
                index = (builder.sext if dtype.signed else builder.zext)(index, _INDICES)
            # Compared in the wider of the two, and a negative one as a huge one.
            if lane.width == 64:
                last = builder.zext(last, _I64)
            last = _spread(builder, last, index.type)
            outside = builder.icmp_unsigned(">", index, last)
            index = builder.select(outside, last, index)
            return (
                builder.trunc(index, _INDICES) if lane.width == 64 else index,
                builder.bitcast(outside, ir.IntType(_LANES)),
            )

        row, bad_rows = indices(1, rows, last_row)
        cell, bad_cells = indices(2, cells, last_cell)
        columns = _spread(builder, builder.add(last_cell, _I32(1)), _INDICES)
        index = builder.add(builder.mul(row, columns), cell)
        index = builder.zext(index, ir.VectorType(_I64, _LANES))
        start = _address(context, builder, signature.args[0], entries, _I64(0))
        starts = _spread(builder, builder.ptrtoint(start, _I64), index.type)
        offsets = builder.mul(index, ir.Constant(index.type, [entry // 8] * _LANES))
        pointer = _I32.as_pointer()
        addresses = builder.inttoptr(
            builder.add(starts, offsets), ir.VectorType(pointer, _LANES)
        )
        everywhere = ir.Constant(ir.VectorType(ir.IntType(1), _LANES), [1] * _LANES)
        name = f"llvm.masked.gather.v{_LANES}i32.v{_LANES}{pointer.intrinsic_name}"
        arguments = [addresses, _I32(entry // 8), everywhere, _INDICES(None)]
        found = _call(builder, name, _INDICES, arguments)
        found = builder.and_(found, ir.Constant(_INDICES, [(1 << entry) - 1] * _LANES))
        address = _address(context, builder, signature.args[6], out, i)
        builder.store(found, builder.bitcast(address, _INDICES.as_pointer()), align=4)
        bad = builder.or_(bad_rows, bad_cells)
        return builder.icmp_unsigned("==", bad, bad.type(0))

    arguments = entries, rows, cells, types.uint32, types.uint32, types.uintp, out
    return types.boolean(*arguments), generate


def _same(vector, value):
    return ir.Constant(vector, [value] * vector.count)


def _place(context, builder, array_type, array, position, vector):
    """Return where in an array to load or store a vector, and how that is aligned."""
    address = _address(context, builder, array_type, array, position)
    return builder.bitcast(address, vector.as_pointer()), array_type.dtype.bitwidth // 8


@intrinsic
def momentum_samples(typing_context, gradient, scale, words, i, out, k):
    """momentum_samples(gradient, scale, words, i, out, k): 64 samples G, in two words.

    ``out[k]`` gets the samples other than 0 and ``out[k + 1]`` the gradients' signs, those
    of the elements from i to i + 63 of the float32 `gradient` and the uint16 `words`. The
    result is not 0 if one of these gradients is not finite. `out` may lie at any address.
    """
    floats, integers = ir.VectorType(_F32, 64), ir.VectorType(_I32, 64)
    shorts = ir.VectorType(ir.IntType(16), 64)

    def generate(context, builder, signature, arguments):
        gradient, scale, words, i, out, k = arguments
        kinds = signature.args
        bits = _load(builder, _address(context, builder, kinds[0], gradient, i), integers, 4)
        word = _load(builder, _address(context, builder, kinds[2], words, i), shorts, 2)
        magnitude = builder.and_(bits, _same(integers, 0x7FFFFFFF))
        # A sum with 2^23 shows in its bits the code, rounded half to even; or, where the
        # code is larger than that, larger bits than those of any word.
        code = builder.fmul(builder.bitcast(magnitude, floats), _spread(builder, scale, floats))
        code = builder.bitcast(builder.fadd(code, _same(floats, 2.0**23)), integers)
        word = builder.or_(builder.zext(word, integers), _same(integers, 0x4B000000))
        other = builder.icmp_signed(">", code, word)
        negative = builder.icmp_signed("<", bits, integers(None))
        for n, mask in enumerate((other, negative)):
            address = _address(context, builder, kinds[4], out, builder.add(k, _I64(n)))
            builder.store(builder.bitcast(mask, _I64), address, align=1)
        infinite = builder.icmp_signed(">=", magnitude, _same(integers, 0x7F800000))
        return builder.bitcast(infinite, _I64)

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
            address = _address(context, builder, kinds[0], samples, builder.add(k, _I64(n)))
            return builder.bitcast(builder.load(address, align=1), masks)

        step, top = (
            _spread(builder, value, counters) for value in cgutils.unpack_tuple(builder, limit)
        )
        unit, units, rate, low, high = (
            _spread(builder, value, reals) for value in cgutils.unpack_tuple(builder, numbers)
        )
        zero = counters(None)

        place, align = _place(context, builder, kinds[4], words, i, counters)
        word = builder.load(place, align=align)
        place, align = _place(context, builder, kinds[2], c, i, counters)
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

        place, align = _place(context, builder, kinds[6], w, i, reals)
        value = builder.fmul(builder.load(place, align=align), units)
        name = f"llvm.rint.v64f{real.bitwidth}"
        value = _call(builder, name, reals, [value])
        moves = [(plus, minus)]
        if not isinstance(signature.args[5], types.NoneType):
            integers = ir.VectorType(_I32, 64)
            address, align = _place(context, builder, kinds[5], decays, i, integers)
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
