"""Momentum SGD in bfloat16: per parameter one momentum and one weight register."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .bfloat16 import (
    SIGN,
    WORD_BITS,
    add,
    check_rounding,
    drawn,
    from_bfloat16,
    multiply,
)
from .circuit import Port, Register, WordSource
from .fixed_momentum_sgd import lane_words, rotated
from .modes import Rounding
from .parameters import check_integer
from .update_circuit import UpdateCircuit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Bfloat16MomentumSgd"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bfloat16MomentumSgd(UpdateCircuit):
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
    `FixedMomentumSgd`, whose ports these are, so that one bench serves both.

    Examples
    --------
    >>> from fixedpoint import Bfloat16MomentumSgd, Rounding, from_bfloat16, to_bfloat16
    >>> lane = Bfloat16MomentumSgd(lanes=1, decay_shift=1, rounding=Rounding.NEAREST_EVEN)
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
    def ports(self) -> tuple[Port, ...]:
        many = self.lanes
        return (
            Port(name="load", direction="in", width=1),
            Port(name="rate", direction="in", width=16),
            Port(name="gradient", direction="in", width=16, count=many),
            Port(name="momentum_in", direction="in", width=16, count=many),
            Port(name="weight_in", direction="in", width=16, count=many),
            Port(name="momentum", direction="out", width=16, count=many),
            Port(name="weight", direction="out", width=16, count=many),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(Register(name=p.name, width=16, count=self.lanes) for p in self.outputs)

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.weight_generator is None else (self.weight_generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        many = self.lanes > 1

        def listed(values):
            return list(values) if many else [values]

        load = inputs["load"]
        momentum = listed(inputs["momentum_in"] if load else registers["momentum"])
        weight = listed(inputs["weight_in"] if load else registers["weight"])
        factor = (127 - self.decay_shift) << 7
        for lane, gradient in enumerate(listed(inputs["gradient"])):
            word, source = None, self.weight_generator
            if source is not None:
                word = drawn(rotated(words[0], lane, source.width), source)
            difference = add(gradient, momentum[lane] ^ SIGN)
            momentum[lane] = add(momentum[lane], multiply(factor, difference))
            learned = multiply(inputs["rate"], momentum[lane])
            weight[lane] = add(weight[lane], learned ^ SIGN, word)
        after = {"momentum": momentum, "weight": weight}
        outputs = {name: registers[name] for name in after}
        return (after if many else {name: v[0] for name, v in after.items()}), outputs

    def step_tensor(
        self,
        gradient: ArrayLike,
        momentum: ArrayLike,
        weight: ArrayLike,
        *,
        rate: int = 0,
        position: int = 0,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        from .bfloat16_kernels import check_subnormals, descend_tensor

        check_subnormals()
        g, c, w, shape = self._flat_codes(gradient, momentum, weight, rate)
        groups = self.cycles(len(g))
        words = np.empty((0, self.lanes), np.uint16)
        if self.weight_generator is not None:
            words = self._seen(self.weight_generator.words(groups, position))
        patterns, numbers = c.astype(np.uint16), from_bfloat16(w)
        descend_tensor(
            from_bfloat16(g),
            patterns,
            numbers,
            from_bfloat16([rate])[0],
            np.float32(2.0**-self.decay_shift),
            (words, 0),
        )
        weights = (numbers.view(np.uint32) >> np.uint32(16)).astype(np.int32)
        after = patterns.astype(np.int32)
        return after.reshape(shape), weights.reshape(shape), position + groups

    def _seen(self, words: NDArray[np.uint32]) -> NDArray[np.uint16]:
        """Return words of the generator as each lane adds them, ``[cycles, lanes]``."""
        assert self.weight_generator is not None
        width = self.weight_generator.width
        seen = lane_words(words, width, self.lanes) << np.uint32(WORD_BITS - width)
        return seen.astype(np.uint16)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from .bfloat16_kernels import check_subnormals, descend_cycles

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
