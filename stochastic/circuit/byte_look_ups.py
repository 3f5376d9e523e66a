"""State machines of 64 streams by look-ups among bytes in vector registers, as LLVM code.

A table of 64 or 128 bytes fits in one or two registers of 512 bits, and one instruction looks
up 64 bytes in it. Its processors have AVX-512 VBMI. Each function is one call inside a kernel.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fixedpoint.kernels.llvm_vectors import (
    I32,
    I64,
    call_llvm,
    constant_vector,
    load_elements,
    vector_address,
)

__all__ = ["look_up_word", "words_of_streams", "words_to_streams"]

_WORDS = ir.VectorType(I64, 8)
_BYTES = ir.VectorType(ir.IntType(8), 64)


def _select(builder, mask, a, b):
    """Return a where the bits of the byte `mask` are 1, else b: vectors of words."""
    where = constant_vector(_WORDS, int.from_bytes(bytes([mask]) * 8, "little"))
    return _blend(builder, where, a, b)


def _blend(builder, where, a, b):
    name = "llvm.x86.avx512.pternlog.q.512"
    return call_llvm(builder, name, _WORDS, [where, a, b, I32(0xCA)])


def _shifted(builder, vector, places, width=16):
    """Shift up, or down where `places` is negative, in lanes of a width; words in and out."""
    if not places:
        return vector
    lanes = ir.VectorType(ir.IntType(width), 512 // width)
    shift = builder.shl if places > 0 else builder.lshr
    moved = shift(builder.bitcast(vector, lanes), constant_vector(lanes, abs(places)))
    return builder.bitcast(moved, _WORDS)


def _swapped(builder, vectors):
    """Exchange the number of a vector, 0..7, and the number of a byte in a word.

    Vectors of words ``[8 streams]`` become vectors of one byte of all 64 streams, in an order
    of its own, and the other way round.
    """
    for step, width in ((1, 8), (2, 16), (4, 32)):
        ones = (1 << width) - 1
        low = constant_vector(_WORDS, sum(ones << i for i in range(0, 64, 2 * width)))
        for i in range(8):
            if not i & step:
                a, b = vectors[i], vectors[i + step]
                vectors[i] = _blend(builder, low, a, _shifted(builder, b, width, 2 * width))
                down = _shifted(builder, a, -width, 2 * width)
                vectors[i + step] = _blend(builder, low, down, b)
    return vectors


def _found(builder, tables, index):
    """Look up 64 bytes in one or two tables; higher bits of the index are ignored."""
    index = builder.bitcast(index, _BYTES)
    if len(tables) == 1:
        name, arguments = "permvar", [tables[0], index]
    else:
        name, arguments = "vpermi2var", [tables[0], index, tables[1]]
    entry = call_llvm(builder, f"llvm.x86.avx512.{name}.qi.512", _BYTES, arguments)
    return builder.bitcast(entry, _WORDS)


def _elements(context, builder, kind, value):
    """Return the arrays of a tuple."""
    return [builder.extract_value(value, i) for i in range(kind.count)]


@intrinsic
def look_up_word(typing_context, inputs, position, tables, pace, state, outputs):
    """look_up_word(inputs, position, tables, pace, state, outputs): run 64 streams 64 cycles.

    From `position` on, each array of the tuple `inputs` has 64 words, one a stream; as many
    go to each array of `outputs`. `tables` are one or two arrays of 64 bytes, and as many
    cycles make a look-up as the tuple `pace` has elements. Entries, the index into the tables
    and ``state [64]`` are those of `look_up_tables`.
    """
    cycles = pace.count
    array = inputs.dtype

    def generate(context, builder, signature, arguments):
        kinds = signature.args
        inputs, outputs = (_elements(context, builder, kinds[i], arguments[i]) for i in (0, 5))
        position = arguments[1]
        registers = [
            load_elements(context, builder, kinds[2].dtype, table, I64(0), _BYTES)
            for table in _elements(context, builder, kinds[2], arguments[2])
        ]
        place, align = vector_address(context, builder, kinds[4], arguments[4], I64(0), _BYTES)
        entry = builder.bitcast(builder.load(place, align=align), _WORDS)
        columns = [
            _swapped(
                builder,
                [
                    load_elements(
                        context, builder, array, one, builder.add(position, I64(8 * q)), _WORDS
                    )
                    for q in range(8)
                ],
            )
            for one in inputs
        ]
        field = (1 << cycles) - 1
        shown = [[] for _ in outputs]
        for byte in range(8):
            bits = [None] * len(outputs)
            for t in range(0, 8, cycles):
                index = entry
                for i, column in enumerate(columns):
                    moved = _shifted(builder, column[byte], i * cycles - t)
                    index = _select(builder, field << (i * cycles), moved, index)
                entry = _found(builder, registers, index)
                for i in range(len(outputs)):
                    moved = _shifted(builder, entry, t - i * cycles)
                    earlier = bits[i]
                    bits[i] = (
                        moved
                        if earlier is None
                        else _select(builder, field << t, moved, earlier)
                    )
            for column, byte_of_all in zip(shown, bits, strict=True):
                column.append(byte_of_all)
        builder.store(builder.bitcast(entry, _BYTES), place, align=align)
        for one, column in zip(outputs, shown, strict=True):
            for q, words in enumerate(_swapped(builder, column)):
                at = builder.add(position, I64(8 * q))
                place, align = vector_address(context, builder, array, one, at, _WORDS)
                builder.store(words, place, align=align)
        return context.get_dummy_value()

    return types.void(inputs, types.uintp, tables, pace, state, outputs), generate


def _transposed(builder, vectors):
    """Transpose the 4 x 4 words of both halves of four vectors."""

    def mixed(a, b, indices):
        mask = ir.Constant(ir.VectorType(I32, 8), indices)
        return builder.shuffle_vector(a, b, mask)

    pairs = []
    for a, b in (vectors[:2], vectors[2:]):
        pairs.append(mixed(a, b, [0, 8, 2, 10, 4, 12, 6, 14]))
        pairs.append(mixed(a, b, [1, 9, 3, 11, 5, 13, 7, 15]))
    return [
        mixed(pairs[odd], pairs[2 + odd], [half + i + k for k in (0, 4) for i in (0, 1, 8, 9)])
        for half in (0, 2)
        for odd in (0, 1)
    ]


_FOUR = ir.VectorType(I64, 4)


def _halves(first, count):
    return ir.Constant(ir.VectorType(I32, count), list(range(first, first + count)))


@intrinsic
def words_of_streams(typing_context, streams, position, step, words):
    """words_of_streams(streams, position, step, words): four words of 64 streams.

    Word w of stream r, ``streams[position + r * step + w]``, goes to ``words[64 w + r]``.
    """

    def generate(context, builder, signature, arguments):
        streams, position, step, words = arguments
        kinds = signature.args

        def four_words(r):
            at = builder.add(position, builder.mul(step, I64(r)))
            return load_elements(context, builder, kinds[0], streams, at, _FOUR)

        for r in range(0, 64, 8):
            rows = [
                builder.shuffle_vector(four_words(r + k), four_words(r + k + 4), _halves(0, 8))
                for k in range(4)
            ]
            for w, vector in enumerate(_transposed(builder, rows)):
                place, align = vector_address(
                    context, builder, kinds[3], words, I64(64 * w + r), _WORDS
                )
                builder.store(vector, place, align=align)
        return context.get_dummy_value()

    return types.void(streams, types.uintp, types.uintp, words), generate


@intrinsic
def words_to_streams(typing_context, words, streams, position, step):
    """words_to_streams(words, streams, position, step): the reverse of `words_of_streams`."""

    def generate(context, builder, signature, arguments):
        words, streams, position, step = arguments
        kinds = signature.args
        for r in range(0, 64, 8):
            rows = [
                load_elements(context, builder, kinds[0], words, I64(64 * w + r), _WORDS)
                for w in range(4)
            ]
            for k, vector in enumerate(_transposed(builder, rows)):
                for half in (0, 4):
                    four = builder.shuffle_vector(vector, vector, _halves(half, 4))
                    at = builder.add(position, builder.mul(step, I64(r + k + half)))
                    place, align = vector_address(
                        context, builder, kinds[1], streams, at, _FOUR
                    )
                    builder.store(four, place, align=align)
        return context.get_dummy_value()

    return types.void(words, streams, types.uintp, types.uintp), generate
