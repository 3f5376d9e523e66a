"""Momentum SGD in bfloat16: per parameter one momentum and one weight register."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..bfloat16.number import (
    SIGN,
    WORD_BITS,
    add,
    check_rounding,
    drawn,
    from_bfloat16,
    multiply,
)
from ..circuit import WordSource, check_integer
from ..circuit.rotation import lane_words
from ..formats.modes import Rounding
from .base import Number, UpdateCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bfloat16MomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bfloat16MomentumSgdLanes(UpdateCircuit):
    """Gradient descent with momentum in bfloat16: per lane a momentum and a weight.

    In each enabled cycle, lane by lane, every one of the five operations rounded to
    bfloat16::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        difference <- gradient - C
        change     <- 2**-decay_shift * difference
        momentum   <- C + change
        learned    <- rate * momentum                     # the new momentum
        weight     <- W - learned

    All are rounded to the nearest, ties to even, but for the last: that is what `rounding`
    is about, for an update of less than half the distance of two weights is lost if each
    goes to the nearest.

    Parameters
    ----------
    lanes : int
        Parameters P that are updated side by side, 1..4096.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..16.
    rounding : Rounding
        Of the weight: NEAREST_EVEN or STOCHASTIC.
    weight_generator : generator, optional
        Of words of 1 to 16 bits, which STOCHASTIC adds to the first bits cut off; just there
        it is needed. The lanes share it, and lane l sees each word rotated left by l modulo
        its width.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range, or the generator does not suit the rounding.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate``, ``gradient``, ``momentum_in``, ``weight_in`` in;
    ``momentum``, ``weight`` out, both registers: patterns of 16 bits. All but the first two
    have one element a lane. The latency is 1 cycle; both registers are +0 after reset.

    Subnormal numbers, infinities, NaN and signs of 0 are as in `Bfloat16Adder` and
    `Bfloat16Multiplier`: what is too large becomes infinite, and what is not a number stays
    so until the lane is loaded anew.

    Source: the operations are those of PyTorch on tensors of bfloat16; weights updated with
    stochastic rounding as in P. Zamirai, J. Zhang, C. R. Aberger and C. De Sa, "Revisiting
    BFloat16 Training", 2020 (arXiv:2010.06192). Momentum as a moving average is that of
    `FixedMomentumSgdLanes`, whose ports these are, so that one bench serves both.

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
    def _numbers(self) -> tuple[Number, Number, Number, Number]:
        pattern = Number(16)
        return pattern, pattern, pattern, pattern

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.weight_generator is None else (self.weight_generator,)

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        difference = add(gradient, momentum ^ SIGN)
        momentum = add(momentum, multiply((127 - self.decay_shift) << 7, difference))
        learned = multiply(rate, momentum)
        source = self.weight_generator
        word = None if source is None else drawn(words[0], source)
        return momentum, add(weight, learned ^ SIGN, word)

    def _step_codes(
        self, gradient, momentum, weight, rate, position
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        from ..bfloat16.kernels import check_subnormals
        from .bfloat16_kernels import descend_tensor

        check_subnormals()
        words = np.empty((0, self.lanes), np.uint16)
        if self.weight_generator is not None:
            groups = self.cycles(len(gradient))
            words = self._seen(self.weight_generator.words(groups, position))
        patterns, numbers = momentum.astype(np.uint16), from_bfloat16(weight)
        descend_tensor(
            from_bfloat16(gradient),
            patterns,
            numbers,
            from_bfloat16([rate])[0],
            np.float32(2.0**-self.decay_shift),
            (words, 0),
        )
        weights = numbers.view(np.uint32) >> np.uint32(16)
        return patterns.astype(np.int32), weights.astype(np.int32)

    def _seen(self, words: NDArray[np.uint32]) -> NDArray[np.uint16]:
        """Return words of the generator as each lane adds them, ``[cycles, lanes]``."""
        assert self.weight_generator is not None
        width = self.weight_generator.width
        seen = lane_words(words, width, self.lanes) << np.uint32(WORD_BITS - width)
        return seen.astype(np.uint16)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from ..bfloat16.kernels import check_subnormals
        from .bfloat16_kernels import descend_cycles

        check_subnormals()
        seen = np.zeros((len(enable), self.lanes), np.uint16)
        if self.weight_generator is not None:
            seen = self._seen(words[0])
        descend_cycles(
            enable,
            seen,
            self.weight_generator is not None,
            tuple(inputs[p.name] for p in self.inputs),
            np.float32(2.0**-self.decay_shift),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
        )
