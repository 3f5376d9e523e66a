"""Images through the Verilog of a network, a few after each reset; the check resumes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import json_object
from fixedpoint.circuit.files import read_text, writing
from stochastic.networks import StreamNetwork

from ..simulation.verilated_circuit import VerilatedCircuit
from .network_replay import ReplayedNetwork, hardware_of, replay_network

__all__ = ["replay_in_parts"]

# Images after a reset. All of a part are on their way through the layers at once.
PART = 5


def replay_in_parts(
    network: StreamNetwork,
    images: NDArray[np.uint8],
    labels: NDArray[Any],
    path: Path,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> ReplayedNetwork:
    """Classify images in Verilog as `replay_network` does, in parts that are stored.

    Parameters
    ----------
    network : StreamNetwork
    images : uint8 array ``[n, ...]``
    labels : int array ``[n]``
    path : Path
        File of the finished parts. It counts only for the same hardware and images.
    progress : callable
        Called with the number of finished images.

    Returns
    -------
    ReplayedNetwork
        Sums over all parts.
    """
    circuit = hardware_of(network)
    hardware = VerilatedCircuit(circuit)
    digest = hashlib.sha256(hardware.library.parent.name.encode())
    digest.update(images.tobytes() + labels.tobytes())
    identity = digest.hexdigest()
    total = _stored(path, identity) or ReplayedNetwork(0, 0, 0, 0, 0, 0, 0.0)
    idle = {port.name: np.zeros((1, port.count), np.int64) for port in circuit.inputs}
    progress(total.images)
    while total.images < len(images):
        part = slice(total.images, total.images + PART)
        hardware.run(idle, rst=[True])

        def show(count: int, done: int = total.images) -> None:
            progress(done + count)

        found = replay_network(
            network,
            images[part],
            labels[part],
            circuit=circuit,
            hardware=hardware,
            progress=show,
        )
        total = ReplayedNetwork(
            *(a + b for a, b in zip(*map(dataclasses.astuple, (total, found)), strict=True))
        )
        with writing(path) as file:
            json.dump({"identity": identity, **total.to_dict()}, file)
    return total


def _stored(path: Path, identity: str) -> ReplayedNetwork | None:
    """Return the result of finished parts, if they are of this hardware and these images."""
    if not path.exists():
        return None
    values = json_object(read_text(path))
    if values.pop("identity", None) != identity:
        return None
    return ReplayedNetwork(**values)
