"""Bit streams in packed storage."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_integer
from fixedpoint.circuit.checks import shown

from ..generators.generator import Generator
from .codes import check_encoding
from .packing import check_length, last_word, pack, unpack, word_count

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Bitstream"]

_SHOWN = 32


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Bitstream:
    """An array of bit streams of one length and one encoding.

    `encode`, circuits and `from_bits` return streams.

    Parameters
    ----------
    words : uint64 array ``[..., ceil(length / 64)]``
        Bit t is bit ``t % 64`` of word ``t // 64``; bits past the length are zero. An
        integral stream has one axis more, ``[..., streams, ceil(length / 64)]``.
    length : int
        Cycles, 1..2^31 - 1.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Value of a bit: 0 or 1; -1 or 1; 0 or 1 with a sign on a second wire.
    generators : tuple of Generator
        The generators on which the stream depends. Gates compare them to detect dependent
        operands. Empty if unknown.
    sign_words : uint64 array, optional
        The sign wire of sign-magnitude streams, 1 for negative; shape as `words`.
    streams : int, optional
        m, the number of binary streams in an integral stream; None for a plain stream. In
        each cycle an integral stream has an integer 0..m (unipolar) or -m..m in steps of 2
        (bipolar).

    Examples
    --------
    >>> stream = Bitstream.from_bits([1, 1, 0, 1], "unipolar")
    >>> stream
    Bitstream(unipolar 0.75, 4 bits 1101)
    >>> stream.words.tolist()
    [11]
    """

    words: NDArray[np.uint64]
    length: int
    encoding: str
    generators: tuple[Generator, ...] = ()
    sign_words: NDArray[np.uint64] | None = None
    streams: int | None = None

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        length = check_length(self.length)
        # A narrow NumPy integer would wrap in arithmetic.
        object.__setattr__(self, "length", length)
        if not isinstance(self.generators, tuple) or not all(
            isinstance(g, Generator) for g in self.generators
        ):
            raise TypeError(
                f"generators of a stream must be a tuple of generators, "
                f"not {shown(self.generators)}"
            )
        _check_words("words", self.words, length)
        signed = self.encoding == "sign-magnitude"
        if signed and self.sign_words is None:
            raise ValueError("sign-magnitude streams must have sign_words, not None")
        if self.sign_words is not None and not signed:
            raise ValueError(f"{self.encoding} streams must not have sign_words")
        if self.sign_words is not None:
            _check_words("sign_words", self.sign_words, length)
            if self.sign_words.shape != self.words.shape:
                raise ValueError(
                    f"sign_words must have the shape {self.words.shape} of words, "
                    f"not {self.sign_words.shape}"
                )
        if self.streams is not None:
            streams = check_integer("number of streams", self.streams, 1, 2**31)
            object.__setattr__(self, "streams", streams)
            if self.encoding == "sign-magnitude":
                raise ValueError(
                    "integral streams must be unipolar or bipolar, not sign-magnitude"
                )
            if self.words.shape[-2:-1] != (self.streams,):
                raise ValueError(
                    f"words of an integral stream of {self.streams} must have the shape "
                    f"[..., {self.streams}, {word_count(length)}], not {self.words.shape}"
                )

    @staticmethod
    def from_bits(
        bits: ArrayLike,
        encoding: str = "bipolar",
        *,
        sign_bits: ArrayLike | None = None,
        generators: tuple[Generator, ...] = (),
    ) -> Bitstream:
        """Make streams of bits, time along the last axis.

        Parameters
        ----------
        bits : array ``[..., N]`` of bool, or of integers 0 and 1
        encoding : {"unipolar", "bipolar", "sign-magnitude"}
        sign_bits : array ``[..., N]``, optional
            The sign wire, 1 for negative; sign-magnitude only, by default zeros.
        generators : tuple of Generator
            The generators of the bits, if known.

        Raises
        ------
        TypeError, ValueError
            If there is no time axis, or an element is not a bit.
        """
        array = _bit_array("bits", bits)
        if sign_bits is None and encoding == "sign-magnitude":
            sign_bits = np.zeros(array.shape, bool)
        signs = None if sign_bits is None else pack(_bit_array("sign_bits", sign_bits))
        return Bitstream(pack(array), array.shape[-1], encoding, generators, signs)

    @staticmethod
    def from_words(
        words: NDArray[np.uint64],
        length: int,
        encoding: str,
        generators: tuple[Generator, ...] = (),
        sign_words: NDArray[np.uint64] | None = None,
    ) -> Bitstream:
        """Make streams of packed words whose bits past the length may have any value.

        The words are changed in place. The parameters are those of `Bitstream`.
        """
        length = check_length(length)
        for wire in (words, sign_words):
            if wire is not None and length % 64:
                if not isinstance(wire, np.ndarray) or wire.dtype != np.uint64 or not wire.ndim:
                    raise TypeError(f"words must be a uint64 array, not {shown(wire)}")
                wire[..., -1] &= last_word(length)
        return Bitstream(words, length, encoding, generators, sign_words)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array of streams: that of `value`."""
        return self.words.shape[: -1 if self.streams is None else -2]

    def bits(self) -> NDArray[np.bool_]:
        """Return every bit: bool ``[..., N]``, or ``[..., streams, N]`` if integral."""
        return unpack(self.words, self.length)

    def sign_bits(self) -> NDArray[np.bool_]:
        """Return every bit of the sign wire, bool ``[..., N]``; zeros if there is none."""
        if self.sign_words is None:
            return np.zeros((*self.words.shape[:-1], self.length), bool)
        return unpack(self.sign_words, self.length)

    def integers(self) -> NDArray[np.int64]:
        """Return the integer of each cycle, ``[..., N]``.

        Unipolar 0 or 1; bipolar -1 or 1; sign-magnitude -1, 0 or 1; integral the sum of
        those over the m streams.
        """
        integers = self.bits().astype(np.int64)
        if self.encoding == "bipolar":
            integers = 2 * integers - 1
        elif self.encoding == "sign-magnitude":
            integers = np.where(self.sign_bits(), -integers, integers)
        return integers if self.streams is None else integers.sum(axis=-2)

    def count(self) -> NDArray[np.int64]:
        """Return the number of ones of each stream, int64 ``[...]``.

        For integral streams the ones of all m streams; for sign-magnitude streams the
        positive ones minus the negative ones.
        """
        if self.sign_words is None:
            axes = -1 if self.streams is None else (-2, -1)
            return np.bitwise_count(self.words).sum(axis=axes, dtype=np.int64)
        negative = np.bitwise_count(self.words & self.sign_words).sum(axis=-1, dtype=np.int64)
        return np.bitwise_count(self.words).sum(axis=-1, dtype=np.int64) - 2 * negative

    @property
    def value(self) -> NDArray[np.float64]:
        """The mean of the cycles' integers: float64 ``[...]``, rounded once."""
        total = self.count()
        if self.encoding == "bipolar":
            total = 2 * total - (self.streams or 1) * self.length
        return np.asarray(total / self.length)

    def __repr__(self) -> str:
        kind = self.encoding
        if self.streams is not None:
            kind = f"integral of {self.streams} {kind}"
        length = f"{self.length} bit{'s' if self.length > 1 else ''}"
        if self.shape:
            kind = f"{kind}, shape {self.shape}"
        else:
            kind = f"{kind} {self.value:g}"
            if self.streams is None:
                shown = self.bits()[:_SHOWN].astype(int)
                length += f" {''.join(map(str, shown))}{'...' if self.length > _SHOWN else ''}"
        source = " & ".join(repr(g) for g in self.generators[:2])
        if len(self.generators) > 2:
            source += f" & {len(self.generators) - 2} more"
        return f"Bitstream({', '.join(filter(None, (kind, length, source)))})"


def _check_words(name: str, words: Any, length: int) -> None:
    if not isinstance(words, np.ndarray) or words.dtype != np.uint64:
        found = getattr(words, "dtype", type(words).__name__)
        raise TypeError(f"{name} must be a uint64 array, not {found}")
    if words.shape[-1:] != (word_count(length),):
        raise ValueError(
            f"{name} of {length} bits must have the shape [..., {word_count(length)}], "
            f"not {words.shape}"
        )
    if length % 64 and (words[..., -1] & ~last_word(length)).any():
        raise ValueError(f"{name} of {length} bits must be zero past the length")


def _bit_array(name: str, bits: ArrayLike) -> NDArray[np.bool_]:
    array = check_array(f"{name} must be", bits)
    if array.dtype.kind not in "biu":
        raise TypeError(f"{name} must be booleans or integers 0 and 1, not {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{name} must have a time axis, not the shape ()")
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise ValueError(f"{name} must be 0 or 1, not {wrong[0]}")
    return array.astype(bool)
