"""Schedule of the limit: two counters and a table."""

from amaranth.hdl import Array, Signal

__all__ = ["limit_of"]


def limit_of(m, schedule, advance):
    """Count the steps in which `advance` is 1; return the limit of this step."""
    count = len(schedule.limits)
    held = Signal(range(max(2, schedule.hold)))
    stage = Signal(range(max(2, count)))
    with m.If(advance):
        with m.If(held == schedule.hold - 1):
            m.d.sync += held.eq(0)
            with m.If(stage != count - 1):
                m.d.sync += stage.eq(stage + 1)
            if schedule.repeat:
                with m.Else():
                    m.d.sync += stage.eq(0)
        with m.Else():
            m.d.sync += held.eq(held + 1)
    return Array(schedule.limits)[stage] if count > 1 else schedule.limits[0]
