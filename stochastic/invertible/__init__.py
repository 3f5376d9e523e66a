"""Invertible logic: spin gates, Hamiltonians, and networks whose ground states are answers."""

from .hamiltonian import Hamiltonian
from .noise import Noise
from .schedule import Schedule
from .spin_gate import SpinGate
from .spin_network import SpinNetwork, noise_sources

__all__ = ["Hamiltonian", "Noise", "Schedule", "SpinGate", "SpinNetwork", "noise_sources"]
