"""Hardware of every circuit in Amaranth, made from the parameters that the models use."""

from . import (
    addie,
    conv_line,
    counter,
    dot_product,
    fixed_adder,
    fixed_momentum_sgd,
    fixed_multiplier,
    float_to_fixed,
    halton,
    integrator,
    lfsr,
    lms_filter,
    mac,
    momentum_sgd,
    multiplier,
    mux_adder,
    ode_solver,
    requantizer,
    rotated,
    sc_gdc,
    sng,
    sobol,
    stochastic_to_binary,
    van_der_corput,
    xorshift32,
)
from .component import Component, create
from .verilog import to_verilog, to_verilog_many

__all__ = ["Component", "create", "to_verilog", "to_verilog_many"]
