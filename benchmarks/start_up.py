"""Time of `import stochastic` and of `goldstream list`, with files cached.

Neither imports Numba: the first call of a kernel does.

    python -m benchmarks.start_up [--json FILE]
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.measurement import Measurement, main


def seconds(*arguments: str, tries: int = 7) -> float:
    """Return the shortest time of Python with these arguments, start to exit."""
    best = float("inf")
    for _ in range(tries):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - begin)
    return best


def measure() -> list[Measurement]:
    """Measure one process for each."""
    python, numpy = seconds("-c", "pass"), seconds("-c", "import numpy")
    return [
        Measurement(
            name="import stochastic, against import numpy",
            unit="starts/s",
            rate=1 / seconds("-c", "import stochastic"),
            peer=1 / numpy,
            goal=1 / 0.6,
        ),
        Measurement(
            name="goldstream list, against Python alone",
            unit="starts/s",
            rate=1 / seconds("-m", "sim.cli", "list"),
            peer=1 / python,
            goal=1 / 1.0,
        ),
    ]


if __name__ == "__main__":
    main("Start-up", measure)
