"""Serial machine of spin gates: a list of entries, one sum a replica, and memories."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.data import StructLayout
from amaranth.lib.memory import Memory

from stochastic.invertible import SpinMachine

from ..component import Component, component, elements
from .schedule import limit_of
from .spin_gate import move, noise_value

__all__ = ["SpinMachineComponent"]

# Clocks at the end of a sweep in which the last spin moves through the pipeline.
DRAIN = 4


@component(SpinMachine)
class SpinMachineComponent(Component):
    """A pipeline of four stages.

    Entry, neighbour's spins, sum, saturation; the memories are written from the outputs.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        entries = Entries(p)
        parity = Signal()
        fresh = Signal(init=1)

        # Stage 0: which entry.
        m.submodules.entries = entries.memory
        fetch = entries.memory.read_port()
        clocks = entries.memory.depth
        place = Signal(range(clocks))
        fetched = Signal()
        wraps = Signal()
        m.d.comb += [
            fetch.addr.eq(place),
            fetch.en.eq(self.enable),
            wraps.eq(self.enable & (place == clocks - 1)),
        ]
        with m.If(self.enable):
            m.d.sync += [place.eq(place + 1), fetched.eq(1)]
        with m.If(wraps):
            m.d.sync += [place.eq(0), parity.eq(~parity), fresh.eq(0)]
        m.d.comb += self.limit.eq(limit_of(m, p.schedule, wraps))

        # Stage 1: the neighbour's spins. The memory of this parity is read, the other written.
        entry = fetch.data
        old = []
        for number in range(2):
            spins = Memory(shape=unsigned(p.replicas), depth=p.size, init=[])
            m.submodules[f"spin_memory{number}"] = spins
            read, write = spins.read_port(), spins.write_port()
            m.d.comb += [
                read.addr.eq(entry.neighbour),
                read.en.eq(self.enable),
                write.addr.eq(self.index),
                write.data.eq(self.spins),
                write.en.eq(self.valid & (parity != number)),
            ]
            old.append(read.data)
        weight = Signal(signed(entries.weight_bits), reset_less=True)
        first = Signal(reset_less=True)
        last = Signal()
        draws = Signal()
        with m.If(self.enable):
            m.d.sync += [
                weight.eq(entry.weight),
                first.eq(entry.first),
                last.eq(entry.last & fetched),
                draws.eq(entry.draws & fetched),
            ]

        # Stage 2: the sums; the counters of the row's spin; random bits.
        counters = Memory(shape=unsigned(len(self.counters)), depth=p.size, init=[])
        m.submodules.counter_memory = counters
        read, write = counters.read_port(), counters.write_port()
        row = Signal(range(p.size))
        moving = Signal(range(p.size))
        ready = Signal()
        m.d.comb += [
            read.addr.eq(row),
            read.en.eq(self.enable),
            write.addr.eq(self.index),
            write.data.eq(self.counters),
            write.en.eq(self.valid),
        ]
        up = Signal(p.replicas)
        m.d.comb += up.eq(Mux(fresh, ~0, Mux(parity, old[1], old[0])))
        sums = [
            Signal(signed(entries.sum_bits), name=f"sum{r}", reset_less=True)
            for r in range(p.replicas)
        ]
        with m.If(self.enable):
            m.d.sync += [ready.eq(last), moving.eq(row)]
            with m.If(first):
                m.d.sync += [total.eq(weight) for total in sums]
            with m.Else():
                for r, total in enumerate(sums):
                    m.d.sync += total.eq(total + Mux(up[r], weight, -weight))
            if p.size > 1:
                with m.If(last):
                    m.d.sync += row.eq(Mux(row == p.size - 1, 0, row + 1))
        drawn = random_words(m, p, self.enable & draws)

        # Stage 3: counter, sum and noise together, into the outputs.
        moves = Signal()
        m.d.comb += moves.eq(self.enable & ready)
        with m.If(self.enable):
            m.d.sync += self.valid.eq(ready)
        with m.If(moves):
            m.d.sync += self.index.eq(moving)
        width = p.outputs[3].width
        shown = [Signal(signed(width), name=f"counter{r}") for r in range(p.replicas)]
        for r, counter in enumerate(elements(read.data, p.outputs[3])):
            # The sign comes first, then the bits of the density in the order they were drawn.
            noise = noise_value(p.noise, Cat(word[r] for word in reversed(drawn)))
            now = Signal(signed(width), name=f"now{r}")
            total = now + sums[r] + noise
            moved = Signal(total.shape(), name=f"moved{r}")
            m.d.comb += [now.eq(Mux(fresh, 0, counter)), moved.eq(total)]
            move(
                m,
                shown[r],
                moved,
                limit=self.limit,
                symmetric=p.symmetric,
                enable=moves,
            )
        m.d.comb += [
            self.counters.eq(Cat(shown)),
            self.spins.eq(Cat(~counter[-1] for counter in shown)),
        ]
        return m


class Entries:
    """The read-only memory that says what each clock of a sweep does."""

    def __init__(self, p):
        h, links = p.hamiltonian.h, [[] for _ in p.hamiltonian.h]
        for i, j, weight in p.hamiltonian.J:
            links[i].append((j, weight))
            links[j].append((i, weight))
        sizes = [
            abs(bias) + sum(abs(w) for _, w in row) for bias, row in zip(h, links, strict=True)
        ]
        heaviest = max([1, *map(abs, h), *(abs(w) for _, _, w in p.hamiltonian.J)])
        self.weight_bits = heaviest.bit_length() + 1
        self.sum_bits = max(1, *sizes).bit_length() + 1
        layout = StructLayout(
            {
                "first": 1,
                "last": 1,
                "draws": 1,
                "neighbour": range(max(2, p.size)),
                "weight": signed(self.weight_bits),
            }
        )
        init = []
        for bias, row in zip(h, links, strict=True):
            padding = [(0, 0)] * (p.noise.density_bits - len(row))
            terms = [(0, bias), *sorted(row), *padding]
            init += [
                {
                    "first": k == 0,
                    "last": k == len(terms) - 1,
                    "draws": k < p.noise.bits,
                    "neighbour": neighbour,
                    "weight": weight,
                }
                for k, (neighbour, weight) in enumerate(terms)
            ]
        self.memory = Memory(shape=layout, depth=len(init) + DRAIN, init=init)


def random_words(m, p, draws):
    """Return a row's random words, the last one first; a clock with `draws` adds one."""
    state = Signal(64, init=p.state)
    once = Signal(64)
    twice = Signal(64)
    m.d.comb += [
        once.eq(state ^ (state << 13)[:64]),
        twice.eq(once ^ (once >> 7)),
    ]
    words = [state]
    with m.If(draws):
        m.d.sync += state.eq(twice ^ (twice << 17)[:64])
        for k in range(p.noise.density_bits):
            older = Signal(p.replicas, name=f"drawn{k + 1}", reset_less=True)
            m.d.sync += older.eq(words[-1][: p.replicas])
            words.append(older)
    return words
