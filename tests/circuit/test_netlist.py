"""Netlists: hand-written circuits re-made, loops of every kind, and what is refused."""

import numpy as np
import pytest

import rtl
from fixedpoint.circuit import Parameters
from sim.oracles.netlists import addie, ode_solver, sc_gdc
from stochastic import (
    AbsoluteDifference,
    Addie,
    Bitstream,
    Counter,
    Integrator,
    Inverter,
    Isolator,
    Lfsr,
    Multiplier,
    MuxAdder,
    OdeSolver,
    Regenerator,
    ScGdc,
    Sng,
    Sobol,
    Stanh,
)
from stochastic.circuit import Netlist, Part

GATE = Multiplier()
REMADE = [
    (addie, Addie(width=6, generator=Lfsr(width=6), initial=5)),
    (addie, Addie(width=1, generator=Counter(width=1), full_scale=False)),
    (sc_gdc, ScGdc(width=5, generator=Lfsr(width=5), initial=32)),
    (sc_gdc, ScGdc(width=3, generator=Lfsr(width=3), encoding="bipolar")),
    (
        ode_solver,
        OdeSolver(
            width=8,
            generator=Sobol(width=8, phase=76),
            centre_generator=Sobol(width=8, dimension=1, phase=76),
            centre=128,
            first=0,
            second=128,
        ),
    ),
]


@pytest.mark.parametrize(("make", "circuit"), REMADE)
@pytest.mark.parametrize("lanes", [1, 7, 8, 40])
def test_remade_circuits_are_equal_bit_for_bit(make, circuit, lanes):
    rng = np.random.default_rng(lanes)
    inputs = {p.name: rng.integers(0, 2, (500, lanes)) for p in circuit.inputs}
    options = {
        "cycles": 500,
        "lanes": lanes,
        "enable": rng.random(500) < 0.8,
        "rst": rng.random(500) < 0.01,
    }
    expected, _ = circuit.run(inputs, **options)
    found, _ = make(circuit).run(inputs, **options)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


def test_a_wrong_wire_is_seen():
    circuit = Addie(width=6, generator=Lfsr(width=6))
    good = addie(circuit)
    wires = dict(good.wires) | {"integrator.decrement": "stream_in"}
    bad = Netlist(parts=good.parts, wires=wires)
    x = {"stream_in": np.random.default_rng(1).integers(0, 2, (100, 3))}
    assert not np.array_equal(good.run(x)[0]["value"], bad.run(x)[0]["value"])


def test_json_and_verilog():
    netlist = sc_gdc(ScGdc(width=5, generator=Lfsr(width=5)))
    assert Parameters.from_json(netlist.to_json()) == netlist
    text = rtl.to_verilog(netlist, name="descent")
    assert text.count("\nmodule ") + text.startswith("module ") >= 4
    for part in ("rise", "fall", "integrator"):
        assert f" {part} (" in text


def stages():
    """Return two regenerators in a loop with a gate."""
    memory = Regenerator(generator=Lfsr(width=3), initial=5)
    return Netlist(
        parts={
            "one": memory,
            "two": memory.replace(generator=Lfsr(width=3, seed=6)),
            "gate": AbsoluteDifference(depth=0),
        },
        wires={
            "one.x": "gate.difference",
            "two.x": "one.y",
            "gate.a": "two.y",
            "gate.b": "x",
            "y": "two.y",
        },
    )


def test_loops_of_parts_without_a_compiled_form_are_equal_to_plain_steps():
    netlist = stages()
    assert not hasattr(netlist.circuits["one"], "cycle_code")
    x = np.random.default_rng(2).integers(0, 2, (200, 2))
    outputs, _ = netlist.run({"x": x})
    for lane in range(2):
        registers = {r.name: r.reset for r in netlist.registers}
        words = [g.words(200).tolist() for g in netlist.generators]
        for t in range(200):
            registers, shown = netlist.step(registers, [w[t] for w in words], x=x[t, lane])
            assert shown["y"] == outputs["y"][t, lane]


