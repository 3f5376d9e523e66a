"""Warning for steps that use only a few words of a generator for each parameter."""

from __future__ import annotations

import dataclasses
import math
import warnings

from fixedpoint.update.base import UpdateCircuit

from ...generators.generator import Generator

__all__ = ["warn_of_few_words"]

# The mean of a parameter's samples is accurate only if they use more different words.
MINIMUM_WORDS = 64


def warn_of_few_words(circuit: UpdateCircuit, cycles: int, stacklevel: int) -> None:
    """Warn if a parameter meets the same few words in all steps.

    Parameters
    ----------
    circuit : UpdateCircuit
    cycles : int
        Number of cycles of every step.
    stacklevel : int
        As in `warnings.warn`, counted from this function.
    """
    for field in dataclasses.fields(circuit):
        generator = getattr(circuit, field.name)
        if not isinstance(generator, Generator):
            continue
        words = generator.period // math.gcd(generator.period, cycles)
        if words < min(MINIMUM_WORDS, generator.period):
            warnings.warn(
                f"every parameter meets only {words} of the {generator.period} words of "
                f"the {field.name}, because a step takes {cycles} cycles: choose another "
                "width or zero_state",
                stacklevel=stacklevel,
            )
