"""Streams of one sequence at a gate of a netlist that needs independent ones."""

import warnings

import pytest

from stochastic import (
    BernsteinPolynomial,
    Comparator,
    Decorrelator,
    Inverter,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    Netlist,
    OrAdder,
    Regenerator,
    Sng,
    Sobol,
    encode,
)
from stochastic.streams.independence import CorrelationWarning

ONE, OTHER = Lfsr(width=4), Lfsr(width=4, form="galois")
SOBOL = Sng(generator=Sobol(width=4))
# The same words as `ONE`, by other parameters.
SAME = Lfsr(width=4, seed=2, phase=14)


def product(parts, a, b, **options):
    """Return a multiplier behind other parts."""
    wires = {"gate.a": a, "gate.b": b, "y": "gate.product"}
    for name, part in parts.items():
        for port in part.inputs:
            if port.name == "code":
                wires[f"{name}.code"] = f"{name}_code"
    wires |= options.pop("wires", {})
    return Netlist(parts={**parts, "gate": Multiplier()}, wires=wires, **options)


LFSR = r"Lfsr\(width=4, phase=0, seed=1, form='fibonacci', zero_state=False, taps=\(4, 3\)\)"
SAME_LFSR = LFSR.replace("phase=0, seed=1", "phase=14, seed=2")
NEEDS = "Netlist part 'gate' needs independent operands, but a and b"
REMEDY = "pass correlated=True if that is meant"


