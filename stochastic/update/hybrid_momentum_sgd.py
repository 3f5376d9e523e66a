"""Momentum SGD half binary, half stochastic: binary momenta, stochastic weight counters."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import PortElement
from fixedpoint.update.lane_words import LaneWords

from ..generators.generator import Generator, check_generator
from .base import CounterUpdate, own_word, sampled, symmetric
from .hybrid_tensor_update import update_hybrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HybridMomentumSgdLanes"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HybridMomentumSgdLanes(CounterUpdate):
    """Gradient descent whose update is formed in binary and sent as a dynamic sequence.

    In each enabled cycle, with this cycle's word R of the generator, lane by lane::

        C, W = (momentum_in, weight_in) if load else (momentum, weight)
        V = C + round((2**(momentum_bits - gradient_bits) * gradient - C) / 2**decay_shift)
            if load else C
        S = sign(V) * [R < |V|]
        momentum <- V
        weight   <- saturate(W - rate * S)

    So the first cycle of an update, with ``load`` high, moves the momentum, exactly but for
    one rounding half to even; in it and the cycles that follow the comparator sends the
    momentum as a sequence of {-1, 0, +1}, which the weight counter sums. With words uniform
    over their range a cycle's expected change of W is ``-rate * V / 2**momentum_bits``.

    Parameters
    ----------
    lanes : int
        Parameters P that are updated side by side, 1..4096.
    gradient_bits : int
        Magnitude bits k of a gradient code, 1..16: it is in -2^k..2^k, both ends included.
    momentum_bits : int
        Magnitude bits of C, `gradient_bits`..16: C is in -2^momentum_bits..2^momentum_bits,
        which an average of two numbers within it never leaves.
    weight_bits : int
        Bits of a weight, 2..32. W is two's complement of
        ``weight_bits + log2(cycles_per_step)`` bits, at most 32, saturating at both ends.
    decay_shift : int
        beta = 1 - 2^-decay_shift, 0..16. At 0 there is no momentum: C is the gradient.
    cycles_per_step : int
        L, a power of two up to 2^16: cycles that one update takes, and samples of it. The
        unit of W shrinks by L, so that more cycles buy less noise for the same update.
    rate_bits : int
        Width of the port `rate`, 1..24.
    generator : Generator
        Yields R; its width is `momentum_bits`.
    sharing : {"rotation", "per-lane"}
        ``"rotation"``: the lanes share the generator, and lane l sees each word rotated left
        by l modulo its width. ``"per-lane"``: lane l has a generator of its own, the given
        one ``l * (period // lanes)`` cycles further on.

    Raises
    ------
    ValueError
        If a value is out of range.

    Notes
    -----
    Ports: ``load`` (1 bit), ``rate`` (unsigned), ``gradient``, ``momentum_in``,
    ``weight_in`` in; ``momentum``, ``weight`` out, both registers. All but the first two
    have one element a lane. The latency is 1 cycle; both registers are 0 after reset. They
    are the ports of `MomentumSgdLanes`, so that one bench serves both; see `UpdateCircuit`.

    After H. Li, H. Shi, H. Jiang and S. Liu, "Hybrid Stochastic-Binary Computing for
    Gradient Descent with Momentum", NANOARCH 2022, of which the abstract says: the update
    is a linear combination of its previous value and the gradient, encoded as a dynamic
    stochastic sequence of {0, +1, -1}, whose bits the weights accumulate. Widths,
    rounding, `rate` and `cycles_per_step` are this project's own definition.

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
        self._set_sizes(self.gradient_bits, gradient_bits=(1, 16))
        check_generator("HybridMomentumSgdLanes generator", self.generator)
        self._check_widths("generator")

    @property
    def _port_elements(self) -> tuple[PortElement, PortElement, PortElement, PortElement]:
        return (
            PortElement(self.rate_bits),
            symmetric(self.gradient_bits),
            symmetric(self.momentum_bits),
            PortElement(self.weight_width, signed=True),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.lane_generators(self.generator)

    def _lane(self, gradient, momentum, weight, load, rate, words) -> tuple[int, int]:
        low, high = self.weight_range
        if load:
            further = (gradient << (self.momentum_bits - self.gradient_bits)) - momentum
            # Half to even, from integers alone.
            whole, rest = divmod(further, 1 << self.decay_shift)
            twice = 2 * rest - (1 << self.decay_shift)
            odd = (momentum + whole) % 2
            momentum += whole + (twice > 0 or (twice == 0 and odd))
        S = sampled(momentum, words[0])
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

    def _step_piece(self, gradient, momentum, weight, rate, position, cycles) -> None:
        update_hybrid(
            (gradient, np.float32(1)),
            (momentum, self.momentum_rule),
            (weight, 1.0, float(rate), *(float(end) for end in self.weight_range)),
            LaneWords(self.generators, self.lanes, np.int32).rows(position, cycles),
            self.cycles_per_step,
        )

    @property
    def momentum_rule(self) -> NDArray[np.floating]:
        """What V is formed by: the largest gradient code, and the weights of g and C.

        The type is one in which V is exact before its rounding.
        """
        shift = self.decay_shift
        further = self.momentum_bits - self.gradient_bits
        # V is a number of momentum_bits + decay_shift bits and a sign.
        kind = np.float32 if self.momentum_bits + shift <= 23 else np.float64
        return np.array(
            [2**self.gradient_bits, 2.0 ** (further - shift), 1 - 2.0**-shift], kind
        )


@compiled
def _run(enable, words, inputs, registers, outputs, sizes, further, weight_range):
    """Run all cycles of all lanes, one column for each parameter."""
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
            word = own_word(words, t, lane, bits)
            v, w = momentum[i], weight[i]
            if load[t, circuit]:
                v, w = momentum_in[t, i], weight_in[t, i]
                exact = (v << shift) - v + (gradient[t, i] << further)
                whole = exact >> shift
                rest, half = exact - (whole << shift), (1 << shift) >> 1
                if shift and (rest > half or (rest == half and whole & 1)):
                    whole += 1
                v = whole
            S = int(word < abs(v))
            S = S if v > 0 else -S
            momentum[i] = v
            weight[i] = min(max(w - rate[t, circuit] * S, low), high)
