"""How long `import stochastic` and `goldstream list` take, files cached.

The limit of the first is `import numba`, which it needs; of the second, Python and Typer.
"""

from __future__ import annotations

import subprocess
import sys
import time


def seconds(*arguments: str, tries: int = 7) -> float:
    """Return the best of some runs of Python with these arguments."""
    best = float("inf")
    for _ in range(tries):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - begin)
    return best


def measure() -> dict[str, float]:
    """Return seconds of a process that does one thing and ends."""
    return {
        "python": seconds("-c", "pass"),
        "import numba": seconds("-c", "import numba"),
        "import stochastic": seconds("-c", "import stochastic"),
        "goldstream list": seconds("-m", "sim.cli", "list"),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:.3f} s")
