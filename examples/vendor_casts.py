"""Casts of all codes by Xilinx's own ap_fixed, compared with ours.

The headers ``ap_fixed.h`` of Xilinx HLS come with hls4ml:

    pip install --no-deps hls4ml
    python -m examples.vendor_casts

compiles a program with them, and casts every code of small formats to others in all rounding
and overflow modes that both have. ``--headers DIR`` takes those of an installation of Vitis
HLS. g++ is needed.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.exit_status import exit_with
from fixedpoint import FixedArray, Format, Overflow, Rounding

__all__ = ["differences", "find_headers", "main", "vendor_codes"]

# Signed and unsigned, with ties at several places; formats without integer or fraction bits.
SOURCES = ("sQ4.4", "uQ3.5", "sQ1.6", "sQ6.2")
TARGETS = ("sQ2.2", "uQ2.2", "sQ4.0", "uQ1.4", "sQ-1.5", "sQ6.-2", "sQ4.6", "uQ5.3")

PROGRAM = """#include <cstdint>
#include <cstdio>
#include <ap_fixed.h>

template <class S, class T> void cast() {
  for (int code = 0; code < (1 << S::width); code++) {
    S source;
    source.range() = code;
    T target = source;
    std::int32_t bits = target.range().to_int();
    std::fwrite(&bits, sizeof bits, 1, stdout);
  }
}

int main() {
"""

Case = tuple[Format, Format, Rounding, Overflow]


def find_headers() -> Path | None:
    """Return the folder of ``ap_fixed.h`` in hls4ml, or None if it is not installed."""
    spec = util.find_spec("hls4ml")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(next(iter(spec.submodule_search_locations))) / "templates/vivado/ap_types"
    return found if (found / "ap_fixed.h").is_file() else None


def cases(sources: tuple[str, ...], targets: tuple[str, ...]) -> Iterator[Case]:
    """Yield the formats and modes of all casts."""
    rounding = [mode for mode in Rounding if mode.ap_fixed]
    overflow = [mode for mode in Overflow if mode.ap_fixed]
    for s, t, r, o in itertools.product(sources, targets, rounding, overflow):
        source, target = Format.parse(s), Format.parse(t)
        # ap_fixed itself stops where it cuts more bits than the source has.
        if source.frac_bits - target.frac_bits < source.width:
            yield source, target, r, o


def vendor_codes(headers: Path, every: list[Case]) -> list[NDArray[np.int64]]:
    """Return what Xilinx's ap_fixed makes of all codes of each case, as bits.

    Raises
    ------
    ValueError
        If there is no g++, or the headers do not compile.
    """
    lines = []
    for source, target, rounding, overflow in every:
        modes = f", {rounding.ap_fixed}, {overflow.ap_fixed}>"
        kind = target.to_ap_fixed().replace(">", modes)
        lines.append(f"  cast<{source.to_ap_fixed()}, {kind}>();\n")
    if shutil.which("g++") is None:
        raise ValueError("g++ is not installed, which compiles ap_fixed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "casts.cpp"
        path.write_text(PROGRAM + "".join(lines) + "}\n")
        compiler = ["g++", "-O0", "-w", "-std=c++14", f"-I{headers}", str(path)]
        built = subprocess.run(
            [*compiler, "-o", f"{folder}/casts"], capture_output=True, text=True, check=False
        )
        if built.returncode:
            raise ValueError(f"g++ does not compile ap_fixed: {built.stderr.splitlines()[0]}")
        output = subprocess.run([f"{folder}/casts"], capture_output=True, check=True).stdout
    bits = np.frombuffer(output, np.int32).astype(np.int64)
    sizes = [1 << source.width for source, *_ in every]
    return np.split(bits, np.cumsum(sizes)[:-1])


def differences(headers: Path, every: list[Case]) -> tuple[int, int]:
    """Return how many casts there are, and how many of them differ from ours."""
    found = vendor_codes(headers, every)
    wrong = 0
    for (source, target, rounding, overflow), bits in zip(every, found, strict=True):
        patterns = np.arange(1 << source.width)
        sign = 1 << (source.width - 1) if source.signed else 0
        ours = FixedArray((patterns ^ sign) - sign, source).cast(target, rounding, overflow)
        mask = (1 << target.width) - 1
        wrong += int(((ours.codes ^ bits) & mask != 0).sum())
    return sum(map(len, found)), wrong


def main() -> int:
    """Compare, print the numbers, and return 1 if a cast differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--headers", type=Path, help="folder of ap_fixed.h")
    headers = parser.parse_args().headers or find_headers()
    if headers is None:
        raise ValueError(
            "hls4ml is not installed, which brings ap_fixed.h: pip install --no-deps hls4ml, "
            "or give --headers"
        )
    count, wrong = differences(headers, list(cases(SOURCES, TARGETS)))
    print(f"{count:,} casts by Xilinx's ap_fixed, {wrong:,} of them differ from ours")
    return int(wrong > 0)


if __name__ == "__main__":
    exit_with(main)
