"""Multiply-accumulate circuits."""

from .binary_mac import BinaryMac
from .conv_line import ConvLine
from .dot_product import DotProduct
from .layer_trace import LayerTrace
from .mac import Mac
from .mac_array import MacArray
from .shift_mac import ShiftMac

__all__ = ["BinaryMac", "ConvLine", "DotProduct", "LayerTrace", "Mac", "MacArray", "ShiftMac"]
