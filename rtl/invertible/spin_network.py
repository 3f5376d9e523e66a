"""Network of spin gates in parallel."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from stochastic.invertible import SpinNetwork

from ..component import Component, component, create
from .schedule import limit_of
from .spin_gate import field, move, noise_value

__all__ = ["SpinNetworkComponent"]


@component(SpinNetwork)
class SpinNetworkComponent(Component):
    """A counter for each spin, the generators, and the schedule of the limit."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        words = []
        for index, source in enumerate(p.sources):
            generator = create(source)
            m.submodules[f"source{index}"] = generator
            m.d.comb += generator.enable.eq(self.enable)
            words.append(generator.word)
        m.d.comb += self.limit.eq(limit_of(m, p.schedule, self.enable))
        width = p.outputs[1].width
        initial = p.initial or (0,) * p.size
        counters = [
            Signal(signed(width), init=value, name=f"counter{i}")
            for i, value in enumerate(initial)
        ]
        spins = []
        for i, counter in enumerate(counters):
            spin = Signal(name=f"spin{i}")
            value = ~counter[-1]
            if p.clamping:
                value = Mux(self.clamp[i], self.clamp_value[i], value)
            m.d.comb += spin.eq(value)
            spins.append(spin)
        m.d.comb += [self.spins.eq(Cat(*spins)), self.counters.eq(Cat(*counters))]
        for i, counter in enumerate(counters):
            gate = p.gate(i)
            read = [spins[j] for j in neighbours(p, i)]
            first = i % p.sharing * p.noise.bits
            word = words[i // p.sharing][first : first + p.noise.bits]
            total = field(gate.h, gate.weights, read) + noise_value(p.noise, word)
            move(
                m,
                counter,
                counter + total,
                limit=self.limit,
                symmetric=p.symmetric,
                enable=self.enable,
            )
        return m


def neighbours(p, spin):
    """Return the spins that a spin reads, in the order of its gate's weights.

    The list is made here from J and the directed links, not taken from the model's rows.
    """
    links = [(b if a == spin else a) for a, b, _ in p.hamiltonian.J if spin in (a, b)]
    links += [b for a, b, _ in p.directed if a == spin]
    return sorted(links)
