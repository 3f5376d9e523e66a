"""PyTorch layers that compute bit for bit what fixed-point hardware computes.

Tensors hold values: floats that are codes of a `Format` times its resolution, exactly. The
layers therefore combine with any other PyTorch code. This package requires PyTorch.
"""

from ..circuit.packages import explained

try:
    from .activation import ReLU, ReLU6
    from .calibrate import calibrate
    from .cast import Cast
    from .choose_format import choose_format
    from .convert import convert
    from .convolution import Conv2d, Linear
    from .folding import fold_batch_norm
    from .layer_formats import LayerFormats
    from .network import FixedPointNetwork
    from .pooling import AvgPool2d, GlobalAvgPool2d, MaxPool2d
    from .residual import Add
    from .round_tensor import Quantize, round_to
    from .tensor_values import to_array, to_values
    from .training.cross_entropy import CrossEntropy
    from .training.roles import Role, Roles
    from .training.with_roles import round_after_step, round_parameters, with_roles
except ModuleNotFoundError as error:
    raise explained(error) from None

__all__ = [
    "Add",
    "AvgPool2d",
    "Cast",
    "Conv2d",
    "CrossEntropy",
    "FixedPointNetwork",
    "GlobalAvgPool2d",
    "LayerFormats",
    "Linear",
    "MaxPool2d",
    "Quantize",
    "ReLU",
    "ReLU6",
    "Role",
    "Roles",
    "calibrate",
    "choose_format",
    "convert",
    "fold_batch_norm",
    "round_after_step",
    "round_parameters",
    "round_to",
    "to_array",
    "to_values",
    "with_roles",
]
