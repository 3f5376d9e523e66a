"""Base of the update circuits with saturating counters as weights."""

from amaranth.hdl import Cat, Mux

from ..rounding import add_generator
from .base import UpdateComponent

__all__ = ["CounterUpdateComponent", "magnitude", "saturated"]


class CounterUpdateComponent(UpdateComponent):
    """Lanes that share generators and rotate their words, or have one generator each."""

    def seen(self, m, name, generator):
        words = [
            add_generator(m, f"{name}_{i}", lane_generator, self.enable)
            for i, lane_generator in enumerate(self.parameters.lane_generators(generator))
        ]
        if self.parameters.sharing == "rotation":
            return [words[0].rotate_left(lane) for lane in range(self.parameters.lanes)]
        return words


def magnitude(value):
    """Return the absolute value of a signed value above the minimum of its shape."""
    return Mux(value[-1], -value, value)[: len(value) - 1]


def saturated(value, width):
    """Return a signed value, saturated to two's complement of `width` bits."""
    excess = value[width - 1 : -1] ^ value[-1].replicate(len(value) - width)
    end = Cat((~value[-1]).replicate(width - 1), value[-1])
    return Mux(excess.any(), end, value[:width])
