"""Integral streams: integers as sums of binary streams."""

from .integral_adder import IntegralAdder
from .integral_argmax import IntegralArgmax
from .integral_encoder import IntegralEncoder
from .integral_layer import IntegralLayer
from .integral_maximum import IntegralMaximum
from .integral_multiplier import IntegralMultiplier
from .integral_network import IntegralNetwork
from .integral_neuron import IntegralNeuron
from .integral_relu import IntegralReLU
from .integral_scaler import IntegralScaler
from .integral_sng import IntegralSng
from .nsexp import NSexp
from .nstanh import NStanh
from .stream_faults import StreamFaults

__all__ = [
    "IntegralAdder",
    "IntegralArgmax",
    "IntegralEncoder",
    "IntegralLayer",
    "IntegralMaximum",
    "IntegralMultiplier",
    "IntegralNetwork",
    "IntegralNeuron",
    "IntegralReLU",
    "IntegralScaler",
    "IntegralSng",
    "NSexp",
    "NStanh",
    "StreamFaults",
]
