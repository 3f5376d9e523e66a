"""Encoding of numbers as streams, and decoding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_choice
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator, same_sequence
from .bitstream import Bitstream
from .codes import check_encoding, checked_codes, quantized
from .comparators import by_bit, by_word
from .packing import check_length, last_word, word_count
from .stream_bank import bank, bank_pays

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ENGINES", "check_engine", "decode", "encode", "encode_codes", "streams_of"]

ENGINES = ("auto", "bit", "packed", "table")


def encode(
    values: ArrayLike,
    generator: Generator | Sequence[Generator],
    length: int = 256,
    encoding: str = "bipolar",
    engine: str = "auto",
) -> Bitstream:
    """Encode real numbers as bit streams.

    The bit of cycle t is ``R_t < X``, with R_t the generator's word and X the code of the
    value (see `to_codes`), the same R_t for all values.

    Parameters
    ----------
    values : array of float or integer, any shape
        Unipolar 0..1, bipolar and sign-magnitude -1..1. With m generators 0..m or -m..m.
    generator : Generator, or sequence of m of them
        A sequence gives integral streams: the sum of m binary streams of value x / m each.
        The generators must be independent, so equal ones are refused.
    length : int
        Cycles, 1..2^31 - 1. The stream repeats after the period of the generator.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
    engine : {"auto", "bit", "packed", "table"}
        All engines give the same bits. "bit" compares each cycle, "packed" 64 cycles at a
        time, and "table" copies rows of the `bank` of all streams of the generator.

    Returns
    -------
    Bitstream

    Raises
    ------
    TypeError, ValueError
        If a value is NaN, out of range or not a real number; if two generators give the
        same sequence; if the bank of engine "table" is too large.

    See Also
    --------
    encode_codes : Encode integer codes.

    Notes
    -----
    Integral streams: A. Ardakani, F. Leduc-Primeau, N. Onizawa, T. Hanyu and W. J. Gross,
    "VLSI implementation of deep neural network using integral stochastic computing", IEEE
    Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import Counter
    >>> encode(0.5, Counter(width=3), length=8)
    Bitstream(bipolar 0.5, 8 bits 11111100, Counter(width=3, phase=0, direction='up'))
    >>> encode([0.25, 1.0], Counter(width=3), length=8, encoding="unipolar").value.tolist()
    [0.25, 1.0]
    """
    encoding, generators, integral = _checked(generator, length, encoding, engine)
    codes = quantized(values, generators[0].width, encoding, len(generators))
    return _encode(codes, generators, integral, length, encoding, engine)


def encode_codes(
    codes: ArrayLike,
    generator: Generator | Sequence[Generator],
    length: int = 256,
    encoding: str = "bipolar",
    engine: str = "auto",
) -> Bitstream:
    """Encode integer codes as bit streams.

    Parameters
    ----------
    codes : integer array, any shape
        0..2^width; in sign-magnitude -2^width..2^width. In an integral stream all m binary
        streams have the same code.
    generator, length, encoding, engine
        As for `encode`.

    Returns
    -------
    Bitstream

    Examples
    --------
    >>> from stochastic import Counter
    >>> encode_codes([0, 3, 8], Counter(width=3), length=8).count().tolist()
    [0, 3, 8]
    """
    encoding, generators, integral = _checked(generator, length, encoding, engine)
    checked = checked_codes(codes, generators[0].width, encoding)
    return _encode(checked, generators, integral, length, encoding, engine)


def decode(stream: Bitstream) -> NDArray[np.float64]:
    """Return the values of streams: the mean of the integers of their cycles.

    Parameters
    ----------
    stream : Bitstream

    Returns
    -------
    float64 array of the streams' shape

    Examples
    --------
    >>> decode(Bitstream.from_bits([[1, 1, 0, 1], [0, 0, 0, 0]])).tolist()
    [0.5, -1.0]
    """
    if not isinstance(stream, Bitstream):
        raise TypeError(f"decode takes a Bitstream, not {type(stream).__name__}")
    return stream.value


def check_engine(engine: Any) -> str:
    """Return `engine` if it is one of `ENGINES`, or raise a ValueError that lists them."""
    return check_choice("engine", engine, ENGINES)


def streams_of(
    codes: NDArray[np.integer], generator: Generator, length: int, engine: str = "auto"
) -> NDArray[np.uint64]:
    """Return the packed streams of unsigned codes; the caller has checked them."""
    if engine == "bit":
        return by_bit(generator, length, codes)
    if engine == "table" or (engine == "auto" and bank_pays(generator, length, codes.size)):
        rows = bank(generator, length)
        streams = np.empty((*codes.shape, rows.shape[1]), np.uint64)
        flat = np.ascontiguousarray(codes).reshape(-1)
        _copy_rows(rows, flat, streams.reshape(len(flat), rows.shape[1]))
        return streams
    return by_word(generator, length, codes)


def _checked(
    generator: Any, length: Any, encoding: Any, engine: Any
) -> tuple[str, tuple[Generator, ...], bool]:
    check_encoding(encoding)
    check_engine(engine)
    length = check_length(length)
    integral = isinstance(generator, Sequence)
    generators = tuple(generator) if integral else (generator,)
    for g in generators:
        check_generator("generator", g)
    if not generators:
        raise ValueError("an integral stream needs at least one generator, not 0")
    if integral and encoding == "sign-magnitude":
        raise ValueError("integral streams must be unipolar or bipolar, not sign-magnitude")
    if any(g.width != generators[0].width for g in generators):
        widths = ", ".join(str(g.width) for g in generators)
        raise ValueError(f"generators of an integral stream must be equally wide, not {widths}")
    for g, h in combinations(generators, 2):
        if same_sequence(g, h, length):
            raise ValueError(
                f"an integral stream needs independent generators, but {g!r} and {h!r} "
                f"give the same sequence"
            )
    return encoding, generators, integral


def _encode(
    codes: NDArray[np.integer],
    generators: tuple[Generator, ...],
    integral: bool,
    length: int,
    encoding: str,
    engine: str,
) -> Bitstream:
    magnitudes = np.abs(codes) if encoding == "sign-magnitude" else codes
    streams = [streams_of(magnitudes, g, length, engine) for g in generators]
    if integral:
        words = np.stack(streams, axis=-2)
        return Bitstream(words, length, encoding, generators, streams=len(generators))
    signs = None
    if encoding == "sign-magnitude":
        wire = np.full(word_count(length), ~np.uint64(0))
        wire[-1] = last_word(length)
        signs = np.where((codes < 0)[..., None], wire, np.uint64(0))
    return Bitstream(streams[0], length, encoding, generators, signs)


@compiled
def _copy_rows(rows, codes, streams):
    for i in range(codes.size):
        for w in range(rows.shape[1]):
            streams[i, w] = rows[codes[i], w]
