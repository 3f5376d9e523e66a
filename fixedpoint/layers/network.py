"""A network of fixed-point layers, as `convert` makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import nn

from ..formats.format import Format
from ..mac.layer_trace import LayerTrace
from .convolution import WeightedLayer
from .graph import INPUT
from .round_tensor import Quantize

__all__ = ["FixedPointNetwork"]


class FixedPointNetwork(nn.Module):
    """Fixed-point layers, each reading what others before it have made.

    Made by `convert`. It trains as any module does: gradients pass straight through every
    rounding to the float weights, whose rounded copies compute.

    Parameters
    ----------
    entry : Quantize
        Of the input.
    steps : iterable of (str, torch.nn.Module, tuple of str)
        Each layer's name, the layer, and the names of what it reads; the input's is
        ``"input"``.
    output : str
        What the network gives.
    output_format : Format
        Of it.
    """

    def __init__(
        self,
        entry: Quantize,
        steps: Iterable[tuple[str, nn.Module, tuple[str, ...]]],
        output: str,
        output_format: Format,
    ) -> None:
        super().__init__()
        self.entry = entry
        self.layers = nn.ModuleList()
        self._wiring: list[tuple[str, tuple[str, ...]]] = []
        for name, layer, inputs in steps:
            self.layers.append(layer)
            self._wiring.append((name, inputs))
        self._output = output
        self.output_format = output_format
        self._last_uses = {i: name for name, inputs in self._wiring for i in inputs}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layers, in the order in which they compute."""
        return tuple(name for name, _ in self._wiring)

    @property
    def weighted(self) -> tuple[str, ...]:
        """Names of the convolutions and linear layers."""
        named = zip(self.names, self.layers, strict=True)
        return tuple(name for name, layer in named if isinstance(layer, WeightedLayer))

    def layer(self, name: str) -> nn.Module:
        """Return the layer of that name.

        Raises
        ------
        ValueError
            If there is none.
        """
        if name not in self.names:
            raise ValueError(f"the network has layers {', '.join(self.names)}, not {name!r}")
        return self.layers[self.names.index(name)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = x
        for name, _, _, made in self._run(x):
            if name == self._output:
                return made
        return made

    def traces(
        self, images: torch.Tensor, names: Iterable[str] | None = None
    ) -> list[LayerTrace]:
        """Return what convolutions and linear layers make of some images, in codes.

        Parameters
        ----------
        images : tensor ``[n, channels, height, width]``
        names : iterable of str, optional
            Of `weighted`; by default all of them.

        Raises
        ------
        ValueError
            If there is no such layer with weights, or one has accumulators or roundings
            that a trace does not hold.
        """
        wanted = set(self.weighted if names is None else names)
        for name in sorted(wanted - set(self.weighted)):
            raise ValueError(f"traces are made of {', '.join(self.weighted)}, not {name!r}")
        with torch.no_grad():
            return [
                layer.trace(inputs[0], name)
                for name, layer, inputs, _ in self._run(images)
                if name in wanted and isinstance(layer, WeightedLayer)
            ]

    def _run(
        self, x: torch.Tensor
    ) -> Iterator[tuple[str, nn.Module, list[torch.Tensor], torch.Tensor]]:
        values = {INPUT: self.entry(x)}
        for (name, reads), layer in zip(self._wiring, self.layers, strict=True):
            inputs = [values[i] for i in reads]
            values[name] = layer(*inputs)
            for read in set(reads):
                if self._last_uses[read] == name and read != self._output:
                    del values[read]
            yield name, layer, inputs, values[name]
