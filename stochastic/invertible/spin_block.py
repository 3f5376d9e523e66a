"""The bit planes of up to 2,048 replicas, and the layout that all blocks share."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from .plane_kernels import Settings, Where, run_planes
from .spin_programs import Programs, Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Layout", "SpinBlock", "aligned_zeros", "next_words", "places_of"]


@dataclasses.dataclass(frozen=True)
class Layout:
    """What the blocks of an engine share.

    Attributes
    ----------
    places : dict of str to int
        The first plane of each kind.
    planes : int
        The number of planes.
    settings : Settings
    programs : Programs
    watch : Watch or None
    watch_code : int64 array ``[adders, 8]``
    """

    places: dict[str, int]
    planes: int
    settings: Settings
    programs: Programs
    watch: Watch | None
    watch_code: NDArray[np.int64]


def places_of(n: int, bits: int, coupling_bits: int, watch: Watch | None) -> dict[str, int]:
    """Return the first plane of each kind; ``scratch`` comes last."""
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
    return places


class SpinBlock:
    """The planes of some replicas.

    Parameters
    ----------
    layout : Layout
    seeds : uint64 array ``[words]``
        The first state of the generator of each 64 replicas.
    initial : {"zero", "random"}

    Attributes
    ----------
    planes : uint64 array ``[planes, words]``
    times : int64 array ``[64 words]``
        The cycle of each replica's last improvement.
    """

    def __init__(self, layout: Layout, seeds: NDArray[np.uint64], initial: str) -> None:
        self.layout, size = layout, len(seeds)
        self.marker = (0,) * size
        places, bits = layout.places, layout.settings.bits
        self.planes = planes = aligned_zeros(layout.planes, size)
        self.times = np.zeros(64 * size, np.int64)
        ones = np.uint64(2**64 - 1)
        planes[1] = ones
        state = seeds.copy()
        for i in range(layout.settings.spins):
            spin = np.full(size, ones)
            if initial == "random":
                state = next_words(state)
                spin = state
            planes[places["spins"] + 2 * i] = spin
            planes[places["spins"] + 2 * i + 1] = ~spin
            first = places["counters"] + i * bits
            planes[first : first + bits] = ~spin
        planes[places["state"]] = state
        if layout.watch is not None:
            for bit in range(layout.settings.result_bits):
                one = not layout.watch.answer or layout.watch.target >> bit & 1
                planes[places["best_result"] + bit] = ones if one else 0
        self._programs = self._scaled(layout.programs)
        self._watch_code = self._scaled(layout.programs._replace(code=layout.watch_code)).code
        self._where = Where(**{name: places[name] * size for name in Where._fields})

    def run(self, limits: NDArray[np.int64], couplings: NDArray[np.int64], clock: int) -> None:
        """Advance by ``len(limits)`` cycles, the first of them number `clock`."""
        self._call(self.layout.settings, self._programs, limits, couplings, clock)

    def descend(self, programs: Programs, settings: Settings, sweeps: int, clock: int) -> None:
        """Move downhill by programs of their own; the generator stands still."""
        place = self.layout.places["state"]
        state = self.planes[place].copy()
        limits = np.ones(sweeps, np.int64)
        self._call(settings, self._scaled(programs), limits, np.zeros_like(limits), clock)
        self.planes[place] = state

    def _scaled(self, programs: Programs) -> Programs:
        """Return programs whose planes are named by their offset in words."""
        code = (programs.code * self.planes.shape[1]).astype(np.int32)
        return programs._replace(code=code)

    def _call(self, settings: Settings, programs: Programs, *arguments: Any) -> None:
        limits, couplings, clock = arguments
        run_planes(
            self.marker,
            self.planes.reshape(-1),
            self._where,
            settings,
            programs.starts,
            programs.code,
            programs.widths,
            limits,
            couplings,
            self._watch_code,
            clock,
            self.times,
        )


def aligned_zeros(planes: int, words: int) -> NDArray[np.uint64]:
    """Return planes that begin at a cache line, so that no vector lies in two of them."""
    line = 64 // 8
    memory = np.zeros(planes * words + line, np.uint64)
    begin = -(memory.ctypes.data // 8) % line
    return memory[begin : begin + planes * words].reshape(planes, words)


def next_words(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the states of 64-bit xorshift generators after `state`: shifts 13, 7, 17."""
    state = state ^ (state << np.uint64(13))
    state = state ^ (state >> np.uint64(7))
    return state ^ (state << np.uint64(17))
