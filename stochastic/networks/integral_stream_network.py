"""What all networks on integral streams share: their length, their pixels and their runs."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import check_array, check_integer

from ..generators.generator import Generator, check_generator
from ..generators.lfsr import Lfsr
from ..integral.stream_faults import StreamFaults
from .stream_layer import StreamLayer

__all__ = ["IntegralStreamNetwork", "Trace", "pixel_codes"]


class ConnectedLayer(Protocol):
    """What a network needs of its layers, besides their connections."""

    def with_faults(self, faults: StreamFaults) -> Self:
        """Return the layer with faults on some of its wires."""


Layer = TypeVar("Layer", bound=ConnectedLayer)
Trace = Callable[[int, int, NDArray[Any]], None]


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
    grey = array.reshape(len(array), math.prod(array.shape[1:])).astype(np.int16)
    return grey + (grey >> 7)


class IntegralStreamNetwork(ABC, Generic[Layer]):
    """Layers of neurons on integral streams; the output is the sum over all cycles.

    A subclass says how its layers are connected and what their neurons see.

    Parameters
    ----------
    layers : iterable
        All but the last have counters.
    length : int
        Cycles N, 1..2^16.
    pixels : Generator, optional
        The generator that all pixels share, 8 bits wide; by default an LFSR with all 256
        states.
    """

    # Images at a time: bits and sums of all layers stay in the cache.
    block: int

    def __init__(
        self,
        layers: Iterable[Layer],
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
        if any(layer.states is None for layer in self.neurons[:-1]):
            raise ValueError("only the last layer may add its sums")
        self._check_connections()
        if self.neurons[-1].states is not None:
            raise ValueError("the last layer must add its sums")

    @property
    @abstractmethod
    def neurons(self) -> tuple[StreamLayer, ...]:
        """The weights, biases and counters of each layer."""

    @abstractmethod
    def _check_connections(self) -> None:
        """Refuse a layer that does not take what the layer before it gives."""

    @abstractmethod
    def check_images(self, images: NDArray[Any]) -> None:
        """Refuse images of another size."""

    @abstractmethod
    def _arranged(self, codes: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the codes of the pixels as the first layer takes them."""

    @abstractmethod
    def _run_block(
        self,
        codes: NDArray[np.int16],
        words: NDArray[np.int16],
        engine: str,
        trace: Trace | None,
    ) -> NDArray[np.int32]:
        """Return the sums of the output layer for some images."""

    def with_faults(self, faults: Mapping[int, StreamFaults]) -> Self:
        """Return the network with faults on wires of some layers.

        Parameters
        ----------
        faults : mapping of int to StreamFaults
            By the number of the layer.

        Raises
        ------
        ValueError
            If there is no such layer, if an output layer shall have faults of counters, or
            a convolution faults of other wires than the weights' streams.
        """
        for number in faults:
            check_integer("number of a layer with faults", number, 0, len(self.layers) - 1)
        layers = [
            layer.with_faults(faults[number]) if number in faults else layer
            for number, layer in enumerate(self.layers)
        ]
        return type(self)(layers, length=self.length, pixels=self.pixels)

    @functools.cached_property
    def integers(self) -> tuple[NDArray[np.int8], ...]:
        """The integers of the weights' streams of each layer, ``[N, K + 1, J]``."""
        return tuple(layer.integers(self.length) for layer in self.neurons)

    def run(
        self,
        images: ArrayLike,
        *,
        engine: str = "auto",
        progress: Callable[[int], None] = lambda done: None,
        trace: Trace | None = None,
    ) -> NDArray[np.int64]:
        """Return the sums of the output layer, ``[n, classes]``.

        Parameters
        ----------
        images : uint8 array ``[n, ...]``, or int16 array ``[n, ...]`` of codes
            Of the shape that the first layer sees.
        engine : {"auto", "torch", "numba"}
            What multiplies the matrices of a cycle. All give the same bits. "auto" takes
            PyTorch if it is installed.
        progress : callable
            Called with the number of finished images.
        trace : callable, optional
            Called with cycle, layer and the array of its output bits, int8 ``[n, J]``, or of
            the sums of the output layer, int32; the array is reused. Neurons of a
            convolution come as ``[n * rows * columns, J]``.
        """
        array = np.asarray(images)
        self.check_images(array)
        codes = self._arranged(array if array.dtype == np.int16 else pixel_codes(array))
        totals = np.zeros((len(codes), self.neurons[-1].outputs), np.int64)
        words = self.pixels.words(self.length).astype(np.int16)
        for begin in range(0, len(codes), self.block):
            part = slice(begin, begin + self.block)
            totals[part] = self._run_block(codes[part], words, engine, trace)
            progress(min(begin + self.block, len(codes)))
        return totals

    def classify(self, images: ArrayLike, **options: Any) -> NDArray[np.int64]:
        """Return the label of each image: the first of the largest sums."""
        return self.run(images, **options).argmax(axis=1)