def nested():
    """Return a netlist with a netlist as a part, in a loop."""
    inner = addie(Addie(width=4, generator=Lfsr(width=4)))
    return Netlist(
        parts={"average": inner, "gate": GATE},
        wires={
            "gate.a": "x",
            "gate.b": "average.stream",
            "average.stream_in": "gate.product",
            "y": "average.value",
        },
    )


def test_netlists_are_parts_of_netlists():
    netlist = nested()
    assert netlist.latency == 1
    assert [r.name for r in netlist.registers] == ["average.integrator.value"]
    again = Parameters.from_json(netlist.to_json())
    x = np.random.default_rng(3).integers(0, 2, (60, 2))
    np.testing.assert_array_equal(netlist.run({"x": x})[0]["y"], again.run({"x": x})[0]["y"])
    assert "average" in rtl.to_verilog(netlist)


def mean_of_three():
    return Netlist(
        parts={
            "mean": MuxAdder(fan_in=3, generator=Lfsr(width=8)),
            "late": Isolator(cycles=3),
            "tanh": Stanh(states=4),
        },
        wires={
            "mean.streams[2]": "a",
            "mean.streams[0]": "b",
            "mean.streams[1]": 1,
            "late.x": "mean.mean",
            "tanh.x": "late.y",
            "y": "tanh.y",
            "z": "mean.mean",
        },
    )


def test_elements_constants_and_both_engines():
    netlist = mean_of_three()
    assert [p.name for p in netlist.ports] == ["a", "b", "y", "z"]
    assert netlist.latency == 0
    rng = np.random.default_rng(4)
    a, b = (Bitstream.from_bits(rng.random((3, 200)) < 0.4, "bipolar") for _ in "ab")
    packed = netlist.apply(a=a, b=b, engine="packed")
    by_bits = netlist.apply(a=a, b=b, engine="bit")
    one = Bitstream.from_bits(np.ones(200, bool), "bipolar")
    mean = MuxAdder(fan_in=3, generator=Lfsr(width=8)).apply(streams=[b, one, a])
    for found in (packed, by_bits):
        np.testing.assert_array_equal(found["z"].words, mean.words)
        late = Isolator(cycles=3).apply(x=mean)
        np.testing.assert_array_equal(found["y"].words, Stanh(states=4).apply(x=late).words)


def test_the_only_element_of_a_port_is_the_port():
    parts = {"inverse": Inverter(), "gate": Multiplier()}
    wires = {"inverse.x": "x", "gate.a": "inverse.y[0]", "gate.b[0]": "z", "y": "inverse.y[0]"}
    netlist = Netlist(parts=parts, wires=wires | {"product": "gate.product[0]"})
    rng = np.random.default_rng(7)
    x, z = (rng.random((2, 3, 70)) < 0.5).astype(int)
    streams = {"x": Bitstream.from_bits(x, "unipolar"), "z": Bitstream.from_bits(z, "unipolar")}
    for engine in ("bit", "packed"):
        found = netlist.apply(engine=engine, **streams)
        assert (found["y"].bits() == 1 - x).all()
        assert (found["product"].bits() == (1 - x) * z).all()
    assert netlist.step({}, [], x=0, z=1)[1] == {"y": 1, "product": 1}
    with pytest.raises(ValueError, match=r"^Netlist port gate.a must be driven once, not "):
        Netlist(parts=parts, wires=(*wires.items(), ("gate.a[0]", "x")))


def test_latency_is_that_of_the_shortest_way():
    parts = {"one": Isolator(cycles=3), "two": Isolator(cycles=4), "gate": GATE}
    wires = {"one.x": "x", "two.x": "one.y", "gate.a": "one.y", "gate.b": "two.y"}
    assert Netlist(parts=parts, wires=wires | {"y": "gate.product"}).latency == 3
    assert Netlist(parts=parts, wires=wires | {"y": "two.y"}).latency == 7


