"""Accumulator that pays for each 1 it emits."""

from amaranth.hdl import Const, Mux, Signal, signed, unsigned

__all__ = ["pay_for_ones"]


def pay_for_ones(m, enable, gained, emitted, cost, width, has_sign):
    """Let an accumulator gain a value in each cycle, and emit ones that it pays for.

    Parameters
    ----------
    m : Module
    enable : Value
    gained : Value
        At most 2^width and, with a sign, at least -2^width.
    emitted : Signal
        Driven: whether the accumulator with what it gains has at least `cost`.
    cost : int
    width : int
        Bits of the accumulator, which saturates at both ends.
    has_sign : bool
        Whether it is two's complement.
    """
    stored = Signal(signed(width) if has_sign else unsigned(width))
    # Two more bits hold the sum with its sign.
    total = Signal(signed(width + 2))
    kept = Signal(signed(width + 1))
    above = Signal()
    below = Signal()
    m.d.comb += total.eq(stored + gained)
    if has_sign:
        high, low = (1 << (width - 1)) - 1, Const(-(1 << (width - 1)), signed(width))
        m.d.comb += [
            above.eq(~total[-1] & total[width - 1 : -1].any()),
            below.eq(total[-1] & ~total[width - 1 : -1].all()),
        ]
    else:
        high, low = (1 << width) - 1, 0
        m.d.comb += above.eq(total[width])
    m.d.comb += [kept.eq(Mux(above, high, total)), emitted.eq(kept >= cost)]
    with m.If(enable):
        m.d.sync += stored.eq(Mux(emitted, kept - cost, Mux(below, low, kept)))
