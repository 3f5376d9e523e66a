"""A whole Hamiltonian on one serial datapath with memories, for many replicas at once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_flag, check_integer
from fixedpoint.kernels.compiled import compiled

from .hamiltonian import Hamiltonian
from .noise import Noise
from .schedule import Schedule, next_stage
from .seeds import split_seed
from .spin_gate import counter_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SpinMachine"]

# Clocks from the last entry of a row to the one that shows the row, which all fit in the sweep.
DRAIN = 4

MASK = 2**64 - 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpinMachine(Circuit):
    """Serial machine of spin gates: one spin after the other, many replicas at once.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        h and J of the n spins, 1..2^16 of them.
    schedule : Schedule
        The limit I0 in each sweep.
    noise : Noise
        Weight and density of the random terms.
    replicas : int
        Independent copies of the network, R, 1..64.
    seed : int
        Its first SplitMix64 word is the first state of the generator, 0..2^63 - 1.
    symmetric : bool
        Whether the counters' range is [-I0, I0] instead of [-I0, I0 - 1].

    Notes
    -----
    A sweep moves every spin once. All spins are moved from those of the sweep before, so a
    sweep is exactly a cycle of `SpinNetwork`, and of `SpinEngine` with ``initial="zero"``, the
    same seed and 64 replicas or more: replica r has the same counters there.

    Outputs: ``valid``, 1 in the clock that shows a spin which has just moved; ``index``, the
    number of that spin; ``spins``, one bit for each replica, 1 for m = +1; ``counters``, one
    signed element for each replica; and ``limit``, the I0 of this sweep. ``index``, ``spins``
    and ``counters`` stay until the next spin has moved.

    A list of entries in a read-only memory says what each clock does. The row of a spin has an
    entry for h, one for each neighbour, and empty ones until there are as many as random bits.
    An entry adds its weight, with the sign of the neighbour's spin, to one sum for each
    replica. The counters of all replicas of a spin are one word of a memory. Their spins are a
    word in each of two memories, which alternate: a sweep reads the one and writes the other.
    All memories have one port to read and one to write, and a read takes a clock.

    So a sweep takes `sweep_clocks` clocks, the number of entries and four more in which the
    last spin is written. After reset the first spin is shown in clock 4 plus the last entry
    of its row. The memories are not cleared by reset: the first sweep reads every spin as +1
    and every counter as 0.

    The random bits of all replicas come from one 64-bit xorshift generator with the shifts
    13, 7, 17, which advances once for each random bit: spin after spin, for each the sign and
    then the bits of the density, the lowest first. Bit r of its state belongs to replica r.

    Source: N. Onizawa et al., arXiv 2602.16143 (two memories that alternate, spins in series
    and replicas in parallel, one random word for all replicas).

    Examples
    --------
    >>> from stochastic.invertible import Hamiltonian, Noise, Schedule, SpinMachine
    >>> machine = SpinMachine(
    ...     hamiltonian=Hamiltonian(h=(1, 1, -2), J=((0, 1, -1), (0, 2, 2), (1, 2, 2))),
    ...     schedule=Schedule.constant(2),
    ...     noise=Noise(weight=2),
    ...     replicas=2,
    ... )
    >>> outputs, _ = machine.run(cycles=machine.sweep_clocks)
    >>> moved = outputs["valid"][:, 0] == 1
    >>> machine.sweep_clocks, outputs["index"][moved, 0].tolist()
    (13, [0, 1, 2])
    """

    hamiltonian: Hamiltonian
    schedule: Schedule
    noise: Noise
    replicas: int = 1
    seed: int = 1
    symmetric: bool = False

    def __post_init__(self) -> None:
        for name, kind in (
            ("hamiltonian", Hamiltonian),
            ("schedule", Schedule),
            ("noise", Noise),
        ):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"SpinMachine {name} must be a {kind.__name__}, not {value!r}")
        check_integer("SpinMachine spins", self.size, 1, 2**16)
        check_flag("SpinMachine symmetric", self.symmetric)
        self._set(
            replicas=check_integer("SpinMachine replicas", self.replicas, 1, 64),
            seed=check_integer("SpinMachine seed", self.seed, 0, 2**63 - 1),
        )

    @property
    def size(self) -> int:
        """The number of spins, n."""
        return self.hamiltonian.size

    @property
    def ports(self) -> tuple[Port, ...]:
        limit, R = self.schedule.maximum, self.replicas
        width = counter_width(limit, self.symmetric)
        return (
            Port.output("valid", meaning="1 in the clock that shows a spin just moved"),
            Port.output(
                "index",
                _bits(self.size),
                maximum=self.size - 1,
                meaning="number of the spin that moved last",
            ),
            Port.output("spins", count=R, meaning="that spin in each replica, 1 for +1"),
            Port.output(
                "counters", width, signed=True, count=R, meaning="its counter in each replica"
            ),
            Port.output("limit", limit.bit_length(), meaning="I0 of this sweep"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        width = counter_width(self.schedule.maximum, self.symmetric)
        words, last = self.size * self.replicas, len(self.schedule.limits) - 1
        return (
            Register(name="counters", width=width, signed=True, count=words),
            Register(name="before", width=1, reset=1, count=words),
            Register(name="random", width=64, reset=_signed(self.state), signed=True),
            Register.counting("place", self.sweep_clocks - 1),
            Register(name="valid", width=1),
            Register.counting("index", self.size - 1),
            Register.counting("held", self.schedule.hold - 1),
            Register.counting("stage", last),
        )

    @property
    def state(self) -> int:
        """The generator's first state, 1..2^64 - 1."""
        return int(split_seed(self.seed, 1)[0])

    @property
    def latency(self) -> int:
        return 1

    @functools.cached_property
    def sweep_clocks(self) -> int:
        """Clock cycles of a sweep."""
        return len(self.finished)

    @functools.cached_property
    def finished(self) -> NDArray[np.int64]:
        """The spin that moves at the end of each clock of a sweep; -1 where none does."""
        entries = 1 + np.maximum(self.hamiltonian.degrees, self.noise.density_bits)
        finished = np.full(int(entries.sum()) + DRAIN, -1, np.int64)
        # Behind the row's last entry: a clock each for two memories, and one for the sum.
        finished[np.cumsum(entries) + DRAIN - 2] = np.arange(self.size)
        return finished

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        R = self.replicas
        counters = list(_as_list(registers["counters"]))
        before = list(_as_list(registers["before"]))
        place, index, state = registers["place"], registers["index"], registers["random"] & MASK
        stage, held = registers["stage"], registers["held"]
        limit = self.schedule.limits[stage]
        shown = counters[index * R : (index + 1) * R]
        outputs = {
            "valid": registers["valid"],
            "index": index,
            "spins": [int(c >= 0) for c in shown],
            "counters": shown,
            "limit": limit,
        }
        spin = int(self.finished[place])
        if spin >= 0:
            index, drawn = spin, []
            for _ in range(self.noise.bits):
                state ^= state << 13 & MASK
                state ^= state >> 7
                state ^= state << 17 & MASK
                drawn.append(state)
            starts, neighbours, weights = (a.tolist() for a in self.hamiltonian.rows)
            for r in range(R):
                bits = sum((word >> r & 1) << k for k, word in enumerate(drawn))
                field = self.hamiltonian.h[spin] + self.noise.value(bits)
                for e in range(starts[spin], starts[spin + 1]):
                    up = before[neighbours[e] * R + r]
                    field += weights[e] if up else -weights[e]
                top = limit if self.symmetric else limit - 1
                moved = counters[spin * R + r] + field
                counters[spin * R + r] = max(-limit, min(moved, top))
        place += 1
        if place == self.sweep_clocks:
            place, before = 0, [int(c >= 0) for c in counters]
            held, stage = self.schedule.next_stage(held, stage)
        after = {
            "counters": _as_port(counters),
            "before": _as_port(before),
            "random": _signed(state),
            "place": place,
            "valid": int(spin >= 0),
            "index": index,
            "held": held,
            "stage": stage,
        }
        return after, {name: _as_port(value) for name, value in outputs.items()}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _run_machine(
            enable,
            self.finished,
            np.array(self.hamiltonian.h, np.int64),
            *self.hamiltonian.rows,
            self.noise.weight,
            self.noise.density,
            self.noise.density_bits,
            np.array(self.schedule.limits, np.int64),
            self.schedule.hold,
            self.schedule.repeat,
            int(not self.symmetric),
            self.replicas,
            *(registers[r.name] for r in self.registers),
            *(outputs[p.name] for p in self.outputs),
        )


