"""Faults in a binary network: wrong bits of its words, as in networks on streams."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from examples.integral_binary import grey_levels
from fixedpoint import Format
from fixedpoint.layers import FixedPointNetwork, Linear, round_to

__all__ = ["faulty_errors", "faulty_words"]

# Images that see the same faulty weights.
BLOCK = 50


def faulty_words(
    codes: NDArray[np.int64],
    fmt: Format,
    kind: str,
    hit: NDArray[np.bool_],
    before: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return codes in two's complement with some bits faulty.

    Parameters
    ----------
    codes : int64 array
    fmt : Format
        Of the codes.
    kind : {"flip", "stuck_at_0", "stuck_at_1", "late", "late_words"}
    hit : bool array ``[..., width]``
        The faulty bits, the least significant first; broadcast to the codes.
    before : int64 array, optional
        What late bits come from.
    """
    masks = (hit * (np.int64(1) << np.arange(fmt.width))).sum(axis=-1)
    words = codes & ((1 << fmt.width) - 1)
    if kind == "flip":
        words = words ^ masks
    elif kind == "stuck_at_0":
        words = words & ~masks
    elif kind == "stuck_at_1":
        words = words | masks
    else:
        assert before is not None
        words = (words & ~masks) | (before & masks)
    if fmt.signed:
        words = words - (words >> (fmt.width - 1) << fmt.width)
    return words


class _Faults:
    """Faults of one kind on one node of all layers."""

    def __init__(self, node: str, kind: str, rate: float, seed: int) -> None:
        self.node, self.kind, self.rate, self.seed = node, kind, rate, seed
        self.rng = np.random.default_rng(seed)

    def on(self, node: str, layer: int, values: torch.Tensor, fmt: Format) -> torch.Tensor:
        """Return the values of a node; rows are images or, of weights, neurons."""
        if node != self.node or not self.rate:
            return values
        scale = 2.0**fmt.frac_bits
        codes = (values.double() * scale).numpy().astype(np.int64)
        if self.kind.startswith("stuck"):
            wires = np.random.default_rng([self.seed, layer])
            shape = codes.shape if node == "weights" else codes.shape[1:]
            hit = wires.random((*shape, fmt.width)) < self.rate
        else:
            bits = 1 if self.kind == "late_words" else fmt.width
            hit = self.rng.random((*codes.shape, bits)) < self.rate
            hit = np.broadcast_to(hit, (*codes.shape, fmt.width))
        changed = faulty_words(codes, fmt, self.kind, hit, np.roll(codes, 1, axis=0))
        return torch.from_numpy(changed / scale)


@torch.no_grad()
def faulty_errors(
    network: FixedPointNetwork,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    *,
    node: str = "inputs",
    kind: str = "flip",
    rate: float = 0.0,
    seed: int = 1,
) -> int:
    """Return the number of wrong labels of a network of linear layers with faults.

    Parameters
    ----------
    network : FixedPointNetwork
    images : uint8 array ``[n, ...]``
    labels : int array ``[n]``
    node : {"inputs", "weights", "sums"}
        The words that enter each layer, its weights, or its accumulated sums.
    kind : {"flip", "stuck_at_0", "stuck_at_1", "late", "late_words"}
        A late bit or word is that of the image before.
    rate : float
        Probability of a fault of each bit in each computation, or of a stuck bit. Weights are
        drawn anew for every 50 images.
    seed : int
    """
    faults = _Faults(node, kind, rate, seed)
    wrong = 0
    for begin in range(0, len(images), BLOCK):
        x = network.entry(grey_levels(images[begin : begin + BLOCK]))
        for number, layer in enumerate(network.layers):
            if not isinstance(layer, Linear):
                x = layer(x)
                continue
            formats = layer.formats
            x = faults.on("inputs", number, x, formats.input)
            exact = round_to(layer.weight, formats.weight)
            weight = faults.on("weights", number, exact, formats.weight.format).double()
            bias = layer.bias_array()
            start = (
                torch.zeros(len(weight)) if bias is None else torch.from_numpy(bias.to_float())
            )
            sums = torch.nn.functional.linear(x.double(), weight, start.double())
            sums = faults.on("sums", number, sums, formats.accumulator.format)
            x = sums if formats.output is None else round_to(sums, formats.output)
        wrong += int((x.argmax(1).numpy() != labels[begin : begin + BLOCK]).sum())
    return wrong
