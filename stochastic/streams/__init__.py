"""Bit streams: storage, encodings, products and metrics."""

from .bitstream import Bitstream
from .codes import from_codes, to_codes
from .encode import decode, encode, encode_codes
from .metrics import autocorrelation, pearson, scc, zero_correlation_error

__all__ = [
    "Bitstream",
    "autocorrelation",
    "decode",
    "encode",
    "encode_codes",
    "from_codes",
    "pearson",
    "scc",
    "to_codes",
    "zero_correlation_error",
]
