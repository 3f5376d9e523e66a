"""Functions of streams by saturating state machines."""

from .hard_tanh import HardTanh
from .linear_gain import LinearGain
from .sabs import Sabs
from .sexp import Sexp
from .smax import Smax
from .smin import Smin
from .srelu import Srelu
from .ssigmoid import Ssigmoid
from .ssign import Ssign
from .stanh import Stanh

__all__ = [
    "HardTanh",
    "LinearGain",
    "Sabs",
    "Sexp",
    "Smax",
    "Smin",
    "Srelu",
    "Ssigmoid",
    "Ssign",
    "Stanh",
]
