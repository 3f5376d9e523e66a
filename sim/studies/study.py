"""What a study is of: a circuit and the grid of its points."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import itertools
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fixedpoint.circuit import check_choice, check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.circuit.files import named, read_text
from stochastic.streams.codes import ENCODINGS

__all__ = [
    "COLUMNS",
    "Study",
    "Task",
    "check_list",
    "check_points",
    "digest_of",
    "read_settings",
]

MOST_POINTS = 100_000
LENGTHS = (16, 32, 64, 128, 256, 512, 1024)

# Columns of the table of results, and their types in Arrow's words.
COLUMNS = {
    "circuit": "string",
    "parameters": "string",
    "output": "string",
    "generators": "string",
    "generator_parameters": "string",
    "width": "int64",
    "encoding": "string",
    "fault_rate": "double",
    "length": "int64",
    "seed": "int64",
    "inputs": "string",
    "samples": "int64",
    "bias": "double",
    "bias_error": "double",
    "rmse": "double",
    "rmse_error": "double",
    "worst": "double",
    "p50": "double",
    "p90": "double",
    "p99": "double",
    "scc": "double",
    "binomial_rmse": "double",
    "discrepancy_bound": "double",
    "in_tolerance": "double",
    "source": "string",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """What one process works on: all lengths at one place of the rest of the grid.

    Attributes
    ----------
    number : int
        Its place in the order of the results.
    generators : str
    width : int
    encoding : str or None
        None for that of the circuit's parameters.
    fault_rate : float
    seed : int
    """

    number: int
    generators: str
    width: int
    encoding: str | None
    fault_rate: float
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Study:
    """A circuit and the grid of the points of its study.

    Parameters
    ----------
    circuit : str
        A name of the catalogue.
    parameters : str
        Its parameters as JSON.
    lengths : tuple of int
        Cycles, each 1..2^24.
    generators : tuple of str
        What makes the input streams: kinds joined by ``+``, the streams' in turn, each with
        ``#`` and its number if it is not the next one, as in ``lfsr``, ``lfsr+sobol`` and
        ``sobol#0+sobol#0``, which gives two streams one sequence.
    widths : tuple of int
        Bits of the generators' words, each 3..16.
    encodings : tuple of str
        Empty for that of the parameters.
    fault_rates : tuple of float
        Chance of each bit of the input streams to be inverted, each 0..1.
    inputs : str
        ``"random"``, ``"grid"``, or the name of a CSV or Parquet file with a column a port.
    samples : int
        How many sets of input values, 2..10^7; at most, for a grid.
    seeds : int
        The seeds are 1, 2 and so on. Each gives other random values and faults, and all but
        the first begin the generators elsewhere in their sequences.
    digest : str
        Of the files that it reads, so that other contents make another study.

    Raises
    ------
    TypeError, ValueError
        If a setting is out of range, twice in its list, or there are too many points.
    """

    circuit: str
    parameters: str
    lengths: tuple[int, ...] = LENGTHS
    generators: tuple[str, ...] = ("lfsr",)
    widths: tuple[int, ...] = (8,)
    encodings: tuple[str, ...] = ()
    fault_rates: tuple[float, ...] = (0.0,)
    inputs: str = "random"
    samples: int = 1000
    seeds: int = 1
    digest: str = ""

    def __post_init__(self) -> None:
        self._check_list("lengths", lambda n: check_integer("a length", n, 1, 1 << 24))
        self._check_list("generators", check_text)
        self._check_list("widths", lambda n: check_integer("a width", n, 3, 16))
        self._check_list("fault_rates", check_rate)
        if self.encodings:
            self._check_list("encodings", lambda e: check_choice("an encoding", e, ENCODINGS))
        check_text(self.inputs)
        check_integer("samples", self.samples, 2, 10**7)
        check_integer("seeds", self.seeds, 1, 1000)
        check_points(len(self.lengths) * self.size)

    def _check_list(self, name: str, check: Any) -> None:
        object.__setattr__(self, name, check_list(name, getattr(self, name), check))

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the table of results."""
        return COLUMNS

    @property
    def axes(self) -> tuple[Sequence[Any], ...]:
        """The lists of the grid, without the lengths."""
        return (
            self.generators,
            self.widths,
            self.encodings or (None,),
            self.fault_rates,
            range(1, self.seeds + 1),
        )

    @property
    def size(self) -> int:
        """Number of tasks."""
        size = 1
        for values in self.axes:
            size *= len(values)
        return size

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks in the order of the results."""
        for number, place in enumerate(itertools.product(*self.axes)):
            generators, width, encoding, rate, seed = place
            yield Task(
                number=number,
                generators=generators,
                width=width,
                encoding=encoding,
                fault_rate=rate,
                seed=seed,
            )

    def to_json(self) -> str:
        """Return the study as JSON, equal for equal studies."""
        values = dataclasses.asdict(self) | {"parameters": json.loads(self.parameters)}
        return json.dumps(values, indent=1) + "\n"


def check_list(name: str, values: Any, check: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Return a list of a study's grid after a check of each value: all differ.

    Raises
    ------
    TypeError, ValueError
        If it is no list, is empty, has a value twice, or `check` refuses one.
    """
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise ValueError(f"{name} of a study must be a list of values, not {shown(values)}")
    checked = tuple(check(value) for value in values)
    for value in checked:
        if checked.count(value) > 1:
            raise ValueError(f"{name} of a study must differ, but {shown(value)} is twice")
    return checked


def check_points(points: int) -> None:
    """Raise a ValueError if a study has too many points."""
    if points > MOST_POINTS:
        raise ValueError(f"a study must have at most {MOST_POINTS:,} points, not {points:,}")


def digest_of(files: Iterable[Path]) -> str:
    """Return a SHA-256 digest of the contents of files; empty for none."""
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else ""


def check_text(value: Any) -> str:
    """Return a text after a check that it is one."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"a study takes a text there, not {shown(value)}")
    return value


def check_rate(value: Any) -> float:
    """Return a fault rate after a check of its range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"a fault rate must be between 0 and 1, not {shown(value)}")
    return float(value)


def read_settings(path: Path, known: Sequence[str]) -> Mapping[str, Any]:
    """Return the settings in a TOML file.

    Parameters
    ----------
    path : pathlib.Path
    known : sequence of str
        The settings that there are.

    Raises
    ------
    ValueError
        If the file cannot be read, is no TOML, or has another setting.
    """
    try:
        settings = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"study file {named(path)} is not TOML: {error}") from None
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}" if near else f"it has {', '.join(known)}"
            raise ValueError(f"study file {named(path)} has no setting {key!r}; {hint}")
    return settings
