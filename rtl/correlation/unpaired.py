"""The ones that a synchronizer cannot pair."""

from amaranth.hdl import Signal

__all__ = ["unpaired"]


def unpaired(m, component):
    """Return the bits of a and of b that pass a synchronizer alone.

    A difference is made of these bits only, so the pairs need no logic: the synchronizer is
    a counter, and a lone one passes where the counter is at its end.
    """
    depth = component.parameters.depth
    lone_a = Signal()
    lone_b = Signal()
    m.d.comb += [
        lone_a.eq(component.a & ~component.b),
        lone_b.eq(component.b & ~component.a),
    ]
    if not depth:
        return lone_a, lone_b
    held = Signal(range(2 * depth + 1), init=depth)
    full_a = Signal()
    full_b = Signal()
    m.d.comb += [full_a.eq(held == 2 * depth), full_b.eq(held == 0)]
    with m.If(component.enable):
        with m.If(lone_a & ~full_a):
            m.d.sync += held.eq(held + 1)
        with m.If(lone_b & ~full_b):
            m.d.sync += held.eq(held - 1)
    return lone_a & full_a, lone_b & full_b
