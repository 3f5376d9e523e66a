"""Products of pairs of numbers: the ones of the product of their streams."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_broadcast, check_flag
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled, deferred

from ..generators.generator import Generator, check_generator
from ..streams.bitstream import Bitstream
from ..streams.codes import check_encoding, operand_codes, quantized
from ..streams.comparators import by_bit, sequence
from ..streams.count_table import LARGEST_TABLE, table_bytes, table_entries
from ..streams.encode import check_engine
from ..streams.independence import require_independent
from ..streams.operands import check_alike
from ..streams.packing import check_length, last_word, unpack, word_count
from ..streams.stream_bank import bank, bank_pays
from .gates import multiply

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["multiply_count", "product_counts"]

less_than, look_up, ones, ones_of_and, ones_of_xor, prefetch = deferred(
    "stochastic.streams.vector_instructions",
    "less_than",
    "look_up",
    "ones",
    "ones_of_and",
    "ones_of_xor",
    "prefetch",
)

# Distance of the software prefetch in words: one page of memory. The hardware prefetcher stops
# at page boundaries.
AHEAD = np.uint64(512)


def product_counts(
    a: ArrayLike,
    b: ArrayLike,
    generators: tuple[Generator, Generator],
    length: int = 256,
    encoding: str = "bipolar",
    engine: str = "auto",
    *,
    correlated: bool = False,
) -> NDArray[np.int32]:
    """Encode pairs of numbers, multiply the streams, and count the product's ones.

    Parameters
    ----------
    a, b : array of float, or of integer
        Real values, or codes if the dtype is integer; of shapes that broadcast.
    generators, length, encoding, correlated
        As for `matmul`.
    engine : {"auto", "bit", "packed", "table"}
        All engines give the same counts. "bit" takes one cycle at a time; "packed" 64 cycles,
        from banks or comparators; "table" looks up `count_table`.

    Returns
    -------
    int32 array
        The ones of each product; for sign-magnitude the positive minus the negative ones.

    Raises
    ------
    TypeError, ValueError
        If a value is NaN, out of range or not a real number; if the shapes do not
        broadcast; if both generators give the same sequence; if the table is too large.

    Examples
    --------
    >>> from stochastic import Sobol
    >>> pair = Sobol(width=4, dimension=0), Sobol(width=4, dimension=1)
    >>> product_counts([0.5, 0.75], [0.5, 0.25], pair, length=16, encoding="unipolar").tolist()
    [4, 3]
    """
    generators, length = check_operation(
        "product_counts", generators, length, encoding, engine, correlated
    )
    a, b = check_array("product_counts takes", a), check_array("product_counts takes", b)
    if encoding == "sign-magnitude":
        a, b = (
            operand_codes(x, g.width, encoding) for x, g in zip((a, b), generators, strict=True)
        )
        magnitudes = product_counts(
            np.abs(a), np.abs(b), generators, length, "unipolar", engine, correlated=True
        )
        return (np.sign(a) * np.sign(b)).astype(np.int32) * magnitudes
    shape = check_broadcast("product_counts", a.shape, b.shape)
    if engine == "auto":
        engine = "table" if pays_table(generators, length, math.prod(shape)) else "packed"
    if engine == "table":
        return _table_counts(a, b, shape, generators, length, encoding)
    first, second = (
        _flattened(operand_codes(x, g.width, encoding), shape)
        for x, g in zip((a, b), generators, strict=True)
    )
    return _counts(first, second, generators, length, encoding, engine).reshape(shape)


def multiply_count(
    a: Bitstream, b: Bitstream, *, correlated: bool = False
) -> NDArray[np.integer]:
    """Return ``multiply(a, b).count()`` without storing the product.

    Parameters
    ----------
    a, b : Bitstream
        Of one length and encoding, and of shapes that broadcast.
    correlated : bool
        Allow operands of one sequence.

    Returns
    -------
    int32 array of the broadcast shape, int64 for integral streams

    Examples
    --------
    >>> a = Bitstream.from_bits([1, 1, 0, 0], "unipolar")
    >>> b = Bitstream.from_bits([[1, 0, 1, 0], [1, 1, 1, 1]], "unipolar")
    >>> multiply_count(a, b).tolist()
    [1, 2]
    """
    shape = check_alike("multiply_count", a, b)
    if any(s.streams is not None or s.sign_words is not None for s in (a, b)):
        counts = multiply(a, b, correlated=correlated).count()
        # A product of integral streams may have more ones than int32 can tell.
        return counts.astype(np.int32) if a.streams is None is b.streams else counts
    if not check_flag("multiply_count correlated", correlated):
        require_independent("multiply_count", a.generators, b.generators, a.length)
    words = word_count(a.length)
    whole = (*shape, words)
    first, second = _flattened(a.words, whole), _flattened(b.words, whole)
    counts = np.empty(math.prod(shape), np.int32)
    _of_words(first, second, words, a.length, a.encoding == "bipolar", counts)
    return counts.reshape(shape)


def check_operation(
    name: str, generators: Any, length: Any, encoding: Any, engine: Any, correlated: bool
) -> tuple[tuple[Generator, Generator], int]:
    """Check the arguments that `product_counts` and `matmul` share."""
    check_encoding(encoding)
    check_engine(engine)
    length = check_length(length)
    if not isinstance(generators, (tuple, list)) or len(generators) != 2:
        raise TypeError(f"{name} generators must be a pair, not {shown(generators)}")
    first, second = generators
    check_generator(f"{name} generator", first)
    check_generator(f"{name} generator", second)
    if not check_flag(f"{name} correlated", correlated):
        require_independent(name, (first,), (second,), length)
    return (first, second), length


def pays_table(generators: tuple[Generator, Generator], length: int, products: int) -> bool:
    """Return whether a table fits and has fewer entries than there are products."""
    entries = 1 << (generators[0].width + generators[1].width)
    return entries < products and table_bytes(generators, length) <= LARGEST_TABLE


def _flattened(array, shape):
    if array.shape != shape:
        array = np.broadcast_to(array, shape)
    return array.ravel()


def _table_counts(a, b, shape, generators, length, encoding):
    """Count by look-up; the kernel checks integer codes itself."""
    rows, cells = generators[0].width, generators[1].width
    first = a if a.dtype.kind in "iu" else quantized(a, rows, encoding)
    second = b if b.dtype.kind in "iu" else quantized(b, cells, encoding)
    first, second = _flattened(first, shape), _flattened(second, shape)
    entries = table_entries(generators, length, encoding)
    counts = np.empty(first.size, np.int32)
    if not _from_table(first, second, entries, 1 << rows, 1 << cells, counts):
        operand_codes(a, rows, encoding)
        operand_codes(b, cells, encoding)
    return counts.reshape(shape)


def _counts(a, b, generators, length, encoding, engine):
    """Count the products of flat, unsigned codes."""
    counts = np.empty(a.size, np.int32)
    bipolar = encoding == "bipolar"
    if engine == "bit":
        first, second = (
            unpack(by_bit(g, length, c), length)
            for g, c in zip(generators, (a, b), strict=True)
        )
        return (first == second if bipolar else first & second).sum(axis=-1, dtype=np.int32)
    if all(bank_pays(g, length, a.size) for g in generators):
        first, second = (bank(g, length) for g in generators)
        _from_banks(
            a, b, first.reshape(-1), second.reshape(-1), first.shape[1], length, bipolar, counts
        )
    else:
        first, second = (sequence(g, length) for g in generators)
        _from_comparators(a, b, first, second, length, last_word(length), bipolar, counts)
    return counts


@compiled
def _from_table(a, b, entries, last_row, last_cell, counts):
    good = True
    whole = a.size - a.size % 16
    last = np.uint32(last_row), np.uint32(last_cell)
    for i in range(0, whole, 16):
        good &= look_up(entries, a, b, last[0], last[1], np.uint64(i), counts)
    for i in range(whole, a.size):
        row, cell = np.uint64(a[i]), np.uint64(b[i])
        if row > last[0] or cell > last[1]:
            good = False
        else:
            counts[i] = entries[row * np.uint64(last_cell + 1) + cell]
    return good


@compiled
def _from_banks(a, b, first, second, words, length, bipolar, counts):
    step = np.uint64(words)
    for i in range(a.size):
        count = _ones_of_product(
            first, np.uint64(a[i]) * step, second, np.uint64(b[i]) * step, step, bipolar
        )
        counts[i] = length - count if bipolar else count


@compiled
def _from_comparators(a, b, first, second, length, last, bipolar, counts):
    words = first.size // 64
    for i in range(a.size):
        x, y = np.uint64(a[i]), np.uint64(b[i])
        count = np.uint64(0)
        for w in range(words):
            u = less_than(first, np.uint64(64 * w), x)
            v = less_than(second, np.uint64(64 * w), y)
            word = u ^ v if bipolar else u & v
            count += ones(word & last if w == words - 1 else word)
        counts[i] = length - np.int64(count) if bipolar else count


@compiled
def _of_words(first, second, words, length, bipolar, counts):
    if words == 4:
        _of_four_words(first, second, length, bipolar, counts)
        return
    step = np.uint64(words)
    for i in range(counts.size):
        position = np.uint64(i) * step
        prefetch(first, position + AHEAD)
        prefetch(second, position + AHEAD)
        count = _ones_of_product(first, position, second, position, step, bipolar)
        counts[i] = length - count if bipolar else count


@compiled
def _of_four_words(first, second, length, bipolar, counts):
    # The special case of 256 cycles, the most common length, runs at memory speed.
    for i in range(counts.size):
        position = np.uint64(4 * i)
        prefetch(first, position + AHEAD)
        prefetch(second, position + AHEAD)
        if bipolar:
            counts[i] = length - np.int64(ones_of_xor(first, position, second, position))
        else:
            counts[i] = np.int64(ones_of_and(first, position, second, position))


@compiled(inline=True)
def _ones_of_product(first, i, second, j, words, xor):
    """Ones of AND or XOR of `words` words: four at a time, then one at a time."""
    count = np.uint64(0)
    if words == np.uint64(4):
        # Without the loop 256 cycles, the most common length, take half the time.
        return np.int64(
            ones_of_xor(first, i, second, j) if xor else ones_of_and(first, i, second, j)
        )
    whole = words & ~np.uint64(3)
    for w in range(np.uint64(0), whole, np.uint64(4)):
        if xor:
            count += ones_of_xor(first, i + w, second, j + w)
        else:
            count += ones_of_and(first, i + w, second, j + w)
    for w in range(whole, words):
        u, v = first[i + w], second[j + w]
        count += ones(u ^ v if xor else u & v)
    return np.int64(count)
