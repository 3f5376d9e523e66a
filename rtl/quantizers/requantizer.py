"""Requantizer."""

from fixedpoint.quantizers.requantizer import Requantizer

from ..component import component
from .base import RoundingComponent

__all__ = ["RequantizerComponent"]


@component(Requantizer)
class RequantizerComponent(RoundingComponent):
    """Rounding and overflow alone."""

    def exact(self):
        return self.source