WIRES = {"gate.a": "x", "gate.b": "z", "y": "gate.product"}
INTEGRATOR = Integrator(width=4, generator=Lfsr(width=4))


@pytest.mark.parametrize(
    ("parts", "wires", "message"),
    [
        (
            {"gate": GATE},
            {"gate.a": "x", "y": "gate.product"},
            "Netlist port gate.b must be driven by a wire",
        ),
        (
            {"gate": GATE},
            {"gate.a": "x", "gate.b": "gate.product", "y": "gate.product"},
            "Netlist must have no combinational loop, but gate drives itself",
        ),
        (
            {"gate": GATE, "other": GATE},
            WIRES | {"gate.b": "other.product", "other.a": "x", "other.b": "gate.product"},
            "Netlist must have no combinational loop, but (gate and other|other and gate) "
            "form one",
        ),
        (
            (Part(name="gate", circuit=GATE), Part(name="gate", circuit=GATE)),
            WIRES,
            "Netlist name 'gate' is used twice, for two parts",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.a": "y"},
            "Netlist name 'y' is used twice, for an input and an output",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.a": "gate"},
            "Netlist name 'gate' is used twice, for a part and a port",
        ),
        (
            {"gate": GATE},
            (*WIRES.items(), ("gate.a", "w")),
            "Netlist port gate.a must be driven once, not by x and w",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.c": "x"},
            "Netlist part 'gate' has no port 'c'",
        ),
        (
            {"gate": GATE},
            WIRES | {"door.a": "x"},
            "Netlist has no part 'door', which the wire 'door.a' names",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.product": "x"},
            "Netlist port gate.product is an output and cannot be driven",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.a": "gate.b"},
            "Netlist port gate.b is an input and cannot drive gate.a",
        ),
        (
            {"gate": GATE, "integrator": INTEGRATOR},
            WIRES
            | {
                "gate.a": "integrator.value",
                "integrator.increment": "x",
                "integrator.decrement": "x",
            },
            "Netlist wire from integrator.value to gate.a must join ports of one shape, "
            "not 5 bits and 1 bit",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.a": 2},
            "Netlist constant for gate.a must be between 0 and 1, not 2",
        ),
        (
            {"gate": GATE},
            WIRES | {"gate.a": "rst"},
            "Netlist ports must not have the name 'rst'",
        ),
        (
            {"gate": GATE},
            WIRES | {"y": "x"},
            "Netlist output y must be driven by a part, not x",
        ),
        (
            {"gate": GATE},
            WIRES | {"a.b.c": "x"},
            "Netlist wires must end at PART.PORT or at PORT, not 'a.b.c'",
        ),
        (
            {"gate": GATE},
            {"gate.a": "x", "gate.b": "z"},
            "Netlist must have at least one output",
        ),
        (
            {"sng": Sng(generator=Lfsr(width=4)), "gate": GATE},
            WIRES | {"sng.code": "x"},
            "Netlist wire from x to sng.code must join ports of one shape, not 1 bit and "
            "5 bits",
        ),
        (
            {"mean": MuxAdder(fan_in=2, generator=Lfsr(width=4))},
            {"mean.streams[0]": "x", "y": "mean.mean"},
            r"Netlist port mean.streams\[1\] must be driven by a wire",
        ),
        (
            {"mean": MuxAdder(fan_in=2, generator=Lfsr(width=4))},
            {"mean.streams[2]": "x", "y": "mean.mean"},
            r"Netlist port mean.streams\[2\] must have an index below 2",
        ),
    ],
)
def test_impossible_netlists_are_one_sentence(parts, wires, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Netlist(parts=parts, wires=wires)


def test_wrong_types_are_one_sentence():
    with pytest.raises(TypeError, match="^Netlist part 'gate' must be a circuit, not 3$"):
        Netlist(parts={"gate": 3}, wires={})
    with pytest.raises(ValueError, match="^Netlist part must have a name of letters, not '2'$"):
        Netlist(parts={"2": GATE}, wires={})
