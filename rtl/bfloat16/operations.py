"""Operations on bfloat16 numbers as logic."""

from amaranth.hdl import Cat, Const, Module, Mux

from ..rounding import named_signal

__all__ = ["add", "multiply", "negate", "scale_down"]

NAN = Const(0x7FC0, 16)


class Unpacked:
    """The fields of a pattern.

    Attributes
    ----------
    sign, normal, infinite, nan : Value
        One bit each.
    exponent : Value
        8 bits; subnormal numbers have that of the smallest normal numbers, 1.
    significand : Value
        8 bits.
    """

    def __init__(self, m, name, pattern):
        fraction, exponent, self.sign = pattern[:7], pattern[7:15], pattern[15]
        self.normal = named_signal(m, f"{name}_normal", exponent.any())
        self.exponent = named_signal(
            m, f"{name}_exponent", Cat(exponent[0] | ~self.normal, exponent[1:])
        )
        self.significand = Cat(fraction, self.normal)
        special = exponent.all()
        self.infinite = named_signal(m, f"{name}_infinite", special & ~fraction.any())
        self.nan = named_signal(m, f"{name}_nan", special & fraction.any())


def negate(pattern):
    """Return a pattern with its sign inverted."""
    return Cat(pattern[:15], ~pattern[15])


def add(m, name, a, b, word=None):
    """Add an adder to a module and return the pattern of the sum.

    With a word the sum is rounded by the word, else to nearest, ties to even.
    """
    m.submodules[name] = m = Module()
    # What `word` is added to, one bit more for the sum that is one place shorter than its
    # operands, and the last for whatever is below.
    below = (1 if word is None else len(word)) + 2
    swap = named_signal(m, "swap", (a[:15] - b[:15])[-1])
    big = named_signal(m, "big", Mux(swap, b, a))
    small = named_signal(m, "small", Mux(swap, a, b))
    big_parts, small_parts = Unpacked(m, "big", big), Unpacked(m, "small", small)
    differ = named_signal(m, "differ", big[15] ^ small[15])

    gap = named_signal(m, "gap", (big_parts.exponent - small_parts.exponent)[:8])
    moved = shift_right_sticky(m, "moved", Cat(Const(0, below), small_parts.significand), gap)
    kept = Cat(Const(0, below), big_parts.significand)
    total = named_signal(m, "total", Mux(differ, kept - moved, kept + moved)[: below + 9])
    # The sum has one bit above the significand for the carry, so its exponent is one more;
    # its distance from the smallest exponent is the exponent itself.
    line, room = normalize(m, total, big_parts.exponent)
    magnitude = round_magnitude(m, line, room, word)
    zero = named_signal(m, "zero", ~total.any())
    sign = Mux(zero, a[15] & b[15], big[15])
    number = Cat(Mux(zero, 0, magnitude), sign)
    nan = big_parts.nan | (big_parts.infinite & small_parts.infinite & differ)
    return named_signal(m, "sum", Mux(nan, NAN, Mux(big_parts.infinite, big, number)))


def multiply(m, name, a, b):
    """Add a multiplier to a module and return the pattern of the product."""
    m.submodules[name] = m = Module()
    one, other = Unpacked(m, "a", a), Unpacked(m, "b", b)
    product = named_signal(m, "product", one.significand * other.significand)
    # Distance from the smallest exponent, for a product whose top bit is set.
    room = named_signal(m, "room", one.exponent + other.exponent - 127)
    line, left = normalize(m, product, Mux(room[9], 0, room[:9]))
    # Bit 8 is also set from 256 on, but then the product is infinite anyway.
    places = named_signal(m, "places", Mux(room[8], -room, 0)[:8])
    line = shift_right_sticky(m, "line", Cat(Const(0, 1), line), places)
    magnitude = round_magnitude(m, line, left)
    sign = a[15] ^ b[15]
    zero = named_signal(m, "zero", ~product.any())
    infinite = named_signal(m, "infinite", one.infinite | other.infinite)
    nan = one.nan | other.nan | (infinite & zero)
    number = Mux(infinite, 0x7F80, Mux(zero, 0, magnitude))
    return named_signal(m, "result", Mux(nan, NAN, Cat(number[:15], sign)))


def scale_down(m, name, pattern, shift):
    """Add a division by the constant ``2**shift`` to a module, and return the pattern."""
    if shift == 0:
        return pattern
    m.submodules[name] = m = Module()
    parts = Unpacked(m, "value", pattern)
    exponent = pattern[7:15]
    # Decrease the exponent of numbers that stay normal; shift the significand of the others.
    normal = named_signal(m, "stays_normal", exponent > shift)
    places = (shift + 1 - parts.exponent)[: shift.bit_length()]
    line = Cat(Const(0, shift + 1), parts.significand) >> places
    subnormal = round_magnitude(m, line, Const(0, 1))
    lowered = Cat(pattern[:7], (exponent - shift)[:8])
    number = Cat(Mux(normal, lowered, subnormal)[:15], pattern[15])
    finite = Mux(parts.infinite, pattern, number)
    return named_signal(m, "result", Mux(parts.nan, NAN, finite))


def shift_right_sticky(m, name, value, places):
    """Return a number shifted right, with all bits shifted out ORed into its last bit.

    `places` has more bits than are needed to shift the whole number out.
    """
    size = len(value)
    bits = size.bit_length()
    far = named_signal(m, f"{name}_far", places[bits:].any())
    below = (1 << bits) - 1
    whole = named_signal(m, f"{name}_whole", Cat(Const(0, below), value) >> places[:bits])
    kept = Mux(far, 0, whole[below:])
    sticky = Mux(far, value.any(), whole[:below].any())
    return named_signal(m, name, Cat(kept[0] | sticky, kept[1:size]))


def normalize(m, value, room):
    """Return a number shifted left until its top bit is set, and the remaining room.

    The shift is at most `room` places.
    """
    size = len(value)
    for power in reversed(range((size - 1).bit_length())):
        places = 1 << power
        go = named_signal(m, f"go_{places}", ~value[size - places :].any() & (room >= places))
        value = named_signal(
            m, f"value_{places}", Mux(go, Cat(Const(0, places), value[:-places]), value)
        )
        room = named_signal(m, f"room_{places}", (room - Mux(go, places, 0))[: len(room)])
    return value, room


def round_magnitude(m, line, room, word=None):
    """Return the 15 bits of a rounded magnitude; infinity if it is too large.

    Parameters
    ----------
    m : Module
    line : Value
        The significand in the upper 8 bits, and the discarded bits below them.
    room : Value
        Distance of the exponent from the smallest exponent.
    word : Value, optional
        Added to the upper discarded bits; the carry rounds up. By default the number is
        rounded to nearest, ties to even.
    """
    whole, rest = line[-8:], line[:-8]
    if word is None:
        up = rest[-1] & (rest[:-1].any() | whole[0])
    else:
        up = (rest[-len(word) :] + word)[-1]
    # The significand's top bit adds 1 to the exponent, unless the number is subnormal.
    magnitude = named_signal(m, "magnitude", Cat(Const(0, 7), room) + whole + up)
    beyond = named_signal(m, "beyond", magnitude[15:].any() | magnitude[7:15].all())
    return Mux(beyond, 0x7F80, magnitude)[:15]
