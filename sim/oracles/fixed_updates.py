"""Parameters of the fixed-point update lanes."""

from __future__ import annotations

from fixedpoint import FixedMomentumSgdLanes, Overflow, Rounding


def fixed_lanes(lanes, formats, decay_shift, rounding, overflow, generators=(None, None)):
    """Return lanes from the names of their modes and of the formats.

    The formats are those of gradient, momentum, weight and rate, in this order.
    """
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
