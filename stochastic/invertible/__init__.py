"""Invertible logic: spin gates, Hamiltonians, and networks whose ground states are answers."""

from .gates import GATES, Gate, gate
from .hamiltonian import Hamiltonian
from .noise import Noise
from .schedule import Schedule
from .spin_engine import SpinEngine
from .spin_gate import SpinGate
from .spin_network import SpinNetwork, noise_sources
from .spin_programs import EnergyWatch, ProductWatch, Watch
from .synthesis import Synthesis, synthesize
from .xorshift_plus import XorshiftPlus

__all__ = [
    "GATES",
    "EnergyWatch",
    "Gate",
    "Hamiltonian",
    "Noise",
    "ProductWatch",
    "Schedule",
    "SpinEngine",
    "SpinGate",
    "SpinNetwork",
    "Synthesis",
    "Watch",
    "XorshiftPlus",
    "gate",
    "noise_sources",
    "synthesize",
]
