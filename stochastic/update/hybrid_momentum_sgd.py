"""Hybrid momentum SGD: binary momenta and weight counters moved by stochastic samples."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.kernels.word_rotation import lane_word
from fixedpoint.update.base import PortElement
from fixedpoint.update.lane_words import LaneWords

from ..generators.generator import Generator, check_generator
from ..streams.signed_sample import compiled_signed_sample, signed_sample
from .base import CounterUpdate, symmetric_element
from .hybrid_tensor_update import update_hybrid_tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HybridMomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HybridMomentumSgdLanes(CounterUpdate):
    """Momentum SGD with a binary momentum, sent to weight counters as a dynamic sequence.

    In each enabled cycle, with this cycle's word R of the generator, every lane computes::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        V = C + round((2**(momentum_bits - gradient_bits) * gradient - C) / 2**decay_shift)
            if load else C
        S = sign(V) * [R < |V|]
        momentum <- V
        weight   <- saturate(W - rate * S)

    The first cycle of an update, with ``load`` high, updates the momentum, exactly except for
    one rounding half to even. In this and the following cycles the comparator sends the
    momentum as a sequence of {-1, 0, +1}, which the weight counter sums. If the words are
    uniform over their range, the expected change of W in a cycle is
    ``-rate * V / 2**momentum_bits``.

    Parameters
    ----------
    lanes : int
        Number P of parameters updated side by side, 1..4096.
    gradient_bits : int
        Magnitude bits k of a gradient code, 1..16. Codes are in -2^k..2^k, both ends included.
    momentum_bits : int
        Magnitude bits of C, `gradient_bits`..16. C is in -2^momentum_bits..2^momentum_bits,
        which the average of two numbers of this range never leaves.
    weight_bits : int
        Bits of a weight, 2..32. W is two's complement of
        ``weight_bits + log2(cycles_per_step)`` bits, at most 32, and saturates at both ends.
    decay_shift : int
        Sets beta = 1 - 2^-decay_shift, 0..16. With 0 there is no momentum: C is the gradient.
    cycles_per_step : int
        Number L of cycles, and so of samples, of one update: a power of two up to 2^16. The
        unit of W shrinks by L, so that more cycles reduce the noise of the same update.
    rate_bits : int
        Width of the port `rate`, 1..24.
    generator : Generator
        Source of R, of width `momentum_bits`.
    sharing : {"rotation", "per-lane"}
        With ``"rotation"`` the lanes share the generator, and lane l rotates each word left
        by l modulo its width. With ``"per-lane"`` lane l has its own copy of the generator,
        ``l * (period // lanes)`` cycles ahead.

    Raises
    ------
    ValueError
        If a value is out of range.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate`` (unsigned), ``gradient``, ``momentum_in``,
    ``weight_in`` in; ``momentum``, ``weight`` out, both registers. All except the first two
    have one element per lane. Latency 1; both registers are 0 after reset. `MomentumSgdLanes`
    has the same ports, so that one test bench serves both; see `UpdateCircuit`.

    Source: H. Li, H. Shi, H. Jiang and S. Liu, "Hybrid Stochastic-Binary Computing for
    Gradient Descent with Momentum", NANOARCH 2022. Its abstract says: the update is a linear
    combination of its previous value and the gradient, encoded as a dynamic stochastic
    sequence of {0, +1, -1}, whose bits the weights accumulate. Widths, rounding, `rate` and
    `cycles_per_step` are definitions of this project.

    Examples
    --------
    >>> from stochastic import Counter, HybridMomentumSgdLanes
    >>> lane = HybridMomentumSgdLanes(
    ...     lanes=1, gradient_bits=2, momentum_bits=3, weight_bits=8, decay_shift=1,
    ...     cycles_per_step=8, generator=Counter(width=3),
    ... )
    >>> momentum, weight, position = lane.step_tensor([4, -4], [2, 0], [0, 0])
    >>> momentum.tolist(), weight.tolist(), position
    ([5, -4], [-5, 4], 16)
    """

    former_name: ClassVar[str | None] = "HybridMomentumSgd"

    lanes: int
    gradient_bits: int
    momentum_bits: int
    weight_bits: int
    decay_shift: int
    cycles_per_step: int = 1
    rate_bits: int = 1
    generator: Generator
    sharing: str = "rotation"

    def __post_init__(self) -> None:
        self._check_sizes(self.gradient_bits, gradient_bits=(1, 16))
        check_generator("HybridMomentumSgdLanes generator", self.generator)
        self._check_widths("generator")

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        return (
            PortElement(self.rate_bits),
            symmetric_element(self.gradient_bits),
            symmetric_element(self.momentum_bits),
            PortElement(self.weight_width, signed=True),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.lane_generators(self.generator)

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        low, high = self.weight_range
        if load:
            difference = (gradient << (self.momentum_bits - self.gradient_bits)) - momentum
            # Round half to even with integers only.
            quotient, remainder = divmod(difference, 1 << self.decay_shift)
            above_half = 2 * remainder - (1 << self.decay_shift)
            odd = (momentum + quotient) % 2
            momentum += quotient + (above_half > 0 or (above_half == 0 and odd))
        S = signed_sample(momentum, words[0])
        return momentum, max(low, min(high, weight - rate * S))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run(
            enable,
            np.stack(words, axis=1),
            tuple(inputs[port.name] for port in self.inputs),
            (registers["momentum"], registers["weight"]),
            (outputs["momentum"], outputs["weight"]),
            (self.lanes, self.momentum_bits, self.decay_shift),
            self.momentum_bits - self.gradient_bits,
            self.weight_range,
        )

    def _step_slice(self, gradient, momentum, weight, rate, position, cycles) -> None:
        update_hybrid_tensor(
            (gradient, np.float32(1)),
            (momentum, self.momentum_rule),
            (weight, 1.0, float(rate), *(float(end) for end in self.weight_range)),
            LaneWords(self.generators, self.lanes, np.int32).rows(position, cycles),
            self.cycles_per_step,
        )

    @property
    def momentum_rule(self) -> NDArray[np.floating]:
        """The largest gradient code, and the factors of g and C in V.

        The dtype holds V exactly before it is rounded.
        """
        shift = self.decay_shift
        alignment = self.momentum_bits - self.gradient_bits
        # V has momentum_bits + decay_shift bits and a sign.
        dtype = np.float32 if self.momentum_bits + shift <= 23 else np.float64
        return np.array(
            [2**self.gradient_bits, 2.0 ** (alignment - shift), 1 - 2.0**-shift], dtype
        )


@compiled
def _run(enable, words, inputs, registers, outputs, sizes, alignment, weight_range):
    """Run all cycles of all lanes, with one column per parameter."""
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    lanes, bits, shift = sizes
    low, high = weight_range
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i] = momentum[i]
            outputs[1][t, i] = weight[i]
            if not enable[t]:
                continue
            circuit, lane = i // lanes, i % lanes
            word = lane_word(words, t, lane, bits)
            v, w = momentum[i], weight[i]
            if load[t, circuit]:
                v, w = momentum_in[t, i], weight_in[t, i]
                exact = (v << shift) - v + (gradient[t, i] << alignment)
                whole = exact >> shift
                rest, half = exact - (whole << shift), (1 << shift) >> 1
                if shift and (rest > half or (rest == half and whole & 1)):
                    whole += 1
                v = whole
            S = compiled_signed_sample(v, word)
            momentum[i] = v
            weight[i] = min(max(w - rate[t, circuit] * S, low), high)
