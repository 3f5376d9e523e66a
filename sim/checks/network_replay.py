"""Images through the simulated Verilog of a network on integral streams."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import State
from stochastic import IntegralNetwork
from stochastic.networks import StreamNetwork, circuit_of, pixel_codes

from ..simulation.verilated_circuit import VerilatedCircuit

__all__ = ["ReplayedNetwork", "replay_network"]

# Neurons that work at a time in a hidden layer behind the first, and in the output layer.
PARALLEL = 4, 2
# Pixels that enter at a time.
GROUP = 16
# Parts of an image's time after which a network has stopped.
PATIENCE = 8


@dataclasses.dataclass(frozen=True)
class ReplayedNetwork:
    """Result of the simulation of images in hardware.

    Attributes
    ----------
    images, errors : int
        Numbers of images, and of wrong labels among those of the hardware.
    cycles : int
        Clock cycles of all images.
    bits_compared, mismatches : int
        Bits of the outputs in all cycles, and how many differed from the circuit's model.
    labels_differing : int
        Labels of the hardware that are not those of `StreamNetwork`.
    seconds : float
        Time of the simulation, with the build of the simulator.
    """

    images: int
    errors: int
    cycles: int
    bits_compared: int
    mismatches: int
    labels_differing: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every bit and every label was equal."""
        return not self.mismatches and not self.labels_differing

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


def replay_network(
    network: StreamNetwork,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    circuit: IntegralNetwork | None = None,
    hardware: Any = None,
    progress: Callable[[int], None] = lambda done: None,
) -> ReplayedNetwork:
    """Classify images in Verilog, and compare every output bit of every cycle.

    Parameters
    ----------
    network : StreamNetwork
    images : uint8 array ``[n, ...]``
    labels : int array ``[n]``
    circuit : IntegralNetwork, optional
        Its hardware; by default `hardware_of` the network.
    hardware : VerilatedCircuit, optional
        What is compared with the circuit; by default its own Verilog.
    progress : callable
        Called with the number of finished images.

    Raises
    ------
    ToolError
        If Verilator is missing.
    RuntimeError
        If the network stops.
    """
    circuit = hardware_of(network) if circuit is None else circuit
    codes = pixel_codes(images).astype(np.int64)
    network.check_images(codes)
    expected = network.classify(images)
    begin = time.perf_counter()
    if hardware is None:
        hardware = VerilatedCircuit(circuit)
    cycles = bits = mismatches = 0
    found: list[int] = []
    for inputs, outputs in _batches(circuit, codes):
        actual = hardware.run(inputs)
        cycles += len(inputs["input_valid"])
        for port in circuit.outputs:
            differ = (actual[port.name] ^ outputs[port.name]).view(np.uint64)
            mask = np.uint64((1 << port.width) - 1)
            mismatches += int(np.bitwise_count(differ & mask).sum())
            bits += port.width * differ.size
        shown = actual["output_valid"][:, 0] == 1
        found += actual["label"][shown, 0].tolist()
        progress(len(found))
    # A network with a fault may show more labels or fewer.
    taken = np.full(len(codes), -1)
    taken[: len(found)] = found[: len(codes)]
    return ReplayedNetwork(
        images=len(codes),
        errors=int((taken != np.asarray(labels)).sum()),
        cycles=cycles,
        bits_compared=bits,
        mismatches=mismatches,
        labels_differing=int((taken != expected).sum()) + abs(len(found) - len(codes)),
        seconds=time.perf_counter() - begin,
    )


def hardware_of(network: StreamNetwork) -> IntegralNetwork:
    """Return a circuit that is quick to simulate: few neurons work at a time."""
    hidden, last = PARALLEL
    sizes = [layer.outputs for layer in network.layers]
    most = [1, *[hidden] * (len(sizes) - 2), last][-len(sizes) :]
    parallel = [_divisor(size, limit) for size, limit in zip(sizes, most, strict=True)]
    group = _divisor(network.layers[0].inputs, GROUP)
    return circuit_of(network, parallel=parallel, group=group)


def _divisor(number: int, limit: int) -> int:
    """Return the largest divisor of a number up to a limit."""
    return max(d for d in range(1, limit + 1) if number % d == 0)


def _batches(
    circuit: IntegralNetwork, codes: NDArray[np.int64]
) -> Iterator[tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.int64]]]]:
    """Yield inputs and the model's outputs until all labels have left.

    The encoder takes a beat at most once in N + 1 cycles. So many cycles are run with the
    next beat at the input; in one of them it is taken, or in none.
    """
    group = circuit.encoder.group
    beats = codes.reshape(-1, group)
    stretch = circuit.length + 1
    whole = sum(layer.groups + layer.passes for layer in circuit.layers)
    patience = PATIENCE * (whole + len(beats) // len(codes))
    state: State | None = None
    entered = left = idle = 0
    while left < len(codes):
        beat = beats[min(entered, len(beats) - 1)]
        inputs = {
            "input_valid": np.full((stretch, 1), int(entered < len(beats))),
            "codes": np.tile(beat, (stretch, 1)),
            "output_ready": np.ones((stretch, 1), np.int64),
        }
        outputs, state = circuit.run(inputs, state=state)
        entered += int((inputs["input_valid"] & outputs["input_ready"]).any())
        labels = int(outputs["output_valid"].sum())
        idle = 0 if labels else idle + 1
        left += labels
        if idle > patience:
            raise RuntimeError(f"the network has stopped after {left} of {len(codes)} images")
        yield inputs, outputs
