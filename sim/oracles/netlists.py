"""Hand-written circuits as netlists of their parts."""

from __future__ import annotations

from stochastic import Addie, Integrator, Multiplier, OdeSolver, ScGdc, Sng
from stochastic.circuit import Netlist

__all__ = ["addie", "ode_solver", "sc_gdc"]


def addie(circuit: Addie) -> Netlist:
    """Return an ADDIE: an integrator whose stream is fed back."""
    integrator = Integrator(
        width=circuit.width,
        generator=circuit.generator,
        initial=circuit.initial,
        full_scale=circuit.full_scale,
    )
    return Netlist(
        parts={"integrator": integrator},
        wires={
            "integrator.increment": "stream_in",
            "integrator.decrement": "integrator.stream",
            "stream": "integrator.stream",
            "value": "integrator.value",
        },
    )


def sc_gdc(circuit: ScGdc) -> Netlist:
    """Return a unipolar or bipolar gradient-descent circuit."""
    multiplier = Multiplier(encoding=circuit.encoding)
    integrator = Integrator(
        width=circuit.width, generator=circuit.generator, initial=circuit.initial
    )
    return Netlist(
        parts={"rise": multiplier, "fall": multiplier, "integrator": integrator},
        wires={
            "rise.a": "factor",
            "rise.b": "excitatory",
            "fall.a": "factor",
            "fall.b": "inhibitory",
            "integrator.increment": "rise.product",
            "integrator.decrement": "fall.product",
            "stream": "integrator.stream",
            "value": "integrator.value",
        },
    )


def ode_solver(circuit: OdeSolver) -> Netlist:
    """Return a solver of an oscillation: two integrators and the stream of a constant."""

    def integrator(initial: int) -> Integrator:
        return Integrator(width=circuit.width, generator=circuit.generator, initial=initial)

    return Netlist(
        parts={
            "first": integrator(circuit.first),
            "second": integrator(circuit.second),
            "centre": Sng(generator=circuit.centre_generator),
        },
        wires={
            "centre.code": circuit.centre,
            "first.increment": "second.stream",
            "first.decrement": "centre.stream",
            "second.increment": "centre.stream",
            "second.decrement": "first.stream",
            "y1": "first.value",
            "y2": "second.value",
        },
    )
