"""Base of the circuits that update the parameters of a network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..circuit import Circuit, Port, Register, check_array, check_integer
from ..circuit.checks import shown
from ..circuit.rotation import rotated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SLICE_SIZE", "PortElement", "UpdateCircuit"]

# Largest number of elements in a slice of a tensor.
SLICE_SIZE = 1 << 22


class PortElement(NamedTuple):
    """Width and sign of a port's elements, their range if limited, and their format if any."""

    width: int
    signed: bool = False
    minimum: int | None = None
    maximum: int | None = None
    format: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class UpdateCircuit(Circuit):
    """A circuit of P lanes, each of which updates one parameter from its gradient.

    Its ports are ``load`` (1 bit), ``rate``, ``gradient``, ``momentum_in`` and ``weight_in``
    in, ``momentum`` and ``weight`` out. All but the first two have one element per lane. A
    tensor is processed in groups of P elements: element i is in lane i mod P of group
    i div P. A group takes `cycles_per_step` cycles, the first with ``load`` high, and its
    results are on the outputs in the cycle after the last. The generators advance in every
    enabled cycle, across groups and steps. In the last group, lanes past the tensor's end
    take zero gradients, and their results are ignored.
    """

    # A subclass defines the field `lanes`, and `cycles_per_step` as a field or class attribute.
    if TYPE_CHECKING:

        @property
        def lanes(self) -> int: ...

        @property
        def cycles_per_step(self) -> int: ...

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        """The elements of the ports of rate, gradient, momentum and weight."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        def port(
            name: str, direction: Any, element: PortElement, count: int, meaning: str
        ) -> Port:
            fields = element._asdict()
            if fields.pop("format"):
                meaning = f"{meaning}, {element.format}"
            return Port(name=name, direction=direction, count=count, meaning=meaning, **fields)

        rate, gradient, momentum, weight = self._port_elements
        return (
            Port.input("load", meaning="1 in the first cycle of a group"),
            port("rate", "in", rate, 1, "learning rate"),
            port("gradient", "in", gradient, self.lanes, "gradient of each lane"),
            port("momentum_in", "in", momentum, self.lanes, "momentum before the update"),
            port("weight_in", "in", weight, self.lanes, "weight before the update"),
            port("momentum", "out", momentum, self.lanes, "momentum after the update"),
            port("weight", "out", weight, self.lanes, "weight after the update"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(
            Register(name=p.name, width=p.width, signed=p.signed, count=p.count)
            for p in self.outputs
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        def as_list(values: Any) -> list[int]:
            return list(values) if self.lanes > 1 else [values]

        load = inputs["load"]
        gradients = as_list(inputs["gradient"])
        momenta = as_list(inputs["momentum_in"] if load else registers["momentum"])
        weights = as_list(inputs["weight_in"] if load else registers["weight"])
        for lane, gradient in enumerate(gradients):
            momenta[lane], weights[lane] = self._lane(
                gradient,
                momenta[lane],
                weights[lane],
                load,
                inputs["rate"],
                self._lane_words(words, lane),
            )
        after = {"momentum": momenta, "weight": weights}
        outputs = {name: registers[name] for name in after}
        if self.lanes == 1:
            return {name: values[0] for name, values in after.items()}, outputs
        return after, outputs

    def _lane(
        self,
        gradient: int,
        momentum: int,
        weight: int,
        load: int,
        rate: int,
        words: Sequence[int],
    ) -> tuple[int, int]:
        """Return a lane's momentum and weight after one cycle, for `step`.

        Parameters
        ----------
        gradient, load, rate : int
            Values of the ports.
        momentum, weight : int
            The loaded values, else the registers.
        words : sequence of int
            This lane's word of each kind of generator.
        """
        raise NotImplementedError

    def _lane_words(self, words: Sequence[int], lane: int) -> Sequence[int]:
        """Return the generators' words for one lane: rotated left by its number."""
        widths = (generator.width for generator in self.generators)
        return [rotated(word, lane, n) for word, n in zip(words, widths, strict=True)]

    def cycles(self, size: int) -> int:
        """Return the number of cycles of an update of a tensor of `size` elements."""
        return -(-size // self.lanes) * self.cycles_per_step

    def slices(self, size: int) -> Iterator[tuple[slice, int]]:
        """Yield slices of whole groups of a tensor of `size` elements, and their cycles."""
        step = max(1, SLICE_SIZE // self.lanes) * self.lanes
        for begin in range(0, size, step):
            end = min(begin + step, size)
            yield slice(begin, end), self.cycles(end - begin)

    def step_tensor(
        self,
        gradient: ArrayLike,
        momentum: ArrayLike,
        weight: ArrayLike,
        *,
        rate: int = 1,
        position: int = 0,
    ) -> tuple[NDArray[Any], NDArray[Any], int]:
        """Update a whole tensor once, with the results of `run` but without its cycles.

        Parameters
        ----------
        gradient, momentum, weight : integer array, all of one shape
            Codes, as on the ports `gradient`, `momentum_in` and `weight_in`; taken in
            C order.
        rate : int
            As on the port.
        position : int
            Cycle since reset at which the tensor's first group starts.

        Returns
        -------
        momentum, weight : int32 array of that shape
            The registers after the update; int64 for formats of more than 32 bits. The
            arguments are not changed.
        position : int
            The cycle after the last group, in which the next tensor starts.

        Raises
        ------
        TypeError, ValueError
            If a code is not an integer or is out of its port's range, the shapes differ, or
            a format has more than 53 bits, which the doubles used here cannot hold.
        """
        position = check_integer("position", position, 0, 2**63 - 1)
        gradients, momenta, weights, shape = self._flat_codes(gradient, momentum, weight, rate)
        momenta, weights = self._step_codes(gradients, momenta, weights, rate, position)
        position += self.cycles(len(momenta))
        return momenta.reshape(shape), weights.reshape(shape), position

    def _step_codes(
        self,
        gradient: NDArray[np.int64],
        momentum: NDArray[np.int64],
        weight: NDArray[np.int64],
        rate: int,
        position: int,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the momenta and weights after an update of flat tensors, as new arrays."""
        raise NotImplementedError

    def _flat_codes(
        self, gradient: ArrayLike, momentum: ArrayLike, weight: ArrayLike, rate: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], tuple[int, ...]]:
        """Check the arguments of `step_tensor`; return flat codes and their shape."""
        ports = {port.name: port for port in self.inputs}
        if np.ndim(rate):
            raise TypeError(f"port rate takes one integer, not {shown(rate)}")
        ports["rate"].check([rate])
        arrays = {
            name: check_array(f"port {name} takes", values)
            for name, values in (
                ("gradient", gradient), ("momentum_in", momentum), ("weight_in", weight)
            )
        }  # fmt: skip
        shape = arrays["gradient"].shape
        for name, array in arrays.items():
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
        flat = [
            dataclasses.replace(ports[name], count=1).check(array.reshape(-1))[:, 0]
            if array.size
            else np.empty(0, np.int64)
            for name, array in arrays.items()
        ]
        return flat[0], flat[1], flat[2], shape
