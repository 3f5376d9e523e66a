"""Values that a study gives to the inputs: random ones, a grid, or those of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit.files import named

from .value_ports import ValuePort

__all__ = ["input_values"]

Values = dict[str, NDArray[np.float64]]


def input_values(
    inputs: str, samples: int, ports: list[ValuePort], rng: np.random.Generator
) -> Values:
    """Return the values of each port, ``[samples]``, or ``[samples, count]`` of several.

    Raises
    ------
    ValueError
        If a grid has fewer than two points an axis; if a file cannot be read, has no column
        of a port, or a value out of range.
    """
    columns = [
        (port, f"{port.name}[{i}]" if port.values > 1 else port.name)
        for port in ports
        for i in range(port.values)
    ]
    if inputs == "random":
        found = [rng.uniform(port.low, 1, samples) for port, _ in columns]
    elif inputs == "grid":
        points = 1
        while (points + 1) ** len(columns) <= samples:
            points += 1
        if points < 2:
            raise ValueError(
                f"a grid over {len(columns)} inputs needs at least 2^{len(columns)} samples, "
                f"not {samples}"
            )
        axes = [np.linspace(port.low, 1, points) for port, _ in columns]
        found = [axis.reshape(-1) for axis in np.meshgrid(*axes, indexing="ij")]
    else:
        table = _columns(Path(inputs))
        found = []
        for port, name in columns:
            if name not in table:
                raise ValueError(f"file {named(Path(inputs))} has no column {name!r}")
            values = table[name][:samples]
            if not np.all((values >= port.low) & (values <= 1)):
                raise ValueError(
                    f"file {named(Path(inputs))} must have values from {port.low:g} to 1 in "
                    f"column {name!r}"
                )
            found.append(values)
    results: Values = {}
    for port in ports:
        own = [v for v, (p, _) in zip(found, columns, strict=True) if p is port]
        results[port.name] = own[0] if port.values == 1 else np.stack(own, axis=-1)
    return results


def _columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a CSV or Parquet file."""
    import pyarrow
    from pyarrow import csv, parquet

    try:
        read = parquet.read_table if path.suffix == ".parquet" else csv.read_csv
        table = read(path)
        return {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}
    except OSError as error:
        why = "there is no such file" if not path.exists() else str(error).split(". ")[0]
        raise ValueError(f"file {named(path)} cannot be read: {why}") from None
    except (pyarrow.ArrowInvalid, ValueError, TypeError) as error:
        why = str(error).split("\n")[0]
        raise ValueError(f"file {named(path)} has no columns of numbers: {why}") from None
