"""Fixed-point arithmetic, bit for bit as hardware does it."""

from .accumulator import AccumulatorSpec, matmul
from .arithmetic import divide, multiply, sqrt
from .array import FixedArray
from .conv_line import ConvLine
from .convolution import conv2d
from .dot_product import DotProduct
from .exact import CodeOverflowError
from .fixed_adder import FixedAdder
from .fixed_momentum_sgd import FixedMomentumSgd
from .fixed_multiplier import FixedMultiplier
from .float_to_fixed import FloatToFixed
from .format import Format
from .mac import Mac
from .modes import Overflow, Rounding
from .quantize import quantize
from .requantizer import Requantizer
from .words import WordReader

__all__ = [
    "AccumulatorSpec",
    "CodeOverflowError",
    "ConvLine",
    "DotProduct",
    "FixedAdder",
    "FixedArray",
    "FixedMomentumSgd",
    "FixedMultiplier",
    "FloatToFixed",
    "Format",
    "Mac",
    "Overflow",
    "Requantizer",
    "Rounding",
    "WordReader",
    "conv2d",
    "divide",
    "matmul",
    "multiply",
    "quantize",
    "sqrt",
]
