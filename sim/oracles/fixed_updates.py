"""Parameters of the fixed-point lanes."""

from __future__ import annotations

from fixedpoint import FixedMomentumSgdLanes, Overflow, Rounding


def fixed_lanes(lanes, formats, decay_shift, rounding, overflow, generators=(None, None)):
    """Return lanes from names: the formats of gradient, momentum, weight and rate; modes."""
    gradient, momentum, weight, rate = formats.split()
    return FixedMomentumSgdLanes(
        lanes=lanes,
        gradient_format=gradient,
        momentum_format=momentum,
        weight_format=weight,
        rate_format=rate,
        decay_shift=decay_shift,
        rounding=Rounding(rounding),
        overflow=Overflow(overflow),
        momentum_generator=generators[0],
        weight_generator=generators[1],
    )