@pytest.mark.parametrize(
    ("parts", "ends", "wires", "message"),
    [
        ({}, ("x", "x"), {}, f"{NEEDS} both depend on x: {REMEDY}"),
        (
            {"p": Sng(generator=ONE), "q": Sng(generator=ONE)},
            ("p.stream", "q.stream"),
            {},
            f"{NEEDS} both depend on {LFSR}: {REMEDY}",
        ),
        (
            {"p": Sng(generator=ONE), "q": Sng(generator=SAME)},
            ("p.stream", "q.stream"),
            {},
            f"{NEEDS} depend on {LFSR} and {SAME_LFSR}, of the same sequence: {REMEDY}",
        ),
        (
            {"g": ONE, "p": Comparator(width=4), "q": Comparator(width=4)},
            ("p.stream", "q.stream"),
            {"p.word": "g.word", "q.word": "g.word"},
            f"{NEEDS} both depend on {LFSR}: {REMEDY}",
        ),
        (
            # Reconvergence: both ways lead back to the stream x.
            {"inverse": Inverter(), "first": Multiplier()},
            ("inverse.y", "first.product"),
            {"inverse.x": "x", "first.a": "x", "first.b": "z"},
            f"{NEEDS} both depend on x: {REMEDY}",
        ),
        (
            {"p": Isolator(cycles=2), "q": Isolator(cycles=2)},
            ("p.y", "q.y"),
            {"p.x": "x", "q.x": "x"},
            rf"{NEEDS} both depend on y of Isolator\(cycles=2\) on x: {REMEDY}",
        ),
    ],
)
def test_dependent_operands_are_refused(parts, ends, wires, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        product(parts, *ends, wires=wires)
    assert product(parts, *ends, wires=wires, correlated=True).outputs[0].name == "y"


@pytest.mark.parametrize(
    ("parts", "ends", "wires"),
    [
        ({}, ("x", "z"), {}),
        ({"late": Isolator()}, ("x", "late.y"), {"late.x": "x"}),
        (
            {"anew": Regenerator(generator=OTHER)},
            ("x", "anew.y"),
            {"anew.x": "x"},
        ),
        (
            {"apart": Decorrelator(depth=2, a_generator=ONE, b_generator=OTHER)},
            ("apart.a_out", "apart.b_out"),
            {"apart.a": "x", "apart.b": "x"},
        ),
        (
            # One code for two generators is a number and no stream.
            {
                "p": Sng(generator=Sobol(width=4)),
                "q": Sng(generator=Sobol(width=4, dimension=1)),
            },
            ("p.stream", "q.stream"),
            {"p.code": "n", "q.code": "n"},
        ),
        (
            {
                "g": Sobol(width=4),
                "p": Comparator(width=4),
                "q": Comparator(width=4, order=(3, 2, 1, 0)),
            },
            ("p.stream", "q.stream"),
            {"p.word": "g.word", "q.word": "g.word"},
        ),
    ],
)
def test_independent_operands_are_taken(parts, ends, wires):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert product(parts, *ends, wires=wires).outputs[0].name == "y"


def test_streams_from_outside_are_known_by_their_generators():
    netlist = product({"inverse": Inverter()}, "inverse.y", "z", wires={"inverse.x": "x"})
    one, same, other = (encode(0.5, g, 15, "unipolar") for g in (ONE, SAME, OTHER))
    message = f"{NEEDS} depend on {LFSR} and {SAME_LFSR}, of the same sequence: {REMEDY}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        netlist.apply(x=one, z=same)
    # Of 15 bits of a maximal LFSR 7 are ones, in the same places: none is left.
    assert netlist.apply(x=one, z=same, correlated=True).count() == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        netlist.apply(x=one, z=encode(0.5, Sobol(width=4, dimension=2), 15, "unipolar"))
    free = product(
        {"inverse": Inverter()}, "inverse.y", "z", wires={"inverse.x": "x"}, correlated=True
    )
    assert free.apply(x=one, z=same).count() == 0
    # They do not meet at a gate that needs independent ones.
    apart = Netlist(
        parts={"p": Inverter(), "q": Inverter()},
        wires={"p.x": "x", "q.x": "z", "y": "p.y", "w": "q.y"},
    )
    assert apart.apply(x=one, z=one)["w"].count() == 15 - one.count()
    # A part must not meet its own generator, either.
    mean = Netlist(
        parts={"mean": MuxAdder(fan_in=2, generator=ONE)},
        wires={"mean.streams[0]": "x", "mean.streams[1]": "z", "y": "mean.mean"},
    )
    with pytest.raises(ValueError, match="^Netlist part 'mean' needs a generator of its own"):
        mean.apply(x=other, z=same)


def test_a_rotation_that_correlates_is_warned_of():
    wide = Lfsr(width=8)
    rotated = Comparator(width=8, order=(7, 0, 1, 2, 3, 4, 5, 6))
    parts = {"g": wide, "p": Comparator(width=8), "q": rotated}
    with pytest.warns(
        CorrelationWarning, match="^Netlist part 'gate' needs independent"
    ) as told:
        product(parts, "p.stream", "q.stream", wires={"p.word": "g.word", "q.word": "g.word"})
    assert len(told) == 1


def test_every_gate_that_needs_independence_is_looked_at():
    for gate, ends in (
        (OrAdder(fan_in=2), r"streams\[0\] and streams\[1\]"),
        (BernsteinPolynomial(codes=(0, 1, 2), generator=OTHER), r"x\[0\] and x\[1\]"),
    ):
        port = gate.inputs[0].name
        with pytest.raises(ValueError, match=f"but {ends} both depend on s: {REMEDY}$"):
            Netlist(
                parts={"gate": gate},
                wires={
                    f"gate.{port}[0]": "s",
                    f"gate.{port}[1]": "s",
                    "y": f"gate.{gate.outputs[0].name}",
                },
            )


def test_the_generator_inside_a_part_counts():
    parts = {"p": Sng(generator=ONE), "mean": MuxAdder(fan_in=2, generator=SAME)}
    wires = {
        "p.code": "n",
        "mean.streams[0]": "p.stream",
        "mean.streams[1]": "z",
        "y": "mean.mean",
    }
    message = (
        r"Netlist part 'mean' needs a generator of its own, but streams\[0\] depends on "
        f"{LFSR} and the part has {SAME_LFSR}, of the same sequence: {REMEDY}"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        Netlist(parts=parts, wires=wires)


def test_netlists_inside_are_looked_into():
    inner = product({}, "x", "z")
    wires = {"inner.x": "u", "inner.z": "v", "out": "inner.y"}
    assert Netlist(parts={"inner": inner}, wires=wires).output_sources == {"out": {"u", "v"}}
    with pytest.raises(ValueError, match=f"^{NEEDS} both depend on u: {REMEDY}$"):
        Netlist(parts={"inner": inner}, wires=wires | {"inner.z": "u"})


def test_a_loop_of_isolators_ends():
    parts = {"late": Isolator(), "gate": Multiplier()}
    wires = {"late.x": "gate.product", "gate.a": "late.y", "gate.b": "x", "y": "late.y"}
    assert len(Netlist(parts=parts, wires=wires).output_sources["y"]) == 1
