"""Arrays of fixed-point numbers, and the functions that work on them."""

from .accumulator_spec import AccumulatorSpec
from .convolution import conv2d
from .fixed_array import FixedArray
from .log_array import LogArray
from .matrix_product import matmul
from .power_of_two import log_quantize
from .quantize import quantize
from .rounded_arithmetic import divide, mean, multiply, sqrt
from .scaled_weights import ScaledWeights, binarize, ternarize

__all__ = [
    "AccumulatorSpec",
    "FixedArray",
    "LogArray",
    "ScaledWeights",
    "binarize",
    "conv2d",
    "divide",
    "log_quantize",
    "matmul",
    "mean",
    "multiply",
    "quantize",
    "sqrt",
    "ternarize",
]
