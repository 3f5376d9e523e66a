"""Hardware of every circuit in Amaranth, made from the parameters that the models use."""

from . import (
    addie,
    bfloat16_adder,
    bfloat16_momentum_sgd,
    bfloat16_multiplier,
    binary_mac,
    conv_line,
    counter,
    dot_product,
    fixed_adder,
    fixed_momentum_sgd,
    fixed_multiplier,
    float_to_fixed,
    halton,
    hybrid_momentum_sgd,
    integrator,
    lfsr,
    lms_filter,
    log_quantizer,
    mac,
    mac_array,
    momentum_sgd,
    momentum_sgd_memory,
    momentum_sgd_unit,
    multiplier,
    mux_adder,
    ode_solver,
    requantizer,
    rotated,
    sc_gdc,
    shift_mac,
    shift_multiplier,
    sng,
    sobol,
    stochastic_to_binary,
    van_der_corput,
    xorshift32,
)
from .component import Component, create
from .verilog import to_verilog, to_verilog_many

__all__ = ["Component", "create", "to_verilog", "to_verilog_many"]
