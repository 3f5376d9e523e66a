"""Spin gate: weighted sum, random sign, saturating counter."""

from amaranth.hdl import Module, Mux, Signal, signed

from stochastic.invertible import SpinGate

from ..component import Component, component, create

__all__ = ["SpinGateComponent", "field", "move", "noise_value"]


@component(SpinGate)
class SpinGateComponent(Component):
    """One counter, whose sign is the spin."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        m.submodules.generator = generator = create(p.generator)
        m.d.comb += generator.enable.eq(self.enable)
        counter = Signal.like(self.counter, init=p.initial, name="register")
        spins = [self.spins[i] for i in range(len(p.weights))]
        total = field(p.h, p.weights, spins) + noise_value(p.noise, generator.word)
        move(
            m,
            counter,
            counter + total,
            limit=self.limit if p.limit_port else p.limit,
            symmetric=p.symmetric,
            enable=self.enable,
        )
        spin = ~counter[-1]
        if p.clamping:
            spin = Mux(self.clamp, self.clamp_value, spin)
        m.d.comb += [self.spin.eq(spin), self.counter.eq(counter)]
        return m


def field(h, weights, spins):
    """Return h + sum of J m, where a spin bit 1 stands for m = +1."""
    total = h
    for weight, spin in zip(weights, spins, strict=True):
        total = total + Mux(spin, weight, -weight)
    return total


def noise_value(noise, word):
    """Return the random term for a word: plus or minus the weight, or 0."""
    value = Mux(word[0], noise.weight, -noise.weight)
    if noise.density_bits:
        value = Mux(word[1 : noise.bits] < noise.density, value, 0)
    return value


def move(m, counter, moved, *, limit, symmetric, enable):
    """Set a counter to a value that saturates at -limit and limit - 1, or limit."""
    # One bit more than the value needs, so that each bound is told by a sign bit.
    above = Signal(signed(len(moved) + 1), name=f"{counter.name}_above")
    below = Signal(signed(len(moved) + 1), name=f"{counter.name}_below")
    over = moved - limit - 1 if symmetric else moved - limit
    m.d.comb += [above.eq(over), below.eq(moved + limit)]
    with m.If(enable):
        m.d.sync += counter.eq(moved)
        with m.If(~above[-1]):
            m.d.sync += counter.eq(limit if symmetric else limit - 1)
        with m.If(below[-1]):
            m.d.sync += counter.eq(-limit)
