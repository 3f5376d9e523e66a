"""A network of fixed-point layers, the result of `convert`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import nn

from ..circuit.checks import shown
from ..formats.format import Format
from ..mac.layer_trace import LayerTrace
from .convolution import WeightedLayer
from .graph import INPUT
from .round_tensor import Quantize

__all__ = ["FixedPointNetwork"]


class FixedPointNetwork(nn.Module):
    """Fixed-point layers, each of which reads outputs of layers before it.

    `convert` creates it. It can be trained like any module: gradients pass straight through
    all roundings to the float weights.

    Parameters
    ----------
    entry : Quantize
        Rounds the input.
    steps : iterable of (str, torch.nn.Module, tuple of str)
        For each layer its name, the layer, and the names of the layers it reads; ``"input"``
        is the input.
    output : str
        Name of the layer whose output is that of the network.
    output_format : Format
        Of the output.
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
        """Names of the layers, in order of execution."""
        return tuple(name for name, _ in self._wiring)

    @property
    def weighted(self) -> tuple[str, ...]:
        """Names of the convolutions and linear layers."""
        named = zip(self.names, self.layers, strict=True)
        return tuple(name for name, layer in named if isinstance(layer, WeightedLayer))

    def layer(self, name: str) -> nn.Module:
        """Return the layer of the given name.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        if name not in self.names:
            raise ValueError(
                f"the network has layers {', '.join(self.names)}, not {shown(name)}"
            )
        return self.layers[self.names.index(name)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self._output == INPUT:
            return self.entry(x)
        output = x
        for name, _, _, output in self._run(x):
            if name == self._output:
                return output
        return output

    def traces(
        self, images: torch.Tensor, names: Iterable[str] | None = None
    ) -> list[LayerTrace]:
        """Return traces of convolutions and linear layers on some images.

        Parameters
        ----------
        images : tensor ``[n, channels, height, width]``
        names : iterable of str, optional
            Elements of `weighted`; by default all.

        Raises
        ------
        ValueError
            If there is no such layer with weights, or a trace does not support a layer's
            accumulator or rounding.
        """
        wanted = set(self.weighted if names is None else names)
        for name in sorted(wanted - set(self.weighted)):
            raise ValueError(
                f"traces are made of {', '.join(self.weighted)}, not {shown(name)}"
            )
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
