"""Convolution of an image that arrives pixel by pixel."""

from amaranth.hdl import Cat, Module, Mux, Signal

from fixedpoint.mac.conv_line import ConvLine

from ..component import Component, component, create

__all__ = ["ConvLineComponent"]


@component(ConvLine)
class ConvLineComponent(Component):
    """A shift register, two counters, and the inner product of the window."""

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        width, edge = p.pixel_format.width, p.size - 1
        m.submodules.dot_product = dot = create(p.dot_product)
        ago = edge * (p.columns + 1)
        line = Signal(ago * width)
        seen = Cat(self.pixel, line)
        window = [
            seen.word_select(ago - (y * p.columns + x), width)
            for y in range(p.size)
            for x in range(p.size)
        ]
        column = Signal(range(p.columns))
        row = Signal(range(p.rows))
        last_column, last_row = column == p.columns - 1, row == p.rows - 1
        inside = (column >= edge) & (row >= edge)
        if p.stride > 1:
            across, down = (
                Signal(range(p.stride), init=-edge % p.stride, name=name)
                for name in ("column_phase", "row_phase")
            )
            inside &= (across == 0) & (down == 0)
            with m.If(self.enable):
                with m.If(last_column):
                    m.d.sync += down.eq(self._phase(down, last_row))
                m.d.sync += across.eq(self._phase(across, last_column))
        valid = Signal(p.latency)
        with m.If(self.enable):
            m.d.sync += [
                line.eq(seen),
                valid.eq(Cat(inside, valid)),
                column.eq(Mux(last_column, 0, column + 1)),
            ]
            with m.If(last_column):
                m.d.sync += row.eq(Mux(last_row, 0, row + 1))
        m.d.comb += [
            dot.enable.eq(self.enable),
            dot.a.eq(Cat(window)),
            dot.b.eq(self.weights),
            self.sum.eq(dot.sum),
            self.valid.eq(valid[-1]),
        ]
        if p.dot_product.has_overflow_flag:
            m.d.comb += self.overflowed.eq(dot.overflowed)
        return m

    def _phase(self, phase, last):
        """Return the phase of the next column or row."""
        p = self.parameters
        wrapped = Mux(phase == p.stride - 1, 0, phase + 1)
        return Mux(last, (1 - p.size) % p.stride, wrapped)
