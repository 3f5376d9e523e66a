"""Stochastic computing: generators, bit streams, and golden models of every circuit."""

from fixedpoint.circuit.version import version_attribute

from . import (
    arithmetic,
    converters,
    correlation,
    division,
    functions,
    generators,
    integral,
    integrators,
    streams,
    unary,
    update,
)
from .arithmetic import *
from .circuit import Netlist, Part
from .converters import *
from .correlation import *
from .division import *
from .functions import *
from .generators import *
from .integral import *
from .integrators import *
from .streams import *
from .unary import *
from .update import *

__all__: list[str] = ["Netlist", "Part"]
__all__ += generators.__all__
__all__ += streams.__all__
__all__ += converters.__all__
__all__ += arithmetic.__all__
__all__ += correlation.__all__
__all__ += division.__all__
__all__ += functions.__all__
__all__ += integral.__all__
__all__ += integrators.__all__
__all__ += unary.__all__
__all__ += update.__all__


def __getattr__(name: str) -> str:
    return version_attribute(__name__, name)
