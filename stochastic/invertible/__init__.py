"""Invertible logic: spin gates, Hamiltonians, and networks whose ground states are answers."""

from .arithmetic import multiplier, ripple_adder, subtractor
from .cnf import Cnf
from .gates import GATES, Gate, gate
from .hamiltonian import Hamiltonian
from .logic_network import LogicNetwork, LogicProblem
from .maxcut import MaxCut
from .noise import Noise
from .problem import Problem
from .problem_file import parse_problem, read_problem
from .qubo import Ising, Qubo
from .schedule import Schedule
from .spin_engine import SpinEngine
from .spin_gate import SpinGate
from .spin_network import SpinNetwork, noise_sources
from .spin_programs import EnergyWatch, ProductWatch, Watch
from .synthesis import Synthesis, synthesize
from .xorshift_plus import XorshiftPlus

__all__ = [
    "GATES",
    "Cnf",
    "EnergyWatch",
    "Gate",
    "Hamiltonian",
    "Ising",
    "LogicNetwork",
    "LogicProblem",
    "MaxCut",
    "Noise",
    "Problem",
    "ProductWatch",
    "Qubo",
    "Schedule",
    "SpinEngine",
    "SpinGate",
    "SpinNetwork",
    "Synthesis",
    "Watch",
    "XorshiftPlus",
    "gate",
    "multiplier",
    "noise_sources",
    "parse_problem",
    "read_problem",
    "ripple_adder",
    "subtractor",
    "synthesize",
]
