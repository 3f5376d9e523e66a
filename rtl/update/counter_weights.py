"""Base of the update circuits whose weights are counters that samples move."""

from amaranth.hdl import Cat, Mux

from ..rounding import add_generator
from .base import UpdateComponent

__all__ = ["CounterUpdateComponent", "magnitude", "saturated"]


class CounterUpdateComponent(UpdateComponent):
    """Lanes that share a generator, each seeing its word rotated; or have one each."""

    def seen(self, m, name, generator):
        words = [
            add_generator(m, f"{name}_{i}", each, self.enable)
            for i, each in enumerate(self.parameters.lane_generators(generator))
        ]
        if self.parameters.sharing == "rotation":
            return [words[0].rotate_left(lane) for lane in range(self.parameters.lanes)]
        return words


def magnitude(value):
    """Return the absolute value of a signed one that is not its type's least."""
    return Mux(value[-1], -value, value)[: len(value) - 1]


def saturated(value, width):
    """Return the value, or the end of the two's complement range that it has passed."""
    beyond = value[width - 1 : -1] ^ value[-1].replicate(len(value) - width)
    end = Cat((~value[-1]).replicate(width - 1), value[-1])
    return Mux(beyond.any(), end, value[:width])
