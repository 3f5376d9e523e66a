"""The hardware of a network on streams."""

from __future__ import annotations

from collections.abc import Sequence

from fixedpoint.circuit import check_integer

from ..integral.integral_layer import IntegralLayer
from ..integral.integral_network import IntegralNetwork
from .stream_network import StreamNetwork

__all__ = ["circuit_of"]


def circuit_of(
    network: StreamNetwork, *, parallel: int | Sequence[int] = 1, group: int | None = None
) -> IntegralNetwork:
    """Return the circuit whose labels are those of a network on streams.

    Parameters
    ----------
    network : StreamNetwork
    parallel : int or sequence of int
        Neurons of each layer that work at a time.
    group : int, optional
        Pixels that enter at a time; by default all.

    Returns
    -------
    IntegralNetwork
        With the weights in its memories. `rtl.create` makes its hardware.

    Examples
    --------
    >>> import numpy as np
    >>> from stochastic.networks import StreamLayer, StreamNetwork, circuit_of
    >>> layer = StreamLayer(np.array([[9, 2], [0, 16], [8, 8]]), 2, None, 4, 1)
    >>> circuit_of(StreamNetwork([layer], length=16), group=1).layers[0].weights
    ((9, 0, 8), (2, 16, 8))
    """
    if not isinstance(network, StreamNetwork):
        raise TypeError(
            f"circuit_of takes a StreamNetwork, not {type(network).__name__}: there is no "
            "hardware of a whole network of another kind"
        )
    count = len(network.layers)
    each = [parallel] * count if isinstance(parallel, int) else list(parallel)
    if len(each) != count:
        raise ValueError(f"parallel must have {count} numbers, not {each}")
    first = network.layers[0].inputs
    groups = [first if group is None else check_integer("group", group, 1, first), *each]
    return IntegralNetwork(
        pixels=network.pixels,
        layers=tuple(
            IntegralLayer(
                weights=tuple(map(tuple, layer.codes.T.tolist())),
                range=layer.range,
                states=layer.states,
                length=network.length,
                width=layer.width,
                seed=layer.seed,
                parallel=neurons,
                group=entering,
                faults=layer.faults,
            )
            for layer, neurons, entering in zip(network.layers, each, groups, strict=False)
        ),
    )
