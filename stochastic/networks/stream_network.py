"""A network that computes on integral streams, cycle by cycle and bit by bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.kernels.compiled import compiled

from ..integral.stream_faults import faulty
from .cycle_kernels import add_sums, bits_below, count_states
from .cycle_sums import CycleSums
from .integral_stream_network import IntegralStreamNetwork
from .stream_layer import StreamLayer

__all__ = ["StreamNetwork"]


class StreamNetwork(IntegralStreamNetwork[StreamLayer]):
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

    block = 500

    @property
    def neurons(self) -> tuple[StreamLayer, ...]:
        """The layers themselves."""
        return self.layers

    def _check_connections(self) -> None:
        for before, after in itertools.pairwise(self.layers):
            if before.outputs != after.inputs:
                raise ValueError(
                    f"a layer of {after.inputs} inputs must not follow {before.outputs} neurons"
                )

    def check_images(self, images: NDArray[Any]) -> None:
        """Refuse images of another size."""
        pixels, wanted = math.prod(images.shape[1:]), self.layers[0].inputs
        if images.ndim < 2 or pixels != wanted:
            raise ValueError(f"images must have {wanted} pixels, not {pixels}")

    def _arranged(self, codes: NDArray[np.int16]) -> NDArray[np.int16]:
        return codes.reshape(len(codes), self.layers[0].inputs)

    def _run_block(self, codes, words, engine, trace) -> NDArray[np.int32]:
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
        return steps[-1][2]


@compiled
def _inject(words, before, masks, kind):
    for i in range(words.shape[0]):
        for k in range(words.shape[1]):
            right = words[i, k]
            words[i, k] = faulty(right, before[i, k], masks[k], kind)
            before[i, k] = right
