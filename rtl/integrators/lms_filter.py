"""Adaptive filter with one stochastic integrator per tap."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from stochastic import LmsFilter

from ..component import Component, component, create
from .saturating_counter import saturate_sum

__all__ = ["LmsFilterComponent"]


@component(LmsFilter)
class LmsFilterComponent(Component):
    """A delay line with multipliers and an adder tree, and a saturating counter per tap.

    The two products of a tap, of a sample's bit with the bits of the target and of the
    estimate, are one product here: with the difference of the two bits, which all taps share.
    """

    def elaborate(self, platform):
        m = Module()
        p = self.parameters
        error_word, *tap_words = self._generator_words(m)
        bits = p.sample_generator.width
        weights = [Signal(signed(p.width + 2), name=f"weight_{tap}") for tap in range(p.taps)]
        window = [Signal(signed(bits + 2), name=f"window_{tap}") for tap in range(p.taps)]
        target = Signal(signed(bits + 2))
        total = Signal(signed(p.width + bits + p.taps.bit_length() + 1))
        rounded = Signal(signed(len(total) - p.width + 1))
        m.d.comb += [
            total.eq(adder_tree([w * x for w, x in zip(weights, window, strict=True)])),
            rounded.eq(round_half_even(total, p.width)),
            self.estimate.eq(saturate(rounded, bits)),
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
                    weight.eq(saturate_sum(moved, -p.weight_limit, p.weight_limit, 2)),
                    sample.eq(window[tap - 1] if tap else self.sample),
                ]
        with m.If(self.enable):
            m.d.sync += target.eq(self.target)
        return m

    def _generator_words(self, m):
        """Add the generators; return the word for the error and the word of each tap."""
        p = self.parameters
        words = []
        for i, generator in enumerate(p.generators):
            m.submodules[f"generator_{i}"] = source = create(generator)
            m.d.comb += source.enable.eq(self.enable)
            words.append(source.word)
        if p.sharing == "rotation":
            words = [words[0], *(words[1].rotate_left(tap) for tap in range(p.taps))]
        return words


def adder_tree(terms):
    """Return the sum of the terms, added in a balanced tree."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return adder_tree(terms[:half]) + adder_tree(terms[half:])


def round_half_even(value, shift):
    """Return ``value / 2**shift``, rounded to the nearest integer, half to even."""
    whole, guard = value[shift:].as_signed(), value[shift - 1]
    sticky = value[: shift - 1].any() if shift > 1 else 0
    return whole + (guard & (sticky | whole[0]))


def saturate(value, bits):
    """Return a number saturated to -2**bits..2**bits, both ends included."""
    high_bits = value[bits:]
    exceeds = high_bits.any() & ~high_bits.all()
    return Mux(exceeds, Mux(value[-1], -(1 << bits), 1 << bits), value)
