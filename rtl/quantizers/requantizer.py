"""Requantizer."""

from fixedpoint.quantizers.requantizer import Requantizer

from ..component import component
from .base import QuantizingComponent

__all__ = ["RequantizerComponent"]


@component(Requantizer)
class RequantizerComponent(QuantizingComponent):
    """Rounding and overflow alone."""

    def exact(self):
        return self.source
