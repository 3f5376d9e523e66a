"""Bit-sliced engine of spin networks: 64 replicas a word, equal in every bit to the gates."""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_choice, check_flag, check_integer

from .hamiltonian import Hamiltonian, check_directed, whole_array
from .noise import Noise
from .plane_kernels import Settings
from .plane_program import PlaneProgram
from .schedule import MAXIMUM_LIMIT, Schedule
from .seeds import split_seed
from .spin_block import Layout, SpinBlock, places_of
from .spin_programs import Watch, spin_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SpinEngine"]

# Words of a plane in one pass, the most first: 2,048 replicas, 512 in one of the longest vector
# registers, or 64.
BLOCKS = (32, 8, 1)

ORDERS = ("synchronous", "serial")


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
        self._directed = check_directed("SpinEngine", directed, hamiltonian.size)
        if watch is not None:
            watch.check(hamiltonian.size)
        self._limits: NDArray[np.int64] | None = None
        self._layout = self._lay_out(symmetric, watch)
        words = self.replicas // 64
        seeds, begin, self._blocks = split_seed(seed, words), 0, []
        for size in BLOCKS:
            for _ in range((words - begin) // size):
                own = seeds[begin : begin + size]
                self._blocks.append(SpinBlock(self._layout, own, initial))
                begin += size

    def _lay_out(self, symmetric: bool, watch: Watch | None) -> Layout:
        n = self.hamiltonian.size
        bits = (self.limit if symmetric else self.limit - 1).bit_length()
        coupling_bits = self.coupling.bit_length() if self.ring > 1 else 0
        places = places_of(n, bits, coupling_bits, watch)
        programs, scratch_end = spin_programs(
            self.hamiltonian, self._directed, self.noise, bits, coupling_bits, places
        )
        watch_code, result_bits = np.empty((0, 8), np.int64), 0
        if watch is not None:
            program = PlaneProgram(places["scratch"])
            result_bits = watch.compile(program, places)
            watch_code = np.array(program.code, np.int64).reshape(-1, 8)
            scratch_end = max(scratch_end, program.scratch_end)
        ends = sum(1 << k for k in range(self.ring - 1, 64, self.ring))
        inside = ~ends & (2**64 - 1)
        settings = Settings(
            spins=n,
            bits=bits,
            density=self.noise.density,
            density_bits=self.noise.density_bits,
            symmetric=int(symmetric),
            coupling_bits=coupling_bits,
            ring=self.ring,
            ring_mask=inside - (1 << 64) if inside >> 63 else inside,
            every=0 if watch is None else watch.every,
            result_bits=result_bits,
            answer=int(watch is not None and watch.answer),
            serial=int(self._order == "serial"),
        )
        # `descend` has programs of its own, whose sums are shorter.
        return Layout(places, scratch_end + 16, settings, programs, watch, watch_code)

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
            I0 of each cycle; a schedule goes on where the last call stopped. In an array of
            zeros each replica has its limit of `set_limits`.
        cycles : int, optional
            Needed with a schedule.
        couplings : int array ``[cycles]``, optional
            Q of each cycle; by default 0.
        """
        if isinstance(limits, Schedule):
            count = check_integer("cycles", cycles, 0, 2**48)
            values = limits.values(count, self.cycles)
        else:
            values = np.ascontiguousarray(whole_array("limits", limits))
            if values.ndim != 1:
                raise ValueError(f"limits must be [cycles], not of shape {values.shape}")
        _check_range("limits", values, 0, self.limit)
        if not values.all():
            if self._limits is None:
                raise ValueError("a limit of 0 needs the limits of set_limits")
            if values.any():
                raise ValueError("limits must be 0 in all cycles or in none")
            self._write_limits(self._limits)
        weights = np.zeros_like(values)
        if couplings is not None:
            given = whole_array("couplings", couplings)
            weights = np.ascontiguousarray(np.broadcast_to(given, values.shape))
            _check_range("couplings", weights, 0, self.coupling)
        clock = self.cycles
        self._share(lambda block: block.run(values, weights, clock))
        self.cycles += len(values)

    def descend(self, sweeps: int = 8) -> None:
        """Move the spins one after the other downhill in energy, without noise.

        A spin follows the sign of its field and stays where that is 0. The counters become 0
        or -1. Directed links take part as in `run`; the generators stand still. The watch
        looks after every sweep.
        """
        sweeps = check_integer("sweeps", sweeps, 0, 2**32)
        still, places = Noise(weight=0), self._layout.places
        programs, _ = spin_programs(self.hamiltonian, self._directed, still, 0, 0, places)
        every = self._layout.settings.every
        settings = self._layout.settings._replace(
            serial=1, density_bits=0, coupling_bits=0, symmetric=0, every=min(every, 1)
        )
        clock = self.cycles
        self._share(lambda block: block.descend(programs, settings, sweeps, clock))
        self.cycles += sweeps

    def _share(self, work: Callable[[SpinBlock], None]) -> None:
        """Do the same for all blocks of replicas, on several threads if there are."""
        if self.threads > 1 and len(self._blocks) > 1:
            with concurrent.futures.ThreadPoolExecutor(self.threads) as pool:
                for done in [pool.submit(work, block) for block in self._blocks]:
                    done.result()
        else:
            for block in self._blocks:
                work(block)

    @property
    def spins(self) -> NDArray[np.int16]:
        """All spins, -1 or +1, int16 ``[replicas, n]``."""
        return self._read("spins", self.hamiltonian.size, 2) * np.int8(2) - np.int8(1)

    @property
    def counters(self) -> NDArray[np.int64]:
        """All counters, int64 ``[replicas, n]``."""
        n, bits = self.hamiltonian.size, self._layout.settings.bits
        planes = (
            self._read("counters", n * bits).astype(np.int64).reshape(self.replicas, n, bits)
        )
        sign = 1 - self._read("spins", n, 2).astype(np.int64)
        return planes.astype(np.int64) @ (1 << np.arange(bits)) - (sign << bits)

    @property
    def best_spins(self) -> NDArray[np.int16]:
        """The spins that the watch kept, -1 or +1, int16 ``[replicas, n]``."""
        return self._read("best_spins", self.hamiltonian.size) * np.int8(2) - np.int8(1)

    @property
    def best_energies(self) -> NDArray[np.int64]:
        """The least energy of each replica, where the watch is on the energy."""
        bits = self._layout.settings.result_bits
        planes = self._read("best_result", bits).astype(np.int64)
        return self._watched.energy(planes @ (1 << np.arange(bits)))

    @property
    def watched_energies(self) -> NDArray[np.int64]:
        """The energy of each replica when the watch last computed it."""
        bits = self._layout.settings.result_bits
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
        """Give each replica its own I0, int ``[replicas]``, used where `run` is told 0."""
        values = whole_array("limits", limits)
        if values.shape != (self.replicas,):
            raise ValueError(f"limits must be [{self.replicas}], not of shape {values.shape}")
        _check_range("limits", values, 1, self.limit)
        self._limits = values

    def look_on(self, replicas: ArrayLike) -> None:
        """Let replicas that are done look for their next answer; others stay as they are.

        Parameters
        ----------
        replicas : int array
            Their numbers. What the watch kept of them stays until then.
        """
        done = self.done.astype(np.int64)
        done[whole_array("replicas", replicas)] = 0
        self._write("done", done[:, None])

    def _write_limits(self, values: NDArray[np.int64]) -> None:
        bits = np.arange(self._layout.settings.bits)
        high = values if self._layout.settings.symmetric else values - 1
        for name, ends in (("high", high), ("low", -values)):
            self._write(name, (ends[:, None] >> bits) & 1)

    def _read(self, name: str, count: int, stride: int = 1) -> NDArray[np.uint8]:
        """Return `count` planes, each bit a uint8, ``[replicas, count]``."""
        first = self._layout.places[name]
        last = first + count * stride
        rows = [block.planes[first:last:stride] for block in self._blocks]
        parts = [
            np.unpackbits(np.ascontiguousarray(row).view(np.uint8), axis=1, bitorder="little")
            for row in rows
        ]
        return np.concatenate(parts, axis=1).T

    def _write(self, name: str, values: NDArray[np.int64]) -> None:
        first, begin = self._layout.places[name], 0
        for block in self._blocks:
            count = 64 * block.planes.shape[1]
            bits = np.ascontiguousarray(values[begin : begin + count].T, np.uint8)
            packed = np.packbits(bits, axis=1, bitorder="little")
            block.planes[first : first + len(bits)] = packed.view(np.uint64)
            begin += count


def _check_range(name: str, values: NDArray[np.int64], low: int, high: int) -> None:
    """Refuse an array with a value outside of a range."""
    wrong = (values < low) | (values > high)
    if wrong.any():
        raise ValueError(f"{name} must be between {low} and {high}, not {values[wrong][0]}")
