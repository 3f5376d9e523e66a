"""A whole Hamiltonian as one module of spin gates in parallel."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_flag, check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator, check_generator
from ..generators.xorshift32 import Xorshift32
from .hamiltonian import Hamiltonian, check_directed, sparse_rows
from .noise import Noise
from .schedule import Schedule, next_stage
from .seeds import split_seed
from .spin_gate import SpinGate, counter_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SpinNetwork", "noise_sources"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpinNetwork(Circuit):
    """Network of spin gates, one for each spin, that all move in the same cycle.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        h and J of the n spins, 1 or more.
    schedule : Schedule
        The limit I0 in each cycle.
    noise : Noise
        Weight and density of the random terms.
    sources : tuple of Generator
        Their words hold the random bits; no two are equal. See `noise_sources`.
    sharing : int
        Spins that one source serves, k: there are ceil(n / k) sources. Spin i reads bits
        ``(i % k) * noise.bits`` and up of source ``i // k``. 1 is one generator a spin.
    symmetric : bool
        Whether the counters' range is [-I0, I0] instead of [-I0, I0 - 1].
    clamping : bool
        Whether spins can be forced from outside.
    initial : tuple of int, optional
        The counters after reset, one for each spin, within the first limit; by default 0.
    directed : tuple of (int, int, int)
        ``(i, j, weight)``: spin i reads spin j with this weight in addition to J, and not the
        other way round.

    Notes
    -----
    Ports: with `clamping` the inputs ``clamp`` and ``clamp_value``, one bit for each spin;
    outputs ``spins``, one bit for each, 1 for m = +1; ``counters``, one signed element for
    each; and ``limit``, the I0 of this cycle. Spin 0 is in the least significant bits.

    Each cycle shows ``spins[i] = T_i >= 0``, or ``clamp_value[i]`` while ``clamp[i]`` is 1.
    At its end every counter moves as in `SpinGate`, from the spins shown. All spins move at
    once: the next state is a function of the present one, not of an order.

    Registers: ``counter0`` to ``counter{n-1}``; ``held``, cycles since the limit last
    changed; and ``stage``, the place of the limit in the schedule. Latency 1, or 0 with
    `clamping`, whose inputs reach ``spins`` in the same cycle.

    Source: as for `SpinGate`; that all spins move at once is what the published hardware
    does, with two memories that alternate (N. Onizawa et al., arXiv 2602.16143).

    Examples
    --------
    >>> from stochastic.invertible import Hamiltonian, Noise, Schedule, SpinNetwork
    >>> from stochastic.invertible import noise_sources
    >>> noise = Noise(weight=2)
    >>> network = SpinNetwork(
    ...     hamiltonian=Hamiltonian(h=(1, 1, -2), J=((0, 1, -1), (0, 2, 2), (1, 2, 2))),
    ...     schedule=Schedule.constant(2),
    ...     noise=noise,
    ...     sources=noise_sources(3, noise),
    ... )
    >>> outputs, _ = network.run(cycles=4)
    >>> outputs["spins"].shape
    (4, 3)
    """

    hamiltonian: Hamiltonian
    schedule: Schedule
    noise: Noise
    sources: tuple[Generator, ...]
    sharing: int = 1
    symmetric: bool = False
    clamping: bool = False
    initial: tuple[int, ...] | None = None
    directed: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        for name, kind in (
            ("hamiltonian", Hamiltonian),
            ("schedule", Schedule),
            ("noise", Noise),
        ):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(
                    f"SpinNetwork {name} must be a {kind.__name__}, not {shown(value)}"
                )
        check_integer("SpinNetwork spins", self.size, 1, 2**16)
        self._set(sharing=check_integer("SpinNetwork sharing", self.sharing, 1, 32))
        for name in ("symmetric", "clamping"):
            check_flag(f"SpinNetwork {name}", getattr(self, name))
        self._check_sources()
        limit, size = self.schedule.limits[0], self.size
        if self.initial is not None:
            if not isinstance(self.initial, tuple) or len(self.initial) != size:
                raise ValueError(f"SpinNetwork initial must be a tuple of {size} integers")
            self._set(
                initial=tuple(
                    check_integer("SpinNetwork initial", v, -limit, limit - 1)
                    for v in self.initial
                )
            )
        self._set(directed=check_directed("SpinNetwork", self.directed, size))

    def _check_sources(self) -> None:
        sources, needed = self.sources, -(-self.size // self.sharing)
        if not isinstance(sources, tuple) or len(sources) != needed:
            count = len(sources) if isinstance(sources, tuple) else sources
            raise ValueError(
                f"SpinNetwork sources must be {needed} generators, not {shown(count)}"
            )
        bits = self.noise.bits * min(self.sharing, self.size)
        for source in sources:
            if check_generator("SpinNetwork source", source).width < bits:
                raise ValueError(
                    f"SpinNetwork source must have {bits} bits or more, not {source.width}"
                )
        if len(set(sources)) < needed:
            raise ValueError("SpinNetwork sources must all differ")

    @property
    def size(self) -> int:
        """The number of spins, n."""
        return self.hamiltonian.size

    @property
    def ports(self) -> tuple[Port, ...]:
        n, limit = self.size, self.schedule.maximum
        clamps = (
            Port.input("clamp", count=n, meaning="1 holds a spin at its clamp_value"),
            Port.input("clamp_value", count=n, meaning="spins while clamped, 1 for +1"),
        )
        width = counter_width(limit, self.symmetric)
        return (
            *(clamps if self.clamping else ()),
            Port.output("spins", count=n, meaning="the spins, 1 for +1"),
            Port.output(
                "counters", width, signed=True, count=n, meaning="counter of each spin"
            ),
            Port.output("limit", limit.bit_length(), meaning="limit I0 of this cycle"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        # One register for each counter, because each may have its own value after reset.
        width = counter_width(self.schedule.maximum, self.symmetric)
        last = len(self.schedule.limits) - 1
        return (
            *(
                Register(name=f"counter{i}", width=width, reset=initial, signed=True)
                for i, initial in enumerate(self.initial or (0,) * self.size)
            ),
            Register.counting("held", self.schedule.hold - 1),
            Register.counting("stage", last),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.sources

    @property
    def latency(self) -> int:
        return int(not self.clamping)

    @functools.cached_property
    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """What every spin reads: starts ``[n + 1]``, spins in rising order, weights."""
        links = [*self.hamiltonian.J, *((j, i, w) for i, j, w in self.hamiltonian.J)]
        return sparse_rows(self.size, [*links, *self.directed], directed=True)

    def gate(self, spin: int) -> SpinGate:
        """Return the spin gate of one spin, with `limit_port`; its spins are those of `rows`.

        Its generator is the spin's source, of which it reads the lowest bits: where `sharing`
        is not 1, the network hands it the spin's bits instead.
        """
        starts, _, weights = self.rows
        begin, end = int(starts[spin]), int(starts[spin + 1])
        return SpinGate(
            h=self.hamiltonian.h[spin],
            weights=tuple(weights[begin:end].tolist()),
            limit=self.schedule.maximum,
            noise=self.noise,
            generator=self.sources[spin // self.sharing],
            symmetric=self.symmetric,
            limit_port=True,
            clamping=self.clamping,
            initial=0 if self.initial is None else self.initial[spin],
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        n, bits, k = self.size, self.noise.bits, self.sharing
        counters = [registers[f"counter{i}"] for i in range(n)]
        limit = self.schedule.limits[registers["stage"]]
        spins = [int(counter >= 0) for counter in counters]
        if self.clamping:
            clamp, value = (_as_list(inputs[name]) for name in ("clamp", "clamp_value"))
            spins = [v if c else s for c, v, s in zip(clamp, value, spins, strict=True)]
        starts, neighbours, weights = (array.tolist() for array in self.rows)
        after = {}
        for i in range(n):
            field = self.hamiltonian.h[i]
            for e in range(starts[i], starts[i + 1]):
                field += weights[e] if spins[neighbours[e]] else -weights[e]
            field += self.noise.value(words[i // k] >> (i % k * bits))
            top = limit if self.symmetric else limit - 1
            after[f"counter{i}"] = max(-limit, min(counters[i] + field, top))
        held, stage = self.schedule.next_stage(registers["held"], registers["stage"])
        outputs = {
            "spins": spins if n > 1 else spins[0],
            "counters": counters if n > 1 else counters[0],
            "limit": limit,
        }
        return {**after, "held": held, "stage": stage}, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        n = self.size
        names = [f"counter{i}" for i in range(n)]
        counters = np.array([registers[name] for name in names]).T.copy()
        cycles, lanes = len(enable), len(counters)
        zeros = np.zeros((cycles, lanes * n), np.int64)
        bits = self.noise.bits * np.arange(n) % (self.noise.bits * self.sharing)
        random = np.empty((cycles, n), np.int64)
        for i in range(n):
            word = words[i // self.sharing].astype(np.int64) >> bits[i]
            active = (word >> 1) % (1 << self.noise.density_bits) < self.noise.density
            random[:, i] = active * (2 * (word & 1) - 1) * self.noise.weight
        _run_network(
            enable,
            random,
            inputs.get("clamp", zeros),
            inputs.get("clamp_value", zeros),
            np.array(self.hamiltonian.h, np.int64),
            *self.rows,
            np.array(self.schedule.limits, np.int64),
            self.schedule.hold,
            self.schedule.repeat,
            int(not self.symmetric),
            counters,
            registers["held"],
            registers["stage"],
            outputs["spins"],
            outputs["counters"],
            outputs["limit"],
        )
        for i, name in enumerate(names):
            registers[name][:] = counters[:, i]


def noise_sources(
    spins: int, noise: Noise, *, seed: int = 1, sharing: int = 1
) -> tuple[Xorshift32, ...]:
    """Return `Xorshift32` generators of different seeds for the spins of a network.

    Parameters
    ----------
    spins : int
    noise : Noise
    seed : int
        From which the generators' seeds are hashed, 0..2^63 - 1.
    sharing : int
        Spins that one generator serves; ``sharing * noise.bits`` is 32 at most.
    """
    count = -(
        -check_integer("spins", spins, 1, 2**16) // check_integer("sharing", sharing, 1, 32)
    )
    width = check_integer("bits of a source", sharing * noise.bits, 1, 32)
    seeds = split_seed(seed, count)
    return tuple(Xorshift32(width=width, seed=int(s >> 32) or 1) for s in seeds.tolist())


def _as_list(value: Any) -> list[int]:
    return value if isinstance(value, list) else [value]


@compiled
def _run_network(
    enable,
    random,
    clamp,
    clamp_value,
    h,
    starts,
    neighbours,
    weights,
    limits,
    hold,
    repeat,
    below,
    counters,
    held,
    stage,
    spins_out,
    counters_out,
    limit_out,
):
    lanes, n = counters.shape
    for t in range(len(enable)):
        for lane in range(lanes):
            first = lane * n
            limit = limits[stage[lane]]
            limit_out[t, lane] = limit
            for i in range(n):
                now = counters[lane, i]
                counters_out[t, first + i] = now
                forced = clamp[t, first + i]
                spins_out[t, first + i] = clamp_value[t, first + i] if forced else now >= 0
            if not enable[t]:
                continue
            for i in range(n):
                field = h[i] + random[t, i]
                for e in range(starts[i], starts[i + 1]):
                    spin = spins_out[t, first + neighbours[e]]
                    field += weights[e] if spin else -weights[e]
                moved = counters[lane, i] + field
                counters[lane, i] = max(-limit, min(moved, limit - below))
            held[lane], stage[lane] = next_stage(
                held[lane], stage[lane], hold, len(limits), repeat
            )
