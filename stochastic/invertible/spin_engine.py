"""Bit-sliced engine of spin networks: 64 replicas a word, equal in every bit to the gates."""

from __future__ import annotations

import concurrent.futures
import functools
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_choice, check_flag, check_integer

from .hamiltonian import Hamiltonian
from .noise import Noise
from .plane_kernels import run_planes
from .plane_program import PlaneProgram
from .schedule import MAXIMUM_LIMIT, Schedule
from .seeds import split_seed
from .spin_programs import Watch, spin_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SpinEngine"]

# Words of a plane in one pass: 512 replicas, one of the longest vector registers.
BLOCK = 8

ORDERS = ("synchronous", "serial")

Where = namedtuple(
    "Where",
    "spins counters following sums state random idle mask scratch high low coupled result "
    "best_result best_spins done",
)
Settings = namedtuple(
    "Settings",
    "spins bits density density_bits symmetric coupling_bits ring ring_mask every "
    "result_bits answer serial",
)


class SpinEngine:
    """Many replicas of a spin network, 64 in each machine word.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        h and J; clamped spins are folded into h beforehand.
    noise : Noise
        Weight and density of the random terms.
    limit : int
        The largest I0 of any cycle.
    replicas : int
        A multiple of 64.
    seed : int
        From which the generator of each 64 replicas is seeded, 0..2^63 - 1.
    symmetric : bool
        Whether the counters' range is [-I0, I0] instead of [-I0, I0 - 1].
    initial : {"zero", "random"}
        All counters 0, so that all spins are +1; or 0 or -1 at random.
    order : {"synchronous", "serial"}
        All spins move at once, as in hardware; or one after the other, each from the spins
        that have moved already, which only software does.
    directed : tuple of (int, int, int)
        ``(i, j, weight)``: spin i reads spin j with this weight in addition to J.
    ring : int
        Replicas that form a ring for `couplings`: 1, 2, 4 ... 64. 1 is no coupling.
    coupling : int
        The largest coupling Q of any cycle.
    watch : Watch, optional
        What is computed from the spins of every replica, to keep the best or the right ones.
    threads : int
        Threads that share the replicas. It changes no result.

    Notes
    -----
    Each cycle is that of `SpinNetwork`. The generator of 64 replicas is a 64-bit xorshift with
    the shifts 13, 7, 17. Its seed is word k of `split_seed` for the replicas 64 k and up. It
    advances once for each random bit: spin after spin, for each the sign and then the bits of
    the density, the lowest first. Bit r of its state belongs to replica r of the 64.

    A network in hardware with one word for up to 64 replicas draws the same bits.

    With a ring, replica r of each ring of R also adds Q m of the same spin of replica r + 1,
    and the last one that of the first: the replica coupling of SSQA.

    Source of the method: bit planes and carry-save adders, as in multi-spin coding (S. V.
    Isakov et al., "Optimised simulated annealing for Ising spin glasses", Computer Physics
    Communications 192, 2015).
    """

    def __init__(
        self,
        hamiltonian: Hamiltonian,
        *,
        noise: Noise,
        limit: int,
        replicas: int = 64,
        seed: int = 1,
        symmetric: bool = False,
        initial: str = "random",
        order: str = "synchronous",
        directed: tuple[tuple[int, int, int], ...] = (),
        ring: int = 1,
        coupling: int = 0,
        watch: Watch | None = None,
        threads: int = 1,
    ) -> None:
        self.hamiltonian, self.noise, self.watch = hamiltonian, noise, watch
        self.limit = check_integer("SpinEngine limit", limit, 1, MAXIMUM_LIMIT)
        self.replicas = check_integer("SpinEngine replicas", replicas, 64, 2**24)
        if self.replicas % 64:
            raise ValueError(f"SpinEngine replicas must be a multiple of 64, not {replicas}")
        self.ring = check_integer("SpinEngine ring", ring, 1, 64)
        if 64 % self.ring:
            raise ValueError(f"SpinEngine ring must be a power of two, not {ring}")
        self.coupling = check_integer("SpinEngine coupling", coupling, 0, 2**10)
        check_flag("SpinEngine symmetric", symmetric)
        check_choice("SpinEngine initial", initial, ("zero", "random"))
        self.threads = check_integer("SpinEngine threads", threads, 1, 1024)
        self.seed, self.cycles = seed, 0
        self._order = check_choice("SpinEngine order", order, ORDERS)
        self._build(symmetric, directed)
        words = self.replicas // 64
        sizes = [BLOCK] * (words // BLOCK) + [1] * (words % BLOCK)
        seeds = split_seed(seed, words)
        self._blocks = []
        begin = 0
        for size in sizes:
            self._blocks.append(_Block(self, size, seeds[begin : begin + size], initial))
            begin += size

    def _build(self, symmetric: bool, directed: tuple[tuple[int, int, int], ...]) -> None:
        self._directed, n = directed, self.hamiltonian.size
        top = self.limit if symmetric else self.limit - 1
        bits = top.bit_length()
        coupling_bits = self.coupling.bit_length() if self.ring > 1 else 0
        places, self._planes = _layout(n, bits, coupling_bits, self.watch)
        programs = spin_programs(
            self.hamiltonian, directed, self.noise, bits, coupling_bits, places
        )
        self.starts, self.code, self.widths, scratch_end = programs
        self.watch_code = np.empty((0, 5), np.int64)
        result_bits = 0
        if self.watch is not None:
            program = PlaneProgram(places["scratch"])
            result_bits = self.watch.compile(program, places)
            self.watch_code = np.array(program.code, np.int64).reshape(-1, 5)
            scratch_end = max(scratch_end, program.scratch_end)
        self._places = places
        # `descend` has programs of its own, whose sums are shorter.
        self._planes = scratch_end + 16
        ends = sum(1 << k for k in range(self.ring - 1, 64, self.ring))
        self._settings = Settings(
            spins=n,
            bits=bits,
            density=self.noise.density,
            density_bits=self.noise.density_bits,
            symmetric=int(symmetric),
            coupling_bits=coupling_bits,
            ring=self.ring,
            ring_mask=_signed(~ends & (2**64 - 1)),
            every=0 if self.watch is None else self.watch.every,
            result_bits=result_bits,
            answer=int(self.watch is not None and self.watch.answer),
            serial=int(self._order == "serial"),
        )

    def run(
        self,
        limits: Schedule | ArrayLike,
        cycles: int | None = None,
        *,
        couplings: ArrayLike | None = None,
    ) -> None:
        """Advance all replicas.

        Parameters
        ----------
        limits : Schedule or int array ``[cycles]``
            I0 of each cycle; a schedule goes on where the last call stopped. 0 stands for
            the limits of `set_limits`.
        cycles : int, optional
            Needed with a schedule.
        couplings : int array ``[cycles]``, optional
            Q of each cycle; by default 0.
        """
        if isinstance(limits, Schedule):
            count = check_integer("cycles", cycles, 0, 2**48)
            values = limits.values(count, self.cycles)
        else:
            values = np.ascontiguousarray(limits, np.int64)
        if values.size and not 0 <= int(values.min()) <= int(values.max()) <= self.limit:
            raise ValueError(f"limits must be between 0 and {self.limit}")
        weights = np.zeros_like(values)
        if couplings is not None:
            weights = np.ascontiguousarray(np.broadcast_to(couplings, values.shape), np.int64)
            if not 0 <= int(weights.min()) <= int(weights.max()) <= self.coupling:
                raise ValueError(f"couplings must be between 0 and {self.coupling}")
        self._share(functools.partial(_Block.run, limits=values, couplings=weights))
        self.cycles += len(values)

    def descend(self, sweeps: int = 8) -> None:
        """Move the spins one after the other downhill in energy, without noise.

        A spin follows the sign of its field and stays where that is 0. The counters become 0
        or -1. Directed links and the watch take part as in `run`; the generators stand still.
        """
        bits = self._settings.bits
        still = Noise(weight=0)
        code = spin_programs(
            self.hamiltonian, self._directed, still, 0, 0, {**self._places, "counters": 0}
        )
        settings = self._settings._replace(
            bits=bits, serial=1, density_bits=0, coupling_bits=0, symmetric=0
        )
        values = np.ones(check_integer("sweeps", sweeps, 0, 2**32), np.int64)
        self._share(
            functools.partial(_Block.descend, programs=code, settings=settings, limits=values)
        )
        self.cycles += len(values)

    def _share(self, work: Callable[[_Block], None]) -> None:
        """Do the same for all blocks of replicas, on several threads if there are."""
        if self.threads > 1 and len(self._blocks) > 1:
            with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
                for done in [pool.submit(work, block) for block in self._blocks]:
                    done.result()
        else:
            for block in self._blocks:
                work(block)

    @property
    def spins(self) -> NDArray[np.int8]:
        """All spins, -1 or +1, int8 ``[replicas, n]``."""
        return self._read("spins", self.hamiltonian.size, 2) * np.int8(2) - np.int8(1)

    @property
    def counters(self) -> NDArray[np.int64]:
        """All counters, int64 ``[replicas, n]``."""
        n, bits = self.hamiltonian.size, self._settings.bits
        planes = (
            self._read("counters", n * bits).astype(np.int64).reshape(self.replicas, n, bits)
        )
        sign = 1 - self._read("spins", n, 2).astype(np.int64)
        return planes.astype(np.int64) @ (1 << np.arange(bits)) - (sign << bits)

    @property
    def best_spins(self) -> NDArray[np.int8]:
        """The spins that the watch kept, -1 or +1, int8 ``[replicas, n]``."""
        return self._read("best_spins", self.hamiltonian.size) * np.int8(2) - np.int8(1)

    @property
    def best_energies(self) -> NDArray[np.int64]:
        """The least energy of each replica, where the watch is on the energy."""
        bits = self._settings.result_bits
        planes = self._read("best_result", bits).astype(np.int64)
        return self._watched.energy(planes @ (1 << np.arange(bits)))

    @property
    def watched_energies(self) -> NDArray[np.int64]:
        """The energy of each replica when the watch last computed it."""
        bits = self._settings.result_bits
        planes = self._read("result", bits).astype(np.int64)
        return self._watched.energy(planes @ (1 << np.arange(bits)))

    @property
    def done(self) -> NDArray[np.bool_]:
        """Whether each replica had the right answer, where the watch is on an answer."""
        return self._read("done", 1)[:, 0].astype(bool)

    @property
    def times(self) -> NDArray[np.int64]:
        """The cycle of what the watch kept, counted from 1; 0 where there is none yet."""
        return np.concatenate([block.times for block in self._blocks])

    @property
    def _watched(self) -> Watch:
        if self.watch is None:
            raise ValueError("the engine was made without a watch")
        return self.watch

    def set_limits(self, limits: ArrayLike) -> None:
        """Give each replica its own I0, used where `run` is told 0."""
        values = np.asarray(limits, np.int64)
        bits = np.arange(self._settings.bits)
        high = values if self._settings.symmetric else values - 1
        for name, ends in (("high", high), ("low", -values)):
            self._write(name, (ends[:, None] >> bits) & 1)

    def _read(self, name: str, count: int, stride: int = 1) -> NDArray[np.uint8]:
        """Return `count` planes, each bit a uint8, ``[replicas, count]``."""
        first = self._places[name]
        last = first + count * stride
        rows = [block.planes[first:last:stride] for block in self._blocks]
        parts = [
            np.unpackbits(np.ascontiguousarray(row).view(np.uint8), axis=1, bitorder="little")
            for row in rows
        ]
        return np.concatenate(parts, axis=1).T

    def _write(self, name: str, values: NDArray[np.int64]) -> None:
        first, begin = self._places[name], 0
        for block in self._blocks:
            count = 64 * block.planes.shape[1]
            bits = np.ascontiguousarray(values[begin : begin + count].T, np.uint8)
            packed = np.packbits(bits, axis=1, bitorder="little")
            block.planes[first : first + len(bits)] = packed.view(np.uint64)
            begin += count


class _Block:
    """The planes of up to 512 replicas."""

    def __init__(
        self, engine: SpinEngine, size: int, seeds: NDArray[np.uint64], initial: str
    ) -> None:
        self.engine, self.marker = engine, (0,) * size
        places, n = engine._places, engine.hamiltonian.size
        bits = engine._settings.bits
        self.planes = planes = np.zeros((engine._planes, size), np.uint64)
        self.times = np.zeros(64 * size, np.int64)
        ones = np.uint64(2**64 - 1)
        planes[1] = ones
        state = seeds.copy()
        for i in range(n):
            spin = np.full(size, ones)
            if initial == "random":
                state = next_words(state)
                spin = state
            planes[places["spins"] + 2 * i] = spin
            planes[places["spins"] + 2 * i + 1] = ~spin
            first = places["counters"] + i * bits
            planes[first : first + bits] = ~spin
        planes[places["state"]] = state
        watch = engine.watch
        if watch is not None:
            for bit in range(engine._settings.result_bits):
                one = not watch.answer or watch.target >> bit & 1
                planes[places["best_result"] + bit] = ones if one else 0
        self.code = (engine.code * size).astype(np.int32)
        self.watch_code = (engine.watch_code * size).astype(np.int32)
        self.where = Where(**{name: places[name] * size for name in Where._fields})

    def run(self, limits: NDArray[np.int64], couplings: NDArray[np.int64]) -> None:
        engine = self.engine
        self._call(engine._settings, engine.starts, self.code, engine.widths, limits, couplings)

    def descend(
        self, programs: tuple[Any, ...], settings: Settings, limits: NDArray[np.int64]
    ) -> None:
        starts, code, widths, _ = programs
        state = self.planes[self.engine._places["state"]].copy()
        scaled = (code * self.planes.shape[1]).astype(np.int32)
        self._call(settings, starts, scaled, widths, limits, np.zeros_like(limits))
        self.planes[self.engine._places["state"]] = state

    def _call(
        self,
        settings: Settings,
        starts: NDArray[np.int64],
        code: NDArray[np.int32],
        widths: NDArray[np.int64],
        limits: NDArray[np.int64],
        couplings: NDArray[np.int64],
    ) -> None:
        run_planes(
            self.marker,
            self.planes.reshape(-1),
            self.where,
            settings,
            starts,
            code,
            widths,
            limits,
            couplings,
            self.watch_code,
            self.engine.cycles,
            self.times,
        )


def next_words(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the states of 64-bit xorshift generators after `state`: shifts 13, 7, 17."""
    state = state ^ (state << np.uint64(13))
    state = state ^ (state >> np.uint64(7))
    return state ^ (state << np.uint64(17))


def _layout(
    n: int, bits: int, coupling_bits: int, watch: Watch | None
) -> tuple[dict[str, int], int]:
    """Return the first plane of each kind, and the number of planes before the scratch."""
    result = 0 if watch is None else watch.bits
    counts = {
        "constants": 2,
        "state": 1,
        "random": 1,
        "idle": 1,
        "mask": 1,
        "done": 1,
        "high": bits,
        "low": bits,
        "coupled": 2 * coupling_bits,
        "result": result,
        "best_result": result,
        "sums": 64,
        "spins": 2 * n,
        "following": n,
        "counters": n * bits,
        "best_spins": n if watch is not None else 0,
    }
    places, begin = {}, 0
    for name, count in counts.items():
        places[name] = begin
        begin += count
    places["scratch"] = begin
    return places, begin


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
