"""A whole network on integral streams: from the codes of an image to its label."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator
from .integral_argmax import IntegralArgmax, move_argmax
from .integral_encoder import IntegralEncoder, move_encoder, show_encoder
from .integral_layer import IntegralLayer
from .layer_kernels import layer_ready, move_layer, show_layer

__all__ = ["IntegralNetwork"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralNetwork(Circuit):
    """Network on integral streams: encoder, layers one behind the other, and the label.

    Parameters
    ----------
    pixels : Generator
        Generator of the encoder.
    layers : tuple of IntegralLayer
        All of one length. Each takes groups of as many streams as the layer before it has
        neurons in parallel; the last is an output layer.

    Notes
    -----
    Ports: ``input_valid`` and ``codes``, as many codes as the first layer takes in a group,
    with ``input_ready`` out; ``output_valid``, ``label`` and ``largest`` with
    ``output_ready`` in. The codes of an image enter in K / Q beats. Its label leaves when all
    layers have finished; each layer works on its own image meanwhile. Latency 1.

    Registers: those of the parts, with the prefixes ``encoder_``, ``layer0_`` and so on, and
    ``argmax_``. The reset state is that of the parts.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017. There all neurons
    work in parallel; here those of a layer take turns.

    Examples
    --------
    >>> from stochastic import Counter, IntegralLayer, IntegralNetwork
    >>> options = {"range": 1, "length": 4, "width": 4}
    >>> hidden = IntegralLayer(weights=((16, 8),), states=4, **options)
    >>> last = IntegralLayer(weights=((16, 0), (0, 16)), **options)
    >>> network = IntegralNetwork(pixels=Counter(width=2), layers=(hidden, last))
    >>> beats = {"input_valid": [1] * 9, "output_ready": [1] * 9, "codes": [4] * 9}
    >>> outputs, _ = network.run(beats)
    >>> outputs["output_valid"][:, 0].tolist(), outputs["label"][-1].tolist()
    ([0, 0, 0, 0, 0, 0, 0, 1, 0], [0])
    """

    pixels: Generator
    layers: tuple[IntegralLayer, ...]

    def __post_init__(self) -> None:
        check_generator("IntegralNetwork pixels", self.pixels)
        if not isinstance(self.layers, tuple) or not self.layers:
            raise TypeError(f"IntegralNetwork layers must be a tuple, not {self.layers!r}")
        for layer in self.layers:
            if not isinstance(layer, IntegralLayer):
                raise TypeError(f"IntegralNetwork takes IntegralLayers, not {layer!r}")
            if layer.length != self.length:
                raise ValueError(
                    f"IntegralNetwork layers must have the length {self.length}, "
                    f"not {layer.length}"
                )
        for before, after in itertools.pairwise(self.layers):
            if before.states is None:
                raise ValueError("only the last layer of an IntegralNetwork may add its sums")
            if (after.fan_in, after.group) != (before.neurons, before.parallel):
                raise ValueError(
                    f"the layer behind {before.neurons} neurons, {before.parallel} in "
                    f"parallel, must not take {after.fan_in} streams in groups of {after.group}"
                )
        if self.layers[-1].states is not None:
            raise ValueError("the last layer of an IntegralNetwork must add its sums")

    @property
    def length(self) -> int:
        """Cycles N of the streams."""
        return self.layers[0].length

    @property
    def image_cycles(self) -> int:
        """Cycles between two images: those of the slowest layer.

        The encoder takes N + 1 cycles for each group of pixels. One of these cycles passes
        while a first layer that stores its input still works.
        """
        cycles = [layer.image_cycles for layer in self.layers]
        cycles[0] += self.layers[0].groups - (not self.layers[0].direct)
        return max(cycles)

    @functools.cached_property
    def encoder(self) -> IntegralEncoder:
        """The encoder before the first layer."""
        group = self.layers[0].group
        assert group is not None
        return IntegralEncoder(generator=self.pixels, group=group, length=self.length)

    @functools.cached_property
    def argmax(self) -> IntegralArgmax:
        """What finds the label behind the last layer."""
        last = self.layers[-1]
        assert last.parallel is not None
        return IntegralArgmax(classes=last.neurons, parallel=last.parallel, limit=last.limit)

    @property
    def parts(self) -> Iterator[tuple[str, Circuit]]:
        """The parts by the prefixes of their registers, in the order of the data."""
        yield "encoder_", self.encoder
        for number, layer in enumerate(self.layers):
            yield f"layer{number}_", layer
        yield "argmax_", self.argmax

    @property
    def ports(self) -> tuple[Port, ...]:
        return (*self.encoder.inputs, *self.argmax.outputs)

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(
            dataclasses.replace(register, name=prefix + register.name)
            for prefix, part in self.parts
            for register in part.registers
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        parts = list(self.parts)
        own = {
            prefix: {r.name: registers[prefix + r.name] for r in part.registers}
            for prefix, part in parts
        }
        # What a part shows depends on its registers, and its ready on the next one's ready.
        ready, shown = [inputs["output_ready"]], []
        for prefix, part in reversed(parts):
            idle = {port.name: _zeros(port) for port in part.inputs}
            idle["output_ready"] = ready[-1]
            shown.append(part.step(own[prefix], (), **idle)[1])
            ready.append(shown[-1]["input_ready"])
        shown.reverse()
        after: dict[str, Any] = {}
        valid, payload = inputs["input_valid"], inputs["codes"]
        for (prefix, part), out, taken in zip(parts, shown, ready[-2::-1], strict=True):
            given = {
                "input_valid": valid,
                part.inputs[1].name: payload,
                "output_ready": taken,
            }
            moved, _ = part.step(own[prefix], (), **given)
            after |= {prefix + name: value for name, value in moved.items()}
            valid, payload = out["output_valid"], out[part.outputs[2].name]
        outputs = {**shown[-1], "input_ready": shown[0]["input_ready"]}
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        chains = [
            layer.kernel_registers(registers, f"layer{number}_")
            for number, layer in enumerate(self.layers)
        ]
        _run(
            enable,
            (inputs["input_valid"], inputs["codes"], inputs["output_ready"]),
            self.encoder.words,
            tuple(registers[f"encoder_{name}"] for name in ("held", "running", "time")),
            tuple(layer.sizes for layer in self.layers),
            tuple(layer.integers for layer in self.layers),
            tuple(layer.kernel_faults for layer in self.layers),
            tuple(chains),
            self.argmax.classes // self.argmax.parallel,
            tuple(registers[f"argmax_{name}"] for name in ("turn", "largest", "label", "full")),
            tuple(outputs[port.name] for port in self.outputs),
        )


def _zeros(port: Port) -> Any:
    return 0 if port.count == 1 else [0] * port.count


@compiled
def _run(
    enable, inputs, words, encoder, sizes, integers, faults, layers, turns, argmax, outputs
):
    valid, codes, output_ready = inputs
    input_ready, output_valid, labels, largest = outputs
    count = len(layers)
    widest = 1
    for size in sizes:
        widest = max(widest, size[3])
    for table in integers:
        widest = max(widest, table.shape[3])
    payloads = np.zeros((count + 1, widest), np.int64)
    ready, valids = np.zeros(count + 2, np.int64), np.zeros(count + 2, np.int64)
    for lane in range(valid.shape[1]):
        group = sizes[0][3]
        part = slice(lane * group, (lane + 1) * group)
        for t in range(len(enable)):
            # ready[i] is that of layer i, or of the part behind the last layer.
            ready[count] = 1 - argmax[3][lane]
            for i in range(count - 1, -1, -1):
                ready[i] = layer_ready(lane, ready[i + 1], sizes[i], layers[i])
            input_ready[t, lane] = 1 - encoder[1][lane]
            output_valid[t, lane] = argmax[3][lane]
            labels[t, lane] = argmax[2][lane]
            largest[t, lane] = argmax[1][lane]
            if not enable[t]:
                continue
            valids[0] = encoder[1][lane]
            show_encoder(lane, words, encoder, payloads[0, :group])
            for i in range(count):
                valids[i + 1] = layers[i][3][lane]
                shown = payloads[i + 1, : integers[i].shape[3]]
                show_layer(lane, sizes[i], layers[i], shown)
            move_encoder(lane, valid[t, lane], codes[t, part], ready[0], words, encoder)
            for i in range(count):
                entering = payloads[i, : sizes[i][3]]
                layer = sizes[i], integers[i], faults[i], layers[i]
                move_layer(lane, valids[i], entering, ready[i + 1], *layer)
            sums = payloads[count, : integers[count - 1].shape[3]]
            move_argmax(lane, valids[count], sums, output_ready[t, lane], turns, argmax)
