"""Base of the circuits that update parameters: what their lanes have in common."""

from amaranth.hdl import Cat, Module, Mux, Signal

from ..component import Component, elements
from ..rounding import add_generator

__all__ = ["UpdateComponent"]


class UpdateComponent(Component):
    """A momentum and a weight register a lane, loaded or updated in every enabled cycle.

    Attributes
    ----------
    sources : tuple of str
        The parameters that are generators, or None.
    """

    sources: tuple[str, ...]

    def lane(self, m, lane, gradient, momentum, weight, words):
        """Return what a lane's momentum and weight are after the clock edge.

        Parameters
        ----------
        m : Module
        lane : int
            To number names with.
        gradient, momentum, weight : Value
            As `elements` are; `momentum` is the register, or what `loaded` returns. An
            expression that is used twice should be given a name.
        words : tuple of Value
            Of each generator that is there, as this lane sees it.
        """
        raise NotImplementedError

    def loaded(self, m, momentum, gradient):
        """Return what stands for the register's value while ``load`` is high."""
        return momentum

    def seen(self, m, name, generator):
        """Make a generator; return its word as each lane sees it, rotated by its number."""
        word = add_generator(m, name, generator, self.enable)
        return [word.rotate_left(lane) for lane in range(self.parameters.lanes)]

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        ports = {port.name: port for port in p.ports}
        vectors = zip(
            *(
                elements(getattr(self, name), ports[name])
                for name in ("gradient", "momentum_in", "weight_in")
            ),
            strict=True,
        )
        words = [
            self.seen(m, name, generator)
            for name in self.sources
            if (generator := getattr(p, name)) is not None
        ]
        momenta, weights = [], []
        for lane, (gradient, momentum_in, weight_in) in enumerate(vectors):
            momentum = Signal(momentum_in.shape(), name=f"momentum_{lane}")
            weight = Signal(weight_in.shape(), name=f"weight_{lane}")
            following = self.lane(
                m,
                lane,
                gradient,
                Mux(self.load, self.loaded(m, momentum_in, gradient), momentum),
                Mux(self.load, weight_in, weight),
                tuple(each[lane] for each in words),
            )
            with m.If(self.enable):
                m.d.sync += [momentum.eq(following[0]), weight.eq(following[1])]
            momenta.append(momentum)
            weights.append(weight)
        m.d.comb += [self.momentum.eq(Cat(momenta)), self.weight.eq(Cat(weights))]
        return m
