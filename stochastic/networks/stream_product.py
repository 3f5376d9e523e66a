"""The stochastic multiplier of a network's layers, as a table of counts."""

from __future__ import annotations

import dataclasses
import functools
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Parameters, check_choice, check_integer

from ..arithmetic.conditional_generator import check_conditional
from ..arithmetic.look_ups import LARGEST_ENTRY
from ..generators.generator import Generator, check_generator
from ..generators.lfsr import Lfsr
from ..generators.permuted import Permuted
from ..generators.sobol import Sobol
from ..integral.stream_seeds import stream_seeds

__all__ = ["ENCODINGS", "KINDS", "MULTIPLIERS", "StreamProduct"]

ENCODINGS = ("sign-magnitude", "bipolar")
MULTIPLIERS = ("gate", "conditional")
KINDS = ("lfsr", "sobol")


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamProduct(Parameters):
    """The multiplier that computes every product of a network on streams.

    Parameters
    ----------
    length : int
        Cycles N, 1..16384. The products of all cycles span at most 65535 counts: twice N m^2.
    activations, weights : tuple of Generator
        G m generators each, all of one width n. Input k of a sum uses set number k mod G: the
        m generators from ``(k mod G) m`` on.
    range : int
        Range m of both factors' streams, 1..16.
    encoding : {"sign-magnitude", "bipolar"}
    multiplier : {"gate", "conditional"}
        A gate, or an integer multiplier where m > 1; or `ConditionalMultiplier` (uMUL), for
        which m is 1.

    Notes
    -----
    A factor is an integral stream of range m: the number of words of its m generators that
    are below its code. In a cycle these are the hardware circuits:

    - sign-magnitude: `IntegralSng`, unipolar, of both magnitudes; `IntegralMultiplier`; and
      the XOR of the signs, which negates the product. With m = 1 it is the AND gate of
      sign-magnitude streams.
    - bipolar: `IntegralSng`, bipolar, and `IntegralMultiplier`. With m = 1 it is XNOR.
    - conditional: the stream of the activation's magnitude, or its bipolar stream, and the
      code of the weight enter `ConditionalMultiplier`.

    A counter adds the products of all cycles, at most ``full_scale = N m^2`` each. Because
    the generators' words are known, this sum is a function of the two codes, `table`.

    Examples
    --------
    >>> from stochastic.networks import StreamProduct
    >>> product = StreamProduct.of(length=16, kind="sobol", width=4)
    >>> product.full_scale, product.digits
    (16, 4)
    >>> int(product.table[16 + 8, 16 - 12])
    -6
    """

    length: int
    activations: tuple[Generator, ...]
    weights: tuple[Generator, ...]
    range: int = 1
    encoding: str = "sign-magnitude"
    multiplier: str = "gate"

    def __post_init__(self) -> None:
        self._set(length=check_integer("length of streams", self.length, 1, 1 << 14))
        check_choice("encoding of a network", self.encoding, ENCODINGS)
        check_choice("multiplier of a network", self.multiplier, MULTIPLIERS)
        m = check_integer("range of streams", self.range, 1, 16)
        counts = len(self.activations), len(self.weights)
        if counts[0] != counts[1] or not counts[0] or counts[0] % m:
            raise ValueError(
                f"a network of range {m} takes a multiple of {m} generators for activations "
                f"and as many for weights, not {counts[0]} and {counts[1]}"
            )
        width = check_generator("generator of activations", self.activations[0]).width
        check_integer("width of a network's generators", width, 2, 12)
        for generator in (*self.activations, *self.weights):
            check_generator("generator of a network", generator, width)
        if self.multiplier == "conditional":
            if m > 1:
                raise ValueError(f"conditional multipliers take range 1, not {m}")
            for generator in self.weights:
                check_conditional("generator of weights", generator)

    @classmethod
    def of(
        cls,
        *,
        length: int,
        range: int = 1,
        encoding: str = "sign-magnitude",
        multiplier: str = "gate",
        kind: str = "lfsr",
        width: int | None = None,
        seed: int = 1,
        sets: int = 1,
    ) -> Self:
        """Return a multiplier with generators of one kind.

        Parameters
        ----------
        length, encoding, multiplier
        range : int
            m.
        kind : {"lfsr", "sobol"}
            LFSRs with all 2^n states: those of the weights have their bits in reverse order.
            Or the first 2 G m dimensions of the Sobol sequence, in turn for activations and
            weights; dimension 0 for both of a conditional multiplier.
        width : int, optional
            n, 3..12. By default ``log2(length)``, rounded up, within 4..10.
        seed : int
            Of the LFSRs' seeds; see `stream_seeds`. Sobol sequences have none.
        sets : int
            G, 1..64. There are 2^n - 1 different seeds for 2 G m LFSRs.
        """
        length = check_integer("length of streams", length, 1, 1 << 14)
        m = check_integer("range of streams", range, 1, 16)
        count = m * check_integer("sets of generators", sets, 1, 64)
        check_choice("generators of a network", kind, KINDS)
        if width is None:
            width = min(max((length - 1).bit_length(), 4), 10)
        width = check_integer("width of a network's generators", width, 3, 12)
        every: list[Generator]
        if kind == "sobol":
            every = [Sobol(width=width, dimension=i) for i in np.arange(2 * count).tolist()]
            x, w = every[::2], every[1::2]
            if multiplier == "conditional":
                # Its product does not depend on where the ones of the stream stand.
                w = x
        else:
            seeds = stream_seeds(2 * count, width, seed)
            every = [Lfsr(width=width, seed=s, zero_state=True) for s in seeds]
            order = tuple(reversed(np.arange(width).tolist()))
            x = every[:count]
            w = [Permuted(width=width, generator=g, order=order) for g in every[count:]]
        return cls(
            length=length,
            activations=tuple(x),
            weights=tuple(w),
            range=m,
            encoding=encoding,
            multiplier=multiplier,
        )

    @property
    def sets(self) -> int:
        """Sets of generators, G."""
        return len(self.activations) // self.range

    @property
    def width(self) -> int:
        """Bits of the generators' words, n."""
        return self.activations[0].width

    @property
    def digits(self) -> int:
        """Bits q of a magnitude: a code X, -2^q..2^q, stands for X / 2^q."""
        return self.width - (self.encoding == "bipolar")

    @property
    def full_scale(self) -> int:
        """The sum of all cycles for factors 1 and 1: N m^2."""
        return self.length * self.range**2

    def check_counted(self) -> Self:
        """Return the product if layers can count and scale its sums, or refuse it.

        Raises
        ------
        ValueError
            If N m^2 is no power of two, or the products of all cycles span over 65535 counts.
        """
        full = self.full_scale
        if full & (full - 1):
            raise ValueError(
                f"length times the square of range must be a power of two, not {full}"
            )
        # The largest codes have streams of ones alone, so that the ends are reached.
        _check_span(2 * full)
        return self

    @functools.cached_property
    def tables(self) -> NDArray[np.int32]:
        """The sum of all cycles for every pair of codes, ``[G, 2^(q+1) + 1, 2^(q+1) + 1]``.

        Entry ``(g, X + 2^q, W + 2^q)`` belongs to set g of the generators and the codes X of
        the activation and W of the weight. Read-only.
        """
        m = self.range
        tables = np.stack(
            [
                self._table(
                    self.activations[begin : begin + m], self.weights[begin : begin + m]
                )
                for begin in np.arange(0, len(self.activations), m).tolist()
            ]
        )
        tables.flags.writeable = False
        return tables

    @property
    def table(self) -> NDArray[np.int32]:
        """The first of the `tables`."""
        return self.tables[0]

    def _table(
        self, activations: tuple[Generator, ...], weights: tuple[Generator, ...]
    ) -> NDArray[np.int32]:
        """Return the table of one set of generators."""
        if self.multiplier == "conditional":
            table = self._conditional(activations[0], weights[0])
        else:
            x, w = (self._integers(g) for g in (activations, weights))
            # Sums below 2^53 are exact in float64.
            table = (x.astype(np.float64).T @ w.astype(np.float64)).astype(np.int32)
        if self.encoding == "sign-magnitude":
            # The table of magnitudes, with the signs of all four quarters.
            negative = np.concatenate([-table[:0:-1], table])
            table = np.concatenate([-negative[:, :0:-1], negative], axis=1)
        return table

    @functools.cached_property
    def shifted(self) -> NDArray[np.uint16]:
        """The tables less their smallest entry, `lowest`."""
        _check_span(self.span)
        return (self.tables - self.lowest).astype(np.uint16)

    @functools.cached_property
    def shifted_transposed(self) -> NDArray[np.uint16]:
        """The transposed tables of `shifted`: weights by rows."""
        return np.ascontiguousarray(self.shifted.transpose(0, 2, 1))

    @functools.cached_property
    def lowest(self) -> int:
        """The smallest entry of the tables."""
        return int(self.tables.min())

    @functools.cached_property
    def span(self) -> int:
        """The difference of the largest and the smallest entry."""
        return int(self.tables.max()) - self.lowest

    def _integers(self, generators: tuple[Generator, ...]) -> NDArray[np.int32]:
        """Return the integer of every unsigned code in every cycle, ``[N, 2^n + 1]``."""
        codes = np.arange((1 << self.width) + 1)
        integers = np.zeros((self.length, len(codes)), np.int32)
        for generator in generators:
            integers += generator.words(self.length)[:, None] < codes
        return 2 * integers - self.range if self.encoding == "bipolar" else integers

    def _conditional(self, activations: Generator, weights: Generator) -> NDArray[np.int32]:
        """Return the sums of the products of unsigned codes by uMUL."""
        codes = np.arange((1 << self.width) + 1)
        words = (g.words(self.length)[:, None] for g in (activations, weights))
        stream, below = (w < codes for w in words)
        ones = stream.sum(axis=0)
        # Of the first A words of the weights' generator, how many are below each code?
        first = np.zeros((self.length + 1, len(codes)), np.int32)
        np.cumsum(below, axis=0, out=first[1:])
        if self.encoding != "bipolar":
            return first[ones]
        zeros = self.length - ones
        counts = first[ones] + zeros[:, None].astype(np.int32) - first[zeros]
        return 2 * counts - np.int32(self.length)


def _check_span(span: int) -> None:
    if span > LARGEST_ENTRY:
        raise ValueError(
            f"products of streams must span at most {LARGEST_ENTRY} counts, not {span}"
        )
