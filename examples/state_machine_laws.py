"""Functions by state machines: the exact law, the textbook formula, and what streams give.

Run it with ``python -m examples.state_machine_laws``. It writes state_machine_laws.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.picture import new_figure, save_figure
from sim.catalog import find
from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, LinearGain, Sabs, Sexp, Stanh

__all__ = ["X", "curves", "main"]

X = np.linspace(-0.95, 0.95, 39)
LENGTH = 16384
GAIN = 2.0

Array = NDArray[np.float64]


def exact_gain(circuit: LinearGain, k: float) -> Array:
    """Return the exact mean of a linear gain, by detailed balance."""
    upper = np.arange(circuit.states) >= circuit.states // 2
    means = []
    for one in (1 + X) / 2:
        up = np.where(upper, one * k, one)
        down = np.where(upper, 1 - one, (1 - one) * k)
        means.append(stationary_law(up, down)[0][upper].sum())
    return 2 * np.array(means) - 1


def curves() -> dict[str, tuple[Array, Array, Array]]:
    """Return, by function, the exact law, the textbook formula, and measured values."""
    rng = np.random.default_rng(1)

    def stream(chance: Array, encoding: str) -> Bitstream:
        return Bitstream.from_bits(rng.random((len(X), LENGTH)) < chance[:, None], encoding)

    x = stream((1 + X) / 2, "bipolar")
    k = (GAIN - 1) / (GAIN + 1)
    gain = LinearGain(states=16)
    found = {}
    for circuit, name, textbook in (
        (Stanh(states=8), "tanh, K = 8", np.tanh(4 * X)),
        (Sexp(states=16, gain=2), "exp, K = 16, G = 2", np.exp(-4 * np.maximum(X, 0))),
        (Sabs(states=8), "|x|, K = 8", np.abs(X)),
    ):
        law = find(type(circuit).__name__.lower()).law
        assert law is not None
        found[name] = (law(circuit, {"x": X}, ""), textbook, circuit.apply(x=x).value)
    measured = gain.apply(x=x, k=stream(np.full(len(X), k), "unipolar")).value
    found["gain 2, K = 16"] = (exact_gain(gain, k), np.clip(GAIN * X, -1, 1), measured)
    return found


def main() -> None:
    """Print the largest distances, and draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("state_machine_laws.png"))
    out = parser.parse_args().out
    found = curves()
    figure, axes = new_figure(2, 2, figsize=(8, 6))
    print("| function | exact law less textbook | streams less exact law |")
    print("|---|---|---|")
    for ax, (name, (exact, textbook, measured)) in zip(axes.flat, found.items(), strict=True):
        print(
            f"| {name} | {np.abs(exact - textbook).max():.3f} | "
            f"{np.abs(measured - exact).max():.3f} |"
        )
        ax.plot(X, textbook, "--", color="gray", label="textbook")
        ax.plot(X, exact, color="C0", label="exact law")
        ax.plot(X, measured, ".", color="C1", label=f"{LENGTH} random bits")
        ax.set(title=name, xlabel="x")
        ax.grid(alpha=0.3)
    axes.flat[0].legend()
    save_figure(figure, out)


if __name__ == "__main__":
    main()
