"""Requantizer."""

from fixedpoint.requantizer import Requantizer

from .component import component
from .quantizing import QuantizingComponent

__all__ = ["RequantizerComponent"]


@component(Requantizer)
class RequantizerComponent(QuantizingComponent):
    """Rounding and overflow alone."""

    def exact(self):
        return self.source
