"""What all circuits share that update the parameters of a network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..circuit import Circuit, Port, Register
from ..circuit.rotation import rotated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SLICE_SIZE", "Number", "UpdateCircuit"]

# Most elements of a piece of a tensor.
SLICE_SIZE = 1 << 22


class Number(NamedTuple):
    """What one element of a port is, and its legal values if they are fewer than fit."""

    width: int
    signed: bool = False
    minimum: int | None = None
    maximum: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class UpdateCircuit(Circuit):
    """A circuit of P lanes, each of which updates one parameter from its gradient.

    Its ports are ``load`` (1 bit), ``rate``, ``gradient``, ``momentum_in`` and
    ``weight_in``; ``momentum`` and ``weight`` out. All but the first two have one element a
    lane. A tensor passes in groups of P elements: element i is lane i mod P of group
    i div P. A group takes `cycles_per_step` cycles, the first with ``load`` high, and the
    results stand on the outputs in the cycle after its last. The generators step in every
    enabled cycle, from group to group and from step to step. The last group's lanes past
    the tensor's end get zero gradients and are ignored.
    """

    # A subclass has the field `lanes`, and a field or a class attribute `cycles_per_step`.
    if TYPE_CHECKING:

        @property
        def lanes(self) -> int: ...

        @property
        def cycles_per_step(self) -> int: ...

    @property
    def _numbers(self) -> tuple[Number, Number, Number, Number]:
        """What the elements of rate, gradient, momentum and weight are."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        def port(name: str, direction: Any, number: Number, count: int) -> Port:
            return Port(name=name, direction=direction, count=count, **number._asdict())

        rate, gradient, momentum, weight = self._numbers
        return (
            Port.input("load"),
            port("rate", "in", rate, 1),
            port("gradient", "in", gradient, self.lanes),
            port("momentum_in", "in", momentum, self.lanes),
            port("weight_in", "in", weight, self.lanes),
            port("momentum", "out", momentum, self.lanes),
            port("weight", "out", weight, self.lanes),
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
        def listed(values: Any) -> list[int]:
            return list(values) if self.lanes > 1 else [values]

        load = inputs["load"]
        gradients = listed(inputs["gradient"])
        momenta = listed(inputs["momentum_in"] if load else registers["momentum"])
        weights = listed(inputs["weight_in"] if load else registers["weight"])
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
        """Update one lane for `step`: return its momentum and weight after one cycle.

        Parameters
        ----------
        gradient, load, rate : int
            As on the ports.
        momentum, weight : int
            What was loaded, or else the registers.
        words : sequence of int
            The word of each kind of generator, as this lane sees it.
        """
        raise NotImplementedError

    def _lane_words(self, words: Sequence[int], lane: int) -> Sequence[int]:
        """Return the generators' words as one lane sees them: rotated left by its number."""
        widths = (generator.width for generator in self.generators)
        return [rotated(word, lane, n) for word, n in zip(words, widths, strict=True)]

    def cycles(self, size: int) -> int:
        """Return how many cycles one update of a tensor of `size` elements takes."""
        return -(-size // self.lanes) * self.cycles_per_step

    def pieces(self, size: int) -> Iterator[tuple[slice, int]]:
        """Cut a tensor of `size` elements into pieces of whole groups; yield each's cycles."""
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
        """Update a whole tensor once: the very bits of `run`, without its cycles.

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
            The registers after the update; the arguments are not changed. Codes of a format
            of more than 32 bits come as int64.
        position : int
            The cycle after the last group: where the next tensor starts.

        Raises
        ------
        TypeError, ValueError
            If a code is not an integer or is out of its port's range, the shapes differ, or
            a format has more than 53 bits: here its codes would pass through doubles.
        """
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
        """Return the flat tensors of momenta and weights after an update; change neither."""
        raise NotImplementedError

    def _flat_codes(
        self, gradient: ArrayLike, momentum: ArrayLike, weight: ArrayLike, rate: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], tuple[int, ...]]:
        """Check what `step_tensor` is given; return the codes, flat, and their shape."""
        ports = {port.name: port for port in self.inputs}
        ports["rate"].check([rate])
        arrays = {
            "gradient": np.asarray(gradient),
            "momentum_in": np.asarray(momentum),
            "weight_in": np.asarray(weight),
        }
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
