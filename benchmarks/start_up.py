"""How long `import stochastic` and `goldstream list` take, files cached.

Neither imports Numba, which the first call of a kernel does.
"""

from __future__ import annotations

import subprocess
import sys
import time

from .common import Measurement, main


def seconds(*arguments: str, tries: int = 7) -> float:
    """Return the best of some runs of Python with these arguments."""
    best = float("inf")
    for _ in range(tries):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - begin)
    return best


def measure() -> list[Measurement]:
    """Measure processes that do one thing and end."""
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