def _bits(count: int) -> int:
    """Return the bits of a register that counts 0 .. count - 1."""
    return max(1, (count - 1).bit_length())


def _signed(word: int) -> int:
    """Return the number in two's complement that 64 bits are."""
    return word - (1 << 64) if word >> 63 else word


def _as_list(value: Any) -> list[int]:
    return value if isinstance(value, list) else [value]


def _as_port(value: Any) -> Any:
    """Return a list of one element as that element."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


@compiled
def _run_machine(
    enable,
    finished,
    h,
    starts,
    neighbours,
    weights,
    noise,
    density,
    density_bits,
    limits,
    hold,
    repeat,
    below,
    replicas,
    counters,
    before,
    random,
    place,
    valid,
    index,
    held,
    stage,
    valid_out,
    index_out,
    spins_out,
    counters_out,
    limit_out,
):
    words = len(h) * replicas
    for lane in range(len(place)):
        own = counters[lane * words : (lane + 1) * words]
        old = before[lane * words : (lane + 1) * words]
        field = np.empty(replicas, np.int64)
        chance = np.empty(replicas, np.int64)
        sign = np.empty(replicas, np.int64)
        first = lane * replicas
        for t in range(len(enable)):
            limit = limits[stage[lane]]
            valid_out[t, lane], index_out[t, lane] = valid[lane], index[lane]
            limit_out[t, lane] = limit
            for r in range(replicas):
                now = own[index[lane] * replicas + r]
                counters_out[t, first + r] = now
                spins_out[t, first + r] = now >= 0
            if not enable[t]:
                continue
            spin = finished[place[lane]]
            valid[lane] = spin >= 0
            if spin >= 0:
                index[lane] = spin
                state = np.uint64(random[lane])
                chance[:] = 0
                for bit in range(1 + density_bits):
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    for r in range(replicas):
                        drawn = np.int64((state >> np.uint64(r)) & np.uint64(1))
                        if bit == 0:
                            sign[r] = noise if drawn else -noise
                        else:
                            chance[r] |= drawn << (bit - 1)
                random[lane] = np.int64(state)
                for r in range(replicas):
                    field[r] = h[spin] + (sign[r] if chance[r] < density else 0)
                for e in range(starts[spin], starts[spin + 1]):
                    base, weight = neighbours[e] * replicas, weights[e]
                    for r in range(replicas):
                        field[r] += weight * (2 * old[base + r] - 1)
                for r in range(replicas):
                    moved = own[spin * replicas + r] + field[r]
                    own[spin * replicas + r] = max(-limit, min(moved, limit - below))
            place[lane] += 1
            if place[lane] == len(finished):
                place[lane] = 0
                for k in range(words):
                    old[k] = own[k] >= 0
                held[lane], stage[lane] = next_stage(
                    held[lane], stage[lane], hold, len(limits), repeat
                )
