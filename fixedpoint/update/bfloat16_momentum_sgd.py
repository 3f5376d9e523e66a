"""Momentum SGD in bfloat16, with a momentum and a weight register per parameter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..bfloat16.number import (
    SIGN,
    WORD_BITS,
    add,
    check_rounding,
    from_bfloat16,
    multiply,
)
from ..circuit import WordSource, check_integer
from ..circuit.rotation import lane_words
from ..formats.modes import Rounding
from ..rounding.rounding_stage import word_fraction
from .base import PortElement, UpdateCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bfloat16MomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bfloat16MomentumSgdLanes(UpdateCircuit):
    """Gradient descent with momentum in bfloat16: a momentum and a weight per lane.

    In each enabled cycle every lane performs five operations, each rounded to bfloat16::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        difference <- gradient - C
        change     <- 2**-decay_shift * difference
        momentum   <- C + change
        learned    <- rate * momentum                     # the new momentum
        weight     <- W - learned

    The last one is rounded by `rounding`, the others to nearest, ties to even. With rounding
    to nearest, an update below half the distance of neighbouring weights is lost.

    Parameters
    ----------
    lanes : int
        Number P of parameters updated side by side, 1..4096.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..16.
    rounding : Rounding
        Of the weight: NEAREST_EVEN or STOCHASTIC.
    weight_generator : generator, optional
        Source of words of 1 to 16 bits, which STOCHASTIC adds to the upper discarded bits;
        required with STOCHASTIC, else None. The lanes share it: lane l takes each word
        rotated left by l bits, modulo its width.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range, or the generator does not match the rounding.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate``, ``gradient``, ``momentum_in``, ``weight_in`` in;
    ``momentum``, ``weight`` out, both registers, patterns of 16 bits. All but the first two
    have one element per lane. The latency is 1 cycle; both registers are +0 after reset.

    Subnormal numbers, infinities, NaN and signs of 0 are treated as by `Bfloat16Adder` and
    `Bfloat16Multiplier`. Overflows become infinite, and a NaN stays until the lane is loaded
    again.

    Source: the operations are those of PyTorch on tensors of bfloat16; weights updated with
    stochastic rounding as in P. Zamirai, J. Zhang, C. R. Aberger and C. De Sa, "Revisiting
    BFloat16 Training", 2020 (arXiv:2010.06192). The moving average and the ports are those of
    `FixedMomentumSgdLanes`, so that one bench serves both.

    Examples
    --------
    >>> from fixedpoint import Bfloat16MomentumSgdLanes, Rounding, from_bfloat16, to_bfloat16
    >>> lane = Bfloat16MomentumSgdLanes(lanes=1, decay_shift=1, rounding=Rounding.NEAREST_EVEN)
    >>> outputs, _ = lane.run({
    ...     "load": [1, 0, 0], "rate": to_bfloat16([0.5] * 3),
    ...     "gradient": to_bfloat16([1.0] * 3),
    ...     "momentum_in": [0, 0, 0], "weight_in": to_bfloat16([2.0, 0.0, 0.0]),
    ... })
    >>> from_bfloat16(outputs["momentum"][:, 0]).tolist()
    [0.0, 0.5, 0.75]
    >>> from_bfloat16(outputs["weight"][:, 0]).tolist()
    [0.0, 1.75, 1.375]
    """

    former_name: ClassVar[str | None] = "Bfloat16MomentumSgd"

    lanes: int
    decay_shift: int
    rounding: Rounding
    weight_generator: WordSource | None = None

    cycles_per_step = 1

    def __post_init__(self) -> None:
        name = type(self).__name__
        self._set(
            lanes=check_integer(f"{name} lanes", self.lanes, 1, 4096),
            decay_shift=check_integer(f"{name} decay_shift", self.decay_shift, 0, 16),
            rounding=check_rounding(name, self.rounding, self.weight_generator, "weight_"),
        )

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        pattern = PortElement(16, format="bfloat16")
        return pattern, pattern, pattern, pattern

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.weight_generator is None else (self.weight_generator,)

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        difference = add(gradient, momentum ^ SIGN)
        momentum = add(momentum, multiply((127 - self.decay_shift) << 7, difference))
        learned = multiply(rate, momentum)
        word = word_fraction(self.weight_generator, words) if words else None
        return momentum, add(weight, learned ^ SIGN, word)

    def _step_codes(
        self, gradient, momentum, weight, rate, position
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        from ..bfloat16.kernels import check_subnormals
        from .bfloat16_kernels import update_tensor

        check_subnormals()
        words = np.empty((0, self.lanes), np.uint16)
        if self.weight_generator is not None:
            groups = self.cycles(len(gradient))
            words = self._added_words(self.weight_generator.words(groups, position))
        patterns, numbers = momentum.astype(np.uint16), from_bfloat16(weight)
        update_tensor(
            from_bfloat16(gradient),
            patterns,
            numbers,
            from_bfloat16([rate])[0],
            np.float32(2.0**-self.decay_shift),
            (words, 0),
        )
        weights = numbers.view(np.uint32) >> np.uint32(16)
        return patterns.astype(np.int32), weights.astype(np.int32)

    def _added_words(self, words: NDArray[np.uint32]) -> NDArray[np.uint16]:
        """Return the generator's words as each lane adds them, ``[cycles, lanes]``."""
        assert self.weight_generator is not None
        width = self.weight_generator.width
        rotated = lane_words(words, width, self.lanes)
        return (rotated << np.uint32(WORD_BITS - width)).astype(np.uint16)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from ..bfloat16.kernels import check_subnormals
        from .bfloat16_kernels import update_cycles

        check_subnormals()
        added = np.zeros((len(enable), self.lanes), np.uint16)
        if self.weight_generator is not None:
            added = self._added_words(words[0])
        update_cycles(
            enable,
            added,
            self.weight_generator is not None,
            tuple(inputs[p.name] for p in self.inputs),
            np.float32(2.0**-self.decay_shift),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
        )
