"""Fixed-point arithmetic, bit for bit as hardware does it."""

from . import arrays, bfloat16, formats, mac, quantizers, rounding, update
from .arrays import *
from .bfloat16 import *
from .circuit.version import version_attribute
from .formats import *
from .mac import *
from .quantizers import *
from .rounding import *
from .update import *

__all__: list[str] = []
__all__ += formats.__all__
__all__ += rounding.__all__
__all__ += arrays.__all__
__all__ += quantizers.__all__
__all__ += mac.__all__
__all__ += bfloat16.__all__
__all__ += update.__all__


def __getattr__(name: str) -> str:
    return version_attribute(__name__, name)
