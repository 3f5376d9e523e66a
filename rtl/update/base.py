"""Base of the circuits that update parameters."""

from amaranth.hdl import Cat, Module, Mux, Signal

from ..component import Component, elements
from ..rounding import add_generator

__all__ = ["UpdateComponent"]


class UpdateComponent(Component):
    """A momentum and a weight register per lane, loaded or updated in every enabled cycle.

    Attributes
    ----------
    sources : tuple of str
        Names of the parameters that are generators or None.
    """

    sources: tuple[str, ...]

    def lane(self, m, lane, gradient, momentum, weight, words):
        """Return a lane's momentum and weight after the clock edge.

        Parameters
        ----------
        m : Module
        lane : int
            Number of the lane, for the names of signals.
        gradient, momentum, weight : Value
            Elements of ports or registers; `momentum` is the register or the result of
            `loaded`. Name an expression that is used twice.
        words : tuple of Value
            This lane's word of each generator.
        """
        raise NotImplementedError

    def loaded(self, m, momentum, gradient):
        """Return the momentum that is used while ``load`` is high."""
        return momentum

    def seen(self, m, name, generator):
        """Add a generator; return its word for each lane, rotated left by its number."""
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
