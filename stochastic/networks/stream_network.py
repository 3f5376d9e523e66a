"""A network that computes on integral streams, cycle by cycle and bit by bit."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import check_array, check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator
from ..generators.lfsr import Lfsr
from ..integral.stream_faults import StreamFaults, faulty
from .cycle_sums import CycleSums
from .stream_layer import StreamLayer

__all__ = ["StreamNetwork", "add_sums", "bits_below", "count_states", "pixel_codes"]


def pixel_codes(images: ArrayLike) -> NDArray[np.int16]:
    """Return the unipolar 8-bit codes of grey levels: ``round(256 g / 255)``, 0..256.

    Parameters
    ----------
    images : uint8 array ``[n, ...]``

    Returns
    -------
    int16 array ``[n, pixels]``
    """
    array = check_array("pixel_codes takes", images)
    if array.dtype != np.uint8:
        raise TypeError(f"pixel_codes takes uint8 images, not {array.dtype}")
    grey = array.reshape(len(array), -1).astype(np.int16)
    return grey + (grey >> 7)


class StreamNetwork:
    """Layers of neurons on integral streams; the output is the sum over all cycles.

    `convert` makes it from a PyTorch network. All bits are those of the hardware
    `IntegralNetwork`.

    Parameters
    ----------
    layers : iterable of StreamLayer
        All but the last have counters.
    length : int
        Cycles N, 1..2^16.
    pixels : Generator, optional
        The generator that all pixels share, 8 bits wide; by default an LFSR with all 256
        states.

    Notes
    -----
    In cycle t the bit of a pixel with code X is ``R_t < X``. A neuron adds the bias and the
    weights whose input bit is 1 to its counter, which starts at half of its states and
    saturates. Its output bit of the cycle is 1 if the counter then is in the upper half. The
    output layer adds the same sums over all cycles.
    """

    # Images at a time: bits and sums of all layers stay in the cache.
    block = 500

    def __init__(
        self,
        layers: Iterable[StreamLayer],
        *,
        length: int,
        pixels: Generator | None = None,
    ) -> None:
        self.layers = tuple(layers)
        self.length = check_integer("stream length", length, 1, 1 << 16)
        self.pixels = Lfsr(width=8, zero_state=True) if pixels is None else pixels
        check_generator("pixel generator", self.pixels, 8)
        if not self.layers:
            raise ValueError("a network on streams must have at least one layer")
        for before, after in itertools.pairwise(self.layers):
            if before.states is None:
                raise ValueError("only the last layer may add its sums")
            if before.outputs != after.inputs:
                raise ValueError(
                    f"a layer of {after.inputs} inputs must not follow {before.outputs} neurons"
                )
        if self.layers[-1].states is not None:
            raise ValueError("the last layer must add its sums")

    def with_faults(self, faults: Mapping[int, StreamFaults]) -> StreamNetwork:
        """Return the network with faults on wires of some layers.

        Parameters
        ----------
        faults : mapping of int to StreamFaults
            By the number of the layer.

        Raises
        ------
        ValueError
            If there is no such layer, or an output layer shall have faults of counters.
        """
        for number in faults:
            check_integer("number of a layer with faults", number, 0, len(self.layers) - 1)
        return StreamNetwork(
            [
                dataclasses.replace(layer, faults=faults.get(number, layer.faults))
                for number, layer in enumerate(self.layers)
            ],
            length=self.length,
            pixels=self.pixels,
        )

    @functools.cached_property
    def integers(self) -> tuple[NDArray[np.int8], ...]:
        """The integers of the weights' streams of each layer, ``[N, K + 1, J]``."""
        return tuple(layer.integers(self.length) for layer in self.layers)

    def run(
        self,
        images: ArrayLike,
        *,
        engine: str = "auto",
        progress: Callable[[int], None] = lambda done: None,
        trace: Callable[[int, int, NDArray[Any]], None] | None = None,
    ) -> NDArray[np.int64]:
        """Return the sums of the output layer, ``[n, classes]``.

        Parameters
        ----------
        images : uint8 array ``[n, ...]``, or int16 array ``[n, ...]`` of codes
        engine : {"auto", "torch", "numba"}
            What multiplies the matrices of a cycle. All give the same bits. "auto" takes
            PyTorch if it is installed.
        progress : callable
            Called with the number of finished images.
        trace : callable, optional
            Called with cycle, layer and the array of its output bits, int8 ``[n, J]``, or of
            the sums of the output layer, int32; the array is reused.
        """
        array = np.asarray(images)
        codes = array if array.dtype == np.int16 else pixel_codes(array)
        self.check_images(codes)
        codes = codes.reshape(len(codes), -1)
        totals = np.zeros((len(codes), self.layers[-1].outputs), np.int64)
        words = self.pixels.words(self.length).astype(np.int16)
        for begin in range(0, len(codes), self.block):
            block = codes[begin : begin + self.block]
            self._run_block(block, words, totals[begin : begin + self.block], engine, trace)
            progress(min(begin + self.block, len(codes)))
        return totals

    def check_images(self, images: NDArray[Any]) -> None:
        """Refuse images of another size."""
        pixels, wanted = math.prod(images.shape[1:]), self.layers[0].inputs
        if images.ndim < 2 or pixels != wanted:
            raise ValueError(f"images must have {wanted} pixels, not {pixels}")

    def classify(self, images: ArrayLike, **options: Any) -> NDArray[np.int64]:
        """Return the label of each image: the first of the largest sums."""
        return self.run(images, **options).argmax(axis=1)

    def _run_block(self, codes, words, totals, engine, trace) -> None:
        count = len(codes)
        bits = np.empty(codes.shape, np.int8)
        steps = []
        for layer, integers in zip(self.layers, self.integers, strict=True):
            sums = CycleSums(bits, integers, engine)
            counters = np.full((count, layer.outputs), (layer.states or 0) // 2, np.int32)
            bits = np.zeros((count, layer.outputs), np.int8)
            masks = {k: v for k, v in layer.fault_masks(self.length).items() if v.size}
            # No bias, and no bits or sums of the cycle before: the first is never late.
            none = np.zeros(layer.outputs, np.int8)
            before = np.zeros_like(sums.bits if "inputs" in masks else counters)
            faults = masks, before, none, layer.faults and layer.faults.kind_number
            steps.append((layer, sums, counters, bits, faults))
        pixels = steps[0][1].bits
        for t in range(self.length):
            bits_below(words[t], codes, pixels)
            for number, (layer, sums, counters, outputs, faults) in enumerate(steps):
                masks, before, none, kind = faults
                if "inputs" in masks:
                    _inject(sums.bits, before, masks["inputs"][t], kind)
                found, bias = sums.of_cycle(t)
                if "sums" in masks:
                    found += bias
                    _inject(found, before, masks["sums"][t], kind)
                    bias = none
                if layer.states is None:
                    add_sums(found, bias, counters)
                    if trace is not None:
                        trace(t, number, counters)
                else:
                    count_states(found, bias, layer.states, counters, outputs)
                    if "counters" in masks:
                        _inject(counters, before, masks["counters"][t], kind)
                        np.greater_equal(counters, layer.states // 2, out=outputs)
                    if trace is not None:
                        trace(t, number, outputs)
        totals[:] = steps[-1][2]


@compiled
def bits_below(word, codes, bits):
    """Write where a word is below the codes."""
    for i in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            bits[i, k] = word < codes[i, k]


@compiled
def add_sums(sums, bias, counters):
    """Add the sums of a cycle and the biases to counters without limits."""
    for i in range(sums.shape[0]):
        for k in range(sums.shape[1]):
            counters[i, k] += sums[i, k] + np.int32(bias[k])


@compiled
def count_states(sums, bias, states, counters, bits):
    """Move saturating counters by the sums of a cycle, and write their output bits."""
    last, half = np.int32(states - 1), np.int32(states // 2)
    for i in range(sums.shape[0]):
        for k in range(sums.shape[1]):
            moved = counters[i, k] + sums[i, k] + np.int32(bias[k])
            moved = max(np.int32(0), min(moved, last))
            counters[i, k] = moved
            bits[i, k] = moved >= half


@compiled
def _inject(words, before, masks, kind):
    for i in range(words.shape[0]):
        for k in range(words.shape[1]):
            right = words[i, k]
            words[i, k] = faulty(right, before[i, k], masks[k], kind)
            before[i, k] = right
