"""Adaptive filter with one stochastic integrator a tap."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from stochastic import LmsFilter

from ..component import Component, component, create
from .sc_gdc import held

__all__ = ["LmsFilterComponent"]


@component(LmsFilter)
class LmsFilterComponent(Component):
    """A delay line, multipliers and an adder tree; and a saturating counter a tap.

    A tap's two products, of a sample's bit with the target's and with the estimate's, are
    one here: with the difference of the two, which all taps share.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        error_word, *tap_words = self._words(m)
        bits = p.sample_generator.width
        weights = [Signal(signed(p.width + 2), name=f"weight_{tap}") for tap in range(p.taps)]
        window = [Signal(signed(bits + 2), name=f"window_{tap}") for tap in range(p.taps)]
        target = Signal(signed(bits + 2))
        total = Signal(signed(p.width + bits + p.taps.bit_length() + 1))
        rounded = Signal(signed(len(total) - p.width + 1))
        m.d.comb += [
            total.eq(tree([w * x for w, x in zip(weights, window, strict=True)])),
            rounded.eq(half_even(total, p.width)),
            self.estimate.eq(within(rounded, bits)),
            self.weights.eq(Cat(weights)),
        ]
        error = Signal(signed(3))
        m.d.comb += error.eq(
            ((error_word < target) - (error_word < -target))
            - ((error_word < self.estimate) - (error_word < -self.estimate))
        )
        for tap, (weight, sample, word) in enumerate(
            zip(weights, window, tap_words, strict=True)
        ):
            moved = Signal(signed(p.width + 3), name=f"moved_{tap}")
            rise, fall = Mux(word < sample, error, 0), Mux(word < -sample, error, 0)
            m.d.comb += moved.eq(weight + rise - fall)
            with m.If(self.enable):
                m.d.sync += [
                    weight.eq(held(moved, -p.weight_limit, p.weight_limit, most=2)),
                    sample.eq(window[tap - 1] if tap else self.sample),
                ]
        with m.If(self.enable):
            m.d.sync += target.eq(self.target)
        return m

    def _words(self, m):
        """Make the generators; return the word of the error, and the word of each tap."""
        p = self.parameters
        words = []
        for i, generator in enumerate(p.generators):
            m.submodules[f"generator_{i}"] = source = create(generator)
            m.d.comb += source.enable.eq(self.enable)
            words.append(source.word)
        if p.sharing == "rotation":
            words = [words[0], *(words[1].rotate_left(tap) for tap in range(p.taps))]
        return words


def tree(terms):
    """Return the sum of the terms, added in pairs."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return tree(terms[:half]) + tree(terms[half:])


def half_even(value, shift):
    """Return ``value / 2**shift``, rounded to the nearest integer, half to even."""
    whole, guard = value[shift:].as_signed(), value[shift - 1]
    sticky = value[: shift - 1].any() if shift > 1 else 0
    return whole + (guard & (sticky | whole[0]))


def within(value, bits):
    """Return a number held within -2**bits..2**bits, both ends included."""
    above = value[bits:]
    passed = above.any() & ~above.all()
    return Mux(passed, Mux(value[-1], -(1 << bits), 1 << bits), value)
