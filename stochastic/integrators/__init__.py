"""Stochastic integrators: circuits whose counters feed streams."""

from .addie import Addie
from .integrator import Integrator
from .lms_filter import LmsFilter
from .ode_solver import OdeSolver
from .sc_gdc import ScGdc

__all__ = ["Addie", "Integrator", "LmsFilter", "OdeSolver", "ScGdc"]
