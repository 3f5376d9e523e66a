"""Counter that rises on an input and falls on a feedback."""

from amaranth.hdl import Signal

__all__ = ["feedback_counter"]


def feedback_counter(m, parameters, enable, word, up, gate, out):
    """Drive an output from a counter that the output itself lowers.

    Parameters
    ----------
    m : Module
    parameters : FeedbackCounter
    enable, up, gate : Value
        One bit each.
    word : Value
        The generator's word.
    out : Signal
        Driven: whether the word is below the counter.
    """
    full = 1 << parameters.width
    value = Signal(range(full + 1), init=parameters.initial)
    fallen = Signal()
    m.d.comb += [out.eq(word < value), fallen.eq(out & gate)]
    with m.If(enable):
        with m.If(up & ~fallen & (value != full)):
            m.d.sync += value.eq(value + 1)
        with m.Elif(fallen & ~up):
            m.d.sync += value.eq(value - 1)
