"""The catalogue's AND gate: its pins, clamped in all ways, show rows of the truth table."""

import itertools

import numpy as np
import pytest

from sim.catalog import entry_of

ROWS = {(a, b, a & b) for a, b in itertools.product((0, 1), repeat=2)}


@pytest.mark.parametrize("clamped", list(itertools.product((0, 1), repeat=3)))
def test_most_frequent_state_is_a_row_that_fits(clamped):
    circuit, cycles = entry_of("and_gate").default, 6000
    for values in itertools.product((0, 1), repeat=3):
        fits = {
            row
            for row in ROWS
            if all(r == v for r, v, c in zip(row, values, clamped, strict=True) if c)
        }
        if not fits or any(v and not c for v, c in zip(values, clamped, strict=True)):
            continue  # No row has these values, or another turn has the same clamps.
        outputs, _ = circuit.run(
            {
                "clamp": np.tile(clamped, (cycles, 1)),
                "clamp_value": np.tile(values, (cycles, 1)),
            }
        )
        states, counts = np.unique(outputs["spins"], axis=0, return_counts=True)
        assert tuple(states[counts.argmax()].tolist()) in fits
