"""Accumulators that are quantised at every step, and matrix products made with them."""

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
from .accumulator_spec import AccumulatorSpec, check_spec
from .fixed_array import FixedArray, check_fixed
from .product_words import Draws

__all__ = ["Product", "matmul"]

# Words of a source without a short period that are held at a time.
BLOCK_SIZE = 1 << 22


class Product:
    """A matrix product between two formats, ready to run: types, limits and loop chosen.

    Parameters
    ----------
    spec : AccumulatorSpec
    a, b : Format

    Raises
    ------
    ValueError
        If sums on the way need more than 64 bits.
    """

    def __init__(self, spec: AccumulatorSpec, a: Format, b: Format) -> None:
        self.spec, self.a, self.b = spec, a, b
        cut = a.frac_bits + b.frac_bits - spec.format.frac_bits
        self.cut = max(cut, 0)
        self.left = max(-cut, 0)
        rounding = spec.product_rounding or spec.rounding
        self.early = spec.product_rounding is not None
        # Wrapping may wait for the end, unless a rounding asks for the sign of the sum.
        waits = spec.overflow is Overflow.WRAP and (
            self.early
            or spec.order == "tree"
            or self.cut == 0
            or spec.rounding not in SIGNED_MODES
        )
        work = next((w for w in (np.int16, np.int32, np.int64) if self._safe(w, waits)), None)
        if work is None:
            raise ValueError(
                f"sums of products of {a} and {b} in {spec.format} need more than 64 bits; "
                f"cast the operands or choose a nearer accumulator"
            )
        step = rounding_rule(rounding, self.cut, work)
        fit, self.limits = overflow_rule(spec.format, spec.overflow, work)
        self.fit = NONE if waits else fit
        self.work = work
        # What is finished is stored as the format is, but for marks, which it cannot hold.
        self.kept = np.dtype(work) if fit == ERROR else storage_type(spec.format)
        self.jam = work(spec.rounding is Rounding.JAM)
        self.random = step.kind == WORD
        self.plain = waits and step.kind == OFFSET and not (self.cut or self.left or self.jam)
        self.rule = step.rule
        # The operand that is walked along rows stays narrow in memory.
        narrow = work is not np.int64 and all(f.width + (not f.signed) <= 16 for f in (a, b))
        self.stored = np.int16 if narrow else work
        make = (
            product_kernels.tree_product
            if spec.order == "tree"
            else product_kernels.sequential_product
        )
        self.kernel = make(step.kind, self.early, self.fit)

    def _safe(self, work: type, waits: bool) -> bool:
        """Tell whether no number on the way exceeds the type `work`."""
        bits = int(np.iinfo(work).bits)
        product = (_magnitude(self.a) << self.left) * _magnitude(self.b)
        total = _magnitude(self.spec.format)
        pairs = 2 if self.spec.order == "tree" else 1
        needed = pairs * product + (1 << self.cut)
        if waits:
            # Sums are right modulo 2^bits, and that is all that is read from them.
            if self.spec.format.width > bits:
                return False
        else:
            needed = max(needed, pairs * (total + (product >> self.cut) + 2))
        return needed < 1 << (bits - 1)

    def run(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        draws: Draws,
        strides: tuple[int, int],
        columns: NDArray[np.int64],
        start: NDArray[Any],
    ) -> NDArray[Any]:
        """Run the loop; see `product_kernels.sequential_product`.

        Parameters
        ----------
        a : integer array ``[groups, rows, K]``
        b : integer array ``[groups, K, columns]``
        draws : Draws
        strides : pair of int
            How many words further a group and a row are.
        columns : int64 array
            How many words further each column is than the first.
        start : integer array
            The codes at which the sums start, of a shape that broadcasts to theirs.
        """
        if self.plain and a.shape[2] * _magnitude(self.a) * _magnitude(self.b) < 1 << 53:
            # Whole numbers that doubles hold exactly, in whatever order BLAS adds them.
            sums = a.astype(np.float64) @ b.astype(np.float64)
            return (sums.astype(np.int64) + start).astype(self.work)
        out = np.empty((a.shape[0], a.shape[1], b.shape[2]), self.work)
        # Converted once, not for every column.
        out[:] = start.astype(self.work)
        self.kernel(
            np.left_shift(a.astype(self.work), self.work(self.left), order="C"),
            np.ascontiguousarray(b, dtype=self.stored),
            out,
            self.rule,
            self.limits,
            self.jam,
            draws.table,
            draws.walk,
            (draws.first, *strides),
            columns,
            product_kernels.scratch_arrays(self.work),
        )
        return out

    def finish(self, out: NDArray[Any]) -> NDArray[Any]:
        """Return sums that the type `kept` can hold: wrapped, if that has waited."""
        fmt = self.spec.format
        if self.spec.overflow is Overflow.WRAP and fmt.width < 64:
            low = fmt.minimum_code
            out = ((out.astype(np.int64) - low) & ((1 << fmt.width) - 1)) + low
        return out

    def pieces(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        reader: WordReader | None,
        start: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return the sums of ``a [groups, rows, K]`` and ``b [groups, K, columns]``.

        They start at the codes ``start [groups, rows, 1]``, or at 0.
        Outputs take their words in C order of ``[groups, rows, columns]``.
        """
        (groups, rows, depth), width = a.shape, b.shape[2]
        each = self.spec.words_per_output(depth)
        total = groups * rows * width * each
        if start is None:
            start = np.zeros((groups, rows, 1), self.work)
        if reader is None or not self.random or total <= BLOCK_SIZE or reader.is_kept(total):
            return self._oriented(a, b, reader, each, start)
        out = np.zeros((groups, rows, width), self.work)
        # Whole rows where they are short enough, else parts of one row.
        high = max(1, BLOCK_SIZE // (width * each))
        wide = width if high > 1 else max(1, BLOCK_SIZE // each)
        for g in range(groups):
            for i in range(0, rows, high):
                for j in range(0, width, wide):
                    x, y = a[g : g + 1, i : i + high], b[g : g + 1, :, j : j + wide]
                    out[g : g + 1, i : i + high, j : j + wide] = self._oriented(
                        x, y, reader, each, start[g : g + 1, i : i + high]
                    )
        return out

    def draws(self, reader: WordReader | None, total: int, stride: int, run: int) -> Draws:
        """Read `total` words for outputs that begin `stride` words apart, in runs of `run`."""
        if reader is None or total == 0:
            return Draws.none(self.work)
        if not self.random:
            # No bits are discarded, so the words do nothing; but they are taken.
            reader.position += total
            return Draws.none(self.work)
        return Draws.read(reader, total, stride, run, self.cut, self.work)

    def _oriented(
        self,
        a: NDArray[Any],
        b: NDArray[Any],
        reader: WordReader | None,
        each: int,
        start: NDArray[Any],
    ) -> NDArray[Any]:
        groups, rows, width = *a.shape[:2], b.shape[2]
        of_group, of_row = rows * width * each, width * each
        if width >= 32 or width >= rows:
            draws = self.draws(reader, groups * of_group, each, width)
            columns = np.arange(width, dtype=np.int64) * each
            return self.run(a, b, draws, (of_group, of_row), columns, start)
        # Few columns and many rows: the loop runs along the rows instead.
        draws = self.draws(reader, groups * of_group, of_row, rows)
        columns = np.arange(rows, dtype=np.int64) * of_row
        x, y = b.transpose(0, 2, 1), a.transpose(0, 2, 1)
        first = start.transpose(0, 2, 1)
        return self.run(x, y, draws, (of_group, each), columns, first).transpose(0, 2, 1)


def matmul(
    a: FixedArray,
    b: FixedArray,
    accumulator: AccumulatorSpec | None = None,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return the matrix product, exact, or as hardware with that accumulator makes it.

    Parameters
    ----------
    a : FixedArray ``[..., rows, K]`` or ``[K]``
    b : FixedArray ``[..., K, columns]`` or ``[K]``
        Leading dimensions broadcast, as in NumPy's ``matmul``.
    accumulator : AccumulatorSpec, optional
        Without it every sum is exact, with ceil(log2 K) integer bits above the product's.
    bits : word source or WordReader
        For STOCHASTIC; `AccumulatorSpec` states the order of its words.

    Returns
    -------
    FixedArray
        In the accumulator's format.

    Raises
    ------
    ValueError
        If shapes do not match, or numbers on the way would need more than 64 bits.
    CodeOverflowError
        If a sum does not fit and overflow is ERROR. It names the output and the addition.
    """
    check_fixed("matmul", a, b)
    if accumulator is not None:
        check_spec("matmul accumulator", accumulator)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("matmul takes arrays of one dimension or more, not a number")
    x = a.codes[None, :] if a.ndim == 1 else a.codes
    y = b.codes[:, None] if b.ndim == 1 else b.codes
    depth = x.shape[-1]
    if y.shape[-2] != depth:
        raise ValueError(
            f"matmul takes equal inner dimensions, not shapes {a.shape} and {b.shape}"
        )
    if accumulator is None:
        fmt = accumulated_format(product_format(a.format, b.format), depth)
        accumulator = AccumulatorSpec(format=fmt)
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    shape = (*batch, *a.shape[-2:-1], *(y.shape[-1:] if b.ndim > 1 else ()))
    if y.ndim == 2:
        left, right = x.reshape(1, math.prod(x.shape[:-1]), depth), y[None]
    else:
        count = math.prod(batch)
        left = np.broadcast_to(x, (*batch, *x.shape[-2:])).reshape(count, *x.shape[-2:])
        right = np.broadcast_to(y, (*batch, *y.shape[-2:])).reshape(count, *y.shape[-2:])
    product = Product(accumulator, a.format, b.format)
    reader = as_reader(bits) if accumulator.random else None
    start = reader.position if reader else 0
    out = product.pieces(left, right, reader)
    if product.fit == ERROR:
        wrong = np.flatnonzero(out == overflow_mark(product.work))
        if len(wrong):
            flat = int(wrong[0])
            group, row, column = np.unravel_index(flat, out.shape)
            explain_overflow(
                accumulator,
                FixedArray._of(left[group, row], a.format),
                FixedArray._of(right[group, :, column], b.format),
                np.unravel_index(flat, shape),
                WordReader(reader.source, start) if reader else None,
                flat,
            )
    return FixedArray._of(product.finish(out).reshape(shape), accumulator.format)


def explain_overflow(
    spec: AccumulatorSpec,
    a: FixedArray,
    b: FixedArray,
    index: Sequence[Any],
    reader: WordReader | None,
    output: int,
    start: int = 0,
) -> None:
    """Repeat one output's sum in plain Python and raise the error, with its index.

    Parameters
    ----------
    spec : AccumulatorSpec
    a, b : FixedArray
        The vectors whose product overflows.
    index : sequence of int
        Of the output in the result.
    reader : WordReader, optional
        At the first word of output 0.
    output : int
        Which output it is, in C order.
    start : int
        The code from which its sum starts.
    """
    products = [
        int(x) * int(y) * a.format.resolution * b.format.resolution
        for x, y in zip(a.codes, b.codes, strict=True)
    ]
    words: list[Fraction] = []
    if reader is not None:
        each = spec.words_per_output(len(products))
        reader.position += output * each
        words = [Fraction(int(w), 1 << reader.width) for w in reader.read(each)]
    try:
        spec.accumulate(products, words, start)
    except CodeOverflowError as error:
        raise CodeOverflowError(f"{error} of output {index_text(index)}") from None


def _magnitude(fmt: Format) -> int:
    return max(-fmt.minimum_code, fmt.maximum_code)
