"""Momentum SGD half binary, half stochastic: binary momenta, stochastic weight counters."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Port, Register
from fixedpoint.compiled import compiled
from fixedpoint.parameters import check_choice, check_integer
from fixedpoint.update_circuit import UpdateCircuit

from .generator import Generator, check_generator
from .hybrid_update import update_hybrid
from .momentum_update import LaneWords

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HybridMomentumSgd"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HybridMomentumSgd(UpdateCircuit):
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
    are the ports of `MomentumSgd`, so that one bench serves both; see `UpdateCircuit`.

    After H. Li, H. Shi, H. Jiang and S. Liu, "Hybrid Stochastic-Binary Computing for
    Gradient Descent with Momentum", NANOARCH 2022, of which the abstract says: the update
    is a linear combination of its previous value and the gradient, encoded as a dynamic
    stochastic sequence of {0, +1, -1}, whose bits the weights accumulate. Widths,
    rounding, `rate` and `cycles_per_step` are this project's own definition.

    Examples
    --------
    >>> from stochastic import Counter, HybridMomentumSgd
    >>> lane = HybridMomentumSgd(
    ...     lanes=1, gradient_bits=2, momentum_bits=3, weight_bits=8, decay_shift=1,
    ...     cycles_per_step=8, generator=Counter(width=3),
    ... )
    >>> momentum, weight, position = lane.step_tensor([4, -4], [2, 0], [0, 0])
    >>> momentum.tolist(), weight.tolist(), position
    ([5, -4], [-5, 4], 16)
    """

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
        def check(name: str, low: int, high: int) -> int:
            return check_integer(f"HybridMomentumSgd {name}", getattr(self, name), low, high)

        cycles = check("cycles_per_step", 1, 1 << 16)
        if cycles & (cycles - 1):
            raise ValueError(
                f"HybridMomentumSgd cycles_per_step must be a power of two, not {cycles}"
            )
        gradient_bits = check("gradient_bits", 1, 16)
        self._set(
            lanes=check("lanes", 1, 4096),
            gradient_bits=gradient_bits,
            momentum_bits=check("momentum_bits", gradient_bits, 16),
            weight_bits=check("weight_bits", 2, 32),
            decay_shift=check("decay_shift", 0, 16),
            cycles_per_step=cycles,
            rate_bits=check("rate_bits", 1, 24),
        )
        check_choice("HybridMomentumSgd sharing", self.sharing, ("rotation", "per-lane"))
        check_generator("HybridMomentumSgd generator", self.generator)
        if self.weight_width > 32:
            raise ValueError(
                "HybridMomentumSgd weight_bits + log2(cycles_per_step) must be at most 32, "
                f"not {self.weight_width}"
            )
        if self.generator.width != self.momentum_bits:
            raise ValueError(
                f"HybridMomentumSgd generator must be {self.momentum_bits} bits wide, as "
                f"momentum_bits is, not {self.generator.width}"
            )

    @property
    def weight_width(self) -> int:
        """Bits of W, sign included."""
        return self.weight_bits + self.cycles_per_step.bit_length() - 1

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest W."""
        return -(1 << (self.weight_width - 1)), (1 << (self.weight_width - 1)) - 1

    @property
    def ports(self) -> tuple[Port, ...]:
        def vector(name, direction, width, bits=None):
            limit = None if bits is None else 1 << bits
            return Port(
                name=name,
                direction=direction,
                width=width,
                signed=True,
                count=self.lanes,
                minimum=None if limit is None else -limit,
                maximum=limit,
            )

        return (
            Port(name="load", direction="in", width=1),
            Port(name="rate", direction="in", width=self.rate_bits),
            vector("gradient", "in", self.gradient_bits + 2, self.gradient_bits),
            vector("momentum_in", "in", self.momentum_bits + 2, self.momentum_bits),
            vector("weight_in", "in", self.weight_width),
            vector("momentum", "out", self.momentum_bits + 2, self.momentum_bits),
            vector("weight", "out", self.weight_width),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(
            Register(name=port.name, width=port.width, signed=True, count=self.lanes)
            for port in self.outputs
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        if self.sharing == "rotation":
            return (self.generator,)
        period = self.generator.period
        return tuple(
            self.generator.replace(
                phase=(self.generator.phase + lane * (period // self.lanes)) % period
            )
            for lane in range(self.lanes)
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words, **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        many = self.lanes > 1

        def listed(values):
            return list(values) if many else [values]

        outputs = {name: registers[name] for name in ("momentum", "weight")}
        load, rate = inputs["load"], inputs["rate"]
        momentum = listed(inputs["momentum_in"] if load else registers["momentum"])
        weight = listed(inputs["weight_in"] if load else registers["weight"])
        low, high = self.weight_range
        for lane, gradient in enumerate(listed(inputs["gradient"])):
            word = words[0] if self.sharing == "rotation" else words[lane]
            if self.sharing == "rotation":
                by = lane % self.momentum_bits
                word = (word << by | word >> (self.momentum_bits - by)) % (
                    1 << self.momentum_bits
                )
            v = momentum[lane]
            if load:
                further = (gradient << (self.momentum_bits - self.gradient_bits)) - v
                # Half to even, from integers alone.
                whole, rest = divmod(further, 1 << self.decay_shift)
                twice = 2 * rest - (1 << self.decay_shift)
                v += whole + (twice > 0 or (twice == 0 and (v + whole) % 2))
            S = (v > 0) - (v < 0) if word < abs(v) else 0
            momentum[lane] = v
            weight[lane] = max(low, min(high, weight[lane] - rate * S))
        after = {"momentum": momentum, "weight": weight}
        return (after if many else {name: v[0] for name, v in after.items()}), outputs

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
            if words.shape[1] > 1:
                word = np.int64(words[t, lane])
            else:
                word = np.int64(words[t, 0])
                by = lane % bits
                word = ((word << by) | (word >> (bits - by))) & ((1 << bits) - 1)
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
