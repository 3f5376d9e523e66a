"""A convolutional network of neurons on integral streams, cycle by cycle and bit by bit."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled

from ..integral.stream_faults import StreamFaults
from .cycle_kernels import add_sums, bits_below, count_states
from .cycle_sums import CycleSums
from .integral_stream_network import IntegralStreamNetwork
from .stream_convolution import LARGEST_POOL
from .stream_layer import StreamLayer

__all__ = ["ConvolutionalStreamNetwork", "Window", "WindowedLayer"]


@dataclasses.dataclass(frozen=True)
class Window:
    """What one neuron of a convolution sees.

    Attributes
    ----------
    channels, height, width : int
        Of the layer's input.
    kernel : int
        Rows and columns of the window.
    padding : int
        Rows and columns of zeros around the input, after pooling.
    pool : int
        Each element of the window is the sum of ``pool * pool`` neighbouring bits; 1..11.
    """

    channels: int
    height: int
    width: int
    kernel: int
    padding: int = 0
    pool: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "height", "width", "kernel"):
            check_integer(f"window {name}", getattr(self, name), 1, 1 << 16)
        check_integer("window pool", self.pool, 1, LARGEST_POOL)
        check_integer("window padding", self.padding, 0, 1 << 16)
        if self.height % self.pool or self.width % self.pool:
            raise ValueError(
                f"a window pools {self.pool}x{self.pool} bits, which do not divide an input of "
                f"{self.height}x{self.width}"
            )
        if min(self.size) < 1:
            raise ValueError(
                f"a window of {self.kernel}x{self.kernel} exceeds its padded input"
            )

    @property
    def padded(self) -> tuple[int, int]:
        """Rows and columns after pooling, with the padding."""
        margins = 2 * self.padding
        return self.height // self.pool + margins, self.width // self.pool + margins

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the layer's output."""
        height, width = self.padded
        return height - self.kernel + 1, width - self.kernel + 1

    @property
    def whole(self) -> bool:
        """Whether one window is the whole input, without padding."""
        return self.size == (1, 1) and not self.padding

    @property
    def inputs(self) -> int:
        """Weights of a neuron: rows, then columns, then channels of the window."""
        return self.kernel**2 * self.channels


@dataclasses.dataclass(frozen=True, eq=False)
class WindowedLayer:
    """A layer of neurons that share their weights over all windows.

    Attributes
    ----------
    layer : StreamLayer
        Its K inputs are those of a window.
    window : Window
    """

    layer: StreamLayer
    window: Window

    def __post_init__(self) -> None:
        if self.layer.inputs != self.window.inputs:
            raise ValueError(
                f"a layer of {self.layer.inputs} inputs must not have a window of "
                f"{self.window.inputs}"
            )
        faults = self.layer.faults
        if faults is not None and faults.node != "weights":
            raise ValueError(
                f"a layer with windows takes faults of weights, not of {faults.node}"
            )

    def with_faults(self, faults: StreamFaults) -> WindowedLayer:
        """Return the layer with faults of the weights' streams, the same in all windows."""
        return dataclasses.replace(self, layer=self.layer.with_faults(faults))

    @property
    def outputs(self) -> int:
        """Number of output channels, J."""
        return self.layer.outputs


