"""Wrappers side by side in one simulation, driven by cocotbext-axi."""

import json

from amaranth.lib.wiring import In

from rtl.verilog import convert
from sim.simulation.simulator import build, run_cocotb
from sim.tools import simulators

__all__ = ["SIMULATOR", "simulate", "wrapped"]

# Icarus builds in no time. Verilator is always there.
SIMULATOR = "icarus" if "icarus" in simulators() else "verilator"
SHARED = ("aclk", "aresetn")


def wrapped(wrappers):
    """Return the Verilog of wrappers by name; the modules are called like them."""
    return convert({name: (w, w.interface) for name, w in wrappers.items()})


def bench(wrappers, texts):
    """Return a module ``bench`` with the ports of all wrappers, each behind its name."""
    ports, instances = [f"input {name} /* verilator public_flat_rw */" for name in SHARED], []
    for name, wrapper in wrappers.items():
        pins = [f".{port}({port})" for port in SHARED]
        for port in wrapper.interface:
            if port in SHARED:
                continue
            member = wrapper.signature.members[port]
            flow = "input" if member.flow is In else "output"
            ports.append(
                f"{flow} [{member.shape - 1}:0] {name}_{port} /* verilator public_flat_rw */"
            )
            pins.append(f".{port}({name}_{port})")
        instances.append(f"  {name} {name}_inside({', '.join(pins)});")
    head = ",\n  ".join(ports)
    body = "\n".join(instances)
    return "\n".join([*texts.values(), f"module bench(\n  {head}\n);\n{body}\nendmodule\n"])


def simulate(wrappers, texts, jobs, faulty, folder):
    """Do a job on each wrapper and return what each has answered.

    Parameters
    ----------
    wrappers : dict of str to wrapper
    texts : dict of str to str
        Their Verilog, perhaps with a fault.
    jobs : dict of str to dict
        For each wrapper what `tests.support.axi_driver` does with it.
    faulty : collection of str
        Those that may never answer. The simulation ends with the jobs of the others.
    folder : pathlib.Path
    """
    jobs = {name: {**job, "faulty": name in faulty} for name, job in jobs.items()}
    (folder / "jobs.json").write_text(json.dumps(jobs))
    files = {
        "AXI_JOBS": str(folder / "jobs.json"),
        "AXI_RESULTS": str(folder / "results.json"),
    }
    directory = build(bench(wrappers, texts), SIMULATOR)
    run_cocotb(directory, SIMULATOR, "tests.support.axi_driver", folder, files)
    return json.loads((folder / "results.json").read_text())
