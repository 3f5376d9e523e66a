"""Schedule of the limit: two counters and a table."""

from amaranth.hdl import Array, Const, Signal

__all__ = ["limit_of"]


def limit_of(m, schedule, advance):
    """Count the steps in which `advance` is 1; return the limit of this step."""
    count = len(schedule.limits)
    if count == 1:
        return Const(schedule.limits[0])
    stage = Signal(range(count))
    ends = advance
    if schedule.hold > 1:
        held = Signal(range(schedule.hold))
        last = held == schedule.hold - 1
        ends = advance & last
        with m.If(advance):
            m.d.sync += held.eq(held + 1)
            with m.If(last):
                m.d.sync += held.eq(0)
    with m.If(ends):
        with m.If(stage != count - 1):
            m.d.sync += stage.eq(stage + 1)
        if schedule.repeat:
            with m.Else():
                m.d.sync += stage.eq(0)
    return Array(schedule.limits)[stage]
