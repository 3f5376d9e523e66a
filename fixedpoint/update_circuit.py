"""What all circuits share that update the parameters of a network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .circuit import Circuit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["PIECE_SIZE", "UpdateCircuit"]

# Most elements of a piece of a tensor.
PIECE_SIZE = 1 << 22


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

    def cycles(self, size: int) -> int:
        """Return how many cycles one update of a tensor of `size` elements takes."""
        return -(-size // self.lanes) * self.cycles_per_step

    def pieces(self, size: int) -> Iterator[tuple[slice, int]]:
        """Cut a tensor of `size` elements into pieces of whole groups; yield each's cycles."""
        step = max(1, PIECE_SIZE // self.lanes) * self.lanes
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
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
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
            The registers after the update; the arguments are not changed.
        position : int
            The cycle after the last group: where the next tensor starts.

        Raises
        ------
        TypeError, ValueError
            If a code is not an integer or is out of its port's range, or the shapes
            differ.
        """
        codes = self._flat_codes(gradient, momentum, weight, rate)
        # Gradient codes are exact in single precision, weight codes in double.
        g, c, w = (
            array.astype(kind)
            for array, kind in zip(codes[:3], (np.float32, np.int32, np.float64), strict=True)
        )
        for part, cycles in self.pieces(len(g)):
            self._step_piece(g[part], c[part], w[part], rate, position, cycles)
            position += cycles
        shape = codes[3]
        return c.reshape(shape), w.astype(np.int64).astype(np.int32).reshape(shape), position

    def _step_piece(
        self,
        gradient: NDArray[np.float32],
        momentum: NDArray[np.int32],
        weight: NDArray[np.float64],
        rate: int,
        position: int,
        cycles: int,
    ) -> None:
        """Update the codes of a piece of a tensor in place, for `step_tensor`."""
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
