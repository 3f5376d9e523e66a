"""Arithmetic of streams as functions."""

from __future__ import annotations

import numpy as np

from ..generators.generator import Generator, check_generator
from ..streams.bitstream import Bitstream
from ..streams.operands import check_alike, check_streams
from ..streams.packing import last_word
from .multiplier import Multiplier
from .mux_adder import MuxAdder

__all__ = ["add", "invert", "multiply", "scaled_add"]


def multiply(a: Bitstream, b: Bitstream, *, correlated: bool = False) -> Bitstream:
    """Multiply independent streams: AND, XNOR, or AND with XOR of the signs.

    Parameters
    ----------
    a, b : Bitstream
        Streams of one length and encoding, with shapes that broadcast. The product of
        integral streams of m1 and m2 streams is integral of m1 * m2.
    correlated : bool
        Allow operands of one sequence. AND then gives their minimum.

    Returns
    -------
    Bitstream
        The generators are those of both operands.

    Raises
    ------
    TypeError, ValueError
        If an operand is not a stream; if lengths, encodings or shapes do not match; if a
        generator of `a` gives the same sequence as one of `b`.

    Examples
    --------
    >>> a = Bitstream.from_bits([1, 1, 0, 0], "unipolar")
    >>> b = Bitstream.from_bits([1, 0, 1, 0], "unipolar")
    >>> multiply(a, b)
    Bitstream(unipolar 0.25, 4 bits 1000)
    """
    check_alike("multiply", a, b)
    gate = Multiplier(encoding=a.encoding)
    if a.streams is None and b.streams is None:
        return gate.apply(a=a, b=b, correlated=correlated)
    # (a1 + a2 + ...) (b1 + b2 + ...): the gate of every pair of binary streams.
    first = _plain(a, _as_integral(a).words[..., :, None, :])
    second = _plain(b, _as_integral(b).words[..., None, :, :])
    pairs = gate.apply(a=first, b=second, correlated=correlated)
    count = (a.streams or 1) * (b.streams or 1)
    words = pairs.words.reshape(*pairs.shape[:-2], count, pairs.words.shape[-1])
    return Bitstream(words, a.length, a.encoding, pairs.generators, streams=count)


def invert(stream: Bitstream) -> Bitstream:
    """Invert streams: NOT of the bits, or of the signs.

    Parameters
    ----------
    stream : Bitstream
        x; an integral stream has m binary streams.

    Returns
    -------
    Bitstream
        ``m - x`` for unipolar streams, where m = 1 for a plain stream; ``-x`` for bipolar
        and sign-magnitude streams. Exact in every cycle.

    Examples
    --------
    >>> invert(Bitstream.from_bits([1, 1, 0, 1], "unipolar"))
    Bitstream(unipolar 0.25, 4 bits 0010)
    """
    check_streams("invert", stream)
    words, signs = stream.words, stream.sign_words
    if signs is None:
        words = ~words
        words[..., -1] &= last_word(stream.length)
    else:
        signs = ~signs
        signs[..., -1] &= last_word(stream.length)
    return Bitstream(
        words, stream.length, stream.encoding, stream.generators, signs, stream.streams
    )


def scaled_add(
    *streams: Bitstream, generator: Generator, correlated: bool = False
) -> Bitstream:
    """Average K streams by a multiplexer that a generator steers, as `MuxAdder` does.

    Parameters
    ----------
    *streams : Bitstream
        Two or more streams of one length and encoding, with shapes that broadcast. They may
        be correlated with each other.
    generator : Generator
        Of width n, independent of the streams. Word R picks stream ``floor(R K / 2^n)``.
    correlated : bool
        Allow a generator with the sequence of a stream.

    Returns
    -------
    Bitstream
        The value estimates the mean of the K values.

    Examples
    --------
    >>> from stochastic import Counter
    >>> a = Bitstream.from_bits([1, 1, 1, 1], "unipolar")
    >>> b = Bitstream.from_bits([0, 1, 0, 0], "unipolar")
    >>> scaled_add(a, b, generator=Counter(width=1))
    Bitstream(unipolar 0.75, 4 bits 1110, Counter(width=1, phase=0, direction='up'))
    """
    check_generator("scaled_add generator", generator)
    count = len(streams)
    if not 2 <= count <= 1 << generator.width:
        raise ValueError(
            f"scaled_add by a {generator.width}-bit generator takes 2 to "
            f"{1 << generator.width} streams, not {count}"
        )
    check_alike("scaled_add", *streams)
    if any(s.streams is not None for s in streams):
        raise ValueError("scaled_add takes plain streams, not integral ones: use add")
    adder = MuxAdder(fan_in=count, generator=generator)
    if streams[0].encoding != "sign-magnitude":
        return adder.apply(streams=streams, correlated=correlated)
    # One multiplexer for the bits and one for the signs, steered by the same word.
    bits = adder.apply(streams=[_plain(s, s.words) for s in streams], correlated=correlated)
    signs = adder.apply(
        streams=[_plain(s, s.sign_words) for s in streams], correlated=correlated
    )
    return Bitstream(bits.words, bits.length, "sign-magnitude", bits.generators, signs.words)


def add(*streams: Bitstream) -> Bitstream:
    """Add streams without scaling: the integral stream of all of them side by side.

    Parameters
    ----------
    *streams : Bitstream
        One or more plain or integral streams of one length and encoding, unipolar or
        bipolar, with shapes that broadcast. They may be correlated.

    Returns
    -------
    Bitstream
        Integral, of m1 + m2 + ... streams. Its integer is the sum in every cycle.

    Examples
    --------
    >>> a = Bitstream.from_bits([1, 1, 0, 0], "unipolar")
    >>> b = Bitstream.from_bits([1, 0, 1, 0], "unipolar")
    >>> add(a, b)
    Bitstream(integral of 2 unipolar 1, 4 bits)
    >>> add(a, b).integers().tolist()
    [2, 1, 1, 0]
    """
    shape = check_alike("add", *streams)
    if streams[0].encoding == "sign-magnitude":
        raise ValueError("add takes unipolar or bipolar streams, not sign-magnitude ones")
    parts = [_as_integral(s).words for s in streams]
    words = np.concatenate([np.broadcast_to(p, (*shape, *p.shape[-2:])) for p in parts], -2)
    first = streams[0]
    return Bitstream(
        words, first.length, first.encoding, _union(*streams), streams=words.shape[-2]
    )


def _as_integral(stream):
    if stream.streams is not None:
        return stream
    return Bitstream(
        stream.words[..., None, :], stream.length, stream.encoding, stream.generators, streams=1
    )


def _union(*streams):
    return tuple(dict.fromkeys(g for s in streams for g in s.generators))


def _plain(stream, words):
    """Return words as plain one-wire streams from the same generators."""
    encoding = "unipolar" if stream.encoding == "sign-magnitude" else stream.encoding
    return Bitstream(words, stream.length, encoding, stream.generators)
