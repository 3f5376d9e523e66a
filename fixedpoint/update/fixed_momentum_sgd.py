"""Momentum SGD in fixed point, with a momentum and a weight register per parameter."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..circuit import WordSource, check_choice, check_integer
from ..circuit.checks import shown
from ..circuit.rotation import lane_words
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..formats.result_formats import common_format, difference_format, product_format
from ..rounding.rounding_stage import (
    RoundingStage,
    alignment_shifts,
    check_generator,
    check_port_format,
    check_stage,
)
from .base import PortElement, UpdateCircuit
from .fixed_tensor_update import FixedTensorUpdate
from .tensor_slices import TENSOR_SLICE

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FixedMomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FixedMomentumSgdLanes(UpdateCircuit):
    """Gradient descent with momentum in fixed point: a momentum and a weight per lane.

    In each enabled cycle, every lane updates its registers, with Q the rounding and overflow
    to the register's format::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        momentum <- Q(C + 2**-decay_shift * (gradient - C))
        weight   <- Q(W - rate * momentum)                    # the new momentum

    Parameters
    ----------
    lanes : int
        Number P of parameters updated side by side, 1..4096.
    gradient_format, momentum_format, weight_format, rate_format : Format or str
        Of the ports and registers of these names.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..32. With 0 the momentum is the gradient.
    rounding : Rounding
        Of both registers.
    overflow : Overflow
        Of both registers; not ERROR.
    momentum_generator, weight_generator : generator, optional
        Sources of the words that STOCHASTIC adds to momentum and weight; required with
        STOCHASTIC, else None. The lanes share them: lane l takes each word rotated left by l
        bits, modulo its width.

    Raises
    ------
    ValueError
        If a value is out of range, an intermediate number needs more than 64 bits, or the two
        generators give the same words, so that the two roundings would not be independent.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate``, ``gradient``, ``momentum_in``, ``weight_in`` in;
    ``momentum``, ``weight`` out, both registers. All but the first two have one element per
    lane. The latency is 1 cycle; both registers are 0 after reset.

    The ports are those of the stochastic `MomentumSgdLanes`, so that one bench serves both. A
    tensor is processed in groups of P elements, one cycle each; see `UpdateCircuit`.

    Source: momentum as a moving average of gradients, as in S. Liu and W. J. Gross,
    "Gradient Descent with Momentum using Dynamic Stochastic Computing", HAET workshop at
    ICLR 2021; weights updated in fixed point with stochastic rounding as in S. Gupta,
    A. Agrawal, K. Gopalakrishnan and P. Narayanan, "Deep Learning with Limited Numerical
    Precision", ICML 2015.

    Examples
    --------
    >>> from fixedpoint import FixedMomentumSgdLanes, Overflow, Rounding
    >>> lane = FixedMomentumSgdLanes(
    ...     lanes=1, gradient_format="sQ1.3", momentum_format="sQ1.4",
    ...     weight_format="sQ3.3", rate_format="uQ1.2", decay_shift=1,
    ...     rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE,
    ... )
    >>> outputs, _ = lane.run({
    ...     "load": [1, 0, 0], "rate": [4, 4, 4], "gradient": [4, 4, 4],
    ...     "momentum_in": [0, 0, 0], "weight_in": [8, 0, 0],
    ... })
    >>> outputs["momentum"][:, 0].tolist(), outputs["weight"][:, 0].tolist()
    ([0, 4, 6], [0, 6, 3])
    """

    former_name: ClassVar[str | None] = "FixedMomentumSgd"

    cycles_per_step: ClassVar[int] = 1

    lanes: int
    gradient_format: Format
    momentum_format: Format
    weight_format: Format
    rate_format: Format
    decay_shift: int
    rounding: Rounding
    overflow: Overflow
    momentum_generator: WordSource | None = None
    weight_generator: WordSource | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        formats = ("gradient_format", "momentum_format", "weight_format", "rate_format")
        self._set(
            lanes=check_integer(f"{name} lanes", self.lanes, 1, 4096),
            decay_shift=check_integer(f"{name} decay_shift", self.decay_shift, 0, 32),
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
            **{key: check_port_format(f"{name} {key}", getattr(self, key)) for key in formats},
        )
        overflows = tuple(o.value for o in Overflow if o is not Overflow.ERROR)
        check_choice(f"{name} overflow", self.overflow.value, overflows)
        random = self.rounding is Rounding.STOCHASTIC
        first = check_generator(f"{name} momentum_generator", self.momentum_generator, random)
        second = check_generator(f"{name} weight_generator", self.weight_generator, random)
        both = common_format(self.gradient_format, self.momentum_format)
        if both.width + self.decay_shift > 64:
            raise ValueError(
                f"{name} decay_shift must be at most {64 - both.width} for {both}, "
                f"not {self.decay_shift}"
            )
        for stage in (self.momentum_stage, self.weight_stage):
            check_stage(name, stage)
        # Three words are computed quickly and distinguish almost all generators.
        same_width = random and first.width == second.width
        if same_width and all(
            np.array_equal(first.words(n), second.words(n)) for n in (3, 1024)
        ):
            raise ValueError(
                f"{name} needs two generators of different sequences, not {shown(first)} "
                f"and {second!r}"
            )

    @property
    def momentum_stage(self) -> RoundingStage:
        """The rounding of the new momentum; its exact value is between C and the gradient."""
        both = common_format(self.gradient_format, self.momentum_format)
        exact = both.replace(frac_bits=both.frac_bits + self.decay_shift)
        return RoundingStage(exact, self.momentum_format, self.rounding, self.overflow)

    @property
    def weight_stage(self) -> RoundingStage:
        """The rounding of the new weight."""
        learned = product_format(self.rate_format, self.momentum_format)
        exact = difference_format(self.weight_format, learned)
        return RoundingStage(exact, self.weight_format, self.rounding, self.overflow)

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        def element(fmt: Format) -> PortElement:
            return PortElement(fmt.width, fmt.signed, format=str(fmt))

        return (
            element(self.rate_format),
            element(self.gradient_format),
            element(self.momentum_format),
            element(self.weight_format),
        )

    @property
    def generators(self) -> tuple[WordSource, ...]:
        pair = (self.momentum_generator, self.weight_generator)
        return tuple(generator for generator in pair if generator is not None)

    @property
    def shifts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Left shifts that align gradient and momentum, then weight and product."""
        learned = product_format(self.rate_format, self.momentum_format)
        return (
            alignment_shifts(self.gradient_format, self.momentum_format),
            alignment_shifts(self.weight_format, learned),
        )

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        (gradient_shift, momentum_shift), (weight_shift, product_shift) = self.shifts
        first, second = [
            Fraction(word, 1 << generator.width)
            for word, generator in zip(words, self.generators, strict=True)
        ] or [Fraction(0)] * 2
        c = momentum << momentum_shift
        exact = (c << self.decay_shift) + (gradient << gradient_shift) - c
        momentum, _ = self.momentum_stage.quantize(exact, first)
        learned = rate * momentum
        exact = (weight << weight_shift) - (learned << product_shift)
        weight, _ = self.weight_stage.quantize(exact, second)
        return momentum, weight

    def tensor_update(self, keep: bool = False) -> FixedTensorUpdate:
        """Return the update of whole tensors, for slices of them.

        Parameters
        ----------
        keep : bool
            Whether to keep the generators' words for later calls; see `LaneWords`.
        """
        return FixedTensorUpdate(
            self.gradient_format,
            (self.momentum_stage, self.weight_stage),
            self.shifts,
            self.decay_shift,
            self.lanes,
            self.generators,
            keep,
        )

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from .fixed_kernels import update_cycles

        stages = (self.momentum_stage, self.weight_stage)
        added = [np.zeros((len(enable), self.lanes), np.int64)] * 2
        if words:
            added = [
                stage.align_words(
                    lane_words(word, generator.width, self.lanes), generator.width
                )
                for stage, word, generator in zip(stages, words, self.generators, strict=True)
            ]
        update_cycles(
            enable,
            tuple(added),
            tuple(inputs[p.name] for p in self.inputs),
            (stages[0].kernel_arguments(), stages[1].kernel_arguments()),
            self.shifts,
            self.decay_shift,
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
        )

    def _step_codes(
        self, gradient, momentum, weight, rate, position
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        formats = (self.gradient_format, self.momentum_format, self.weight_format)
        for fmt in formats:
            if fmt.width > 53:
                raise ValueError(f"step_tensor takes formats of at most 53 bits, not {fmt}")
        g, c, w = gradient.astype(np.float64), momentum.copy(), weight.astype(np.float64)
        cycles = self.cycles(len(c))
        if cycles:
            addresses = (array.ctypes.data for array in (g, w, c))
            slices = np.array([(*addresses, len(c), 0, position, rate, 1)], TENSOR_SLICE)
            self.tensor_update()(slices, position, cycles, np.float64, np.int64, 1.0)
        updated = []
        for values, fmt in zip((c, w), formats[1:], strict=True):
            kind = np.int32 if fmt.width + (not fmt.signed) <= 32 else np.int64
            updated.append(values.astype(np.int64).astype(kind))
        return updated[0], updated[1]
