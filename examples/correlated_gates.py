"""Gates of correlated streams: their error by the depth of the circuit in front.

Run it with ``python -m examples.correlated_gates``.
"""

from __future__ import annotations

import numpy as np

from stochastic import (
    AbsoluteDifference,
    Bitstream,
    Desynchronizer,
    Maximum,
    Minimum,
    SaturatingAdder,
    SaturatingSubtractor,
    Synchronizer,
    scc,
)

__all__ = ["main", "rows"]

PAIRS, LENGTH = 20_000, 256


def rows() -> list[tuple[float, ...]]:
    """Return the depth, two mean SCC and five mean errors for each depth.

    The streams are independent bits of uniform values; the errors are those against the
    function of the streams' own values.
    """
    rng = np.random.default_rng(1)
    bits = rng.random((2, PAIRS, LENGTH)) < rng.random((2, PAIRS, 1))
    a, b = (Bitstream.from_bits(x, "unipolar") for x in bits)
    p, q = a.value, b.value
    wanted = {
        Maximum: np.maximum(p, q),
        Minimum: np.minimum(p, q),
        AbsoluteDifference: np.abs(p - q),
        SaturatingAdder: np.minimum(p + q, 1),
        SaturatingSubtractor: np.maximum(p - q, 0),
    }
    found = []
    for depth in (0, 1, 2, 4, 8):
        near = apart = float(scc(a, b).mean())
        if depth:
            pair = Synchronizer(depth=depth).apply(a=a, b=b)
            near = float(scc(pair["a_out"], pair["b_out"]).mean())
            pair = Desynchronizer(depth=depth).apply(a=a, b=b)
            apart = float(scc(pair["a_out"], pair["b_out"]).mean())
        errors = [
            float(np.abs(kind(depth=depth).apply(a=a, b=b).value - value).mean())
            for kind, value in wanted.items()
        ]
        found.append((depth, near, apart, *errors))
    return found


def main() -> None:
    """Print the table as Markdown."""
    print(
        "| depth | SCC, synchronizer | SCC, desynchronizer | maximum | minimum | "
        "abs. difference | sat. sum | sat. difference |"
    )
    print("|" + "---|" * 8)
    for depth, near, apart, *errors in rows():
        shown = " | ".join(f"{error:.4f}" for error in errors)
        print(f"| {depth} | {near:.3f} | {apart:.3f} | {shown} |")


if __name__ == "__main__":
    main()
