"""Fixed-point arithmetic, bit for bit as hardware does it."""

from .accumulator import AccumulatorSpec, matmul
from .arithmetic import divide, mean, multiply, sqrt
from .array import FixedArray
from .bfloat16 import from_bfloat16, to_bfloat16
from .bfloat16_adder import Bfloat16Adder
from .bfloat16_momentum_sgd import Bfloat16MomentumSgd
from .bfloat16_multiplier import Bfloat16Multiplier
from .binary_mac import BinaryMac
from .binary_weights import ScaledWeights, binarize
from .conv_line import ConvLine
from .convolution import conv2d
from .dot_product import DotProduct
from .exact import CodeOverflowError
from .fixed_adder import FixedAdder
from .fixed_momentum_sgd import FixedMomentumSgd
from .fixed_multiplier import FixedMultiplier
from .float_to_fixed import FloatToFixed
from .format import Format
from .layer_trace import LayerTrace
from .log_format import LogArray, LogFormat
from .log_quantize import log_quantize
from .log_quantizer import LogQuantizer
from .mac import Mac
from .mac_array import MacArray
from .modes import Overflow, Rounding
from .quantize import quantize
from .requantizer import Requantizer
from .shift_mac import ShiftMac
from .shift_multiplier import ShiftMultiplier
from .ternary_weights import ternarize
from .words import WordReader

__all__ = [
    "AccumulatorSpec",
    "Bfloat16Adder",
    "Bfloat16MomentumSgd",
    "Bfloat16Multiplier",
    "BinaryMac",
    "CodeOverflowError",
    "ConvLine",
    "DotProduct",
    "FixedAdder",
    "FixedArray",
    "FixedMomentumSgd",
    "FixedMultiplier",
    "FloatToFixed",
    "Format",
    "LayerTrace",
    "LogArray",
    "LogFormat",
    "LogQuantizer",
    "Mac",
    "MacArray",
    "Overflow",
    "Requantizer",
    "Rounding",
    "ScaledWeights",
    "ShiftMac",
    "ShiftMultiplier",
    "WordReader",
    "binarize",
    "conv2d",
    "divide",
    "from_bfloat16",
    "log_quantize",
    "matmul",
    "mean",
    "multiply",
    "quantize",
    "sqrt",
    "ternarize",
    "to_bfloat16",
]
