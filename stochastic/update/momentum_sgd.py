"""Momentum SGD in stochastic logic: one momentum and one weight counter per parameter."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled
from fixedpoint.kernels.word_rotation import lane_word
from fixedpoint.update.base import PortElement
from fixedpoint.update.lane_words import LaneWords

from ..generators.generator import Generator, check_different, check_generator
from ..streams.signed_sample import compiled_signed_sample, signed_sample
from .base import CounterUpdate, symmetric_element
from .many_cycles_update import update_tensor_many_cycles
from .momentum_tensor_update import sample_tensor, update_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgdLanes(CounterUpdate):
    """Momentum SGD in stochastic logic: a momentum and a weight counter per lane.

    In each enabled cycle, with this cycle's words R1 of the gradient generator and R2 of
    the momentum generator, every lane computes::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        G = sign(gradient) * [R1 < |gradient|]
        S = sign(C) * [R2 < |C|]
        momentum <- saturate(C + 2**(momentum_bits - n) * (G - S))
        weight   <- saturate(W - rate * S)

    with ``n = decay_shift + log2(cycles_per_step)``. If the words are uniform over their
    range, the expected change of C is ``2**-n`` times the gradient (on C's scale) minus C: an
    exponential moving average of decay ``1 - 2**-n`` per cycle. At full-scale C, W falls by
    `rate` units per cycle.

    With a `weight_decay_generator` of q bits, whose words are R3, weights also decay::

        D = sign(W) * [R3 < |W|]
        weight   <- saturate(W - rate * (S + D))

    so that the expected W falls by ``rate * 2**-q`` of itself per cycle. This decay is
    decoupled from the gradient and follows `rate`, and so a learning-rate schedule.

    Parameters
    ----------
    lanes : int
        Number P of parameters updated side by side, 1..4096.
    momentum_bits : int
        Magnitude bits of C, 1..16. C is in -2^momentum_bits..2^momentum_bits, both ends
        included, and saturates. At least ``n``, so that the step of C is an integer.
    weight_bits : int
        Bits of a weight, 2..32. W is two's complement of
        ``weight_bits + log2(cycles_per_step)`` bits, at most 32, and saturates at both ends.
    decay_shift : int
        Sets beta = 1 - 2^-decay_shift, 0..16. With 0 there is no momentum: C is the last G.
        With L cycles per step the decay is ``(1 - 2^-n)^L``, which is beta to first order.
    cycles_per_step : int
        Number L of cycles of one update, a power of two. The decay per cycle and the unit of
        W both shrink by L, so that more cycles reduce the noise of the same update.
    rate_bits : int
        Width of the port `rate`, 1..24. A rate that is always 1 makes W a plain counter.
    gradient_generator : Generator
        Source of R1. Its width k, 1..16, is also the number of magnitude bits of a gradient
        code, -2^k..2^k with both ends included.
    momentum_generator : Generator
        Source of R2, of width `momentum_bits`.
    weight_decay_generator : Generator, optional
        Source of R3; by default weights do not decay. Its width q is at least the width of W
        minus 1, so that the comparison never saturates.
    sharing : {"rotation", "per-lane"}
        With ``"rotation"`` the lanes share the generators, and lane l rotates each word left
        by l modulo its width. With ``"per-lane"`` lane l has its own copies of the
        generators, ``l * (period // lanes)`` cycles ahead.

    Raises
    ------
    ValueError
        If a value is out of range, or if two generators give the same sequence: then their
        samples would not be independent.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate`` (unsigned), ``gradient``, ``momentum_in``,
    ``weight_in`` in; ``momentum``, ``weight`` out, both registers. All except the first two
    have one element per lane. Latency 1; both registers are 0 after reset.

    Tensors are processed in groups of P elements; see `UpdateCircuit`.

    There is no Nesterov form. It would move W by the mix ``(1 - 2**-n) * S + 2**-n * G``
    instead of S. The difference, 2^-n of a sample G, is far below the noise of the one sample
    S that moves W, while the mix needs a further generator and a multiplexer per lane.

    From C = 0 every C is a multiple of 2^(momentum_bits - n), and the momentum never
    saturates. Only a loaded C between these multiples can reach an end.

    Source: S. Liu and W. J. Gross, "Gradient Descent with Momentum using Dynamic Stochastic
    Computing", HAET workshop at ICLR 2021; stochastic integrator and ADDIE in S. Liu,
    W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing", IEEE Circuits and
    Systems Magazine 20(3), 2020. They publish no widths and no generators: the widths, the
    saturation, `rate`, `cycles_per_step`, the weight decay and the ways of sharing are
    definitions of this project. Decoupled decay is from I. Loshchilov and F. Hutter,
    "Decoupled Weight Decay Regularization", ICLR 2019.

    Examples
    --------
    >>> from stochastic import Counter, MomentumSgdLanes
    >>> lane = MomentumSgdLanes(
    ...     lanes=1, momentum_bits=2, weight_bits=8, decay_shift=1,
    ...     gradient_generator=Counter(width=3),
    ...     momentum_generator=Counter(width=2, direction="down"),
    ... )
    >>> momentum, weight, position = lane.step_tensor([8, -8, 0], [0, 0, 4], [5, 5, 5])
    >>> momentum.tolist(), weight.tolist(), position
    ([2, -2, 2], [5, 5, 4], 3)
    """

    former_name: ClassVar[str | None] = "MomentumSgd"

    lanes: int
    momentum_bits: int
    weight_bits: int
    decay_shift: int
    cycles_per_step: int = 1
    rate_bits: int = 1
    gradient_generator: Generator
    momentum_generator: Generator
    weight_decay_generator: Generator | None = None
    sharing: str = "rotation"

    def __post_init__(self) -> None:
        self._check_sizes()
        for name in ("gradient_generator", "momentum_generator"):
            check_generator(f"MomentumSgdLanes {name}", getattr(self, name))
        width = self.gradient_generator.width
        check_integer("MomentumSgdLanes gradient_generator width", width, 1, 16)
        if self.momentum_bits < self.cycle_shift:
            raise ValueError(
                "MomentumSgdLanes momentum_bits must be at least decay_shift + "
                f"log2(cycles_per_step) = {self.cycle_shift}, not {self.momentum_bits}"
            )
        self._check_widths("momentum_generator")
        generators = [self.gradient_generator, self.momentum_generator]
        decay = self.weight_decay_generator
        if decay is not None:
            check_generator("MomentumSgdLanes weight_decay_generator", decay)
            low = self.weight_width - 1
            check_integer("MomentumSgdLanes weight_decay_generator width", decay.width, low, 32)
            generators.append(decay)
        for pair in itertools.combinations(generators, 2):
            check_different("MomentumSgdLanes", *pair)

    @property
    def cycle_shift(self) -> int:
        """Shift n of the decay of C in one cycle, 1 - 2^-n."""
        return self.decay_shift + self.cycles_per_step.bit_length() - 1

    @property
    def increment(self) -> int:
        """Change of C by one sample G or S."""
        return 1 << (self.momentum_bits - self.cycle_shift)

    @property
    def gradient_limit(self) -> int:
        """Largest gradient code: full scale."""
        return 1 << self.gradient_generator.width

    @property
    def momentum_limit(self) -> int:
        """Largest C: full scale."""
        return 1 << self.momentum_bits

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        return (
            PortElement(self.rate_bits),
            symmetric_element(self.gradient_generator.width),
            symmetric_element(self.momentum_bits),
            PortElement(self.weight_width, signed=True),
        )

    def decay_words(self, position: int, cycles: int) -> tuple[NDArray[np.uint32], int]:
        """Return the words R3, ``[cycles, 1 or lanes]``, and their width.

        Without weight decay there are no rows.
        """
        decay = self.weight_decay_generator
        if decay is None:
            return np.empty((0, 1), np.uint32), 0
        words = [generator.words(cycles, position) for generator in self.lane_generators(decay)]
        return np.stack(words, axis=1), decay.width

    @property
    def generators(self) -> tuple[Generator, ...]:
        shared = (self.gradient_generator, self.momentum_generator, self.weight_decay_generator)
        return tuple(
            generator
            for given in shared
            if given is not None
            for generator in self.lane_generators(given)
        )

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        low, high = self.weight_range
        gradient_word, momentum_word, *decay_words = words
        G, S = signed_sample(gradient, gradient_word), signed_sample(momentum, momentum_word)
        D = sum(signed_sample(weight, word) for word in decay_words)
        moved = momentum + self.increment * (G - S)
        return (
            max(-self.momentum_limit, min(self.momentum_limit, moved)),
            max(low, min(high, weight - rate * (S + D))),
        )

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        count = len(self.lane_generators(self.gradient_generator))
        decay = self.weight_decay_generator
        _run(
            enable,
            (np.stack(words[:count], axis=1), self.gradient_generator.width),
            (np.stack(words[count : 2 * count], axis=1), self.momentum_bits),
            # Without weight decay the width is 0, and the kernel reads no words.
            (np.stack(words[2 * count :] or words[:1], axis=1), decay.width if decay else 0),
            tuple(inputs[port.name] for port in self.inputs),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
            self.lanes,
            self.increment,
            self.momentum_limit,
            self.weight_range,
        )

    def _step_slice(self, gradient, momentum, weight, rate, position, cycles) -> None:
        gradient_words, momentum_words = (
            LaneWords(self.lane_generators(generator), self.lanes, dtype).rows(position, cycles)
            for generator, dtype in (
                (self.gradient_generator, np.uint16),
                (self.momentum_generator, np.int32),
            )
        )
        gradients = (gradient, np.float32(1))
        momenta = (momentum, self.increment, self.momentum_limit)
        weights = (weight, 1.0, float(rate), *(float(end) for end in self.weight_range))
        words = (gradient_words, momentum_words, self.decay_words(position, cycles))
        if self.cycles_per_step > 1:
            update_tensor_many_cycles(gradients, momenta, weights, *words, self.cycles_per_step)
            return
        samples = np.empty(len(gradient), np.int8)
        sample_tensor(gradients, gradient_words, momentum_words, samples)
        update_tensor(gradients, momenta, weights, *words, samples)


@compiled
def _run(
    enable,
    gradient_words,
    momentum_words,
    decay_words,
    inputs,
    registers,
    outputs,
    lanes,
    increment,
    limit,
    weight_range,
):
    """Run all cycles of all lanes, with one column per parameter."""
    rows1, width1 = gradient_words
    rows2, width2 = momentum_words
    rows3, width3 = decay_words
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    low, high = weight_range
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i] = momentum[i]
            outputs[1][t, i] = weight[i]
            if not enable[t]:
                continue
            circuit, lane = i // lanes, i % lanes
            c = momentum_in[t, i] if load[t, circuit] else momentum[i]
            w = weight_in[t, i] if load[t, circuit] else weight[i]
            G = compiled_signed_sample(gradient[t, i], lane_word(rows1, t, lane, width1))
            S = compiled_signed_sample(c, lane_word(rows2, t, lane, width2))
            D = 0
            if width3:
                D = compiled_signed_sample(w, lane_word(rows3, t, lane, width3))
            momentum[i] = min(max(c + increment * (G - S), -limit), limit)
            weight[i] = min(max(w - rate[t, circuit] * (S + D), low), high)
