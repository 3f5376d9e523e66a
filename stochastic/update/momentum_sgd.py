"""Momentum SGD in stochastic logic: per parameter one momentum and one weight counter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import PortElement
from fixedpoint.update.lane_words import LaneWords

from ..generators.generator import Generator, check_different, check_generator
from .base import CounterUpdate, own_word, sampled, symmetric
from .momentum_tensor_update import sample, update

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgdLanes(CounterUpdate):
    """Gradient descent with momentum: per lane a momentum counter and a weight counter.

    In each enabled cycle, with this cycle's words R1 of the gradient generator and R2 of
    the momentum generator, lane by lane::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        G = sign(gradient) * [R1 < |gradient|]
        S = sign(C) * [R2 < |C|]
        momentum <- saturate(C + 2**(momentum_bits - n) * (G - S))
        weight   <- saturate(W - rate * S)

    Here ``n = decay_shift + log2(cycles_per_step)``. With words uniform over their range the
    expected change of C is ``2**-n`` times the gradient (on C's scale) less C: an
    exponential moving average of decay ``1 - 2**-n`` a cycle; and W falls by `rate` units
    a cycle at full-scale C.

    With a `weight_decay_generator` of q bits, whose words are R3, weights decay as well::

        D = sign(W) * [R3 < |W|]
        weight   <- saturate(W - rate * (S + D))

    so that the expected W falls by ``rate * 2**-q`` of itself a cycle: a decay decoupled
    from the gradient, which follows `rate`, and so a learning-rate schedule.

    Parameters
    ----------
    lanes : int
        Parameters P that are updated side by side, 1..4096.
    momentum_bits : int
        Magnitude bits of C, 1..16: C is in -2^momentum_bits..2^momentum_bits, both ends
        included, saturating. At least ``n``, so that the step of C is whole.
    weight_bits : int
        Bits of a weight, 2..32. W is two's complement of
        ``weight_bits + log2(cycles_per_step)`` bits, at most 32, saturating at both ends.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..16. At 0 there is no momentum: C is the last G.
        With L cycles a step the decay is ``(1 - 2^-n)^L``, which is beta to first order.
    cycles_per_step : int
        L, a power of two: cycles that one update takes. The decay per cycle and the unit
        of W both shrink by L, so that more cycles buy less noise for the same update.
    rate_bits : int
        Width of the port `rate`, 1..24. A rate that is always 1 is the plain counter.
    gradient_generator : Generator
        Yields R1; its width k, 1..16, is also the number of magnitude bits of a gradient
        code, -2^k..2^k with both ends included.
    momentum_generator : Generator
        Yields R2; its width is `momentum_bits`.
    weight_decay_generator : Generator, optional
        Yields R3; by default weights do not decay. Its width q is at least that of W less
        1, so that the comparison never saturates.
    sharing : {"rotation", "per-lane"}
        ``"rotation"``: the lanes share the generators, and lane l sees each word rotated
        left by l modulo its width. ``"per-lane"``: lane l has generators of its own, the
        given ones ``l * (period // lanes)`` cycles further on.

    Raises
    ------
    ValueError
        If a value is out of range, or two generators give the same sequence: then their
        samples would not be independent.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate`` (unsigned), ``gradient``, ``momentum_in``,
    ``weight_in`` in; ``momentum``, ``weight`` out, both registers. All but the first two
    have one element a lane. The latency is 1 cycle; both registers are 0 after reset.

    Tensors pass in groups of P elements; see `UpdateCircuit`.

    There is no Nesterov form. It moves W by the mix ``(1 - 2**-n) * S + 2**-n * G`` instead
    of S. What differs, 2^-n of a sample G, is far below the noise of the one sample S that
    moves W, while to draw the mix takes a further generator and a multiplexer a lane.

    From C = 0 every C is a multiple of 2^(momentum_bits - n), and the momentum never
    saturates; only a loaded C between the multiples can reach past an end.

    The idea is that of S. Liu and W. J. Gross, "Gradient Descent with Momentum using
    Dynamic Stochastic Computing", HAET workshop at ICLR 2021, and of the stochastic
    integrator and ADDIE in S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic
    Stochastic Computing", IEEE Circuits and Systems Magazine 20(3), 2020. They publish no
    widths and no generators: the widths, the saturation, `rate`, `cycles_per_step`, the
    weight decay and the ways of sharing are this project's own definition. Decoupled decay
    is that of I. Loshchilov and F. Hutter, "Decoupled Weight Decay Regularization", ICLR
    2019.

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
        self._set_sizes()
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
        first, second = self.gradient_generator, self.momentum_generator
        third = self.weight_decay_generator
        pairs = [(first, second)]
        if third is not None:
            check_generator("MomentumSgdLanes weight_decay_generator", third)
            low = self.weight_width - 1
            check_integer("MomentumSgdLanes weight_decay_generator width", third.width, low, 32)
            pairs += [(first, third), (second, third)]
        for one, other in pairs:
            check_different("MomentumSgdLanes", one, other)

    @property
    def cycle_shift(self) -> int:
        """The decay of C in one cycle is 1 - 2^-cycle_shift."""
        return self.decay_shift + self.cycles_per_step.bit_length() - 1

    @property
    def increment(self) -> int:
        """By how much one G or S moves C."""
        return 1 << (self.momentum_bits - self.cycle_shift)

    @property
    def gradient_limit(self) -> int:
        """The largest gradient code, full scale."""
        return 1 << self.gradient_generator.width

    @property
    def momentum_limit(self) -> int:
        """The largest C, full scale."""
        return 1 << self.momentum_bits

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        return (
            PortElement(self.rate_bits),
            symmetric(self.gradient_generator.width),
            symmetric(self.momentum_bits),
            PortElement(self.weight_width, signed=True),
        )

    def decay_words(self, position: int, cycles: int) -> tuple[NDArray[np.uint32], int]:
        """Return the words R3 of some cycles, for all lanes or each, and their width.

        Without weight decay there are none.
        """
        third = self.weight_decay_generator
        if third is None:
            return np.empty((0, 1), np.uint32), 0
        words = [own.words(cycles, position) for own in self.lane_generators(third)]
        return np.stack(words, axis=1), third.width

    @property
    def generators(self) -> tuple[Generator, ...]:
        kinds = (self.gradient_generator, self.momentum_generator, self.weight_decay_generator)
        return tuple(
            own for kind in kinds if kind is not None for own in self.lane_generators(kind)
        )

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        low, high = self.weight_range
        first, second, *third = words
        G, S = sampled(gradient, first), sampled(momentum, second)
        D = sum(sampled(weight, word) for word in third)
        moved = momentum + self.increment * (G - S)
        return (
            max(-self.momentum_limit, min(self.momentum_limit, moved)),
            max(low, min(high, weight - rate * (S + D))),
        )

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        each = len(self.lane_generators(self.gradient_generator))
        third = self.weight_decay_generator
        _run(
            enable,
            (np.stack(words[:each], axis=1), self.gradient_generator.width),
            (np.stack(words[each : 2 * each], axis=1), self.momentum_bits),
            # Without weight decay there are no words, and none is looked at.
            (np.stack(words[2 * each :] or words[:1], axis=1), third.width if third else 0),
            tuple(inputs[port.name] for port in self.inputs),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
            self.lanes,
            self.increment,
            self.momentum_limit,
            self.weight_range,
        )

    def _step_piece(self, gradient, momentum, weight, rate, position, cycles) -> None:
        first, second = (
            LaneWords(self.lane_generators(generator), self.lanes, kind).rows(position, cycles)
            for generator, kind in (
                (self.gradient_generator, np.uint16),
                (self.momentum_generator, np.int32),
            )
        )
        gradients = (gradient, np.float32(1))
        samples = np.empty(len(gradient), np.int8)
        sample(gradients, first, second, self.cycles_per_step, samples)
        update(
            gradients,
            (momentum, self.increment, self.momentum_limit),
            (weight, 1.0, float(rate), *(float(end) for end in self.weight_range)),
            first,
            second,
            self.decay_words(position, cycles),
            self.cycles_per_step,
            samples,
        )


@compiled
def _run(
    enable,
    first,
    second,
    third,
    inputs,
    registers,
    outputs,
    lanes,
    increment,
    limit,
    weight_range,
):
    """Run all cycles of all lanes, one column for each parameter."""
    first_words, first_width = first
    second_words, second_width = second
    third_words, third_width = third
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
            g = gradient[t, i]
            G = int(own_word(first_words, t, lane, first_width) < abs(g))
            S = int(own_word(second_words, t, lane, second_width) < abs(c))
            G = G if g > 0 else -G
            S = S if c > 0 else -S
            D = 0
            if third_width:
                D = int(own_word(third_words, t, lane, third_width) < abs(w))
                D = D if w > 0 else -D
            momentum[i] = min(max(c + increment * (G - S), -limit), limit)
            weight[i] = min(max(w - rate[t, circuit] * (S + D), low), high)
