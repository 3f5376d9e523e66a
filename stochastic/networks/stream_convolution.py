"""One convolution of a network on integral streams, as a setting."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import Parameters, check_integer

__all__ = ["LARGEST_POOL", "StreamConvolution"]

# The sums of ``pool * pool`` bits are numbers of 8 bits.
LARGEST_POOL = 11


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamConvolution(Parameters):
    """A convolution of neurons in a `StreamTraining`.

    Parameters
    ----------
    channels : int
        Output channels.
    kernel : int
        Rows and columns of the window.
    padding : int
        Rows and columns of zeros around the input, after pooling.
    pool : int
        The inputs are sums of ``pool * pool`` neighbouring bits; 1..11.
    """

    channels: int
    kernel: int
    padding: int = 0
    pool: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "kernel"):
            check_integer(f"convolution {name}", getattr(self, name), 1, 1 << 16)
        check_integer("convolution pool", self.pool, 1, LARGEST_POOL)
        check_integer("convolution padding", self.padding, 0, 1 << 16)
