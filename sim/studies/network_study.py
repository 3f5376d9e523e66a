"""What a study of a trained network is of: the grid of its points."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fixedpoint.circuit import check_choice, check_integer

from .study import check_list, check_points

__all__ = ["COUNTED_ONLY", "NetworkStudy", "NetworkTask"]

# Columns of the table of results, and their types in Arrow's words.
NETWORK_COLUMNS = {
    "network": "string",
    "dataset": "string",
    "kind": "string",
    "length": "int64",
    "range": "int64",
    "cycles": "int64",
    "bits": "int64",
    "width": "int64",
    "generator": "string",
    "encoding": "string",
    "multiplier": "string",
    "sets": "int64",
    "correction": "string",
    "seed": "int64",
    "images": "int64",
    "errors": "int64",
    "accuracy": "double",
    "accuracy_error": "double",
    "float_accuracy": "double",
}
# What only a study of a counted network can vary.
COUNTED_ONLY = ("ranges", "generators", "encodings", "multipliers", "sets", "corrections")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkTask:
    """What one process works on: some lengths at one place of the rest of the grid.

    Attributes
    ----------
    number : int
        Its place in the order of the results.
    lengths : tuple of int
    range : int
    width : int or None
        None for the default of `stochastic.networks.convert`.
    generator, encoding, multiplier : str
    sets : int
    correction : str
    seed : int
    """

    number: int
    lengths: tuple[int, ...]
    range: int
    width: int | None
    generator: str
    encoding: str
    multiplier: str
    sets: int
    correction: str
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkStudy:
    """A trained network and the grid of the points of its study.

    Parameters
    ----------
    kind : {"neurons", "counted"}
        What `stochastic.networks.convert` makes of the network. Neurons are simulated once
        for all lengths.
    digest : str
        Of the files of the run, so that other weights make another study.
    lengths : tuple of int
        Cycles N, each 1..65536.
    ranges : tuple of int
        Ranges m of the streams.
    widths : tuple of int
        Bits of the generators' words; empty for the default.
    generators, encodings, multipliers : tuple of str
        As for `stochastic.networks.convert`.
    sets : tuple of int
        Sets of generators.
    corrections : tuple of str
        ``"none"``, ``"bias"``.
    seeds : int
        The seeds of the generators are 1, 2 and so on.
    images : int
        How many test images at most.

    Raises
    ------
    TypeError, ValueError
        If a setting is out of range, twice in its list, or there are too many points.
    """

    kind: str
    digest: str
    lengths: tuple[int, ...] = (16, 64, 256)
    ranges: tuple[int, ...] = (1,)
    widths: tuple[int, ...] = ()
    generators: tuple[str, ...] = ("lfsr",)
    encodings: tuple[str, ...] = ("sign-magnitude",)
    multipliers: tuple[str, ...] = ("gate",)
    sets: tuple[int, ...] = (1,)
    corrections: tuple[str, ...] = ("none",)
    seeds: int = 1
    images: int = 1000

    def __post_init__(self) -> None:
        self._check("lengths", lambda n: check_integer("a length", n, 1, 1 << 16))
        self._check("ranges", lambda m: check_integer("a range", m, 1, 64))
        if self.widths:
            self._check("widths", lambda n: check_integer("a width", n, 3, 16))
        self._check("generators", lambda g: check_choice("a generator", g, ("lfsr", "sobol")))
        known = ("sign-magnitude", "bipolar")
        self._check("encodings", lambda e: check_choice("an encoding", e, known))
        multipliers = ("gate", "conditional")
        self._check("multipliers", lambda m: check_choice("a multiplier", m, multipliers))
        self._check("sets", lambda n: check_integer("a number of sets", n, 1, 64))
        corrections = ("none", "bias")
        self._check("corrections", lambda c: check_choice("a correction", c, corrections))
        check_integer("seeds", self.seeds, 1, 1000)
        check_integer("images", self.images, 1, 1 << 31)
        tasks = sum(1 for _ in itertools.product(*self.axes))
        check_points(tasks * (len(self.lengths) if self.kind == "neurons" else 1))

    def _check(self, name: str, check: Any) -> None:
        object.__setattr__(self, name, check_list(name, getattr(self, name), check))

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the table of results."""
        return NETWORK_COLUMNS

    @property
    def axes(self) -> tuple[Any, ...]:
        """The lists of the grid; one run of neurons has all lengths."""
        lengths = [self.lengths] if self.kind == "neurons" else [(n,) for n in self.lengths]
        return (
            self.generators,
            self.encodings,
            self.multipliers,
            self.sets,
            self.corrections,
            self.ranges,
            self.widths or (None,),
            lengths,
            range(1, self.seeds + 1),
        )

    def tasks(self) -> Iterator[NetworkTask]:
        """Yield the tasks in the order of the results."""
        for number, place in enumerate(itertools.product(*self.axes)):
            generator, encoding, multiplier, sets, correction, range_, width, lengths, seed = (
                place
            )
            yield NetworkTask(
                number=number,
                lengths=lengths,
                range=range_,
                width=width,
                generator=generator,
                encoding=encoding,
                multiplier=multiplier,
                sets=sets,
                correction=correction,
                seed=seed,
            )

    def to_json(self) -> str:
        """Return the study as JSON, equal for equal studies."""
        return json.dumps(dataclasses.asdict(self), indent=1) + "\n"
