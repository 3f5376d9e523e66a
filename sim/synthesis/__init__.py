"""Synthesis of the circuits: area, clock and power on FPGAs and standard cells."""

from .figures import Figures, write_table
from .many import synthesize, synthesize_many
from .targets import TARGETS

__all__ = ["TARGETS", "Figures", "synthesize", "synthesize_many", "write_table"]
