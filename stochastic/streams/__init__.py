"""Bit streams: storage, encodings, products and metrics."""

from .bitstream import Bitstream
from .codes import from_codes, to_codes
from .encode import decode, encode, encode_codes
from .independence import CorrelationWarning
from .metrics import autocorrelation, pearson, scc, zero_correlation_error
from .progressive import confident_length, length_for_error, progressive_values
from .sharing import SharingError, sharing_error
from .stability import largest_stability, normalized_stability, stability

__all__ = [
    "Bitstream",
    "CorrelationWarning",
    "SharingError",
    "autocorrelation",
    "confident_length",
    "decode",
    "encode",
    "encode_codes",
    "from_codes",
    "largest_stability",
    "length_for_error",
    "normalized_stability",
    "pearson",
    "progressive_values",
    "scc",
    "sharing_error",
    "stability",
    "to_codes",
    "zero_correlation_error",
]
