"""Rounding and overflow as logic."""

from amaranth.hdl import Cat, Const, Mux, Signal, Value

from fixedpoint import Overflow, Rounding

from .component import create

__all__ = [
    "add_generator",
    "aligned_sum",
    "fit_value",
    "named_signal",
    "quantize_value",
    "round_value",
    "sign_extend",
]


def named_signal(m, name, value):
    """Return a signal with the given value, so that logic used twice is emitted once."""
    signal = Signal(Value.cast(value).shape(), name=name)
    m.d.comb += signal.eq(value)
    return signal


def sign_extend(value, width):
    """Return a number as a signed value of at least `width` bits."""
    if not value.shape().signed:
        value = Cat(value, Const(0, 1)).as_signed()
    missing = width - len(value)
    if missing <= 0:
        return value
    return Cat(value, value[-1].replicate(missing)).as_signed()


def round_value(m, value, discarded, rounding, word=None):
    """Return ``value / 2**discarded``, rounded to an integer.

    The integer part is incremented or kept, depending on the first discarded bit (guard),
    whether any bit below it is set (sticky), the sign, and the last bit kept; with
    STOCHASTIC on the carry of the sum of the discarded bits and the word.
    """
    if discarded <= 0:
        whole = sign_extend(value, 1).shift_left(-discarded)
        return whole | 1 if rounding is Rounding.JAM else whole
    # At least two bits are kept, so that 1 is a positive number.
    value = named_signal(m, "exact", sign_extend(value, discarded + 2))
    whole, rest = value[discarded:].as_signed(), value[:discarded]
    guard, last, negative = rest[-1], whole[0], value[-1]
    sticky = rest[:-1].any() if discarded > 1 else Const(0, 1)
    match rounding:
        case Rounding.TRUNCATE:
            return whole
        case Rounding.JAM:
            return Cat(Const(1, 1), whole[1:]).as_signed()
        case Rounding.CEIL:
            up = rest.any()
        case Rounding.TO_ZERO:
            up = negative & rest.any()
        case Rounding.AWAY:
            up = ~negative & rest.any()
        case Rounding.NEAREST_UP:
            up = guard
        case Rounding.NEAREST_DOWN:
            up = guard & sticky
        case Rounding.NEAREST_ZERO:
            up = guard & (sticky | negative)
        case Rounding.NEAREST_AWAY:
            up = guard & (sticky | ~negative)
        case Rounding.NEAREST_EVEN:
            up = guard & (sticky | last)
        case Rounding.NEAREST_ODD:
            up = guard & (sticky | ~last)
        case Rounding.STOCHASTIC:
            bits = min(discarded, len(word))
            up = (rest[-bits:] + word[-bits:])[bits]
    return whole + up


def fit_value(m, number, target, overflow):
    """Return a rounded number as the bits of `target`, and whether it did not fit.

    It fits a signed format if all bits from the format's sign bit up are equal, and an
    unsigned format if all bits above the format's are 0.
    """
    width, magnitude = target.width, target.width - target.signed
    number = named_signal(m, "rounded", sign_extend(number, width + 1))
    beyond, negative, low = number[magnitude:], number[-1], number[:width]
    lost = beyond.any() & ~beyond.all() if target.signed else beyond.any()
    if overflow in (Overflow.WRAP, Overflow.ERROR):
        return low, lost
    if overflow is Overflow.SATURATE_ZERO:
        return Mux(lost, 0, low), lost
    least, refused = target.minimum_code, lost
    if overflow is Overflow.SATURATE_SYMMETRIC and target.signed:
        least, refused = -target.maximum_code, lost | (low == 1 << magnitude)
    least, most = (Const(code % (1 << width), width) for code in (least, target.maximum_code))
    return Mux(refused, Mux(negative, least, most), low), lost


def aligned_sum(x, y):
    """Return the exact sum of two pairs (number, fraction bits) as such a pair."""
    finest = max(x[1], y[1])
    x, y = (number.shift_left(finest - bits) for number, bits in (x, y))
    return x + y, finest


def quantize_value(m, code, stage, word=None):
    """Convert a code from a stage's exact format; return it and whether it overflowed."""
    number = round_value(m, code, stage.discarded, stage.rounding, word)
    return fit_value(m, number, stage.target, stage.overflow)


def add_generator(m, name, generator, enable):
    """Add a generator to a module and return its word."""
    m.submodules[name] = source = create(generator)
    m.d.comb += source.enable.eq(enable)
    return source.word
