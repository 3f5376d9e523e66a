"""Stochastic arithmetic: the area of every circuit, in LUTs of four inputs and flip-flops.

Run it with ``python -m examples.arithmetic_area``. Yosys maps the Verilog to the LUTs of no
device in particular, as ``goldstream synth --target lut4`` does. Generators inside are LFSRs of
8 bits, and part of the figures.
"""

from __future__ import annotations

from typing import Any

from sim.synthesis import synthesize_many
from stochastic import (
    AbsoluteDifference,
    ApproximateParallelCounter,
    BernsteinPolynomial,
    BitInsertingSquareRoot,
    Comparator,
    ConditionalMultiplier,
    Cordiv,
    DeterministicMultiplier,
    GainesDivider,
    GainesSquareRoot,
    HardTanh,
    HybridMultiplier,
    InStreamDivider,
    InStreamMultiplier,
    Inverter,
    JkDivider,
    Lfsr,
    LinearGain,
    Maximum,
    Minimum,
    Multiplier,
    MuxAdder,
    OrAdder,
    ParallelCounter,
    Sabs,
    SaturatingAdder,
    SaturatingSubtractor,
    Sexp,
    Smax,
    Smin,
    Sng,
    Srelu,
    Ssigmoid,
    Ssign,
    Stanh,
    ToggleAdder,
    UnifiedAdder,
    UnifiedScaledAdder,
)

__all__ = ["CIRCUITS", "areas", "main"]

LFSR = Lfsr(width=8)
SMALL = Lfsr(width=3)

CIRCUITS: dict[str, Any] = {
    "Sng": Sng(generator=LFSR),
    "Comparator, of a shared generator": Comparator(width=8),
    "Inverter": Inverter(),
    "Multiplier": Multiplier(),
    "ConditionalMultiplier": ConditionalMultiplier(generator=LFSR),
    "ConditionalMultiplier, bipolar": ConditionalMultiplier(generator=LFSR, encoding="bipolar"),
    "InStreamMultiplier": InStreamMultiplier(generator=Lfsr(width=3)),
    "HybridMultiplier": HybridMultiplier(width=8),
    "DeterministicMultiplier": DeterministicMultiplier(width=4),
    "ToggleAdder": ToggleAdder(),
    "UnifiedScaledAdder, 8": UnifiedScaledAdder(fan_in=8),
    "MuxAdder, 8": MuxAdder(fan_in=8, generator=LFSR),
    "UnifiedAdder, 8": UnifiedAdder(fan_in=8, width=8),
    "OrAdder, 8": OrAdder(fan_in=8),
    "ParallelCounter, 8": ParallelCounter(fan_in=8, width=12),
    "ApproximateParallelCounter, 8": ApproximateParallelCounter(fan_in=8, width=12),
    "Stanh, K = 8": Stanh(states=8),
    "Ssigmoid, K = 8": Ssigmoid(states=8),
    "Sexp, K = 8": Sexp(states=8, gain=2),
    "Sabs, K = 16": Sabs(states=16),
    "Ssign, K = 16": Ssign(states=16),
    "Smax, K = 16": Smax(states=16),
    "Smin, K = 16": Smin(states=16),
    "Srelu, K = 16": Srelu(states=16),
    "HardTanh, g = 2": HardTanh(gain_factor=2),
    "LinearGain, K = 32": LinearGain(states=32),
    "BernsteinPolynomial, degree 6": BernsteinPolynomial(
        codes=(24, 184, 89, 256, 180, 248, 254), generator=LFSR
    ),
    "GainesDivider, n = 8": GainesDivider(width=8, generator=LFSR),
    "InStreamDivider, D = 3": InStreamDivider(),
    "Cordiv": Cordiv(),
    "Cordiv, 8 quotients": Cordiv(generator=SMALL),
    "JkDivider": JkDivider(),
    "GainesSquareRoot, n = 8": GainesSquareRoot(width=8, generator=LFSR, delay=8),
    "BitInsertingSquareRoot, w = 3": BitInsertingSquareRoot(generator=SMALL),
    "Maximum, depth 1": Maximum(),
    "Minimum, depth 1": Minimum(),
    "AbsoluteDifference, depth 1": AbsoluteDifference(),
    "SaturatingAdder, depth 1": SaturatingAdder(),
    "SaturatingSubtractor, depth 1": SaturatingSubtractor(),
}


def areas(circuits: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the number of LUTs and of flip-flops of each circuit.

    Raises
    ------
    ToolError
        If Yosys is missing.
    """
    found = synthesize_many(list(circuits.values()), "lut4")
    return {
        name: (figures.lut or 0, figures.ff or 0)
        for name, (figures, _) in zip(circuits, found, strict=True)
    }


def main() -> None:
    """Print the table."""
    print("| circuit | LUTs | flip-flops | latency |\n|---|---|---|---|")
    for name, (luts, flip_flops) in areas(CIRCUITS).items():
        print(f"| {name} | {luts} | {flip_flops} | {CIRCUITS[name].latency} |")


if __name__ == "__main__":
    main()
