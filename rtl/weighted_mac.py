"""Base of multiply-accumulate units without a multiplier."""

from .mac import MacComponent

__all__ = ["WeightedMacComponent"]


class WeightedMacComponent(MacComponent):
    """An adder, the rounding, and the register of the sum; `product` makes the term."""

    def product(self):
        """Return ``a`` times the weight, in units of both resolutions."""
        raise NotImplementedError
