"""Invertible logic: spin gates, Hamiltonians, and networks whose ground states are answers."""

from .annealing import PLANS, AnnealingPlan
from .arithmetic import multiplier, ripple_adder, subtractor
from .cnf import Cnf
from .factor import FactorProgress, Factors, factor, factor_widths, factorizer, is_prime
from .gates import GATES, Gate, gate
from .gibbs import GibbsSampler, colours
from .hamiltonian import Hamiltonian
from .logic_network import LogicNetwork, LogicProblem
from .maxcut import MaxCut
from .metropolis import MetropolisEngine
from .noise import Noise
from .problem import Problem
from .problem_file import parse_problem, read_problem
from .qubo import Ising, Qubo
from .schedule import Schedule
from .solve import SOLVERS, Progress, Solution, solve
from .spin_engine import SpinEngine
from .spin_gate import SpinGate
from .spin_machine import SpinMachine
from .spin_network import SpinNetwork, noise_sources
from .spin_programs import EnergyWatch, ProductWatch, Watch
from .synthesis import Synthesis, synthesize
from .tempering import inverse_temperature, temper
from .xorshift_plus import XorshiftPlus

__all__ = [
    "GATES",
    "PLANS",
    "SOLVERS",
    "AnnealingPlan",
    "Cnf",
    "EnergyWatch",
    "FactorProgress",
    "Factors",
    "Gate",
    "GibbsSampler",
    "Hamiltonian",
    "Ising",
    "LogicNetwork",
    "LogicProblem",
    "MaxCut",
    "MetropolisEngine",
    "Noise",
    "Problem",
    "ProductWatch",
    "Progress",
    "Qubo",
    "Schedule",
    "Solution",
    "SpinEngine",
    "SpinGate",
    "SpinMachine",
    "SpinNetwork",
    "Synthesis",
    "Watch",
    "XorshiftPlus",
    "colours",
    "factor",
    "factor_widths",
    "factorizer",
    "gate",
    "inverse_temperature",
    "is_prime",
    "multiplier",
    "noise_sources",
    "parse_problem",
    "read_problem",
    "ripple_adder",
    "solve",
    "subtractor",
    "synthesize",
    "temper",
]
