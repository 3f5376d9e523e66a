"""Matrix products of codes, exact or with an accumulator that is quantised at every step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.element_index import index_text
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..formats.result_formats import accumulated_format, product_format
from ..rounding.reference import CodeOverflowError
from ..rounding.rules import (
    ERROR,
    NONE,
    OFFSET,
    SIGNED_MODES,
    WORD,
    overflow_mark,
    overflow_rule,
    rounding_rule,
    storage_type,
)
from ..rounding.word_reader import WordReader, as_reader
from . import product_kernels
from .accumulator_spec import AccumulatorSpec
from .product_words import ProductWords

__all__ = ["MAX_WORDS", "CodeProduct", "matrix_product", "raise_product_overflow"]

# Largest number of words to hold at a time from a source without a short period.
MAX_WORDS = 1 << 22


class CodeProduct:
    """A matrix product of codes of two formats, with its working type and loop chosen.

    Parameters
    ----------
    spec : AccumulatorSpec
    a, b : Format

    Raises
    ------
    ValueError
        If an intermediate sum needs more than 64 bits.

    Attributes
    ----------
    working_type : integer type
        Of the sums during the computation.
    operand_type : integer type
        Of the operand that the loop reads along rows.
    result_type : dtype
        Of finished sums.
    fit : int
        Kind of overflow that the loop handles; see `fixedpoint.rounding.rules`.
    """

    def __init__(self, spec: AccumulatorSpec, a: Format, b: Format) -> None:
        self.spec, self.a, self.b = spec, a, b
        discarded = a.frac_bits + b.frac_bits - spec.format.frac_bits
        self.right = max(discarded, 0)
        self.left = max(-discarded, 0)
        rounding = spec.product_rounding or spec.rounding
        self.round_products = spec.product_rounding is not None
        # Wrapping can be left to the end, unless a rounding depends on the sign of the sum.
        wrap_last = spec.overflow is Overflow.WRAP and (
            self.round_products
            or spec.order == "tree"
            or self.right == 0
            or spec.rounding not in SIGNED_MODES
        )
        work = next(
            (w for w in (np.int16, np.int32, np.int64) if self._is_safe(w, wrap_last)), None
        )
        if work is None:
            raise ValueError(
                f"sums of products of {a} and {b} in {spec.format} need more than 64 bits; "
                f"cast the operands or choose a nearer accumulator"
            )
        step = rounding_rule(rounding, self.right, work)
        fit, self.limits = overflow_rule(spec.format, spec.overflow, work)
        self.fit = NONE if wrap_last else fit
        self.working_type = work
        # The storage type cannot hold the mark of an overflow.
        self.result_type = np.dtype(work) if fit == ERROR else storage_type(spec.format)
        self.jam = work(spec.rounding is Rounding.JAM)
        self.random = step.kind == WORD
        self.is_exact = (
            wrap_last and step.kind == OFFSET and not (self.right or self.left or self.jam)
        )
        self.rule = step.rule
        # Loops read the second operand along rows: a short type saves memory bandwidth.
        short = work is not np.int64 and all(f.width + (not f.signed) <= 16 for f in (a, b))
        self.operand_type = np.int16 if short else work
        make_loop = (
            product_kernels.tree_product
            if spec.order == "tree"
            else product_kernels.sequential_product
        )
        self.kernel = make_loop(step.kind, self.round_products, self.fit)

    def _is_safe(self, work: type, wrap_last: bool) -> bool:
        """Tell whether no intermediate number exceeds the type `work`."""
        bits = int(np.iinfo(work).bits)
        product = (_magnitude(self.a) << self.left) * _magnitude(self.b)
        total = _magnitude(self.spec.format)
        pairs = 2 if self.spec.order == "tree" else 1
        needed = pairs * product + (1 << self.right)
        if wrap_last:
            # Sums are right modulo 2^bits, and only their low bits are read.
            if self.spec.format.width > bits:
                return False
        else:
            needed = max(needed, pairs * (total + (product >> self.right) + 2))
        return needed < 1 << (bits - 1)

    def run(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        words: ProductWords,
        strides: tuple[int, int],
        columns: NDArray[np.int64],
        start: NDArray[Any],
    ) -> NDArray[Any]:
        """Run the loop; see `product_kernels.sequential_product`.

        Parameters
        ----------
        a : integer array ``[groups, rows, K]``
        b : integer array ``[groups, K, columns]``
        words : ProductWords
        strides : pair of int
            Words from one group to the next, and from one row to the next.
        columns : int64 array
            Words from the first column to each column.
        start : integer array
            Codes at which the sums start, of a shape that broadcasts to theirs.

        Returns
        -------
        integer array ``[groups, rows, columns]``
            Of the working type; `wrap` brings the sums into the accumulator's format.
        """
        if self.is_exact and a.shape[2] * _magnitude(self.a) * _magnitude(self.b) < 1 << 53:
            # Doubles hold these integers exactly, whatever the order in which BLAS adds.
            sums = a.astype(np.float64) @ b.astype(np.float64)
            return (sums.astype(np.int64) + start).astype(self.working_type)
        out = np.empty((a.shape[0], a.shape[1], b.shape[2]), self.working_type)
        # Convert once instead of once per column.
        out[:] = start.astype(self.working_type)
        self.kernel(
            np.left_shift(a.astype(self.working_type), self.working_type(self.left), order="C"),
            np.ascontiguousarray(b, dtype=self.operand_type),
            out,
            self.rule,
            self.limits,
            self.jam,
            words.table,
            words.layout,
            (words.first, *strides),
            columns,
            product_kernels.scratch_arrays(self.working_type),
        )
        return out

    def wrap(self, out: NDArray[Any]) -> NDArray[Any]:
        """Return sums that `result_type` can hold: wrapped, if that was left to the end."""
        fmt = self.spec.format
        if self.spec.overflow is Overflow.WRAP and fmt.width < 64:
            low = fmt.minimum_code
            out = ((out.astype(np.int64) - low) & ((1 << fmt.width) - 1)) + low
        return out

    def sums(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        reader: WordReader | None,
        start: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return the sums of ``a [groups, rows, K]`` and ``b [groups, K, columns]``.

        Parameters
        ----------
        a, b : integer array
        reader : WordReader or None
            Outputs take their words in C order of ``[groups, rows, columns]``.
        start : integer array ``[groups, rows, 1]``, optional
            Codes at which the sums start, by default 0.
        """
        (groups, rows, depth), width = a.shape, b.shape[2]
        each = self.spec.words_per_output(depth)
        total = groups * rows * width * each
        if start is None:
            start = np.zeros((groups, rows, 1), self.working_type)
        if reader is None or not self.random or total <= MAX_WORDS or reader.is_kept(total):
            return self._oriented(a, b, reader, each, start)
        out = np.zeros((groups, rows, width), self.working_type)
        # Take whole rows where they are short enough, else parts of one row.
        row_count = max(1, MAX_WORDS // (width * each))
        column_count = width if row_count > 1 else max(1, MAX_WORDS // each)
        for g in range(groups):
            group = slice(g, g + 1)
            for i in range(0, rows, row_count):
                row = slice(i, i + row_count)
                for j in range(0, width, column_count):
                    column = slice(j, j + column_count)
                    out[group, row, column] = self._oriented(
                        a[group, row], b[group, :, column], reader, each, start[group, row]
                    )
        return out

    def words(
        self, reader: WordReader | None, total: int, stride: int, run: int
    ) -> ProductWords:
        """Read `total` words for outputs `stride` words apart, at most `run` at once."""
        if reader is None or total == 0:
            return ProductWords.none(self.working_type)
        if not self.random:
            # No bits are discarded, so the words have no effect; they are still consumed.
            reader.position += total
            return ProductWords.none(self.working_type)
        return ProductWords.read(reader, total, stride, run, self.right, self.working_type)

    def _oriented(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        reader: WordReader | None,
        each: int,
        start: NDArray[Any],
    ) -> NDArray[Any]:
        groups, rows, width = *a.shape[:2], b.shape[2]
        group_words, row_words = rows * width * each, width * each
        if width >= 32 or width >= rows:
            words = self.words(reader, groups * group_words, each, width)
            columns = np.arange(width, dtype=np.int64) * each
            return self.run(a, b, words, (group_words, row_words), columns, start)
        # With few columns and many rows the loop runs along the rows instead.
        words = self.words(reader, groups * group_words, row_words, rows)
        columns = np.arange(rows, dtype=np.int64) * row_words
        x, y = b.transpose(0, 2, 1), a.transpose(0, 2, 1)
        first = start.transpose(0, 2, 1)
        return self.run(x, y, words, (group_words, each), columns, first).transpose(0, 2, 1)


def matrix_product(
    a: NDArray[Any],
    a_format: Format,
    b: NDArray[Any],
    b_format: Format,
    accumulator: AccumulatorSpec | None = None,
    bits: Any = None,
) -> tuple[NDArray[Any], Format]:
    """Return the matrix product of two arrays of codes, as codes and their format.

    Parameters
    ----------
    a : integer array ``[..., rows, K]`` or ``[K]``
    a_format : Format
    b : integer array ``[..., K, columns]`` or ``[K]``
    b_format : Format
    accumulator, bits
        As for `fixedpoint.matmul`, which also documents the errors.
    """
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("matmul takes arrays of one dimension or more, not a number")
    x = a[None, :] if a.ndim == 1 else a
    y = b[:, None] if b.ndim == 1 else b
    depth = x.shape[-1]
    if y.shape[-2] != depth:
        raise ValueError(
            f"matmul takes equal inner dimensions, not shapes {a.shape} and {b.shape}"
        )
    if accumulator is None:
        fmt = accumulated_format(product_format(a_format, b_format), depth)
        accumulator = AccumulatorSpec(format=fmt)
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    shape = (*batch, *a.shape[-2:-1], *(y.shape[-1:] if b.ndim > 1 else ()))
    if y.ndim == 2:
        left, right = x.reshape(1, math.prod(x.shape[:-1]), depth), y[None]
    else:
        count = math.prod(batch)
        left = np.broadcast_to(x, (*batch, *x.shape[-2:])).reshape(count, *x.shape[-2:])
        right = np.broadcast_to(y, (*batch, *y.shape[-2:])).reshape(count, *y.shape[-2:])
    product = CodeProduct(accumulator, a_format, b_format)
    reader = as_reader(bits) if accumulator.random else None
    position = reader.position if reader else 0
    out = product.sums(left, right, reader)
    if product.fit == ERROR:
        marked = np.flatnonzero(out == overflow_mark(product.working_type))
        if len(marked):
            flat = int(marked[0])
            group, row, column = np.unravel_index(flat, out.shape)
            raise_product_overflow(
                product,
                left[group, row],
                right[group, :, column],
                np.unravel_index(flat, shape),
                WordReader(reader.source, position) if reader else None,
                flat,
            )
    return product.wrap(out).reshape(shape), accumulator.format


def raise_product_overflow(
    product: CodeProduct,
    a: NDArray[Any],
    b: NDArray[Any],
    index: Sequence[Any],
    reader: WordReader | None,
    output: int,
    start: int = 0,
) -> None:
    """Repeat one output's sum in plain Python and raise its overflow error.

    Parameters
    ----------
    product : CodeProduct
    a, b : integer array ``[K]``
        Codes whose sum of products overflows.
    index : sequence of int
        Index of the output in the result, for the error message.
    reader : WordReader, optional
        At the first word of output 0.
    output : int
        Number of the output in C order.
    start : int
        Code at which the sum starts.

    Raises
    ------
    CodeOverflowError
    """
    resolution = product.a.resolution * product.b.resolution
    products = [int(x) * int(y) * resolution for x, y in zip(a, b, strict=True)]
    words: list[Fraction] = []
    if reader is not None:
        each = product.spec.words_per_output(len(products))
        reader.position += output * each
        words = [Fraction(int(w), 1 << reader.width) for w in reader.read(each)]
    try:
        product.spec.accumulate(products, words, start)
    except CodeOverflowError as error:
        raise CodeOverflowError(f"{error} of output {index_text(index)}") from None


def _magnitude(fmt: Format) -> int:
    return max(-fmt.minimum_code, fmt.maximum_code)
