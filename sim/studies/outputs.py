"""What a circuit outputs at several lengths, from one run at the longest."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit
from stochastic.circuit import StreamCircuit
from stochastic.generators.generator import Generator
from stochastic.streams import Bitstream, encode
from stochastic.streams.codes import to_codes
from stochastic.streams.independence import CorrelationWarning
from stochastic.streams.metrics import scc

from .value_ports import ValuePort

__all__ = ["measured_values"]

# Bytes of streams, or of a port's values, that one step holds.
BLOCK = 1 << 26
# Pairs of streams whose correlation is measured.
CORRELATED = 1000


def measured_values(
    circuit: Circuit,
    ports: list[ValuePort],
    values: dict[str, NDArray[np.float64]],
    generators: Sequence[Generator],
    lengths: Sequence[int],
    fault_rate: float,
    encodings: dict[str, str],
    rng: np.random.Generator,
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64] | None]:
    """Return the value of each output at each length, and the SCC of the first two inputs.

    Parameters
    ----------
    circuit : Circuit
    ports : list of ValuePort
    values : dict of str to array
        As `input_values` returns them.
    generators : sequence of Generator
        One for each stream.
    lengths : sequence of int
    fault_rate : float
        Chance of each bit of an input stream to be inverted.
    encodings : dict of str to str
        Of the outputs that are streams.
    rng : numpy.random.Generator
        Of the faults.

    Returns
    -------
    values : dict of str to array ``[lengths, samples]``
        Streams have their values, others the mean of their integers. NaN where a divisor
        is 0.
    correlation : array ``[lengths]`` or None
        The mean over at most 1000 samples; None if there are no two streams.
    """
    samples = len(next(iter(values.values())))
    longest = max(lengths)
    plain = isinstance(circuit, StreamCircuit) and not any(port.coded for port in ports)
    streams = sum(port.port.count for port in ports) + len(circuit.outputs)
    bytes_of_one = streams * longest // 8 if plain else 8 * streams * longest
    block = max(1, min(samples, BLOCK // max(bytes_of_one, 1)))
    found: dict[str, list[Any]] = {}
    correlation = None
    for begin in range(0, samples, block):
        part = {name: v[begin : begin + block] for name, v in values.items()}
        made = dict(_streams(ports, part, generators, longest, fault_rate, rng))
        if begin == 0:
            correlation = _correlation(made, lengths)
        run = _by_streams if plain else _by_cycles
        for name, rows in run(circuit, ports, part, made, lengths, encodings).items():
            found.setdefault(name, []).append(rows)
    return {name: np.concatenate(rows, axis=1) for name, rows in found.items()}, correlation


def _streams(
    ports: list[ValuePort],
    values: dict[str, NDArray[np.float64]],
    generators: Sequence[Generator],
    length: int,
    fault_rate: float,
    rng: np.random.Generator,
) -> Iterator[tuple[str, list[Bitstream]]]:
    """Yield the streams of each port that takes some."""
    number = 0
    for port in ports:
        if port.coded:
            continue
        columns = values[port.name]
        made = []
        for i in range(port.port.count):
            column = columns if port.values == 1 else columns[:, i]
            stream = encode(column, generators[number], length=length, encoding=port.encoding)
            made.append(_with_faults(stream, fault_rate, rng) if fault_rate else stream)
            number += 1
        yield port.name, made


def _with_faults(stream: Bitstream, rate: float, rng: np.random.Generator) -> Bitstream:
    """Return the streams with each bit inverted at a rate."""
    bits = stream.words.size * 64
    flips = np.zeros(bits, bool)
    if rate == 1:
        flips[:] = True
    else:
        # The gaps between independent events are geometric.
        at = -1
        while at < bits:
            gaps = rng.geometric(rate, max(16, int(bits * rate * 1.1)))
            places = at + np.cumsum(gaps)
            flips[places[places < bits]] = True
            at = int(places[-1])
    words = np.packbits(flips, bitorder="little").view(np.uint64).reshape(stream.words.shape)
    return Bitstream.from_words(
        stream.words ^ words, stream.length, stream.encoding, (), stream.sign_words
    )


def _correlation(
    streams: dict[str, list[Bitstream]], lengths: Sequence[int]
) -> NDArray[np.float64] | None:
    every = [stream for several in streams.values() for stream in several]
    if len(every) < 2 or any(s.encoding == "sign-magnitude" for s in every[:2]):
        return None
    found = []
    for length in lengths:
        pair = [_cut(stream, length) for stream in every[:2]]
        found.append(scc(pair[0].bits(), pair[1].bits()).mean())
    return np.array(found)


def _cut(stream: Bitstream, length: int) -> Bitstream:
    """Return the beginnings of the first streams."""
    words = stream.words[:CORRELATED, : -(-length // 64)].copy()
    return Bitstream.from_words(words, length, stream.encoding)


def _by_streams(
    circuit: Any,
    ports: list[ValuePort],
    values: Any,
    streams: dict[str, list[Bitstream]],
    lengths: Sequence[int],
    encodings: dict[str, str],
) -> dict[str, NDArray[np.float64]]:
    """Run by the engine for streams."""
    # A divisor without a single 1 has no quotient.
    alive = np.ones(len(next(iter(streams.values()))[0].words), bool)
    for name in circuit.nonzero:
        alive &= streams[name][0].count() > 0
    if not alive.all():
        some = {n: [_chosen(s, alive) for s in several] for n, several in streams.items()}
        found = _by_streams(circuit, ports, values, some, lengths, encodings)
        results = {n: np.full((len(lengths), len(alive)), np.nan) for n in found}
        for name, rows in found.items():
            results[name][:, alive] = rows
        return results
    given = {p.name: streams[p.name][0 if p.port.count == 1 else slice(None)] for p in ports}
    with warnings.catch_warnings():
        # What a study of generators measures is what the warning is about.
        warnings.simplefilter("ignore", CorrelationWarning)
        outputs = circuit.apply(correlated=True, **given)
    if not isinstance(outputs, dict):
        outputs = {circuit.outputs[0].name: outputs}
    return {
        name: _of_streams(found, lengths)
        if isinstance(found, Bitstream)
        else _means(np.moveaxis(np.asarray(found), -1, 0), lengths)
        for name, found in outputs.items()
    }


def _chosen(stream: Bitstream, some: NDArray[np.bool_]) -> Bitstream:
    """Return some of the streams."""
    signs = None if stream.sign_words is None else stream.sign_words[some]
    return Bitstream(stream.words[some], stream.length, stream.encoding, (), signs)


def _of_streams(stream: Bitstream, lengths: Sequence[int]) -> NDArray[np.float64]:
    """Return the values of the beginnings of streams."""
    results = np.empty((len(lengths), len(stream.words)))
    ones = np.zeros(len(stream.words), np.int64)
    whole = 0
    for place in np.argsort(lengths, kind="stable"):
        length = int(lengths[place])
        ones += _ones(stream, slice(whole, length // 64))
        whole = length // 64
        total = ones
        if length % 64:
            mask = np.uint64((1 << (length % 64)) - 1)
            total = ones + _ones(stream, slice(whole, whole + 1), mask)
        bipolar = stream.encoding == "bipolar"
        results[place] = (2 * total - length if bipolar else total) / length
    return results


def _ones(stream: Bitstream, part: slice, mask: Any = None) -> Any:
    words = stream.words[:, part]
    if mask is not None:
        words = words & mask
    count = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    if stream.sign_words is None:
        return count
    negative = words & stream.sign_words[:, part]
    return count - 2 * np.bitwise_count(negative).sum(axis=1, dtype=np.int64)


def _by_cycles(
    circuit: Circuit,
    ports: list[ValuePort],
    values: dict[str, NDArray[np.float64]],
    streams: dict[str, list[Bitstream]],
    lengths: Sequence[int],
    encodings: dict[str, str],
) -> dict[str, NDArray[np.float64]]:
    """Run cycle by cycle, with codes that stay."""
    longest = max(lengths)
    given = {}
    for port in ports:
        if port.coded:
            codes = to_codes(values[port.name], port.port.width - 1, port.encoding)
            codes = codes.reshape(-1)
            signs = codes < 0
            given[port.name] = np.tile(np.abs(codes), (longest, 1))
        else:
            every = streams[port.name]
            bits = np.stack([stream.bits() for stream in every], axis=1)
            signs = np.stack([stream.sign_bits() for stream in every], axis=1)[:, :, 0]
            signs = signs.reshape(-1)
            given[port.name] = bits.reshape(-1, longest).T.astype(np.int64)
        if port.encoding == "sign-magnitude":
            given[f"{port.name}_sign"] = np.tile(signs.astype(np.int64), (longest, 1))
    outputs, _ = circuit.run(given, cycles=longest)
    results = {}
    for out in circuit.outputs:
        if out.count > 1 or out.name.removesuffix("_sign") in encodings.keys() - {out.name}:
            continue
        cycles = outputs[out.name]
        encoding = encodings.get(out.name)
        if encoding == "sign-magnitude":
            cycles = np.where(outputs[f"{out.name}_sign"], -cycles, cycles)
        means = _means(cycles, lengths)
        results[out.name] = 2 * means - 1 if encoding == "bipolar" else means
    return results


def _means(cycles: NDArray[np.int64], lengths: Sequence[int]) -> NDArray[np.float64]:
    """Return the mean of the first cycles, from ``[cycles, samples]``."""
    return np.stack([cycles[:length].mean(axis=0) for length in lengths])