class ConvolutionalStreamNetwork(IntegralStreamNetwork[WindowedLayer]):
    """Convolutions and layers of neurons on integral streams.

    Parameters
    ----------
    layers : iterable of WindowedLayer
        A fully connected layer is one window that covers its whole input. All but the last
        have counters.
    length : int
        Cycles N, 1..2^16.
    pixels : Generator, optional
        The generator that all pixels share, 8 bits wide; by default an LFSR with all 256
        states.

    Notes
    -----
    Every neuron is an `IntegralNeuron`: in each cycle its counter adds the bias and the
    integers of the weights whose input bit is 1. All windows share the weights' streams. With
    average pooling each weight belongs to ``pool * pool`` inputs, whose number of ones
    multiplies its integer; there is no division and no rounding. Padding is inputs that are
    always 0. The output layer adds its sums over all cycles, as in `StreamNetwork`.

    Examples
    --------
    >>> import numpy as np
    >>> from stochastic.networks import StreamLayer, weight_codes
    >>> layer = StreamLayer(weight_codes(np.ones((5, 1)), 1, 8), 1, 8, 8, 1)
    >>> last = StreamLayer(weight_codes(np.ones((10, 2)), 1, 8), 1, None, 8, 2)
    >>> layers = [
    ...     WindowedLayer(layer, Window(1, 4, 4, kernel=2)),
    ...     WindowedLayer(last, Window(1, 3, 3, kernel=3)),
    ... ]
    >>> network = ConvolutionalStreamNetwork(layers, length=4)
    >>> network.run(np.full((1, 4, 4), 255, np.uint8)).tolist()
    [[40, 40]]
    """

    block = 20

    @property
    def neurons(self) -> tuple[StreamLayer, ...]:
        """Of each layer what all its windows share."""
        return tuple(part.layer for part in self.layers)

    def _check_connections(self) -> None:
        for before, after in itertools.pairwise(self.layers):
            given = before.outputs, *before.window.size
            wanted = after.window.channels, after.window.height, after.window.width
            if given != wanted:
                raise ValueError(f"a layer with input {wanted} must not follow outputs {given}")
        if self.layers[-1].window.size != (1, 1):
            raise ValueError("the last layer must add its sums, in one window")

    def check_images(self, images: NDArray[Any]) -> None:
        """Refuse images of another size."""
        first = self.layers[0].window
        size = first.height, first.width
        channels = (first.channels,) if images.ndim == 4 else ()
        if images.shape[1:] != (*channels, *size) or (images.ndim < 4 and first.channels > 1):
            raise ValueError(
                f"images must be {first.channels}x{size[0]}x{size[1]}, "
                f"not {'x'.join(map(str, images.shape[1:]))}"
            )

    def _arranged(self, codes: NDArray[np.int16]) -> NDArray[np.int16]:
        # Channels last, as all layers have them.
        first = self.layers[0].window
        codes = codes.reshape(-1, first.channels, first.height, first.width)
        return np.ascontiguousarray(codes.transpose(0, 2, 3, 1))

    def _run_block(self, codes, words, engine, trace) -> NDArray[np.int32]:
        count = len(codes)
        first = self.layers[0].window
        steps: list[tuple[Any, ...]] = []
        bits: NDArray[np.int8] | None = None
        if first.pool == 1:
            # Pixels take part by their codes, so that their windows are gathered once.
            pixels = np.zeros((count, *first.padded, first.channels), codes.dtype)
            rows, columns = (slice(first.padding, n - first.padding) for n in first.padded)
            pixels[:, rows, columns] = codes
            entered = _gathered(pixels, first)
        else:
            entered = codes.reshape(count, -1)
            bits = np.empty(entered.shape, np.int8)
        entry = bits
        for part, integers in zip(self.layers, self.integers, strict=True):
            window, layer = part.window, part.layer
            windows = count * window.size[0] * window.size[1]
            seen = np.zeros((windows, window.inputs), np.int8)
            before = None
            if bits is not None:
                before = bits.reshape(count, window.height, window.width, -1)
            pooled = np.zeros((count, *window.padded, window.channels), np.int8)
            if before is not None and not window.padding:
                if window.pool == 1:
                    pooled = before
                if window.whole:
                    # The bits as they stand are the only window.
                    seen = pooled.reshape(seen.shape)
            sums = CycleSums(seen, integers, engine)
            counters = np.full((windows, layer.outputs), (layer.states or 0) // 2, np.int32)
            bits = np.zeros((windows, layer.outputs), np.int8)
            steps.append((part, sums, counters, bits, before, pooled))
        if entry is None:
            entry = steps[0][1].bits
        for t in range(self.length):
            bits_below(words[t], entered, entry)
            for number, (part, sums, counters, outputs, before, pooled) in enumerate(steps):
                window, states = part.window, part.layer.states
                if before is not None:
                    if pooled is not before:
                        _pool(before, window.pool, window.padding, pooled)
                    if not window.whole:
                        _gather(pooled, window.kernel, *window.size, sums.bits)
                found, bias = sums.of_cycle(t)
                if states is None:
                    add_sums(found, bias, counters)
                else:
                    # Loops over few neurons are slow: take several windows at a time.
                    times = math.gcd(len(found), 16)
                    count_states(
                        found.reshape(-1, times * bias.size),
                        np.tile(bias, times),
                        states,
                        counters.reshape(-1, times * bias.size),
                        outputs.reshape(-1, times * bias.size),
                    )
                if trace is not None:
                    trace(t, number, counters if states is None else outputs)
        return steps[-1][2]


def _gathered(images: NDArray[Any], window: Window) -> NDArray[Any]:
    """Return the elements of every window, ``[n * rows * columns, K]``."""
    rows = len(images) * window.size[0] * window.size[1]
    found = np.empty((rows, window.inputs), images.dtype)
    _gather(images, window.kernel, *window.size, found)
    return found


@compiled
def _gather(images, kernel, rows, columns, windows):
    """Copy the elements of every window; channels are last."""
    channels = images.shape[3]
    run = kernel * channels
    place = 0
    for i in range(images.shape[0]):
        for r in range(rows):
            for c in range(columns):
                for k in range(kernel):
                    source = images[i, r + k].reshape(-1)
                    begin = c * channels
                    for e in range(run):
                        windows[place, k * run + e] = source[begin + e]
                place += 1


@compiled
def _pool(bits, pool, padding, sums):
    """Add bits of `pool` rows and columns; the margins of the sums are left alone."""
    images, height, width, channels = bits.shape
    line = np.empty(width * channels, np.int8)
    for i in range(images):
        for row in range(height // pool):
            line[:] = bits[i, row * pool].reshape(-1)
            for a in range(1, pool):
                source = bits[i, row * pool + a].reshape(-1)
                for e in range(line.size):
                    line[e] += source[e]
            target = sums[i, padding + row].reshape(-1)
            for column in range(width // pool):
                begin = (padding + column) * channels
                for k in range(channels):
                    place = column * pool * channels + k
                    total = line[place]
                    for b in range(1, pool):
                        total += line[place + b * channels]
                    target[begin + k] = total
